"""Both services, really running: whole calls over loopback, what the gallery adds, the studio's memory."""

import os
import subprocess
import threading
import time
import uuid
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil

from bench.timing import Row, summarise, time_calls
from tests.acceptance.running import command, find_free_port, running_toonbooth

DEVICE = {"x-device-id": str(uuid.uuid4())}
KINDS = ("REQUESTS", "DRAWINGS")
"""What is limited; nothing is while it is measured."""


def measure_whole_calls(folder: Path, photos: dict[str, bytes], *, rounds: int) -> Generator[Row]:
    """Uploads, lists and files through gallery and studio."""
    with running_toonbooth(folder) as toonbooth, _client(toonbooth.gallery_url) as app:
        for name, photo in photos.items():
            yield time_calls(f"POST /api/upload, {name}", partial(upload, app, photo), rounds=rounds)
            with httpx.Client(base_url=toonbooth.studio_url, timeout=60) as studio:
                yield time_calls(
                    f"POST /generate-cartoon, {name}", partial(_draw, studio, photo), rounds=rounds
                )


def measure_gallery_alone(folder: Path, photo: bytes, *, rounds: int) -> Generator[Row]:
    """What the gallery itself costs: its studio answers at once, always with the same cartoon."""
    with (
        instant_studio(photo) as studio_url,
        running_gallery(folder, studio_url) as gallery_url,
        _client(gallery_url) as app,
    ):
        yield time_calls(
            "POST /api/upload, studio answers at once",
            lambda: upload(app, photo),
            rounds=rounds,
            limit="30 ms on one core",
        )
        while app.get("/api/originals").json()["data"]["count"] < 50:
            upload(app, photo)
        yield time_calls(
            "GET /api/originals?limit=50", lambda: app.get("/api/originals?limit=50"), rounds=rounds * 10
        )
        url = upload(app, photo)["original"]["imageUrl"]
        size = len(app.get(url).content)
        yield time_calls(
            f"GET /uploads/originals/..., {size // 1000} KB", lambda: app.get(url), rounds=rounds * 10
        )


def measure_memory(folder: Path, photos: dict[str, bytes]) -> Generator[Row]:
    """The studio's memory while it draws two large photos at once: sum of PSS over all of its processes."""
    with running_toonbooth(folder) as toonbooth:
        (studio,) = (
            child for child in psutil.Process(toonbooth.process.pid).children() if "studio" in child.cmdline()
        )
        yield summarise("studio, idle", [_sum_pss(studio)], unit="MB")
        for name, photo in photos.items():
            yield summarise(
                f"studio, two drawings at once, {name}",
                _watch_while_drawing(studio, toonbooth.studio_url, photo),
                unit="MB",
                limit="max 700 MB",
            )


def measure_health_under_load(folder: Path, photo: bytes) -> Generator[Row]:
    """How quickly /health answers while every worker draws."""
    with running_toonbooth(folder) as toonbooth, ThreadPoolExecutor(4) as callers:
        calls = [
            callers.submit(_draw_over_a_connection_of_its_own, toonbooth.studio_url, photo) for _ in range(12)
        ]
        waits = []
        with httpx.Client(base_url=toonbooth.studio_url) as client:
            while not all(call.done() for call in calls):
                started = time.perf_counter()
                client.get("/health")
                waits.append((time.perf_counter() - started) * 1000)
                time.sleep(0.01)
        yield summarise("GET /health while four draw", waits, limit="50 ms")


@contextmanager
def running_gallery(folder: Path, studio_url: str, **settings: str) -> Generator[str]:
    environment = {
        "GALLERY_DATA_DIR": str(folder),
        "GALLERY_STUDIO_URL": studio_url,
        **{f"GALLERY_{kind}_PER_{who}": "100000/minute" for kind in KINDS for who in ("DEVICE", "ADDRESS")},
        **settings,
    }
    with _running("gallery", environment, probe="/api/originals") as url:
        yield url


@contextmanager
def running_studio(**settings: str) -> Generator[str]:
    with _running("studio", settings, probe="/health") as url:
        yield url


@contextmanager
def _running(service: str, settings: dict[str, str], *, probe: str) -> Generator[str]:
    """One service alone on a free port, from when it answers a probe."""
    port, prefix = find_free_port(), service.upper()
    environment = {f"{prefix}_PORT": str(port), f"{prefix}_LOG_LEVEL": "warning", **settings}
    process = subprocess.Popen(command(service), env={**os.environ, **environment})
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with suppress(httpx.TransportError):
                if httpx.get(f"{url}{probe}", headers=DEVICE).status_code == httpx.codes.OK:
                    break
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _client(base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, headers=DEVICE, timeout=60)


def upload(app: httpx.Client, photo: bytes) -> dict[str, dict[str, str]]:
    reply = app.post("/api/upload", files={"image": ("photo.jpg", photo, "image/jpeg")})
    reply.raise_for_status()
    data: dict[str, dict[str, str]] = reply.json()["data"]
    return data


def _draw(studio: httpx.Client, photo: bytes) -> None:
    studio.post("/generate-cartoon", files={"image": ("photo.jpg", photo)}).raise_for_status()


def _draw_over_a_connection_of_its_own(studio_url: str, photo: bytes) -> None:
    with httpx.Client(base_url=studio_url, timeout=60) as studio:
        _draw(studio, photo)


def _watch_while_drawing(studio: psutil.Process, studio_url: str, photo: bytes) -> list[float]:
    megabytes = []
    with ThreadPoolExecutor(2) as callers:
        for _ in range(4):
            calls = [callers.submit(_draw_over_a_connection_of_its_own, studio_url, photo) for _ in range(2)]
            while not all(call.done() for call in calls):
                megabytes.append(_sum_pss(studio))
                time.sleep(0.005)
            for call in calls:
                call.result()
    return megabytes


def _sum_pss(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_full_info().pss for member in family) / 1e6


@contextmanager
def instant_studio(picture: bytes) -> Generator[str]:
    class AnswerAtOnce(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(picture, "image/jpeg")

        def do_GET(self) -> None:
            self._answer(b'{"styles": []}', "application/json")

        def _answer(self, body: bytes, media_type: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), AnswerAtOnce)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
