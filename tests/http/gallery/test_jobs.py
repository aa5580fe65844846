"""Uploads and regenerations that nobody waits for."""

import asyncio
import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.http.gallery.fake_studio import Gate, refuse
from tests.http.gallery.running import (
    NO_WAITING,
    NOTHING_STORED,
    Json,
    RunningGallery,
    read_failure,
    read_job,
    running_gallery,
    start,
)

KEY = {"idempotency-key": "3f8a"}
JPEG = b"\xff\xd8\xff\xe0small"
FIELDS = {
    "id", "kind", "state", "stage", "progress", "queuePosition", "previewUrl",
    "createdAt", "finishedAt", "answer",
}  # fmt: skip


async def test_an_upload_that_nobody_waits_for_is_answered_with_a_job_at_once(
    gallery: RunningGallery, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    reply = await gallery.post_photo(photo, headers=NO_WAITING)
    job = read_job(reply, status=202)

    assert reply.headers["location"] == f"/api/jobs/{job['id']}"
    assert reply.headers["preference-applied"] == "respond-async"
    assert reply.headers["content-type"] == "application/json"
    assert set(job) == FIELDS
    assert re.fullmatch("[0-9a-f]{24}", job["id"])
    assert (job["kind"], job["state"], job["answer"]) == ("upload", "queued", None)

    await gate.wait_for(1)
    await asyncio.sleep(0.05)
    job = await gallery.get_job(job)
    assert (job["state"], job["stage"], job["finishedAt"]) == ("running", "received", None)
    assert 0 < job["progress"] < 1
    gate.open()
    assert (await gallery.wait_for_end(job))["state"] == "succeeded"


async def test_at_its_end_a_job_holds_what_the_plain_call_answers(
    gallery: RunningGallery, photo: bytes
) -> None:
    plain = (await gallery.post_photo(photo)).json()
    uploaded = await gallery.wait_for_end(
        read_job(await gallery.post_photo(photo, headers=NO_WAITING), status=202)
    )
    original = uploaded["answer"]["body"]["data"]["original"]
    path = f"/api/regenerate/{original['id']}"
    redrawn = await gallery.wait_for_end(
        read_job(await gallery.client.post(path, headers=NO_WAITING), status=202)
    )

    for job in (uploaded, redrawn):
        assert (job["state"], job["stage"], job["progress"]) == ("succeeded", "stored", 1)
        assert job["finishedAt"] >= job["createdAt"]
        assert job["previewUrl"] is None
        assert job["answer"]["status"] == 200
    assert redrawn["kind"] == "regenerate"
    assert list_paths(uploaded["answer"]["body"]) == list_paths(plain)
    assert set(redrawn["answer"]["body"]["data"]) == {"cartoon"}
    assert gallery.count_rows()["originals"] == 2
    assert gallery.count_rows()["regenerated_cartoons"] == 3
    assert (await gallery.client.get(original["imageUrl"])).content == photo


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("respond-async, wait=5", 202),
        ("Respond-Async; foo", 202),
        ("wait=5", 200),
        ("respond-asynchronous", 200),
    ],
)
async def test_only_who_prefers_it_gets_a_job(
    gallery: RunningGallery, photo: bytes, prefer: str, status: int
) -> None:
    assert (await gallery.post_photo(photo, headers={"prefer": prefer})).status_code == status


async def test_what_is_wrong_with_the_request_itself_is_answered_at_once(gallery: RunningGallery) -> None:
    reply = await gallery.client.post("/api/upload", files={"image": b""}, headers=NO_WAITING)

    assert read_failure(reply)[:2] == (400, "empty_file")
    assert gallery.stored() == NOTHING_STORED


async def test_a_failure_of_the_work_is_the_answer_of_the_job(gallery: RunningGallery, photo: bytes) -> None:
    gallery.studio.reply = refuse(422, "no_face_found")
    refused = await run(gallery, photo)
    gallery.studio.reply = refuse(503, "busy", headers={"Retry-After": "7"})
    busy = await run(gallery, photo)

    assert (refused["state"], refused["answer"]["status"]) == ("failed", 422)
    assert refused["answer"]["body"] == {
        "success": False,
        "error": "The studio says no_face_found.",
        "code": "no_face_found",
    }
    assert (busy["answer"]["status"], busy["answer"]["retryAfter"]) == (503, 7)
    assert gallery.stored() == NOTHING_STORED


async def test_stages_and_a_preview_are_shown_as_the_studio_tells_them(
    gallery: RunningGallery, photo: bytes
) -> None:
    preview = b64encode(JPEG).decode()
    gallery.studio.news = (
        {"queuePosition": 2},
        {"stage": "decoded", "preview": preview},
        {"stage": "lines", "preview": "bm8gcGljdHVyZQ=="},
        {"stage": "faces_found"},
        {"stage": "unheard of"},
    )
    gate = Gate(gallery.studio)
    job = read_job(await gallery.post_photo(photo, headers=NO_WAITING), status=202)
    gallery.studio.reply = None
    await gate.wait_for(1)
    gate.open()
    job = await gallery.wait_for_end(job)

    assert job["state"] == "succeeded"
    assert job["answer"]["body"]["data"]["cartoon"]["style"] == "comic"


async def test_a_refusal_after_news_is_the_same_refusal(gallery: RunningGallery, photo: bytes) -> None:
    gallery.studio.news = ({"stage": "decoded"},)
    gallery.studio.reply = refuse(503, "busy", headers={"Retry-After": "7"})
    job = await run(gallery, photo)

    assert (job["state"], job["answer"]["status"], job["answer"]["retryAfter"]) == ("failed", 503, 7)
    assert job["answer"]["body"]["code"] == "studio_busy"


async def test_an_ai_server_that_tells_nothing_draws_as_well(gallery: RunningGallery, photo: bytes) -> None:
    gallery.studio.is_foreign = True

    assert (await run(gallery, photo))["state"] == "succeeded"


async def test_the_same_key_gets_the_same_job(gallery: RunningGallery, photo: bytes) -> None:
    gate = Gate(gallery.studio)
    headers = KEY | NO_WAITING
    replies = await asyncio.gather(*(gallery.post_photo(photo, headers=headers) for _ in range(3)))
    jobs = [read_job(reply, status=202) for reply in replies]
    await gate.wait_for(1)
    plain = start(gallery.post_photo(photo, headers=KEY))
    gate.open()
    ended = await gallery.wait_for_end(jobs[0])
    again = read_job(await gallery.post_photo(photo, headers=headers), status=202)

    assert {job["id"] for job in jobs} == {ended["id"]}
    assert again == ended
    assert (await plain).json() == ended["answer"]["body"]
    assert len(gallery.studio.asked) == 1
    assert gallery.count_rows()["originals"] == 1


async def test_a_key_that_has_been_answered_gets_the_answer(gallery: RunningGallery, photo: bytes) -> None:
    first = await gallery.post_photo(photo, headers=KEY)
    second = await gallery.post_photo(photo, headers=KEY | NO_WAITING)

    assert second.content == first.content
    assert second.headers["idempotent-replayed"] == "true"
    assert "preference-applied" not in second.headers


async def test_the_same_key_with_other_content_is_refused(gallery: RunningGallery, photo: bytes) -> None:
    gate = Gate(gallery.studio)
    read_job(await gallery.post_photo(photo, headers=KEY | NO_WAITING), status=202)
    reply = await gallery.post_photo(photo + b"x", headers=KEY | NO_WAITING)
    gate.open()

    assert read_failure(reply)[:2] == (422, "idempotency_key_reused")


async def test_a_final_refusal_stays_and_after_an_outage_the_same_key_tries_again(
    gallery: RunningGallery, photo: bytes
) -> None:
    headers = KEY | NO_WAITING
    gallery.studio.reply = refuse(500, "broken")
    failed = await run(gallery, photo, KEY)
    gallery.studio.reply = refuse(422, "no_face_found")
    refused = await run(gallery, photo, KEY)
    gallery.studio.reply = None
    again = read_job(await gallery.post_photo(photo, headers=headers), status=202)

    assert (failed["answer"]["status"], refused["answer"]["status"]) == (500, 422)
    assert failed["id"] != refused["id"]
    assert again == refused
    assert await gallery.get_job(failed) == failed


async def test_a_job_that_is_called_off_frees_the_studio_and_stores_nothing(
    gallery: RunningGallery, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    job = read_job(await gallery.post_photo(photo, headers=KEY | NO_WAITING), status=202)
    await gate.wait_for(1)
    cancelled = read_job(await gallery.client.delete(f"/api/jobs/{job['id']}"))
    async with asyncio.timeout(5):
        while not gallery.studio.dropped or gallery.stored() != NOTHING_STORED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert (cancelled["state"], cancelled["answer"]) == ("cancelled", None)
    assert cancelled["finishedAt"] is not None
    assert await gallery.get_job(job) == cancelled
    assert read_job(await gallery.client.delete(f"/api/jobs/{job['id']}")) == cancelled

    gate.open()
    again = await run(gallery, photo, KEY)
    assert again["state"] == "succeeded"
    assert again["id"] != job["id"]


async def test_calling_off_comes_too_late_for_a_job_that_has_ended(
    gallery: RunningGallery, photo: bytes
) -> None:
    ended = await run(gallery, photo)

    assert read_job(await gallery.client.delete(f"/api/jobs/{ended['id']}")) == ended
    assert gallery.count_rows()["originals"] == 1


async def test_a_job_is_its_devices_own(gallery: RunningGallery, photo: bytes) -> None:
    job = await run(gallery, photo)
    other = gallery.for_device()
    for path in (f"/api/jobs/{job['id']}", f"/api/jobs/{job['id']}/events", "/api/jobs/" + "0" * 24):
        assert read_failure(await gallery.client.get(path, headers=other))[:2] == (404, "job_not_found")
    path = f"/api/jobs/{job['id']}"
    assert read_failure(await gallery.client.delete(path, headers=other))[:2] == (404, "job_not_found")
    assert read_failure(await gallery.client.get("/api/jobs/x"))[:2] == (400, "invalid_id")
    assert read_failure(await gallery.client.get(path, headers={"x-device-id": ""}))[0] == 400


async def test_a_device_that_is_erased_leaves_no_job(gallery: RunningGallery, photo: bytes) -> None:
    ended = await run(gallery, photo)
    gate = Gate(gallery.studio)
    running = read_job(await gallery.post_photo(photo, headers=NO_WAITING), status=202)
    await gate.wait_for(1)
    assert (await gallery.client.delete("/api/device")).status_code == 200
    gate.open()

    for job in (ended, running):
        reply = await gallery.client.get(f"/api/jobs/{job['id']}")
        assert read_failure(reply)[:2] == (404, "job_not_found")
    async with asyncio.timeout(10):
        while gallery.stored() != NOTHING_STORED:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_a_job_whose_process_has_died_ends_as_interrupted_and_its_work_does_not_count(
    gallery: RunningGallery, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    job = read_job(await gallery.post_photo(photo, headers=KEY | NO_WAITING), status=202)
    await gate.wait_for(1)
    pretend_that_it_died(gallery)

    interrupted = await gallery.get_job(job)
    gallery.studio.before_reply = None
    again = await run(gallery, photo, KEY)
    gate.open()

    assert (interrupted["state"], interrupted["answer"]) == ("interrupted", None)
    assert again["state"] == "succeeded"
    async with asyncio.timeout(10):
        while ".staging" in str(gallery.list_files().keys()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert gallery.count_rows()["originals"] == 1
    assert await gallery.get_job(job) == interrupted


async def test_a_gallery_that_stops_ends_its_jobs(
    gallery: RunningGallery, photo: bytes, tmp_path: Path
) -> None:
    async with running_gallery(tmp_path / "other") as other:
        gate = Gate(other.studio)
        job = read_job(await other.post_photo(photo, headers=NO_WAITING), status=202)
        await gate.wait_for(1)
        opening = asyncio.get_running_loop().call_later(0.2, gate.open)
    opening.cancel()
    async with running_gallery(tmp_path / "other") as again:
        again.client.headers["x-device-id"] = other.device
        assert (await again.get_job(job))["state"] == "succeeded"


async def test_one_job_too_many_is_refused(photo: bytes, tmp_path: Path) -> None:
    async with running_gallery(tmp_path, max_jobs=1) as gallery:
        gate = Gate(gallery.studio)
        job = read_job(await gallery.post_photo(photo, headers=NO_WAITING), status=202)
        refused = await gallery.post_photo(photo, headers=NO_WAITING)
        gate.open()
        await gallery.wait_for_end(job)

        assert read_failure(refused)[:2] == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        async with asyncio.timeout(10):  # its row says so a moment before its place is free
            reply = refused
            while reply.status_code == 503:
                reply = await gallery.post_photo(photo, headers=NO_WAITING)
        assert (await gallery.wait_for_end(read_job(reply, status=202)))["state"] == "succeeded"


async def test_the_events_of_a_job_that_has_ended_are_its_end_and_nothing_more(
    gallery: RunningGallery, photo: bytes
) -> None:
    job = await run(gallery, photo)
    path = f"/api/jobs/{job['id']}/events"
    reply = await gallery.client.get(path)
    (event_id,) = re.findall(r"^id: (\d+)$", reply.text, re.MULTILINE)

    assert reply.headers["content-type"].startswith("text/event-stream")
    assert "no-store" in reply.headers["cache-control"]
    assert reply.text.count("event: job") == 1
    resumed = await gallery.client.get(path, headers={"last-event-id": event_id})
    assert (resumed.status_code, resumed.content) == (204, b"")
    garbage = await gallery.client.get(path, headers={"last-event-id": "x"})
    assert garbage.text == reply.text


async def run(gallery: RunningGallery, photo: bytes, headers: dict[str, str] | None = None) -> Json:
    reply = await gallery.post_photo(photo, headers=NO_WAITING | (headers or {}))
    return await gallery.wait_for_end(read_job(reply, status=202))


def list_paths(body: object, path: str = "") -> list[str]:
    """Where everything stands in a JSON object."""
    if not isinstance(body, dict):
        return [path]
    return [each for name, value in body.items() for each in list_paths(value, f"{path}/{name}")]


def pretend_that_it_died(gallery: RunningGallery) -> None:
    """Make all leases run out."""
    a_second_ago = datetime.now(UTC) - timedelta(seconds=1)
    for table in ("jobs", "idempotent_answers"):
        gallery.ask_database(
            f"UPDATE {table} SET leased_until = '{a_second_ago:%Y-%m-%d %H:%M:%S.%f}' WHERE status IS NULL"
        )
