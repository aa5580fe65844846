import sys

import pytest
from opentelemetry import trace
from pydantic import HttpUrl

from toonbooth.kit.errors import StartError
from toonbooth.kit.tracing import (
    NO_TRACER,
    find_trace_id,
    open_tracer,
    read_trace_headers,
    write_trace_headers,
)

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_without_a_collector_nothing_is_traced() -> None:
    with open_tracer(None, service="gallery") as tracer, tracer.start_as_current_span("work"):
        assert tracer is NO_TRACER
        assert find_trace_id() is None


def test_a_trace_goes_on_and_what_an_app_adds_to_it_does_not() -> None:
    context = read_trace_headers({"traceparent": PARENT, "baggage": "device=somebody"})
    headers: dict[str, str] = {}

    with trace.use_span(trace.get_current_span(context)):
        write_trace_headers(headers)
        assert find_trace_id() == PARENT.split("-")[1]

    assert headers == {"traceparent": PARENT}


@pytest.mark.parametrize(
    "nonsense", ["", "00", "00-0-0-01", "zz-" + PARENT[3:], "00-" + "0" * 32 + PARENT[35:]]
)
def test_what_is_no_trace_begins_none(nonsense: str) -> None:
    context = read_trace_headers({"traceparent": nonsense})

    assert not trace.get_current_span(context).get_span_context().is_valid


def test_a_missing_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with (
        pytest.raises(StartError, match=r"^Traces need OpenTelemetry's SDK: run `make otel`.*\.$"),
        open_tracer(HttpUrl("http://127.0.0.1:4318/v1/traces"), service="gallery"),
    ):
        pytest.fail("it traced")
