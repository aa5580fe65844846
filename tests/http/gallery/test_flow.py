"""The whole guide, from a photo to a downloaded face."""

import re

import pytest

from tests.http.gallery.fake_studio import AskedForCartoon, AskedForCut, cut, draw
from tests.http.gallery.running import ADDRESS, Json, RunningGallery, read_data

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check_picture(
    entry: Json, *, folder: str, identifier: str, suffix: str = ".jpg", url_field: str = "imageUrl"
) -> None:
    assert OBJECT_ID.fullmatch(entry["id"])
    assert MOMENT.fullmatch(entry["createdAt"])
    address, _, query = entry[url_field].partition("?")
    assert re.fullmatch(
        rf"{re.escape(ADDRESS)}/uploads/{folder}/\d{{13}}_{identifier}{re.escape(suffix)}", address
    )
    assert re.fullmatch(r"expires=\d{10}&signature=[\w-]{43}", query)


async def test_a_photo_becomes_an_original_and_a_cartoon(gallery: RunningGallery, photo: bytes) -> None:
    data = await gallery.upload(photo)

    assert set(data) == {"original", "cartoon"}
    original, cartoon = data["original"], data["cartoon"]
    assert set(original) == {"id", "imageUrl", "thumbnailUrl", "createdAt"}
    check_picture(original, folder="originals", identifier=gallery.device[:8])
    check_picture(cartoon, folder="temp", identifier=original["id"])
    assert (cartoon["style"], cartoon["seed"]) == ("comic", 1)
    assert cartoon["faces"] == [{"box": [0.37, 0.13, 0.16, 0.27], "score": 0.97}]
    assert original["createdAt"] <= cartoon["createdAt"]

    kept = await gallery.client.get(original["imageUrl"])
    drawn = await gallery.client.get(cartoon["imageUrl"])
    assert drawn.content == draw(kept.content, style="comic", seed=1)
    assert gallery.count_rows() == {
        "devices": 1,
        "originals": 1,
        "regenerated_cartoons": 1,
        "downloaded_faces": 0,
    }


async def test_the_studio_gets_the_photo_as_the_guide_says(gallery: RunningGallery, photo: bytes) -> None:
    data = read_data(await gallery.post_photo(photo, headers={"x-request-id": "a-request-id"}))

    (asked,) = gallery.studio.asked
    assert isinstance(asked, AskedForCartoon)
    assert asked.photo == (await gallery.client.get(data["original"]["imageUrl"])).content
    assert (asked.file_name, asked.media_type) == ("original.jpg", "image/jpeg")
    assert (asked.style, asked.seed) == (None, None)
    assert asked.request_id == "a-request-id"


async def test_a_photo_is_drawn_again_and_differently(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    original_id = uploaded["original"]["id"]

    data = read_data(await gallery.client.post(f"/api/regenerate/{original_id}"))

    assert set(data) == {"cartoon"}
    check_picture(data["cartoon"], folder="temp", identifier=original_id)
    assert data["cartoon"]["id"] != uploaded["cartoon"]["id"]
    assert data["cartoon"]["style"] == "sketch"
    assert data["cartoon"]["seed"] != uploaded["cartoon"]["seed"]
    assert gallery.count_rows()["regenerated_cartoons"] == 2


async def test_the_face_of_the_chosen_cartoon_is_kept_and_all_cartoons_go(
    gallery: RunningGallery, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    original_id = uploaded["original"]["id"]
    other = read_data(await gallery.client.post(f"/api/regenerate/{original_id}"))["cartoon"]
    chosen = (await gallery.client.get(other["imageUrl"])).content

    data = read_data(await gallery.client.post(f"/api/download/{other['id']}"))

    assert set(data) == {"downloadedFace"}
    face = data["downloadedFace"]
    assert set(face) == {"id", "faceUrl", "thumbnailUrl", "originalId", "createdAt"}
    check_picture(face, folder="downloaded", identifier=original_id, url_field="faceUrl")
    assert face["originalId"] == original_id
    assert (await gallery.client.get(face["faceUrl"])).content == cut(chosen)
    assert gallery.count_rows() == {
        "devices": 1,
        "originals": 1,
        "regenerated_cartoons": 0,
        "downloaded_faces": 1,
    }
    assert [path.partition("/")[0] for path in gallery.list_files()] == ["downloaded", "originals"]
    assert (await gallery.client.get(other["imageUrl"])).status_code == 404


async def test_the_studio_is_asked_for_the_cut_by_our_internal_address(
    gallery: RunningGallery, photo: bytes
) -> None:
    cartoon = (await gallery.upload(photo))["cartoon"]

    await gallery.client.post(f"/api/download/{cartoon['id']}", headers={"host": "evil.example"})

    asked = gallery.studio.asked[-1]
    assert isinstance(asked, AskedForCut)
    assert set(asked.body) == {"image_url"}
    assert str(asked.body["image_url"]).startswith(f"{ADDRESS}/uploads/temp/")


@pytest.mark.parametrize("as_form", [False, True])
async def test_the_studio_is_told_how_the_face_is_wanted(
    gallery: RunningGallery, photo: bytes, as_form: bool
) -> None:
    cartoon = (await gallery.upload(photo))["cartoon"]
    wishes: dict[str, object] = {"format": "png", "shape": "face", "face": 0, "sticker": True, "size": 512}

    reply = await gallery.client.post(
        f"/api/download/{cartoon['id']}",
        data={**wishes, "sticker": "true"} if as_form else None,
        json=None if as_form else wishes,
    )

    assert read_data(reply)["downloadedFace"]["faceUrl"].partition("?")[0].endswith(".png")
    asked = gallery.studio.asked[-1]
    assert isinstance(asked, AskedForCut)
    assert {name: value for name, value in asked.body.items() if name != "image_url"} == wishes


async def test_lists_show_what_was_uploaded_and_downloaded(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    original = uploaded["original"]
    face = read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))[
        "downloadedFace"
    ]

    originals = read_data(await gallery.client.get("/api/originals"))
    faces = read_data(await gallery.client.get("/api/downloaded-faces"))

    files = gallery.list_files()
    assert originals == {
        "originals": [{**original, "fileSize": len(files[_path_of(original["imageUrl"])])}],
        "count": 1,
    }
    assert faces == {
        "downloadedFaces": [
            {
                "id": face["id"],
                "faceUrl": face["faceUrl"],
                "thumbnailUrl": face["thumbnailUrl"],
                "fileSize": len(files[_path_of(face["faceUrl"])]),
                "original": original,
                "createdAt": face["createdAt"],
            }
        ],
        "pagination": {"page": 1, "limit": 50, "total": 1, "pages": 1},
    }


def _path_of(url: str) -> str:
    return url.partition("/uploads/")[2].partition("?")[0]
