"""Follows a request from process to process with OpenTelemetry, when a collector is named.

Spans carry route templates, codes and durations. The frameworks' own instrumentation stays off: it writes
down paths and queries, and those hold file names and signatures.
"""

import threading
from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import HttpUrl

from toonbooth.kit.errors import StartError

NO_TRACER: Final[trace.Tracer] = trace.NoOpTracer()

FRAMEWORK_TELEMETRY_OFF: Final[Any] = {
    "tracing": False, "metrics": False, "logs": False, "auto_configure": False
}  # fmt: skip
"""For FastAPI's constructor."""

_LAST_SECONDS: Final = 2.0
"""What the last spans get to arrive when a service ends."""

# Not baggage: what an app writes there would travel on to the studio.
_PROPAGATOR: Final = TraceContextTextMapPropagator()


@contextmanager
def open_tracer(collector_url: HttpUrl | None, *, service: str) -> Generator[trace.Tracer]:
    """A tracer whose spans go to `collector_url` by OTLP over HTTP; without one, nothing is traced.

    Sampling, headers and batches are set by OpenTelemetry's own variables, `OTEL_…`.

    Raises
    ------
    StartError
        When there is a collector and OpenTelemetry's SDK is not installed.
    """
    if collector_url is None:
        yield NO_TRACER
        return
    try:
        # An extra: whoever doesn't trace doesn't have it.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartError(
            "Traces need OpenTelemetry's SDK: run `make otel`, or install toonbooth[otel]."
        ) from error
    resource = Resource.create(
        {"service.name": f"toonbooth-{service}", "service.version": version("toonbooth")}
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=str(collector_url))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield provider.get_tracer("toonbooth")
    finally:
        # Ends its attempts: a collector that is away must not keep a service from ending.
        giving_up = threading.Timer(_LAST_SECONDS, exporter.shutdown)
        giving_up.start()
        provider.shutdown()
        giving_up.cancel()


def read_trace_headers(headers: Mapping[str, str]) -> Context:
    """The trace that a request belongs to, as its caller says (W3C Trace Context); else a new one."""
    return _PROPAGATOR.extract(headers, context=Context())


def write_trace_headers(headers: MutableMapping[str, str]) -> None:
    """Tell the next service which trace a request belongs to."""
    _PROPAGATOR.inject(headers)


def find_trace_id() -> str | None:
    """The id of the current trace, 32 hexadecimal digits."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None
