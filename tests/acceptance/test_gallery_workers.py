"""`toonbooth gallery --workers N`: several processes on one port, as a user starts and stops them."""

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.running import STOP_SECONDS, command, find_free_port, run_command
from tests.acceptance.torture.running import running_studio

PATIENCE_SECONDS = 60.0


def list_workers(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return [child for child in psutil.Process(process.pid).children() if "--ready-pipe" in child.cmdline()]


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def ask(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """On a connection of its own, which may be that of a worker that is still to come up."""
    return httpx.get(url, timeout=PATIENCE_SECONDS, headers=headers)


def count_lists(metrics: str) -> float:
    """How many lists of originals there were."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "toonbooth_http_request_duration_seconds_count"
        and sample.labels["route"] == "/api/originals"
    )


def test_a_worker_that_is_killed_is_replaced_and_sigterm_stops_all_cleanly(
    tmp_path: Path, astronaut_jpeg: bytes
) -> None:
    port, metrics_port = find_free_port(), find_free_port()
    url = f"http://127.0.0.1:{port}"
    device = {"x-device-id": str(uuid.uuid4())}
    with running_studio() as studio_url:
        process = subprocess.Popen(
            command("gallery", "--workers", "2"),
            env={
                **os.environ,
                "GALLERY_PORT": str(port),
                "GALLERY_DATA_DIR": str(tmp_path),
                "GALLERY_STUDIO_URL": studio_url,
                "GALLERY_METRICS_PORT": str(metrics_port),
                "GALLERY_REQUESTS_PER_DEVICE": "12/hour",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until(lambda: is_healthy(url) and len(list_workers(process)) == 2)
            family = list_workers(process)
            family[0].kill()
            # A busy machine lets it accept one more connection before it is gone.
            family[0].wait(PATIENCE_SECONDS)
            with httpx.Client(base_url=url, headers=device, timeout=PATIENCE_SECONDS) as app:
                uploaded = app.post("/api/upload", files={"image": astronaut_jpeg}).json()["data"]
            wait_until(lambda: len(list_workers(process)) == 2)
            family += list_workers(process)
            # Each connection may meet another worker; all of them know the photo.
            counts = [ask(f"{url}/api/originals", headers=device).json()["data"]["count"] for _ in range(8)]
            picture = ask(uploaded["cartoon"]["imageUrl"])
            # They count together: whichever is asked refuses what is one too many.
            other = {"x-device-id": str(uuid.uuid4())}
            statuses = [ask(f"{url}/api/originals", headers=other).status_code for _ in range(16)]
            # Whichever is asked tells what all have counted.
            metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"
            wait_until(lambda: count_lists(ask(metrics_url).text) == 24)
            told = [ask(metrics_url).text for _ in range(4)]
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=STOP_SECONDS)

    assert process.returncode == 0, said
    assert statuses == [200] * 12 + [429] * 4
    assert (counts, picture.status_code) == ([1] * 8, 200)
    assert {count_lists(text) for text in told} == {24.0}
    assert "another one takes its place" in said
    assert "Traceback" not in said
    assert not any(each.is_running() for each in family)


def test_what_is_wrong_at_start_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("GALLERY_PORT", str(find_free_port()))
    monkeypatch.setenv("GALLERY_DATABASE_URL", "mysql://somewhere")
    monkeypatch.setenv("GALLERY_SIGNING_KEYS", "x" * 32)

    ended = run_command("gallery", "--workers", "3")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: GALLERY_DATABASE_URL is not a database that can be used here.")
    assert ended.stderr.count("\n") == 1
