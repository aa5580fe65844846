"""The export: all that a device has, whole, described, and made while it is sent."""

import hashlib
import io
import json
import zipfile

from tests.http.gallery.running import Json, RunningGallery, read_data, read_failure

EXPORT = "/api/device/export"


async def export(gallery: RunningGallery, **headers: str) -> tuple[dict[str, bytes], Json]:
    """The archive's pictures by their names, and its manifest."""
    reply = await gallery.client.get(EXPORT, headers=headers)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/zip"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-disposition"] == 'attachment; filename="toonbooth-export.zip"'
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[-1] == "manifest.json"
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files.pop("manifest.json"))


async def test_an_export_holds_every_picture_and_says_what_it_is(
    gallery: RunningGallery, photo: bytes
) -> None:
    read_data(await gallery.post_photo(photo, headers=gallery.for_device()))
    others = set(gallery.list_files())
    uploaded = await gallery.upload(photo, style="sketch", seed="7")
    face = read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))[
        "downloadedFace"
    ]
    original = uploaded["original"]
    wanted = {"style": "comic", "seed": 3}
    cartoon = read_data(await gallery.client.post(f"/api/regenerate/{original['id']}", json=wanted))[
        "cartoon"
    ]

    files, manifest = await export(gallery)

    assert files == {name: data for name, data in gallery.list_files().items() if name not in others}
    assert len(files) == 3

    def describe(entry: Json, url: str, **more: object) -> Json:
        name = entry[url].partition("/uploads/")[2].partition("?")[0]
        digest = hashlib.sha256(files[name]).hexdigest()
        size = len(files[name])
        return {
            "id": entry["id"],
            "file": name,
            "fileSize": size,
            "sha256": digest,
            "createdAt": entry["createdAt"],
        } | more

    exported_at, first_seen_at, last_seen_at = (
        manifest.pop(name) for name in ("exportedAt", "firstSeenAt", "lastSeenAt")
    )
    assert first_seen_at == last_seen_at <= original["createdAt"] <= exported_at
    assert manifest == {
        "originals": [describe(original, "imageUrl")],
        "cartoons": [
            describe(cartoon, "imageUrl", originalId=original["id"], faces=cartoon["faces"], **wanted)
        ],
        "downloadedFaces": [describe(face, "faceUrl", originalId=original["id"])],
        "missing": [],
    }


async def test_a_device_without_anything_gets_an_empty_export(gallery: RunningGallery) -> None:
    files, manifest = await export(gallery, **gallery.for_device())

    assert files == {}
    del manifest["exportedAt"]
    assert manifest == {
        "firstSeenAt": None,
        "lastSeenAt": None,
        "originals": [],
        "cartoons": [],
        "downloadedFaces": [],
        "missing": [],
    }


async def test_a_picture_that_has_gone_is_named_as_missing(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    (lost,) = (gallery.data_dir / "uploads" / "originals").iterdir()
    lost.unlink()

    files, manifest = await export(gallery)

    assert manifest["missing"] == [f"originals/{lost.name}"]
    assert manifest["originals"] == []
    assert [entry["id"] for entry in manifest["cartoons"]] == [uploaded["cartoon"]["id"]]
    assert list(files) == [manifest["cartoons"][0]["file"]]


async def test_nobody_exports_without_a_device_id(gallery: RunningGallery) -> None:
    reply = await gallery.client.get(EXPORT, headers={"x-device-id": "me"})

    assert read_failure(reply)[:2] == (400, "invalid_device_id")
