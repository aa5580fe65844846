"""What the gallery counts, read as Prometheus reads it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.gallery.fake_studio import refuse
from tests.http.gallery.running import NO_WAITING, RunningGallery, read_job, running_gallery
from toonbooth.kit.metrics import Metrics

REQUESTS = "toonbooth_http_request_duration_seconds_count"


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[RunningGallery]:
    """Counting is the same on every database."""
    async with running_gallery(tmp_path / "data") as running:
        yield running


def read(gallery: RunningGallery, name: str, **labels: str) -> float | None:
    metrics: Metrics = gallery.app.state.metrics
    metrics.refresh()
    return metrics.registry.get_sample_value(name, labels)


async def test_what_a_client_makes_up_becomes_no_label(watched: RunningGallery) -> None:
    await watched.client.request("BREW", "/api/originals")
    await watched.client.get("/api/no-such-thing-as-this")

    assert read(watched, REQUESTS, method="other", route="/api/originals", status="405") == 1
    assert read(watched, REQUESTS, method="GET", route="-", status="404") == 1
    assert b"no-such-thing" not in watched.app.state.metrics.render("")[0]


async def test_failures_are_counted_by_their_code(watched: RunningGallery) -> None:
    await watched.post_photo(b"no picture")
    await watched.client.get("/api/originals", headers={"x-device-id": "nobody"})

    assert read(watched, "toonbooth_failures_total", code="unsupported_image_type") == 1
    assert read(watched, "toonbooth_failures_total", code="invalid_device_id") == 1


async def test_a_studio_that_fails_shows_in_its_calls_and_in_the_breaker(
    watched: RunningGallery, photo: bytes
) -> None:
    assert read(watched, "toonbooth_studio_breaker_open") == 0

    watched.studio.reply = refuse(422, "no_face_found")
    await watched.post_photo(photo)
    watched.studio.reply = refuse(500, "internal_error")
    for _ in range(6):
        await watched.post_photo(photo)

    calls = "toonbooth_studio_call_seconds_count"
    assert read(watched, calls, call="generate_cartoon", outcome="no_face_found") == 1
    assert read(watched, calls, call="generate_cartoon", outcome="studio_failed") == 5
    assert read(watched, calls, call="generate_cartoon", outcome="studio_unavailable") == 1
    assert read(watched, "toonbooth_studio_breaker_open") == 1


async def test_jobs_are_counted_by_how_they_end(watched: RunningGallery, photo: bytes) -> None:
    assert read(watched, "toonbooth_jobs_total", state="succeeded") == 0
    begun = await watched.post_photo(photo, headers=NO_WAITING)
    await watched.wait_for_end(read_job(begun, status=202))
    while watched.app.state.services.jobs.running:  # noqa: ASYNC110 - its row has ended, and it is put away
        await asyncio.sleep(0.01)

    assert read(watched, "toonbooth_jobs_total", state="succeeded") == 1
    assert read(watched, "toonbooth_jobs_running") == 0


async def test_the_pool_of_connections_is_measured(gallery: RunningGallery) -> None:
    await gallery.client.get("/api/originals")

    assert read(gallery, "toonbooth_database_connections", state="in_use") == 0
    limit = read(gallery, "toonbooth_database_connections_limit")
    idle = read(gallery, "toonbooth_database_connections", state="idle")
    assert limit is not None
    assert idle is not None
    assert 1 <= idle <= limit


async def test_the_disk_is_measured(watched: RunningGallery) -> None:
    free = read(watched, "toonbooth_data_disk_free_bytes")
    size = read(watched, "toonbooth_data_disk_size_bytes")
    assert free is not None
    assert size is not None
    assert 0 < free < size
