"""Lists: their order, their pages, and whose they are."""

import pytest

from tests.http.gallery.running import Json, RunningGallery, read_data


@pytest.fixture
async def uploads(gallery: RunningGallery, photo: bytes) -> list[Json]:
    """Three uploads, the newest first."""
    return [await gallery.upload(photo) for _ in range(3)][::-1]


async def list_originals(gallery: RunningGallery, query: str = "") -> tuple[list[str], int]:
    data = read_data(await gallery.client.get(f"/api/originals{query}"))
    return [entry["id"] for entry in data["originals"]], data["count"]


async def test_the_newest_photo_comes_first(gallery: RunningGallery, uploads: list[Json]) -> None:
    ids = [upload["original"]["id"] for upload in uploads]

    assert await list_originals(gallery) == (ids, 3)


async def test_photos_come_in_pages_when_asked_for(gallery: RunningGallery, uploads: list[Json]) -> None:
    ids = [upload["original"]["id"] for upload in uploads]

    assert await list_originals(gallery, "?limit=2") == (ids[:2], 2)
    assert await list_originals(gallery, "?limit=2&page=2") == (ids[2:], 1)
    assert await list_originals(gallery, "?page=1") == (ids, 3)
    assert await list_originals(gallery, "?page=1000000000") == ([], 0)


async def test_the_newest_face_comes_first_and_in_pages(gallery: RunningGallery, uploads: list[Json]) -> None:
    ids = [
        read_data(await gallery.client.post(f"/api/download/{upload['cartoon']['id']}"))["downloadedFace"][
            "id"
        ]
        for upload in uploads
    ][::-1]

    async def list_faces(query: str) -> tuple[list[str], Json]:
        data = read_data(await gallery.client.get(f"/api/downloaded-faces{query}"))
        return [entry["id"] for entry in data["downloadedFaces"]], data["pagination"]

    assert await list_faces("") == (ids, {"page": 1, "limit": 50, "total": 3, "pages": 1})
    assert await list_faces("?limit=2") == (ids[:2], {"page": 1, "limit": 2, "total": 3, "pages": 2})
    assert await list_faces("?limit=2&page=2") == (ids[2:], {"page": 2, "limit": 2, "total": 3, "pages": 2})
    assert await list_faces("?limit=3&page=9") == ([], {"page": 9, "limit": 3, "total": 3, "pages": 1})


async def test_a_device_cannot_see_another_devices_lists(
    gallery: RunningGallery, uploads: list[Json]
) -> None:
    read_data(await gallery.client.post(f"/api/download/{uploads[0]['cartoon']['id']}"))
    stranger = gallery.for_device()

    originals = read_data(await gallery.client.get("/api/originals", headers=stranger))
    faces = read_data(await gallery.client.get("/api/downloaded-faces", headers=stranger))

    assert originals == {"originals": [], "count": 0}
    assert faces["downloadedFaces"] == []
    assert faces["pagination"]["total"] == 0


async def test_all_day_a_picture_has_the_same_address(gallery: RunningGallery, uploads: list[Json]) -> None:
    listed = read_data(await gallery.client.get("/api/originals"))["originals"]

    assert [entry["imageUrl"] for entry in listed] == [upload["original"]["imageUrl"] for upload in uploads]


async def test_a_photo_can_be_downloaded_from_twice(gallery: RunningGallery, uploads: list[Json]) -> None:
    original_id = uploads[0]["original"]["id"]
    read_data(await gallery.client.post(f"/api/download/{uploads[0]['cartoon']['id']}"))
    cartoon = read_data(await gallery.client.post(f"/api/regenerate/{original_id}"))["cartoon"]
    read_data(await gallery.client.post(f"/api/download/{cartoon['id']}"))

    faces = read_data(await gallery.client.get("/api/downloaded-faces"))["downloadedFaces"]

    assert [face["original"]["id"] for face in faces] == [original_id, original_id]
