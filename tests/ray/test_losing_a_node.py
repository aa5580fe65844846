"""One node of two is killed while phones upload: each gets a picture, or a 503 that was tried twice."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.acceptance.running import command, find_free_port
from tests.ray.cluster import running_studio_on, wait_until
from tests.ray.studio_on_ray import (
    PATIENCE_SECONDS,
    RunningStudio,
    is_jpeg,
    is_refusal,
    read_metric,
    running_ray_studio,
)

CLIENTS = 3
KILLS = int(os.environ.get("RAY_KILLS", "1"))
ANSWERS = 12
"""After each, before the next."""
NO_LIMIT = "1000000/minute"


@dataclass(slots=True)
class Phones:
    """Upload photos through a gallery, one after the other, and count what comes back."""

    gallery_url: str
    photo: bytes
    answers: Counter[str] = field(default_factory=Counter)
    are_done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def uploading(self) -> Generator[None]:
        with ThreadPoolExecutor(CLIENTS) as pool:
            running = [pool.submit(self._upload_until_done) for _ in range(CLIENTS)]
            try:
                yield
            finally:
                self.are_done.set()
        for each in running:
            each.result()

    def _upload_until_done(self) -> None:
        with httpx.Client(
            base_url=self.gallery_url,
            headers={"x-device-id": str(uuid.uuid4())},
            timeout=PATIENCE_SECONDS,
        ) as client:
            while not self.are_done.is_set():
                reply = client.post("/api/upload", files={"image": ("me.jpg", self.photo)})
                if reply.status_code == 200:
                    url = reply.json()["data"]["cartoon"]["imageUrl"]
                    self.answers["picture" if is_jpeg(client.get(url)) else "no picture"] += 1
                else:
                    code = reply.json()["code"] if is_refusal(reply) else ""
                    self.answers[f"{reply.status_code} {code}"] += 1
                    time.sleep(float(reply.headers.get("Retry-After", 1)))


def count_first_answers(studio: RunningStudio, photo: bytes, until: threading.Event) -> Counter[str]:
    """What whoever never asks twice hears of the studio itself."""
    answers: Counter[str] = Counter()
    while not until.is_set():
        try:
            reply = studio.draw(photo)
        except httpx.TransportError:
            answers["broken connection"] += 1
        else:
            code = reply.json()["code"] if is_refusal(reply) else str(reply.status_code)
            answers["picture" if is_jpeg(reply) else code] += 1
    return answers


@contextmanager
def running_gallery(studio: RunningStudio, folder: Path) -> Generator[str]:
    port = find_free_port()
    environment = {
        "GALLERY_PORT": str(port),
        "GALLERY_DATA_DIR": str(folder),
        "GALLERY_STUDIO_URL": studio.url,
        "GALLERY_STUDIO_TIMEOUT_SECONDS": "280",
        **{
            f"GALLERY_{kind}_PER_{who}": NO_LIMIT
            for kind in ("REQUESTS", "DRAWINGS")
            for who in ("DEVICE", "ADDRESS")
        },
    }
    with (
        (folder.parent / "gallery.log").open("wb") as output,
        subprocess.Popen(command("gallery"), stderr=output, env={**os.environ, **environment}) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _is_up(url), PATIENCE_SECONDS, "the gallery does not come up")
            yield url
        finally:
            process.kill()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def both_draw(studio: RunningStudio) -> bool:
    return (
        studio.cluster.count_replicas() == [1, 1]
        and read_metric(studio.metrics_url, "toonbooth_pool_workers", state="busy") == 2
    )


def test_replicas_grow_with_the_line_and_the_loss_of_a_node_loses_no_picture(
    tmp_path: Path, photo: bytes
) -> None:
    settings = {
        "STUDIO_RAY_MIN_REPLICAS": "1",
        "STUDIO_RAY_MAX_REPLICAS": "2",
        "STUDIO_MAX_WAIT_SECONDS": "200",  # so that only the loss of a node is a reason to refuse
    }
    with (
        running_ray_studio(tmp_path / "studio.log", **settings) as studio,
        running_gallery(studio, tmp_path / "data") as gallery_url,
    ):
        phones = Phones(gallery_url, photo)
        assert sum(studio.cluster.count_replicas()) == 1
        with ThreadPoolExecutor(1) as alone, phones.uploading():
            without_gallery = alone.submit(count_first_answers, studio, photo, phones.are_done)
            for turn in range(KILLS):
                if turn:
                    studio.cluster.replace_second()
                # Growing: more wait than the one replica likes.
                wait_until(lambda: both_draw(studio), PATIENCE_SECONDS, "no second replica came up")
                before, killed_at = phones.answers.copy(), time.monotonic()

                studio.cluster.second.kill()

                enough = before.total() + ANSWERS
                wait_until(lambda: phones.answers.total() >= enough, PATIENCE_SECONDS, "no answers")  # noqa: B023
                after, seconds = phones.answers - before, time.monotonic() - killed_at
                sys.stdout.write(
                    f"\nkill {turn + 1}: {dict(before)}, in the next {seconds:.0f} s {dict(after)}"
                )
        first_answers = without_gallery.result()
        sys.stdout.write(f"\nwithout a gallery: {dict(first_answers)}\n")
        assert first_answers.keys() <= {"picture", "no_replica", "broken connection"}
        assert phones.answers.keys() <= {"picture", "503 studio_busy"}
        assert phones.answers["picture"] > 3 * phones.answers["503 studio_busy"]

        # What is under way when the command is told to stop comes to its end.
        with ThreadPoolExecutor(3) as callers:
            calls = [callers.submit(studio.draw, photo) for _ in range(3)]
            wait_until(
                lambda: read_metric(studio.metrics_url, "toonbooth_http_requests_in_progress") >= 3,
                PATIENCE_SECONDS,
                "the requests did not arrive",
            )
            studio.process.send_signal(signal.SIGTERM)
            assert [is_jpeg(call.result()) for call in calls] == [True] * 3
        assert studio.process.wait(PATIENCE_SECONDS) == 0
        assert not _is_up(studio.url)

        with running_studio_on(studio.cluster, tmp_path / "again.log", **studio.environment) as again:
            assert is_jpeg(studio.draw(photo))

            studio.cluster.head.kill()

            assert again.wait(PATIENCE_SECONDS) == 1
        last = (tmp_path / "again.log").read_text().splitlines()[-1]
        assert last == "Error: The Ray cluster is gone; start it, and then this again."
