"""Each alert fires when it should and is silent otherwise, as Prometheus' own tool works it out."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.deploy.manifests import DEPLOY, Json

RULES = DEPLOY / "prometheus" / "alerts.yaml"
REQUESTS = "toonbooth_http_request_duration_seconds_count"
GALLERY = 'job="toonbooth-gallery", instance="a"'
STUDIO = 'job="toonbooth-studio", instance="b"'

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed: `make operators`"
)


@dataclass(frozen=True, slots=True)
class Case:
    """Series, one value a minute, of which an alert must come after four hours, or none."""

    series: dict[str, str]
    labels: dict[str, str]
    summary: str


def every_minute(step: float, start: float = 0) -> str:
    """A counter that rises, for four hours."""
    return f"{start}+{step}x240"


def buckets(name: str, labels: str, *, quick: float, slow: float) -> dict[str, str]:
    """A histogram: so many a minute within a second, and so many within half a minute."""
    return {
        f'{name}_bucket{{{labels}, le="1.0"}}': every_minute(quick),
        f'{name}_bucket{{{labels}, le="30.0"}}': every_minute(quick + slow),
        f'{name}_bucket{{{labels}, le="+Inf"}}': every_minute(quick + slow),
    }


def requests(job: str, *, good: float, bad: float, status: str, route: str = "/api/upload") -> dict[str, str]:
    return {
        f'{REQUESTS}{{{job}, route="{route}", status="200"}}': every_minute(good),
        f'{REQUESTS}{{{job}, route="{route}", status="{status}"}}': every_minute(bad),
    }


FIRING: dict[str, Case] = {
    "ToonboothDown": Case(
        {f"up{{{GALLERY}}}": "1x100 0x140"},
        {"job": "toonbooth-gallery", "instance": "a", "severity": "page"},
        "toonbooth-gallery on a does not answer",
    ),
    "ToonboothErrors": Case(
        requests(GALLERY, good=80, bad=10, status="500"),
        {"job": "toonbooth-gallery", "severity": "page"},
        "10% of the requests to toonbooth-gallery fail",
    ),
    "ToonboothTurnsAway": Case(
        requests(GALLERY, good=80, bad=10, status="503"),
        {"job": "toonbooth-gallery", "severity": "page"},
        "10% of the requests to toonbooth-gallery are told to come later",
    ),
    "ToonboothUploadsSlow": Case(
        buckets(
            "toonbooth_http_request_duration_seconds", f'{GALLERY}, route="/api/upload"', quick=0, slow=60
        ),
        {"severity": "ticket"},
        "One upload in twenty takes more than 28.55s",
    ),
    "ToonboothDrawingSlow": Case(
        buckets("toonbooth_pool_work_seconds", f'{STUDIO}, work="generate_cartoon"', quick=0, slow=60),
        {"severity": "ticket"},
        "One drawing in twenty keeps a worker for more than 28.55s",
    ),
    "ToonboothLineTooLong": Case(
        {f"toonbooth_pool_refusals_total{{{STUDIO}}}": every_minute(1)},
        {"job": "toonbooth-studio", "severity": "ticket"},
        "toonbooth-studio has refused work for ten minutes: its line is full",
    ),
    "ToonboothWorkersMissing": Case(
        {f'toonbooth_pool_workers{{{STUDIO}, state="missing"}}': "2x240"},
        {"job": "toonbooth-studio", "instance": "b", "state": "missing", "severity": "page"},
        "2 workers of b cannot be started",
    ),
    "ToonboothWorkersDie": Case(
        {f'toonbooth_pool_work_seconds_count{{{STUDIO}, outcome="worker_died"}}': every_minute(1)},
        {"job": "toonbooth-studio", "severity": "ticket"},
        "30 workers of toonbooth-studio died or were killed in half an hour",
    ),
    "ToonboothStudioGivenUp": Case(
        {f"toonbooth_studio_breaker_open{{{GALLERY}}}": "1x240"},
        {"severity": "page"},
        "A gallery has stopped asking the studio, because it fails",
    ),
    "ToonboothDatabaseFails": Case(
        {f'toonbooth_failures_total{{{GALLERY}, code="database_unavailable"}}': every_minute(1)},
        {"severity": "page"},
        "The database refuses or does not answer",
    ),
    "ToonboothConnectionsUsedUp": Case(
        {
            f'toonbooth_database_connections{{{GALLERY}, state="in_use"}}': "10x240",
            f'toonbooth_database_connections{{{GALLERY}, state="idle"}}': "0x240",
            f"toonbooth_database_connections_limit{{{GALLERY}}}": "10x240",
        },
        {"job": "toonbooth-gallery", "instance": "a", "severity": "ticket"},
        "a uses 100% of its database connections",
    ),
    "ToonboothStorageFails": Case(
        {f'toonbooth_failures_total{{{GALLERY}, code="storage_failed"}}': every_minute(1)},
        {"severity": "page"},
        "Pictures cannot be stored or read",
    ),
    "ToonboothDiskFills": Case(
        {
            f"toonbooth_data_disk_free_bytes{{{GALLERY}}}": "5x240",
            f"toonbooth_data_disk_size_bytes{{{GALLERY}}}": "100x240",
        },
        {"job": "toonbooth-gallery", "instance": "a", "severity": "page"},
        "5% of the disk under the data folder of a are free",
    ),
    "ToonboothNotSwept": Case(
        {f"toonbooth_sweep_last_success_timestamp_seconds{{{GALLERY}}}": "0x240"},
        {"severity": "ticket"},
        "The last sweep that succeeded was 4h 0m 0s ago",
    ),
    "ToonboothFacesMissed": Case(
        {
            f'toonbooth_drawings_total{{{STUDIO}, style="comic", faces="0"}}': every_minute(4),
            f'toonbooth_drawings_total{{{STUDIO}, style="comic", faces="1"}}': every_minute(6),
        },
        {"severity": "ticket"},
        "No face was found in 40% of the photos",
    ),
}

QUIET: dict[str, str] = {
    f"up{{{GALLERY}}}": "1x240",
    'up{job="another", instance="c"}': "0x240",
    **requests(GALLERY, good=1000, bad=1, status="500"),
    **requests(STUDIO, good=1000, bad=10, status="503", route="/generate-cartoon"),
    # Probes of a service that restarts, and what clients do wrong, are nobody's trouble.
    f'{REQUESTS}{{{STUDIO}, route="/health/ready", status="503"}}': every_minute(500),
    f'{REQUESTS}{{{GALLERY}, route="/api/upload", status="400"}}': every_minute(500),
    **buckets(
        "toonbooth_http_request_duration_seconds", f'{GALLERY}, route="/api/upload"', quick=100, slow=4
    ),
    **buckets("toonbooth_pool_work_seconds", f'{STUDIO}, work="generate_cartoon"', quick=100, slow=4),
    f"toonbooth_pool_refusals_total{{{STUDIO}}}": "7x240",
    f'toonbooth_pool_workers{{{STUDIO}, state="missing"}}': "0x240",
    f'toonbooth_pool_work_seconds_count{{{STUDIO}, outcome="worker_died"}}': every_minute(0.05),
    f'toonbooth_pool_work_seconds_count{{{STUDIO}, outcome="no_face_found"}}': every_minute(5),
    f"toonbooth_studio_breaker_open{{{GALLERY}}}": "0x240",
    f'toonbooth_failures_total{{{GALLERY}, code="picture_not_found"}}': every_minute(9),
    f'toonbooth_failures_total{{{GALLERY}, code="database_failed"}}': "3x240",
    f'toonbooth_database_connections{{{GALLERY}, state="in_use"}}': "5x240",
    f"toonbooth_database_connections_limit{{{GALLERY}}}": "10x240",
    f"toonbooth_data_disk_free_bytes{{{GALLERY}}}": "50x240",
    f"toonbooth_data_disk_size_bytes{{{GALLERY}}}": "100x240",
    # One gallery sweeps, the other has just come to know of it.
    f"toonbooth_sweep_last_success_timestamp_seconds{{{GALLERY}}}": "0x240",
    'toonbooth_sweep_last_success_timestamp_seconds{job="toonbooth-gallery", instance="z"}': "0+60x240",
    f'toonbooth_drawings_total{{{STUDIO}, style="comic", faces="0"}}': every_minute(1),
    f'toonbooth_drawings_total{{{STUDIO}, style="comic", faces="1"}}': every_minute(9),
}


def describe_test(series: dict[str, str], expected: dict[str, list[Json]]) -> Json:
    return {
        "interval": "1m",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "alert_rule_test": [
            {"eval_time": "4h", "alertname": name, "exp_alerts": alerts} for name, alerts in expected.items()
        ],
    }


def test_each_alert_has_a_case() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]

    assert [rule["alert"] for rule in rules] == list(FIRING)


def test_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    # All at once: a day on which everything goes wrong.
    firing = describe_test(
        {name: values for case in FIRING.values() for name, values in case.series.items()},
        {
            name: [{"exp_labels": case.labels, "exp_annotations": {"summary": case.summary}}]
            for name, case in FIRING.items()
        },
    )
    quiet = describe_test(QUIET, {name: [] for name in FIRING})
    file = tmp_path / "cases.yaml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [firing, quiet]})
    )

    ended = subprocess.run(
        ["promtool", "test", "rules", file], capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
