"""What an operator sees of a real flow: numbers, log lines, traces, and nothing of whose photo it was."""

import json
import re
import secrets
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.collector import Span
from tests.acceptance.conftest import Watch
from tests.acceptance.running import RunningToonbooth

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "toonbooth.json"
OPERATIONS = ROOT / "docs" / "operations.md"

Json = dict[str, Any]
"""A JSON object whose fields the tests check."""

Sample = tuple[str, dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is to be seen after one photo was drawn and its face cut."""

    secrets: list[str]
    request_ids: list[str]
    gallery: str
    studio: str
    log_lines: list[Json]
    spans: list[Span]

    def samples(self, service: str) -> list[Sample]:
        text = self.gallery if service == "gallery" else self.studio
        return [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]


@pytest.fixture(scope="module")
def seen(watched: tuple[RunningToonbooth, Watch], astronaut_jpeg: bytes) -> Seen:
    running, watch = watched
    device, trace_id = str(uuid.uuid4()), secrets.token_hex(16)
    request_ids = [f"upload-{trace_id[:8]}", f"download-{trace_id[:8]}"]
    with httpx.Client(base_url=running.gallery_url, headers={"x-device-id": device}, timeout=60) as app:

        def headers(request_id: str) -> dict[str, str]:
            return {"x-request-id": request_id, "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}

        uploaded = app.post("/api/upload", files={"image": astronaut_jpeg}, headers=headers(request_ids[0]))
        cartoon = uploaded.json()["data"]["cartoon"]
        cut = app.post(f"/api/download/{cartoon['id']}", headers=headers(request_ids[1]))
        face = cut.json()["data"]["downloadedFace"]
        app.get("/api/downloaded-faces")
        app.get(cartoon["imageUrl"])  # gone by now: a failure to be counted
    urls = [uploaded.json()["data"]["original"]["imageUrl"], cartoon["imageUrl"], face["faceUrl"]]
    # The last spans that each service ends; each sends its own.
    gallerys, studios = {"POST /api/upload", "POST /api/download/{cartoonId}"}, {"POST /process-face-cut"}
    spans = watch.collector.wait_for_trace(trace_id, roots=gallerys | studios)
    lines = [json.loads(line) for line in running.output if line.startswith("{")]
    return Seen(
        secrets=[device, device[:8], *filter(None, (each for url in urls for each in find_secrets(url)))],
        request_ids=request_ids,
        gallery=httpx.get(watch.gallery_metrics_url).raise_for_status().text,
        studio=httpx.get(watch.studio_metrics_url).raise_for_status().text,
        log_lines=lines,
        spans=spans,
    )


def find_secrets(url: str) -> list[str]:
    """The file name and the signature of a picture's address."""
    parts = httpx.URL(url)
    return [parts.path.rpartition("/")[2], parts.params["signature"]]


def find(samples: list[Sample], name: str, **labels: str) -> float:
    """The sum of the samples that have these labels."""
    return sum(value for known, has, value in samples if known == name and labels.items() <= has.items())


def test_requests_are_counted_by_route_template(seen: Seen) -> None:
    count = "toonbooth_http_request_duration_seconds_count"

    gallery, studio = seen.samples("gallery"), seen.samples("studio")
    assert find(gallery, count, route="/api/upload", method="POST", status="200") >= 1
    assert find(gallery, count, route="/api/download/{cartoonId}", method="POST", status="200") >= 1
    assert find(gallery, count, route="/uploads/{type}/{filename}", status="404") >= 1
    assert find(gallery, "toonbooth_failures_total", code="picture_not_found") >= 1
    assert find(studio, count, route="/generate-cartoon", status="200") >= 1


def test_each_stage_of_a_drawing_is_measured_and_all_together_are_the_drawing(seen: Seen) -> None:
    samples = seen.samples("studio")
    stages = {
        labels["stage"]
        for name, labels, _value in samples
        if name == "toonbooth_pool_stage_seconds_count" and labels["work"] == "generate_cartoon"
    }
    assert stages == {"decoded", "faces_found", "skin_and_hair", "lines", "encoded"}
    parts = find(samples, "toonbooth_pool_stage_seconds_sum", work="process_face_cut")
    whole = find(samples, "toonbooth_pool_work_seconds_sum", work="process_face_cut")
    assert 0 < parts <= whole


def test_one_request_id_and_one_trace_stand_in_the_log_lines_of_both_services(seen: Seen) -> None:
    for request_id in seen.request_ids:
        lines = [line for line in seen.log_lines if line["request_id"] == request_id]

        assert {line["service"] for line in lines} == {"gallery", "studio"}
        assert {line["trace_id"] for line in lines} == {seen.spans[0].trace_id}
        assert all(line["time"] and line["level"] and line["logger"] for line in lines)
    # The studio fetched the cartoon from the gallery for the same request.
    routes = [line["route"] for line in lines if line["logger"] == "toonbooth.access"]
    assert "/uploads/{type}/{filename}" in routes


def test_a_trace_goes_from_the_app_through_the_gallery_into_the_stages_of_the_studio(seen: Seen) -> None:
    by_id = {span.span_id: span for span in seen.spans}

    def describe_way(span: Span) -> list[str]:
        parent = by_id.get(span.parent_id)
        return [*([] if parent is None else describe_way(parent)), f"{span.service[10:]}: {span.name}"]

    ways = [describe_way(span) for span in seen.spans]
    drawing = [
        "gallery: POST /api/upload",
        "gallery: ask for generate_cartoon",
        "studio: POST /generate-cartoon",
        "studio: generate_cartoon",
    ]
    for stage in ("decoded", "faces_found", "skin_and_hair", "lines", "encoded"):
        assert [*drawing, f"studio: {stage}"] in ways
    cutting = [
        "gallery: POST /api/download/{cartoonId}",
        "gallery: ask for process_face_cut",
        "studio: POST /process-face-cut",
    ]
    assert [*cutting, "studio: fetch the picture", "gallery: GET /uploads/{type}/{filename}"] in ways
    assert [*cutting, "studio: process_face_cut", "studio: encoded"] in ways
    for span in seen.spans:
        parent = by_id.get(span.parent_id, span)
        slack = 500_000_000  # two clocks are read one after the other, on a machine that may be busy
        assert parent.began - slack <= span.began <= span.ended <= parent.ended + slack


@pytest.mark.parametrize("place", ["gallery metrics", "studio metrics", "log lines", "spans"])
def test_nothing_tells_whose_photo_it_was_or_where_it_lies(seen: Seen, place: str) -> None:
    text = {
        "gallery metrics": seen.gallery,
        "studio metrics": seen.studio,
        "log lines": json.dumps([line for line in seen.log_lines if line["request_id"] in seen.request_ids]),
        "spans": "".join(span.text for span in seen.spans),
    }[place]

    assert text
    assert [secret for secret in seen.secrets if secret in text] == []


@pytest.mark.parametrize("service", ["gallery", "studio"])
def test_labels_have_few_values_whatever_was_asked_of_a_service_before(seen: Seen, service: str) -> None:
    values = {value for _name, labels, _value in seen.samples(service) for value in labels.values()}

    assert len(values) < 120
    assert [
        value for value in values if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{24}|\.jpg", value)
    ] == []


def test_metrics_are_for_their_own_listener_alone(
    seen: Seen, watched: tuple[RunningToonbooth, Watch]
) -> None:
    running, watch = watched

    assert httpx.get(f"{running.gallery_url}/metrics").status_code == 404
    assert httpx.get(f"{running.studio_url}/metrics").status_code == 404
    assert httpx.get(watch.gallery_metrics_url.removesuffix("metrics")).status_code == 404


def list_expressions() -> list[tuple[str, str]]:
    """Where each stands, and the expression: of all alerts and of all panels."""
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [(rule["alert"], rule["expr"]) for rule in rules] + [
        (panel["title"], fill_in(target["expr"])) for panel in panels for target in panel.get("targets", ())
    ]


def fill_in(expression: str) -> str:
    """What Grafana makes of its variables."""
    return re.sub(r"\$(gallery|studio)", ".*", expression.replace("$__rate_interval", "5m"))


def list_names(expression: object) -> set[str]:
    """The metrics that a parsed expression asks for."""
    if isinstance(expression, promql_parser.VectorSelector):
        return {expression.name or ""}
    parts = [getattr(expression, name, None) for name in ("expr", "lhs", "rhs", "vector_selector", "param")]
    parts += getattr(expression, "args", None) or ()
    return set().union(*(list_names(part) for part in parts if part is not None))


def test_dashboard_and_alerts_ask_only_for_what_is_really_told(seen: Seen) -> None:
    told = {name for service in ("gallery", "studio") for name, _labels, _value in seen.samples(service)}
    # Prometheus itself makes this one of each scrape.
    told.add("up")
    wrong = {
        place: unknown
        for place, expression in list_expressions()
        if (unknown := list_names(promql_parser.parse(expression)) - told)
    }

    assert wrong == {}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: `make operators`")
@pytest.mark.parametrize("check", [("rules", RULES), ("config", RULES.with_name("scrape.yaml"))])
def test_prometheus_takes_rules_and_scrape_configuration(check: tuple[str, Path]) -> None:
    subprocess.run(["promtool", "check", *check], check=True, capture_output=True)


def test_each_alert_is_explained() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    page = OPERATIONS.read_text()

    missing = [rule["alert"] for rule in rules if "alert" in rule and f"`{rule['alert']}`" not in page]

    assert missing == []
