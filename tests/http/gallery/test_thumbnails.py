"""Smaller versions of stored pictures."""

import asyncio
import io
import re
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw
from starlette.responses import Response

from tests.http.gallery.running import RunningGallery, read_data, read_failure, running_gallery

BROWSER = {"accept": "image/avif,image/webp,image/apng,*/*;q=0.8"}


@pytest.fixture(scope="module")
def large_photo(photo: bytes) -> bytes:
    """1600 × 1200, to be turned a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.open(io.BytesIO(photo)).resize((1600, 1200)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def open_picture(reply: httpx.Response) -> Image.Image:
    assert reply.status_code == 200, reply.text
    picture = Image.open(io.BytesIO(reply.content))
    assert Image.MIME[picture.format or ""] == reply.headers["content-type"]
    return picture


@pytest.mark.parametrize("width", [160, 320, 640, 1080])
async def test_a_signed_address_takes_a_width(
    gallery: RunningGallery, large_photo: bytes, width: int
) -> None:
    original = (await gallery.upload(large_photo))["original"]
    async with httpx.AsyncClient(transport=gallery.client._transport) as anybody:
        small = open_picture(await anybody.get(f"{original['imageUrl']}&w={width}"))
        whole = await anybody.get(original["imageUrl"])

    assert (small.format, small.size) == ("JPEG", (width, width * 4 // 3))
    assert not small.getexif()
    assert Image.open(io.BytesIO(whole.content)).size == (1600, 1200)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (BROWSER["accept"], "image/webp"),
        ("image/avif, image/*;q=0.5", "image/avif"),
        ("image/webp;q=0.8, image/avif", "image/avif"),
        ("image/jpeg, image/webp;q=0.5", "image/jpeg"),
        ("*/*", "image/jpeg"),
        ("image/webp;q=0", "image/jpeg"),
        ("", "image/jpeg"),
    ],
)
async def test_the_kind_of_file_is_the_one_that_the_client_likes_best(
    gallery: RunningGallery, photo: bytes, accept: str, media_type: str
) -> None:
    url = (await gallery.upload(photo))["original"]["thumbnailUrl"]
    reply = await gallery.client.get(url, headers={"accept": accept})

    open_picture(reply)
    assert reply.headers["content-type"] == media_type
    assert "accept" in reply.headers["vary"].lower()


async def test_thumbnail_addresses_stand_beside_the_guides_fields(
    gallery: RunningGallery, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    originals = read_data(await gallery.client.get("/api/originals"))["originals"]
    downloaded = read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))
    (face,) = read_data(await gallery.client.get("/api/downloaded-faces"))["downloadedFaces"]

    for entry, url in (
        (uploaded["original"], "imageUrl"),
        (uploaded["cartoon"], "imageUrl"),
        (originals[0], "imageUrl"),
        (downloaded["downloadedFace"], "faceUrl"),
        (face, "faceUrl"),
        (face["original"], "imageUrl"),
    ):
        assert entry["thumbnailUrl"] == f"{entry[url]}&w=320"
    open_picture(await gallery.client.get(face["thumbnailUrl"]))


async def test_a_picture_is_never_enlarged(gallery: RunningGallery, photo: bytes) -> None:
    url = (await gallery.upload(photo))["original"]["imageUrl"]

    assert open_picture(await gallery.client.get(f"{url}&w=1080")).size == (128, 128)


@pytest.mark.parametrize(
    ("accept", "kind"), [("*/*", "PNG"), (BROWSER["accept"], "WEBP"), ("image/avif", "AVIF")]
)
async def test_a_transparent_face_stays_transparent(
    gallery: RunningGallery, photo: bytes, accept: str, kind: str
) -> None:
    gallery.studio.reply = None
    cartoon = (await gallery.upload(photo))["cartoon"]
    gallery.studio.reply = answer_with_transparent_face
    downloaded = await gallery.client.post(f"/api/download/{cartoon['id']}", json={"format": "png"})
    url = read_data(downloaded)["downloadedFace"]["thumbnailUrl"]
    small = open_picture(await gallery.client.get(url, headers={"accept": accept}))

    assert (small.format, small.size) == (kind, (320, 320))
    alpha = small.convert("RGBA").getchannel("A")
    assert alpha.getpixel((5, 5)) == 0
    assert alpha.getpixel((160, 160)) == 255


@pytest.mark.parametrize("width", ["", "0", "161", "1080.0", "99999", "-320", "0320"])
async def test_other_widths_are_refused(gallery: RunningGallery, photo: bytes, width: str) -> None:
    url = (await gallery.upload(photo))["original"]["imageUrl"]

    assert read_failure(await gallery.client.get(f"{url}&w={width}"))[:2] == (400, "invalid_request")


async def test_a_width_opens_nothing_that_was_closed(gallery: RunningGallery, photo: bytes) -> None:
    url = (await gallery.upload(photo))["original"]["imageUrl"]
    stranger = gallery.for_device()
    plain = url.partition("?")[0]
    forged = re.sub(r"signature=.", "signature=_", url)
    for address in (f"{plain}?w=320", f"{forged}&w=320", f"{forged}&w=7", f"{plain}?w=7"):
        reply = await gallery.client.get(address, headers=stranger)
        assert read_failure(reply)[:2] == (404, "picture_not_found")
    open_picture(await gallery.client.get(f"{plain}?w=320"))


async def test_it_is_made_once_and_found_again(gallery: RunningGallery, large_photo: bytes) -> None:
    url = (await gallery.upload(large_photo))["original"]["thumbnailUrl"]
    replies = await asyncio.gather(*(gallery.client.get(url, headers=BROWSER) for _ in range(12)))
    (file,) = list_renditions(gallery, "320.webp")
    made_at = file.stat().st_mtime_ns
    again = await gallery.client.get(url, headers=BROWSER)

    assert len({reply.content for reply in (*replies, again)}) == 1
    assert file.stat().st_mtime_ns == made_at
    unchanged = await gallery.client.get(url, headers=BROWSER | {"if-none-match": again.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    other = await gallery.client.get(url)
    assert other.headers["etag"] != again.headers["etag"]
    head = await gallery.client.head(url, headers=BROWSER)
    assert (head.content, int(head.headers["content-length"])) == (b"", len(again.content))


async def test_after_the_upload_of_a_large_photo_its_base_and_tile_are_made_without_being_asked_for(
    gallery: RunningGallery,
) -> None:
    file = io.BytesIO()
    Image.effect_noise((1600, 1200), 200).convert("RGB").save(file, "JPEG", quality=95)
    assert len(file.getvalue()) > 1_000_000
    await gallery.upload(file.getvalue())
    async with asyncio.timeout(20):
        while not list_renditions(gallery, "320.webp"):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert list_renditions(gallery, "1080.jpg")


async def test_a_tile_of_a_photo_without_a_base_is_as_good_as_one_with_it(
    gallery: RunningGallery, large_photo: bytes
) -> None:
    url = (await gallery.upload(large_photo))["original"]["thumbnailUrl"]
    direct = open_picture(await gallery.client.get(url))
    assert not list_renditions(gallery, "1080.jpg")
    open_picture(await gallery.client.get(url.replace("w=320", "w=640")))
    assert list_renditions(gallery, "1080.jpg")
    [tile] = list_renditions(gallery, "320.jpg")
    tile.unlink()

    from_base = open_picture(await gallery.client.get(url))

    difference = np.asarray(direct, np.int16) - np.asarray(from_base, np.int16)
    assert np.abs(difference).mean() < 3


async def test_it_is_gone_with_its_picture(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    for entry in (uploaded["original"], uploaded["cartoon"]):
        open_picture(await gallery.client.get(entry["thumbnailUrl"]))
    assert len(list_renditions(gallery, "320.jpg")) == 2
    original = uploaded["original"]
    assert (await gallery.client.delete(f"/api/originals/{original['id']}")).status_code == 200

    assert list_renditions(gallery, "*") == []
    gone = await gallery.client.get(original["thumbnailUrl"], headers=BROWSER)
    assert read_failure(gone)[:2] == (404, "picture_not_found")
    assert list_renditions(gallery, "*") == []


async def test_the_cache_stays_within_its_bound(photo: bytes, tmp_path: Path) -> None:
    bound = 1024 * 1024
    noise = Image.effect_noise((1080, 1080), 200).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "JPEG")
    async with running_gallery(tmp_path, rendition_cache_bytes=bound) as gallery:
        for _ in range(4):
            url = (await gallery.upload(file.getvalue()))["original"]["imageUrl"]
            open_picture(await gallery.client.get(f"{url}&w=1080"))
            open_picture(await gallery.client.get(f"{url}&w=640"))
            total = sum(path.stat().st_size for path in list_renditions(gallery, "*"))
            assert total <= bound
        open_picture(await gallery.client.get(f"{url}&w=640"))


async def test_large_versions_make_room_before_small_ones_that_were_used_no_later(
    tmp_path: Path,
) -> None:
    file = io.BytesIO()
    Image.effect_noise((700, 700), 200).convert("RGB").save(file, "JPEG")
    async with running_gallery(tmp_path, rendition_cache_bytes=1024 * 1024) as gallery:
        urls = [(await gallery.upload(file.getvalue()))["original"]["imageUrl"] for _ in range(4)]
        for url in urls:
            for width in (160, 1080):
                open_picture(await gallery.client.get(f"{url}&w={width}"))
        assert len(list_renditions(gallery, "160.jpg")) == 4
        assert len(list_renditions(gallery, "1080.jpg")) < 4


def list_renditions(gallery: RunningGallery, pattern: str) -> list[Path]:
    return list((gallery.data_dir / "renditions").glob(f"*/*/{pattern}"))


def answer_with_transparent_face() -> Response:
    """A disc on nothing, 400 × 400."""
    picture = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((50, 50, 350, 350), fill=(20, 120, 200, 255))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return Response(file.getvalue(), media_type="image/png")
