"""The service around its endpoints: health, docs, request ids, logs, start and stop."""

import logging
import re
from pathlib import Path

import httpx
import pytest

from tests.http.gallery.running import RunningGallery, read_data, read_failure, running_gallery
from toonbooth.kit.errors import StartError


async def test_health_is_ok_and_is_not_cached(gallery: RunningGallery) -> None:
    reply = await gallery.client.get("/health")

    assert read_data(reply) == {"status": "ok"}
    assert reply.headers["cache-control"] == "no-store"


async def test_health_says_when_files_cannot_be_written(gallery: RunningGallery) -> None:
    gallery.data_dir.mkdir(exist_ok=True)  # where there is no SQLite file, nothing lies in it yet
    (gallery.data_dir / "uploads").write_text("in the way")

    assert read_failure(await gallery.client.get("/health"))[:2] == (500, "storage_failed")


async def test_a_full_disk_is_the_guides_500_and_nothing_is_stored(
    gallery: RunningGallery, photo: bytes
) -> None:
    await gallery.upload(photo)
    before = gallery.stored()
    temp = gallery.data_dir / "uploads" / "temp"
    temp.rename(temp.with_name("elsewhere"))
    temp.write_text("in the way")

    reply = await gallery.post_photo(photo)

    assert read_failure(reply) == (
        500,
        "storage_failed",
        "The picture could not be stored or read. Please try again later.",
    )
    temp.unlink()
    temp.with_name("elsewhere").rename(temp)
    assert gallery.stored() == before


async def test_the_docs_page_names_every_endpoint_and_needs_nobody_else(gallery: RunningGallery) -> None:
    page = await gallery.client.get("/docs")
    document = (await gallery.client.get("/openapi.json")).json()

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page.text
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', page.text)) == {"/openapi.json"}
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy


async def test_every_reply_has_a_request_id_the_clients_own_when_it_is_one(gallery: RunningGallery) -> None:
    ours = await gallery.client.get("/api/originals")
    theirs = await gallery.client.get("/api/originals", headers={"x-request-id": "a-request-id"})
    odd = await gallery.client.get("/api/originals", headers={"x-request-id": "two words"})

    assert re.fullmatch(r"[0-9a-f]{16}", ours.headers["x-request-id"])
    assert theirs.headers["x-request-id"] == "a-request-id"
    assert re.fullmatch(r"[0-9a-f]{16}", odd.headers["x-request-id"])


async def test_logs_hold_no_device_id_no_file_name_and_no_signature(
    gallery: RunningGallery, photo: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for chatty in ("httpx", "httpcore", "aiosqlite", "PIL", "python_multipart", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    uploaded = await gallery.upload(photo)
    url = uploaded["original"]["imageUrl"]
    await gallery.client.get(url)
    await gallery.client.get(url.partition("?")[0])
    await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}")
    await gallery.client.get("/api/originals", headers={"x-device-id": gallery.device + "x"})

    lines = caplog.text
    assert "POST /api/upload 200" in lines
    assert gallery.device not in lines
    assert url.rpartition("/")[2].partition("?")[0] not in lines
    assert "signature" not in lines


async def test_a_failure_of_ours_is_logged_with_its_traceback(
    gallery: RunningGallery, caplog: pytest.LogCaptureFixture
) -> None:
    gallery.ask_database("ALTER TABLE originals RENAME TO elsewhere")

    with caplog.at_level(logging.ERROR):
        reply = await gallery.client.get("/api/originals")

    assert read_failure(reply) == (
        500,
        "database_failed",
        "The gallery's database has a problem. Please try again later.",
    )
    assert "Traceback" in caplog.text


async def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file")

    with pytest.raises(StartError, match="data"):
        async with running_gallery(in_the_way):
            pytest.fail("it started")


async def test_an_upload_that_is_refused_before_it_was_read_can_be_heard(gallery: RunningGallery) -> None:
    reply = await gallery.client.post(
        "/api/upload", content=b"x" * 5_000_000, headers={"content-type": "application/octet-stream"}
    )

    assert read_failure(reply)[:2] == (400, "missing_file")
    assert reply.headers["connection"] == "close"


async def test_a_small_body_that_nobody_reads_keeps_the_connection(gallery: RunningGallery) -> None:
    reply: httpx.Response = await gallery.client.post("/api/unknown", content=b"x" * 1000)

    assert reply.status_code == 404
    assert "connection" not in reply.headers


async def test_readiness_tells_of_the_studio_and_does_not_depend_on_it(
    gallery: RunningGallery, tmp_path: Path
) -> None:
    alive = await gallery.client.get("/health/live")
    foreign = await gallery.client.get("/health/ready")
    async with running_gallery(
        tmp_path / "alone", studio_transport=httpx.MockTransport(refuse_connection)
    ) as alone:
        lonely = await alone.client.get("/health/ready")

    assert read_data(alive) == {"status": "ok"}
    assert read_data(foreign) == {"status": "ready", "studio": "unknown"}
    assert read_data(lonely) == {"status": "ready", "studio": "unavailable"}
    assert foreign.headers["cache-control"] == "no-store"


async def test_a_gallery_that_cannot_write_is_alive_and_not_ready(gallery: RunningGallery) -> None:
    gallery.data_dir.mkdir(exist_ok=True)
    (gallery.data_dir / "uploads").write_text("in the way")

    assert (await gallery.client.get("/health/live")).status_code == 200
    assert read_failure(await gallery.client.get("/health/ready"))[:2] == (500, "storage_failed")


async def test_a_gallery_that_was_told_to_stop_takes_no_work_and_lists_on(
    gallery: RunningGallery, photo: bytes
) -> None:
    gallery.app.state.drain.begin()
    refused = await gallery.post_photo(photo * 1000)
    ready = await gallery.client.get("/health/ready")

    assert read_failure(refused)[:2] == (503, "shutting_down")
    assert refused.headers["connection"] == "close"
    assert int(refused.headers["retry-after"]) >= 1
    assert read_failure(ready)[:2] == (503, "shutting_down")
    assert (await gallery.client.get("/api/originals")).status_code == 200


def refuse_connection(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there")
