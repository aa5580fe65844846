"""Requests that meet: at most one of them wins, and what the others did leaves no trace."""

import asyncio

import httpx

from tests.http.gallery.fake_studio import Gate
from tests.http.gallery.running import Json, RunningGallery, read_data, read_failure, start

OVERTAKEN = (
    404,
    "cartoon_not_found",
    "This cartoon is not here. Once one is downloaded, the others are deleted.",
)


async def test_of_two_downloads_of_one_cartoon_one_gets_the_face(
    gallery: RunningGallery, photo: bytes
) -> None:
    cartoon = (await gallery.upload(photo))["cartoon"]
    gate = Gate(gallery.studio)
    downloads = [start(gallery.client.post(f"/api/download/{cartoon['id']}")) for _ in range(2)]
    await gate.wait_for(2)
    gate.open()

    check_that_one_won(gallery, await asyncio.gather(*downloads))


async def test_of_two_downloads_of_different_cartoons_of_one_photo_one_gets_the_face(
    gallery: RunningGallery, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    again = read_data(await gallery.client.post(f"/api/regenerate/{uploaded['original']['id']}"))
    gate = Gate(gallery.studio)
    downloads = [
        start(gallery.client.post(f"/api/download/{cartoon['id']}"))
        for cartoon in (uploaded["cartoon"], again["cartoon"])
    ]
    await gate.wait_for(2)
    gate.open()

    check_that_one_won(gallery, await asyncio.gather(*downloads))


def check_that_one_won(gallery: RunningGallery, replies: list[httpx.Response]) -> None:
    winner, loser = sorted(replies, key=lambda reply: reply.status_code)
    face = read_data(winner)["downloadedFace"]
    assert read_failure(loser) == OVERTAKEN
    assert gallery.count_rows() == {
        "devices": 1,
        "originals": 1,
        "regenerated_cartoons": 0,
        "downloaded_faces": 1,
    }
    kept = [path for path in gallery.list_files() if not path.startswith("originals/")]
    assert kept == [face["faceUrl"].partition("/uploads/")[2].partition("?")[0]]


async def test_a_regeneration_that_a_download_overtakes_stores_nothing(
    gallery: RunningGallery, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    gate = Gate(gallery.studio)
    late = start(gallery.client.post(f"/api/regenerate/{uploaded['original']['id']}"))
    await gate.wait_for(1)
    gallery.studio.before_reply = None
    read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))
    before = gallery.stored()
    gate.open()

    assert read_failure(await late) == OVERTAKEN
    assert gallery.stored() == before


async def test_many_at_once_all_get_their_own_names(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo))["original"]

    replies = await asyncio.gather(
        *(gallery.client.post(f"/api/regenerate/{original['id']}") for _ in range(12)),
        *(gallery.post_photo(photo) for _ in range(4)),
    )

    cartoons: list[Json] = [read_data(reply)["cartoon"] for reply in replies]
    assert len({cartoon["id"] for cartoon in cartoons}) == len(cartoons)
    assert len({cartoon["imageUrl"] for cartoon in cartoons}) == len(cartoons)
    rows = gallery.count_rows()
    assert (rows["originals"], rows["regenerated_cartoons"]) == (5, 17)
    assert len(gallery.list_files()) == 5 + 17


async def test_lists_answer_while_the_studio_draws(gallery: RunningGallery, photo: bytes) -> None:
    gate = Gate(gallery.studio)
    upload = start(gallery.post_photo(photo))
    await gate.wait_for(1)

    async with asyncio.timeout(5):
        assert read_data(await gallery.client.get("/api/originals"))["count"] == 0
    gate.open()
    read_data(await upload)


async def test_a_request_that_is_given_up_while_it_draws_leaves_nothing(
    gallery: RunningGallery, photo: bytes
) -> None:
    before = gallery.stored()
    gate = Gate(gallery.studio)
    upload = start(gallery.post_photo(photo))
    await gate.wait_for(1)

    upload.cancel()
    await asyncio.wait({upload})

    assert upload.cancelled()
    assert gallery.stored() == before
