"""What is stored of a photo, and what not."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.heif_files import DEPTH_MAP, build_heic
from tests.http.gallery.fake_studio import AskedForCartoon
from tests.http.gallery.running import RunningGallery, running_gallery
from toonbooth.imaging.pixels import ByteImage

LIMIT = 10 * 1024 * 1024


@pytest.fixture
def small(astronaut: ByteImage) -> Image.Image:
    return Image.fromarray(astronaut).resize((96, 64))


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


async def stored_original(gallery: RunningGallery, photo: bytes) -> tuple[bytes, str]:
    """Upload; returns the stored file and its media type."""
    url = (await gallery.upload(photo))["original"]["imageUrl"]
    reply = await gallery.client.get(url)
    return reply.content, reply.headers["content-type"]


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
async def test_jpeg_png_and_webp_keep_their_pixels_bit_for_bit(
    gallery: RunningGallery, small: Image.Image, kind: str, suffix: str
) -> None:
    photo = save(small, kind)

    content, media_type = await stored_original(gallery, photo)

    assert media_type == f"image/{kind.lower()}"
    assert np.array_equal(
        np.asarray(Image.open(io.BytesIO(content))), np.asarray(Image.open(io.BytesIO(photo)))
    )
    assert any(path.endswith(f".{suffix}") for path in gallery.list_files() if path.startswith("originals/"))
    (asked,) = gallery.studio.asked
    assert isinstance(asked, AskedForCartoon)
    assert (asked.file_name, asked.media_type) == (f"original.{suffix}", media_type)


async def test_avif_becomes_a_jpeg(gallery: RunningGallery, small: Image.Image) -> None:
    content, media_type = await stored_original(gallery, save(small, "AVIF"))

    stored = Image.open(io.BytesIO(content))
    assert (media_type, stored.format, stored.size) == ("image/jpeg", "JPEG", (96, 64))
    assert np.abs(np.asarray(stored, int) - np.asarray(small, int)).mean() < 8


async def test_heic_becomes_a_jpeg_that_is_upright(gallery: RunningGallery, astronaut: ByteImage) -> None:
    content, media_type = await stored_original(gallery, build_heic(quarters=1, auxiliary=(DEPTH_MAP,)))

    stored = Image.open(io.BytesIO(content))
    assert (media_type, stored.format, stored.size) == ("image/jpeg", "JPEG", (512, 448))
    upright = np.rot90(astronaut[:512, :448])
    assert np.abs(np.asarray(stored, int) - upright.astype(int)).mean() < 12


async def test_where_and_when_a_photo_was_taken_is_not_stored(
    gallery: RunningGallery, small: Image.Image
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    exif[0x010F] = "A telling camera"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)  # latitude
    photo = save(small, "JPEG", exif=exif, comment=b"a telling comment")

    content, _ = await stored_original(gallery, photo)

    assert b"telling" in photo
    assert b"telling" not in content
    kept = Image.open(io.BytesIO(content)).getexif()
    assert dict(kept) == {0x0112: 6}


@pytest.mark.parametrize("name", ["me.jpg", "me.png", "me.exe", "../../me.jpg", "", "мое фото.heic"])
async def test_the_name_and_the_declared_type_count_for_nothing(
    gallery: RunningGallery, photo: bytes, name: str
) -> None:
    reply = await gallery.client.post(
        "/api/upload", files={"image": (name, photo, "application/octet-stream")}
    )

    assert reply.status_code == 200
    (original,) = (path for path in gallery.list_files() if path.startswith("originals/"))
    assert original.endswith(f"_{gallery.device[:8]}.jpg")


async def test_a_file_of_exactly_the_limit_is_taken(gallery: RunningGallery, photo: bytes) -> None:
    # Motion photos hide a film behind the end of the picture; it is counted, and not kept.
    await gallery.upload(photo + bytes(LIMIT - len(photo)))

    assert max(len(content) for content in gallery.list_files().values()) < LIMIT / 100


async def test_two_photos_in_one_millisecond_get_different_names(
    gallery: RunningGallery, photo: bytes
) -> None:
    for _ in range(3):
        await gallery.upload(photo)

    originals = [path for path in gallery.list_files() if path.startswith("originals/")]
    assert len(originals) == 3


async def test_style_and_seed_are_passed_on_and_come_back(gallery: RunningGallery, photo: bytes) -> None:
    cartoon = (await gallery.upload(photo, style="sketch", seed="77"))["cartoon"]

    (asked,) = gallery.studio.asked
    assert isinstance(asked, AskedForCartoon)
    assert (asked.style, asked.seed) == ("sketch", 77)
    assert (cartoon["style"], cartoon["seed"]) == ("sketch", 77)


async def test_nothing_staged_is_left(gallery: RunningGallery, photo: bytes) -> None:
    await gallery.upload(photo)

    assert not [path for path in gallery.list_files() if path.startswith(".staging")]


async def test_everything_is_still_there_after_a_restart(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)

    async with running_gallery(gallery.data_dir, databases=gallery.databases) as restarted:
        headers = {"x-device-id": gallery.device}
        listed = (await restarted.client.get("/api/originals", headers=headers)).json()["data"]
        opened = await restarted.client.get(uploaded["cartoon"]["imageUrl"])

    assert [entry["id"] for entry in listed["originals"]] == [uploaded["original"]["id"]]
    assert opened.status_code == 200
