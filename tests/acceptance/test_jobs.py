"""Jobs with real processes: a studio and two galleries on one database, one of which is killed at work."""

import contextlib
import json
import os
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.running import command, find_free_port

STAGES = ["received", "decoded", "faces_found", "skin_and_hair", "lines", "encoded", "stored"]
PATIENCE_SECONDS = 60.0

Json = dict[str, Any]
"""A JSON object whose fields the tests check."""


@dataclass(frozen=True, slots=True)
class Service:
    process: subprocess.Popen[bytes]
    url: str


@contextlib.contextmanager
def running(service: str, **environment: str) -> Generator[Service]:
    """A service alone, ready."""
    port = find_free_port()
    own = {f"{service.upper()}_PORT": str(port), f"{service.upper()}_LOG_LEVEL": "warning"}
    process = subprocess.Popen(command(service), env={**os.environ, **own, **environment})
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_healthy(url):
            assert process.poll() is None, f"{service} has ended"
            assert time.monotonic() < deadline, f"{service} does not answer"
            time.sleep(0.05)
        yield Service(process, url)
    finally:
        process.terminate()
        process.wait(timeout=40)


def is_healthy(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/health").status_code == 200
    return False


@pytest.fixture(scope="module")
def studio() -> Generator[Service]:
    with running("studio", STUDIO_WORKERS="1") as service:
        yield service


def open_gallery(studio: Service, folder: Path) -> contextlib.AbstractContextManager[Service]:
    return running("gallery", GALLERY_DATA_DIR=str(folder), GALLERY_STUDIO_URL=studio.url)


def begin(url: str, headers: dict[str, str], photo: bytes) -> Json:
    reply = httpx.post(
        f"{url}/api/upload",
        files={"image": photo},
        data={"style": "comic", "seed": "7"},
        headers=headers | {"prefer": "respond-async"},
        timeout=PATIENCE_SECONDS,
    )
    assert reply.status_code == 202, reply.text
    job: Json = reply.json()["data"]["job"]
    return job


def follow(url: str, headers: dict[str, str], job: Json) -> Iterator[Json]:
    path = f"{url}/api/jobs/{job['id']}/events"
    with httpx.stream("GET", path, headers=headers, timeout=PATIENCE_SECONDS) as reply:
        assert reply.status_code == 200
        for line in reply.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def read_job(url: str, headers: dict[str, str], job: Json) -> Json:
    reply = httpx.get(f"{url}/api/jobs/{job['id']}", headers=headers)
    assert reply.status_code == 200, reply.text
    read: Json = reply.json()["data"]["job"]
    return read


def test_another_gallery_ends_the_job_of_one_that_is_killed_and_the_retry_does_the_work(
    studio: Service, tmp_path: Path, astronaut_jpeg: bytes
) -> None:
    headers = {"x-device-id": str(uuid.uuid4()), "idempotency-key": str(uuid.uuid4())}
    with open_gallery(studio, tmp_path) as first, open_gallery(studio, tmp_path) as second:
        job = begin(first.url, headers, astronaut_jpeg)
        first.process.kill()
        first.process.wait(timeout=10)

        assert read_job(second.url, headers, job)["state"] in {"queued", "running"}
        let_leases_run_out(tmp_path)
        assert read_job(second.url, headers, job)["state"] == "interrupted"
        assert [each["state"] for each in follow(second.url, headers, job)] == ["interrupted"]

        again = begin(second.url, headers, astronaut_jpeg)
        seen = list(follow(second.url, headers, again))
        originals = httpx.get(f"{second.url}/api/originals", headers=headers).json()["data"]["originals"]

    end = seen[-1]
    assert again["id"] != job["id"]
    assert (end["state"], end["answer"]["status"]) == ("succeeded", 200)
    assert [each["id"] for each in originals] == [end["answer"]["body"]["data"]["original"]["id"]]
    stages = list(dict.fromkeys(each["stage"] for each in seen if each["stage"]))
    assert [stage for stage in STAGES if stage in stages] == stages
    assert {"skin_and_hair", "stored"} <= set(stages)
    assert any((each["previewUrl"] or "").startswith("data:image/jpeg;base64,") for each in seen)


def test_a_job_that_one_gallery_does_is_followed_and_called_off_at_another(
    studio: Service, tmp_path: Path, astronaut_jpeg: bytes
) -> None:
    headers = {"x-device-id": str(uuid.uuid4())}
    originals = tmp_path / "uploads" / "originals"
    with open_gallery(studio, tmp_path) as first, open_gallery(studio, tmp_path) as second:
        done = list(follow(second.url, headers, begin(first.url, headers, astronaut_jpeg)))[-1]
        cancelled = begin(first.url, headers, astronaut_jpeg)
        reply = httpx.delete(f"{second.url}/api/jobs/{cancelled['id']}", headers=headers)
        seen = read_job(first.url, headers, cancelled)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(list(originals.iterdir())) > 1:
            assert time.monotonic() < deadline, "the work of a cancelled job is still there"
            time.sleep(0.05)

    assert done["state"] == "succeeded"
    assert reply.json()["data"]["job"] == seen
    assert seen["state"] == "cancelled"


def let_leases_run_out(folder: Path) -> None:
    """What twelve seconds would do."""
    connection = sqlite3.connect(folder / "gallery.sqlite3")
    with connection:
        for table in ("jobs", "idempotent_answers"):
            connection.execute(
                f"UPDATE {table} SET leased_until = "
                "strftime('%Y-%m-%d %H:%M:%f', leased_until, '-12 seconds') WHERE status IS NULL"
            )
    connection.close()
