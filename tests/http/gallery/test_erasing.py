"""Deleting: what goes with what, whose it must be, and what happens to work that is under way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import httpx
import pytest
from bson import ObjectId

from tests.http.gallery.fake_studio import Gate, wrap_in_form
from tests.http.gallery.running import NOTHING_STORED, Json, RunningGallery, read_data, read_failure, start

KEY = {"idempotency-key": "once"}
NOTHING_WENT = {"originals": 0, "cartoons": 0, "faces": 0, "files": 0}


async def erase(gallery: RunningGallery, path: str) -> Json:
    deleted: Json = read_data(await gallery.client.delete(path))["deleted"]
    return deleted


async def download(gallery: RunningGallery, cartoon: Json) -> Json:
    face: Json = read_data(await gallery.client.post(f"/api/download/{cartoon['id']}"))["downloadedFace"]
    return face


async def regenerate(gallery: RunningGallery, original: Json) -> Json:
    cartoon: Json = read_data(await gallery.client.post(f"/api/regenerate/{original['id']}"))["cartoon"]
    return cartoon


def name_file(url: str) -> str:
    return url.partition("/uploads/")[2].partition("?")[0]


async def test_with_a_photo_go_its_cartoons_and_its_faces(gallery: RunningGallery, photo: bytes) -> None:
    kept = await gallery.upload(photo)
    before = gallery.stored()
    uploaded = await gallery.upload(photo)
    await download(gallery, uploaded["cartoon"])
    await regenerate(gallery, uploaded["original"])
    await regenerate(gallery, uploaded["original"])

    deleted = await erase(gallery, f"/api/originals/{uploaded['original']['id']}")

    assert deleted == {"originals": 1, "cartoons": 2, "faces": 1, "files": 4}
    assert gallery.stored() == before
    assert (
        read_data(await gallery.client.get("/api/originals"))["originals"][0]["id"] == kept["original"]["id"]
    )
    assert (await gallery.client.get(uploaded["original"]["imageUrl"])).status_code == 404


async def test_a_cartoon_goes_alone(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    before = gallery.stored()
    cartoon = await regenerate(gallery, uploaded["original"])

    assert await erase(gallery, f"/api/cartoons/{cartoon['id']}") == NOTHING_WENT | {
        "cartoons": 1,
        "files": 1,
    }
    assert gallery.stored() == before
    await download(gallery, uploaded["cartoon"])


async def test_a_face_goes_alone(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    gone = await download(gallery, uploaded["cartoon"])
    kept = await download(gallery, await regenerate(gallery, uploaded["original"]))

    assert await erase(gallery, f"/api/downloaded-faces/{gone['id']}") == NOTHING_WENT | {
        "faces": 1,
        "files": 1,
    }
    assert gallery.count_rows()["originals"] == 1
    assert sorted(gallery.list_files()) == sorted(
        [name_file(kept["faceUrl"]), name_file(uploaded["original"]["imageUrl"])]
    )


async def test_with_a_device_goes_everything_that_it_has_and_nothing_else(
    gallery: RunningGallery, photo: bytes
) -> None:
    other = gallery.for_device()
    read_data(await gallery.post_photo(photo, headers=other | KEY))
    before = gallery.stored()
    uploaded = read_data(await gallery.post_photo(photo, headers=KEY))
    await download(gallery, uploaded["cartoon"])
    await regenerate(gallery, uploaded["original"])
    await gallery.upload(photo)

    assert await erase(gallery, "/api/device") == {"originals": 2, "cartoons": 2, "faces": 1, "files": 5}
    assert gallery.stored() == before
    # The kept answer is gone too: the same key is a new request.
    again = await gallery.post_photo(photo, headers=KEY)
    assert "idempotent-replayed" not in again.headers
    assert read_data(again)["original"]["id"] != uploaded["original"]["id"]
    # The other device's is not.
    assert "idempotent-replayed" in (await gallery.post_photo(photo, headers=other | KEY)).headers


async def test_a_device_without_anything_hears_that_nothing_went(gallery: RunningGallery) -> None:
    assert await erase(gallery, "/api/device") == NOTHING_WENT
    assert gallery.stored() == NOTHING_STORED


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/originals/{original}", "original_not_found"),
        ("/api/cartoons/{cartoon}", "cartoon_not_found"),
        ("/api/downloaded-faces/{face}", "face_not_found"),
    ],
)
async def test_what_is_gone_or_unknown_or_somebody_elses_is_the_same_404(
    gallery: RunningGallery, photo: bytes, path: str, code: str
) -> None:
    uploaded = await gallery.upload(photo)
    face = await download(gallery, uploaded["cartoon"])
    cartoon = await regenerate(gallery, uploaded["original"])
    ids = {"original": uploaded["original"]["id"], "cartoon": cartoon["id"], "face": face["id"]}
    before = gallery.stored()

    unknown = await gallery.client.delete(path.format(**dict.fromkeys(ids, str(ObjectId()))))
    others = await gallery.client.delete(path.format(**ids), headers=gallery.for_device())
    assert gallery.stored() == before
    first = await gallery.client.delete(path.format(**ids))
    second = await gallery.client.delete(path.format(**ids))

    read_data(first)
    assert read_failure(unknown)[:2] == (404, code)
    assert read_failure(others) == read_failure(unknown)
    assert read_failure(second) == read_failure(unknown)


@pytest.mark.parametrize("path", ["/api/originals/no", "/api/cartoons/no", "/api/downloaded-faces/no"])
async def test_an_id_that_is_none_is_refused(gallery: RunningGallery, path: str) -> None:
    assert read_failure(await gallery.client.delete(path))[:2] == (400, "invalid_id")


@pytest.mark.parametrize("path", ["originals/{id}", "cartoons/{id}", "downloaded-faces/{id}", "device"])
async def test_nobody_deletes_without_a_device_id(gallery: RunningGallery, path: str) -> None:
    reply = await gallery.client.delete(f"/api/{path.format(id=ObjectId())}", headers={"x-device-id": "me"})

    assert read_failure(reply)[:2] == (400, "invalid_device_id")


Request = Callable[[RunningGallery, Json, bytes], Coroutine[None, None, httpx.Response]]


async def ask_for_another(gallery: RunningGallery, uploaded: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.post(f"/api/regenerate/{uploaded['original']['id']}")


async def ask_for_the_face(gallery: RunningGallery, uploaded: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}")


async def send_a_photo(gallery: RunningGallery, _uploaded: Json, photo: bytes) -> httpx.Response:
    return await gallery.post_photo(photo)


@pytest.mark.parametrize("request_under_way", [ask_for_another, ask_for_the_face])
@pytest.mark.parametrize("path", ["/api/originals/{id}", "/api/device"])
async def test_what_is_made_of_a_photo_that_is_deleted_meanwhile_is_not_kept(
    gallery: RunningGallery, photo: bytes, path: str, request_under_way: Request
) -> None:
    uploaded = await gallery.upload(photo)
    gate = Gate(gallery.studio)
    late = start(request_under_way(gallery, uploaded, photo))
    await gate.wait_for(1)
    await erase(gallery, path.format(id=uploaded["original"]["id"]))
    gate.open()

    assert read_failure(await late)[:2] == (404, "cartoon_not_found")
    rows, files = gallery.stored()
    assert files == {}
    assert rows == dict.fromkeys(rows, 0) | {"devices": int(path != "/api/device")}


@pytest.mark.parametrize("headers", [{}, KEY])
@pytest.mark.parametrize("is_known", [False, True])
async def test_a_photo_whose_device_is_erased_meanwhile_is_not_kept(
    gallery: RunningGallery, photo: bytes, headers: dict[str, str], *, is_known: bool
) -> None:
    if is_known:
        await gallery.upload(photo)
    gate = Gate(gallery.studio)
    late = start(gallery.post_photo(photo, headers=headers))
    await gate.wait_for(1)
    await erase(gallery, "/api/device")
    gate.open()

    assert read_failure(await late)[:2] == (404, "original_not_found")
    assert gallery.stored() == NOTHING_STORED
    assert gallery.ask_database("SELECT count(*) FROM idempotent_answers") == ["0"]


@pytest.mark.parametrize("is_known", [False, True])
async def test_a_photo_whose_device_is_erased_while_it_arrives_is_not_kept(
    gallery: RunningGallery, photo: bytes, *, is_known: bool
) -> None:
    if is_known:
        await gallery.upload(photo)
    head, end = wrap_in_form(b"").split(b"\r\n\r\n")
    erased = asyncio.Event()

    async def send_slowly() -> AsyncIterator[bytes]:
        yield head + b"\r\n\r\n" + photo[:1000]
        await erase(gallery, "/api/device")
        erased.set()
        yield photo[1000:] + end

    reply = await gallery.client.post(
        "/api/upload",
        content=send_slowly(),
        headers={"content-type": "multipart/form-data; boundary=edge"},
    )

    assert erased.is_set()
    assert read_failure(reply)[:2] == (404, "original_not_found")
    assert gallery.stored() == NOTHING_STORED


async def test_of_two_first_photos_neither_is_kept_when_one_came_to_its_end_before_the_erasure(
    gallery: RunningGallery, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    late = start(gallery.post_photo(photo))
    await gate.wait_for(1)
    gallery.studio.before_reply = None
    await gallery.upload(photo)
    await erase(gallery, "/api/device")
    gate.open()

    assert read_failure(await late)[:2] == (404, "original_not_found")
    assert gallery.stored() == NOTHING_STORED


async def test_first_photos_that_meet_are_all_kept_and_leave_no_mark(
    gallery: RunningGallery, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    uploads = [start(gallery.post_photo(photo)) for _ in range(3)]
    await gate.wait_for(3)
    gate.open()
    for upload in uploads:
        read_data(await upload)
    assert read_failure(await gallery.post_photo(b"GIF", headers=gallery.for_device()))[0] == 400

    assert gallery.count_rows()["originals"] == 3
    assert gallery.ask_database("SELECT count(*) FROM idempotent_answers") == ["0"]


async def test_a_file_that_cannot_be_deleted_keeps_no_row_and_no_other_file(
    gallery: RunningGallery, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    await download(gallery, uploaded["cartoon"])
    stuck = gallery.data_dir / "uploads" / name_file(uploaded["original"]["imageUrl"])
    turn_into_a_folder(stuck)

    assert await erase(gallery, "/api/device") == {"originals": 1, "cartoons": 0, "faces": 1, "files": 0}
    assert gallery.stored() == NOTHING_STORED
    assert stuck.is_dir()


def turn_into_a_folder(file: Path) -> None:
    """What no `unlink` takes away, not even root's."""
    file.unlink()
    file.mkdir()


async def test_a_photos_cartoons_are_listed_newest_first(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    await gallery.upload(photo)
    second = await regenerate(gallery, uploaded["original"])
    third = await regenerate(gallery, uploaded["original"])
    path = f"/api/originals/{uploaded['original']['id']}/cartoons"

    assert read_data(await gallery.client.get(path)) == {
        "cartoons": [third, second, uploaded["cartoon"]],
        "count": 3,
    }
    await erase(gallery, f"/api/cartoons/{second['id']}")
    assert read_data(await gallery.client.get(path))["cartoons"] == [third, uploaded["cartoon"]]
    await download(gallery, third)
    assert read_data(await gallery.client.get(path)) == {"cartoons": [], "count": 0}


async def test_cartoons_of_a_photo_that_is_not_there_are_not_listed(
    gallery: RunningGallery, photo: bytes
) -> None:
    original = (await gallery.upload(photo))["original"]
    path = f"/api/originals/{original['id']}/cartoons"

    others = await gallery.client.get(path, headers=gallery.for_device())
    unknown = await gallery.client.get(f"/api/originals/{ObjectId()}/cartoons")
    malformed = await gallery.client.get("/api/originals/no/cartoons")

    assert read_failure(others) == read_failure(unknown)
    assert read_failure(unknown)[:2] == (404, "original_not_found")
    assert read_failure(malformed)[:2] == (400, "invalid_id")
