"""Whatever bytes come, the answer is a picture or an `ImageError`, never another exception."""

import contextlib
import functools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.heif_files import build_heic
from tests.unit.imaging.picture_files import encode, jpeg_segment, make_picture, with_jpeg_segments
from toonbooth.imaging.codec import BrokenImageError, ImageError, ImageFormat, decode_photo, inspect, read_xmp
from toonbooth.imaging.codec.exif import read_orientation
from toonbooth.imaging.pixels import ByteImage

MAGIC = [
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"RIFF\x40\0\0\0WEBPVP8X",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x40meta",
    b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
]
KINDS = ["baseline", "progressive", "png", "webp", "lossless webp", "avif", "heic"]


@functools.cache
def small_file(kind: str) -> bytes:
    picture = make_picture()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    match kind:
        case "baseline":
            return encode(picture, ImageFormat.JPEG, exif=exif)
        case "progressive":
            return encode(picture, ImageFormat.JPEG, progressive=True)
        case "png":
            return encode(picture, ImageFormat.PNG, exif=exif)
        case "webp":
            return encode(picture, ImageFormat.WEBP, exif=exif, lossless=False)
        case "lossless webp":
            return encode(picture, ImageFormat.WEBP)
        case "avif":
            return encode(picture, ImageFormat.AVIF)
    return build_heic(columns=2, rows=1)


@functools.cache
def whole_picture(kind: str) -> ByteImage:
    return decode_photo(small_file(kind), max_side=None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_off_anywhere_is_broken_or_shows_every_pixel(kind: str) -> None:
    data = small_file(kind)
    broken = 0
    for length in range(12, len(data)):
        try:
            decoded = decode_photo(data[:length], max_side=None)
        except BrokenImageError:
            broken += 1
        else:
            assert np.array_equal(decoded, whole_picture(kind)), length
    # What may be missing are end marks and checksums.
    assert broken > len(data) - 12 - 40


@pytest.mark.parametrize("max_side", [None, 16])
def test_a_large_jpeg_cut_off_in_the_middle_is_broken_at_every_scale(max_side: int | None) -> None:
    data = encode(make_picture(800, 600), ImageFormat.JPEG)
    with pytest.raises(BrokenImageError, match="damaged or incomplete") as caught:
        decode_photo(data[: len(data) // 2], max_side=max_side)
    assert caught.value.__cause__ is not None
    assert caught.value.detail


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(magic=st.sampled_from(MAGIC), tail=st.binary(max_size=300))
def test_garbage_is_refused_with_an_image_error(magic: bytes, tail: bytes) -> None:
    with pytest.raises(ImageError):
        decode_photo(magic + tail, max_side=100)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(KINDS), data=st.data())
def test_a_file_with_wrong_bytes_is_decoded_or_refused(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(small_file(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        # Mostly in the header, where damage does most.
        where = data.draw(st.one_of(st.integers(0, 200), st.integers(0, len(damaged) - 1)))
        damaged[where % len(damaged)] = data.draw(st.integers(0, 255))
    # A wrong size within the limits would only cost time here.
    with contextlib.suppress(ImageError):
        decode_photo(bytes(damaged), max_side=100, max_pixels=1_000_000)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_exif_gives_an_orientation(exif: bytes) -> None:
    assert read_orientation(exif) == 1 or exif[:4] in {b"II*\0", b"MM\0*", b"Exif"}
    assert 1 <= read_orientation(b"MM\0*\0\0\0\x08" + exif) <= 8


@settings(max_examples=200, deadline=None)
@given(magic=st.sampled_from(MAGIC), tail=st.binary(max_size=200))
def test_reading_xmp_never_raises(magic: bytes, tail: bytes) -> None:
    assert read_xmp(magic + tail) is None


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0",
    ],
)
def test_a_jpeg_with_damaged_exif_is_shown_as_stored(exif: bytes) -> None:
    data = with_jpeg_segments(encode(make_picture(), ImageFormat.JPEG), jpeg_segment(0xE1, exif))
    assert inspect(data).orientation == 1
    assert np.array_equal(
        decode_photo(data, max_side=None),
        decode_photo(encode(make_picture(), ImageFormat.JPEG), max_side=None),
    )


def test_a_damaged_index_of_further_pictures_does_no_harm() -> None:
    index = b"MPF\0II*\0\x08\0\0\0\x03\0\x01\xb0\x04\0\x01\0\0\0\xff\0\0\0"
    data = with_jpeg_segments(encode(make_picture(), ImageFormat.JPEG), jpeg_segment(0xE2, index))
    assert np.array_equal(
        decode_photo(data, max_side=None),
        decode_photo(encode(make_picture(), ImageFormat.JPEG), max_side=None),
    )


def test_a_jpeg_of_endlessly_many_scans_is_refused_quickly() -> None:
    data = encode(make_picture(), ImageFormat.JPEG, progressive=True)
    first = data.index(b"\xff\xda")
    # The last scan again and again: three bytes of header each, over all pixels.
    last = data.rindex(b"\xff\xda")
    bomb = data[:last] + data[last:-2] * 100 + data[-2:]
    assert first < last
    with pytest.raises(BrokenImageError) as caught:
        decode_photo(bomb, max_side=None)
    assert "scans" in caught.value.detail


def test_a_second_scan_of_a_jpeg_that_was_whole_after_its_first_is_damage() -> None:
    data = encode(make_picture(), ImageFormat.JPEG)
    only = data.index(b"\xff\xda")
    with pytest.raises(BrokenImageError):
        decode_photo(data[:only] + data[only:-2] * 1000 + data[-2:], max_side=None)
