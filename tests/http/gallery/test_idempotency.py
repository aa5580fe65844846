"""A request that is sent twice is done once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.http.gallery.fake_studio import Gate, refuse
from tests.http.gallery.running import RunningGallery, read_data, read_failure, running_gallery, start

KEY = {"idempotency-key": "3f8a"}
REUSED = (422, "idempotency_key_reused", "This Idempotency-Key was used before, for another request.")


async def test_an_upload_that_is_sent_again_gets_the_first_answer(
    gallery: RunningGallery, photo: bytes
) -> None:
    first = await gallery.post_photo(photo, headers=KEY)
    before = gallery.stored()
    second = await gallery.post_photo(photo, headers=KEY)

    assert second.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["content-type"] == "application/json"
    assert gallery.stored() == before
    assert len(gallery.studio.asked) == 1


async def test_a_download_that_is_sent_again_gets_the_face_and_not_a_404(
    gallery: RunningGallery, photo: bytes
) -> None:
    cartoon = (await gallery.upload(photo))["cartoon"]
    path = f"/api/download/{cartoon['id']}"

    first = await gallery.client.post(path, headers=KEY)
    second = await gallery.client.post(path, headers=KEY)

    assert read_data(second) == read_data(first)
    assert gallery.count_rows()["downloaded_faces"] == 1


async def test_a_regeneration_that_is_sent_again_draws_once(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo))["original"]
    path = f"/api/regenerate/{original['id']}"

    first = await gallery.client.post(path, headers=KEY)
    second = await gallery.client.post(path, headers=KEY)

    assert read_data(second) == read_data(first)
    assert gallery.count_rows()["regenerated_cartoons"] == 2


async def test_without_a_key_every_request_counts(gallery: RunningGallery, photo: bytes) -> None:
    await gallery.upload(photo)
    await gallery.upload(photo)

    assert gallery.count_rows()["originals"] == 2


async def test_a_key_belongs_to_one_device_and_one_route(gallery: RunningGallery, photo: bytes) -> None:
    mine = read_data(await gallery.post_photo(photo, headers=KEY))
    theirs = read_data(await gallery.post_photo(photo, headers=KEY | gallery.for_device()))
    again = await gallery.client.post(f"/api/regenerate/{mine['original']['id']}", headers=KEY)

    assert theirs["original"]["id"] != mine["original"]["id"]
    assert again.status_code == 200


async def test_the_same_key_with_other_content_is_refused(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = read_data(await gallery.post_photo(photo, headers=KEY))
    other = read_data(await gallery.post_photo(photo))
    before = gallery.stored()

    for data in ({"seed": "1"}, {"style": "comic"}):
        assert read_failure(await gallery.post_photo(photo, data=data, headers=KEY)) == REUSED
    assert read_failure(await gallery.post_photo(photo + b"x", headers=KEY)) == REUSED
    assert gallery.stored() == before

    path = "/api/regenerate/{}".format
    assert (await gallery.client.post(path(uploaded["original"]["id"]), headers=KEY)).status_code == 200
    assert read_failure(await gallery.client.post(path(other["original"]["id"]), headers=KEY)) == REUSED


async def test_a_duplicate_waits_for_the_first_and_gets_its_answer(
    gallery: RunningGallery, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    first = start(gallery.post_photo(photo, headers=KEY))
    await gate.wait_for(1)
    second = start(gallery.post_photo(photo, headers=KEY))
    await asyncio.wait({second}, timeout=0.2)
    assert not second.done()
    gate.open()

    assert (await second).content == (await first).content
    assert gallery.count_rows()["originals"] == 1
    assert len(gallery.studio.asked) == 1


async def test_a_final_refusal_is_an_answer_too(gallery: RunningGallery, photo: bytes) -> None:
    gallery.studio.reply = refuse(422, "no_face_found")
    first = await gallery.post_photo(photo, headers=KEY)
    gallery.studio.reply = None
    second = await gallery.post_photo(photo, headers=KEY)

    assert read_failure(second) == read_failure(first)
    assert read_failure(first)[0] == 422
    assert second.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("status", [500, 503])
async def test_after_an_outage_the_same_key_may_try_again(
    gallery: RunningGallery, photo: bytes, status: int
) -> None:
    gallery.studio.reply = refuse(status, "busy")
    assert (await gallery.post_photo(photo, headers=KEY)).status_code == status
    gallery.studio.reply = None

    read_data(await gallery.post_photo(photo, headers=KEY))


async def test_when_the_first_attempt_has_died_the_next_one_takes_over(
    gallery: RunningGallery, photo: bytes
) -> None:
    read_data(await gallery.post_photo(photo, headers=KEY))
    pretend_that_it_died(gallery)

    read_data(await gallery.post_photo(photo, headers=KEY))

    assert gallery.count_rows()["originals"] == 2


async def test_an_attempt_that_was_taken_for_dead_does_not_count(
    gallery: RunningGallery, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    slow = start(gallery.post_photo(photo, headers=KEY))
    await gate.wait_for(1)
    pretend_that_it_died(gallery)
    gallery.studio.before_reply = None
    quick = read_data(await gallery.post_photo(photo, headers=KEY))
    gate.open()

    assert read_failure(await slow)[:2] == (409, "request_in_progress")
    assert gallery.count_rows()["originals"] == 1
    assert read_data(await gallery.post_photo(photo, headers=KEY)) == quick


async def test_keys_hold_across_a_restart(gallery: RunningGallery, photo: bytes) -> None:
    first = await gallery.post_photo(photo, headers=KEY)
    async with running_gallery(gallery.data_dir, databases=gallery.databases) as restarted:
        second = await restarted.post_photo(photo, headers=KEY | gallery.for_device(gallery.device))

    assert second.content == first.content


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ключ"])
async def test_a_key_that_is_none_is_refused(gallery: RunningGallery, photo: bytes, key: str) -> None:
    reply = await gallery.client.post(
        "/api/upload",
        files={"image": photo},
        headers={b"idempotency-key": key.encode(), b"x-device-id": gallery.device.encode()},
    )

    assert read_failure(reply) == (
        400,
        "invalid_request",
        "Idempotency-Key must have 1 to 255 printable ASCII characters.",
    )


async def test_the_longest_key_is_taken(gallery: RunningGallery, photo: bytes) -> None:
    read_data(await gallery.post_photo(photo, headers={"idempotency-key": "x" * 255}))


def pretend_that_it_died(gallery: RunningGallery) -> None:
    """Make the attempt look as a crash leaves it: without an answer, its lease run out."""
    a_second_ago = datetime.now(UTC) - timedelta(seconds=1)
    gallery.ask_database(
        "UPDATE idempotent_answers SET status = NULL, body = NULL, "
        f"leased_until = '{a_second_ago:%Y-%m-%d %H:%M:%S.%f}'"
    )
