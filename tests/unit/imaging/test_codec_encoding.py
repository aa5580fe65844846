import io

import numpy as np
import pytest
from PIL import Image

from tests.unit.imaging.picture_files import jpeg_segment, make_picture, with_jpeg_segments
from toonbooth.imaging.codec import (
    MAX_XMP_BYTES,
    decode_photo,
    encode_jpeg,
    encode_png,
    encode_webp,
    read_xmp,
)
from toonbooth.imaging.pixels import ByteImage


def make_cut_out() -> ByteImage:
    alpha = np.linspace(0, 255, 48).astype(np.uint8)[None, :].repeat(32, 0)
    return np.dstack([make_picture(), alpha])


def read(data: bytes) -> ByteImage:
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image)


def test_png_keeps_every_level_with_and_without_transparency() -> None:
    assert np.array_equal(read(encode_png(make_picture())), make_picture())
    assert np.array_equal(read(encode_png(make_cut_out())), make_cut_out())


def test_webp_keeps_transparency_exactly_and_colours_nearly() -> None:
    decoded = read(encode_webp(make_cut_out()))
    assert np.array_equal(decoded[..., 3], make_cut_out()[..., 3])
    visible = make_cut_out()[..., 3] > 128
    assert np.abs(decoded[..., :3].astype(int) - make_picture())[visible].mean() < 4
    assert read(encode_webp(make_picture())).shape == (32, 48, 3)


def test_jpeg_keeps_a_red_line_on_cyan_sharp_unless_told_to_save() -> None:
    picture = np.full((64, 64, 3), (0, 200, 200), np.uint8)
    picture[:, 31:33] = (220, 0, 0)
    full = np.abs(decode_photo(encode_jpeg(picture), max_side=None).astype(int) - picture).mean()
    halved = np.abs(
        decode_photo(encode_jpeg(picture, chroma="4:2:0"), max_side=None).astype(int) - picture
    ).mean()
    assert full < halved / 2


def test_turning_jpeg_quality_up_costs_bytes_and_brings_fidelity() -> None:
    rng = np.random.default_rng(3)
    picture = np.clip(make_picture(200, 200) + rng.normal(0, 20, (200, 200, 3)), 0, 255).astype(np.uint8)
    files = [encode_jpeg(picture, quality=quality) for quality in (50, 75, 95)]
    errors = [np.abs(decode_photo(file, max_side=None).astype(int) - picture).mean() for file in files]
    assert len(files[0]) < len(files[1]) < len(files[2])
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("encode", [encode_jpeg, encode_png, encode_webp])
def test_the_same_picture_gives_the_same_bytes(encode: object) -> None:
    assert callable(encode)
    assert encode(make_picture()) == encode(make_picture().copy())


@pytest.mark.parametrize("length", [0, 1, 1000, MAX_XMP_BYTES])
def test_xmp_that_was_written_is_read_back(length: int) -> None:
    packet = bytes(range(256)) * (length // 256 + 1)
    data = encode_jpeg(make_picture(), xmp=packet[:length] or b"x")
    assert read_xmp(data) == (packet[:length] or b"x")


def test_xmp_is_found_behind_other_segments_and_only_before_the_pixels() -> None:
    data = encode_jpeg(make_picture(), xmp=b"<x:xmpmeta/>")
    assert read_xmp(with_jpeg_segments(data, jpeg_segment(0xE1, b"Exif\0\0MM\0*"))) == b"<x:xmpmeta/>"
    assert read_xmp(encode_jpeg(make_picture()) + data) is None
    assert read_xmp(encode_png(make_picture())) is None


def test_xmp_too_long_for_one_segment_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="one segment"):
        encode_jpeg(make_picture(), xmp=bytes(MAX_XMP_BYTES + 1))


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_only_byte_pictures_are_encoded(picture: ByteImage) -> None:
    for encode in (encode_jpeg, encode_png, encode_webp):
        with pytest.raises(ValueError, match="uint8 picture"):
            encode(picture)
    with pytest.raises(ValueError, match="uint8 picture"):
        encode_jpeg(np.zeros((4, 4, 4), np.uint8))


def test_jpeg_files_say_nothing_of_who_made_them() -> None:
    with Image.open(io.BytesIO(encode_jpeg(make_picture()))) as image:
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
