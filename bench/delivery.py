"""Grids of thumbnails, as a browser asks for them, and how soon a job's events are heard."""

import io
import json
import shutil
import statistics
import time
import uuid
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from bench.pictures import TWELVE_MEGAPIXELS, make_photo
from bench.services import DEVICE, instant_studio, running_gallery, upload
from bench.timing import Row, summarise
from tests.acceptance.running import running_toonbooth

GRID = 50
CONNECTIONS = 6
"""What a browser opens to one server."""

BROWSER = {"accept": "image/avif,image/webp,*/*;q=0.8"}


def make_ten_megabytes() -> bytes:
    """The largest photo that is taken: 12 megapixels with as much grain as fits into 10 MB."""
    picture = Image.open(io.BytesIO(make_photo(TWELVE_MEGAPIXELS)))
    grain = np.random.default_rng(2).normal(0, 6, (picture.height, picture.width, 1))
    pixels = np.clip(np.asarray(picture, np.float32) + grain, 0, 255).astype(np.uint8)
    best = b""
    for quality in range(80, 100):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        if len(file.getvalue()) > 10 * 1024 * 1024:
            break
        best = file.getvalue()
    return best


def measure_grid(folder: Path) -> Generator[Row]:
    """Fifty originals of 10 MB: thumbnails first seen, seen again, and without the cache."""
    photo = make_ten_megabytes()
    with (
        instant_studio(make_photo((720, 540))) as studio_url,
        running_gallery(folder, studio_url) as gallery_url,
        httpx.Client(base_url=gallery_url, headers=DEVICE, timeout=120) as app,
    ):
        uploads = []
        for _ in range(GRID):
            started = time.perf_counter()
            upload(app, photo)
            uploads.append((time.perf_counter() - started) * 1000)
        size = len(photo) / 1e6
        yield summarise(f"POST /api/upload, {size:.1f} MB, studio answers at once", uploads)
        renditions = folder / "renditions" / "originals"
        started = time.perf_counter()
        while len(list(renditions.glob("*/320.webp"))) < GRID:
            time.sleep(0.02)
        waited = (time.perf_counter() - started) * 1000
        yield summarise("after the last upload, until all are prepared", [waited])
        entries = app.get("/api/originals").json()["data"]["originals"]
        urls = [entry["thumbnailUrl"] for entry in entries]
        yield summarise(f"grid of {GRID}, first seen", [_time_grid(urls)], limit="2 s")
        yield summarise(f"grid of {GRID}, seen before", [_time_grid(urls) for _ in range(5)], limit="at once")
        shutil.rmtree(renditions)
        yield summarise(f"grid of {GRID}, cache thrown away", [_time_grid(urls)])


def measure_events(folder: Path, photo: bytes, *, rounds: int) -> Generator[Row]:
    """Jobs against plain calls, and when what is told arrives."""
    with (
        running_toonbooth(folder, GALLERY_DRAWINGS_PER_DEVICE="100000/minute") as toonbooth,
        httpx.Client(base_url=toonbooth.gallery_url, headers=DEVICE, timeout=60) as app,
    ):
        plain, jobs, accepted, previews = [], [], [], []
        for _ in range(rounds):
            plain.append(_time(lambda: _plain(app, photo)))
            times = _run_job(app, photo)
            accepted.append(times["accepted"])
            previews.append(times["preview"])
            jobs.append(times["end"])
        yield summarise("upload, plain", plain)
        yield summarise("upload as a job, until its end is heard", jobs)
        yield summarise("upload as a job, until 202", accepted)
        yield summarise("upload as a job, until the preview is heard", previews)
        ratio = statistics.median(jobs) / statistics.median(plain)
        yield Row("job against plain", ratio, ratio, ratio, unit="x")


def _plain(app: httpx.Client, photo: bytes) -> None:
    reply = app.post("/api/upload", files={"image": photo}, data={"style": "comic", "seed": "1"})
    reply.raise_for_status()


def _run_job(app: httpx.Client, photo: bytes) -> dict[str, float]:
    started = time.perf_counter()

    def passed() -> float:
        return (time.perf_counter() - started) * 1000

    headers = {"prefer": "respond-async", "idempotency-key": str(uuid.uuid4())}
    fields = {"style": "comic", "seed": "1"}
    reply = app.post("/api/upload", files={"image": photo}, data=fields, headers=headers)
    times = {"accepted": passed()}
    with app.stream("GET", f"{reply.headers['location']}/events") as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                job = json.loads(line.removeprefix("data: "))
                if job["previewUrl"]:
                    times.setdefault("preview", passed())
    assert job["state"] == "succeeded", job
    times["end"] = passed()
    return times


def _time(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _time_grid(urls: list[str]) -> float:
    with (
        httpx.Client(headers=BROWSER, timeout=120) as browser,
        ThreadPoolExecutor(CONNECTIONS) as connections,
    ):
        browser.get(urls[0].partition("/uploads")[0] + "/health")  # the first connection isn't measured
        started = time.perf_counter()
        for reply in connections.map(browser.get, urls):
            assert reply.headers["content-type"] == "image/webp", reply.text
        return (time.perf_counter() - started) * 1000
