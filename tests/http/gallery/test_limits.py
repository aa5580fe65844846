"""Who asks too often hears when to come back, who keeps too much hears that, and nobody else notices."""

import asyncio
import uuid
from pathlib import Path

import pytest

from tests.acceptance.running import find_free_port
from tests.http.gallery.running import read_data, read_failure, running_gallery

TOO_OFTEN = (429, "too_many_requests")
TOO_MANY = (
    403,
    "too_many_originals",
    "You have 2 photos here, which is the most. Delete some to add another.",
)


async def test_a_device_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with running_gallery(tmp_path, requests_per_device="3/minute") as gallery:
        for _ in range(3):
            read_data(await gallery.client.get("/api/originals"))
        refused = await gallery.client.get("/api/originals")
        other = await gallery.client.get("/api/originals", headers=gallery.for_device())

    assert read_failure(refused)[:2] == TOO_OFTEN
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["cache-control"] == "no-store"
    assert other.status_code == 200


async def test_who_comes_back_when_told_to_is_served(tmp_path: Path) -> None:
    async with running_gallery(tmp_path, requests_per_device="1/second") as gallery:
        await gallery.client.get("/api/originals")
        refused = await gallery.client.get("/api/originals")
        await asyncio.sleep(int(refused.headers["retry-after"]))
        served = await gallery.client.get("/api/originals")

    assert (refused.status_code, served.status_code) == (429, 200)


async def test_an_address_that_asks_too_often_is_refused_whatever_device_it_names(tmp_path: Path) -> None:
    async with running_gallery(tmp_path, requests_per_address="4/minute") as gallery:
        replies = [await gallery.client.get("/api/originals", headers=gallery.for_device()) for _ in range(4)]
        refused = await gallery.client.get("/api/originals", headers=gallery.for_device())
        nameless = await gallery.client.get("/uploads/originals/1_a.jpg", headers={"x-device-id": ""})
        health = await gallery.client.get("/health")

    assert {reply.status_code for reply in replies} == {200}
    assert read_failure(refused)[:2] == TOO_OFTEN
    assert read_failure(nameless)[:2] == TOO_OFTEN
    assert health.status_code == 200


async def test_addresses_behind_a_trusted_proxy_are_told_apart(tmp_path: Path) -> None:
    async with running_gallery(
        tmp_path, requests_per_address="1/minute", trusted_proxies="127.0.0.0/8"
    ) as gallery:
        statuses = [
            (await gallery.client.get("/api/originals", headers={"x-forwarded-for": address})).status_code
            for address in ("203.0.113.1", "203.0.113.2", "203.0.113.1", "203.0.113.9, 203.0.113.2")
        ]

    assert statuses == [200, 200, 429, 429]


async def test_drawings_have_a_limit_of_their_own_and_lists_go_on(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path, drawings_per_device="2/minute") as gallery:
        uploaded = await gallery.upload(photo)
        original = uploaded["original"]["id"]
        again = await gallery.client.post(f"/api/regenerate/{original}")
        refused = [
            await gallery.client.post(f"/api/regenerate/{original}"),
            await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"),
            await gallery.post_photo(photo),
        ]
        listed = await gallery.client.get("/api/originals")
        asked = len(gallery.studio.asked)

    assert again.status_code == listed.status_code == 200
    assert {read_failure(reply)[:2] for reply in refused} == {TOO_OFTEN}
    assert asked == 2


async def test_a_refusal_is_never_the_answer_that_a_retry_gets_again(tmp_path: Path, photo: bytes) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    async with running_gallery(tmp_path, drawings_per_device="1/second") as gallery:
        await gallery.upload(photo)
        refused = await gallery.post_photo(photo, headers=headers)
        await asyncio.sleep(int(refused.headers["retry-after"]))
        served = await gallery.post_photo(photo, headers=headers)

    assert (refused.status_code, served.status_code) == (429, 200)
    assert "idempotent-replayed" not in served.headers


async def test_an_upload_that_is_refused_for_coming_too_often_is_not_read(
    tmp_path: Path, photo: bytes
) -> None:
    async with running_gallery(tmp_path, drawings_per_device="1/minute") as gallery:
        await gallery.upload(photo)
        before = gallery.stored()
        refused = await gallery.post_photo(photo * 1000)
        after = gallery.stored()

    assert read_failure(refused)[:2] == TOO_OFTEN
    assert refused.headers["connection"] == "close"
    assert after == before


async def test_the_default_limits_leave_a_busy_phone_alone(tmp_path: Path, photo: bytes) -> None:
    """Somebody taps "another one" thirty times, and the app asks for a grid of pictures each time."""
    async with running_gallery(tmp_path) as gallery:
        uploaded = await gallery.upload(photo)
        statuses = set()
        for _ in range(30):
            reply = await gallery.client.post(f"/api/regenerate/{uploaded['original']['id']}")
            statuses.add(reply.status_code)
            for _ in range(10):
                statuses.add((await gallery.client.get("/api/originals")).status_code)

    assert statuses == {200}


async def test_a_store_of_the_limits_that_is_away_is_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"redis://127.0.0.1:{find_free_port()}"
    async with running_gallery(tmp_path, requests_per_device="2/minute", rate_limits_url=url) as gallery:
        statuses = [(await gallery.client.get("/api/originals")).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert "this process counts by itself" in caplog.text
    assert gallery.device not in caplog.text


async def test_a_device_keeps_only_so_many_photos(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path, max_originals_per_device=2) as gallery:
        await gallery.upload(photo)
        await gallery.upload(photo)
        before = gallery.stored()
        refused = await gallery.post_photo(photo)
        after = gallery.stored()
        asked = len(gallery.studio.asked)
        other = await gallery.post_photo(photo, headers=gallery.for_device())

    assert read_failure(refused) == TOO_MANY
    assert after == before
    assert asked == 2
    assert other.status_code == 200


async def test_uploads_at_once_do_not_get_past_the_quota(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path, max_originals_per_device=2) as gallery:
        replies = await asyncio.gather(*(gallery.post_photo(photo) for _ in range(6)))
        rows, files = gallery.stored()

    assert sorted(reply.status_code for reply in replies) == [200, 200, 403, 403, 403, 403]
    assert {read_failure(reply) for reply in replies if reply.status_code == 403} == {TOO_MANY}
    assert rows["originals"] == rows["regenerated_cartoons"] == 2
    assert len(files) == 4


async def test_a_retry_of_the_upload_that_filled_the_quota_gets_its_answer(
    tmp_path: Path, photo: bytes
) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    async with running_gallery(tmp_path, max_originals_per_device=1) as gallery:
        first = await gallery.post_photo(photo, headers=headers)
        second = await gallery.post_photo(photo, headers=headers)

    assert read_data(first) == read_data(second)
