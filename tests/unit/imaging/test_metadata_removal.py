import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.unit.imaging import icc_profiles
from tests.unit.imaging.picture_files import (
    STORED_AS,
    encode,
    encode_16_bit_png,
    extended_webp,
    jpeg_segment,
    make_picture,
    png_chunk,
    webp_chunk,
    with_jpeg_segments,
    with_png_chunks,
    with_webp_chunks,
)
from toonbooth.imaging.codec import (
    AnimatedImageError,
    BrokenImageError,
    ImageError,
    ImageFormat,
    decode_photo,
    inspect,
)
from toonbooth.imaging.metadata import remove_private_metadata

SECRET = b"47.6205 N, 122.3493 W, Jane Doe"
PROFILE = icc_profiles.rgb_profile(icc_profiles.DISPLAY_P3, curve=icc_profiles.srgb_curve())
JPEG, PNG, WEBP = ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP


def clean(data: bytes, image_format: ImageFormat) -> bytes:
    target = io.BytesIO()
    remove_private_metadata(io.BytesIO(data), target, image_format)
    return target.getvalue()


def stored_pixels(data: bytes) -> tuple[str, bytes, object, object]:
    """As Pillow sees them, before any turning or conversion, and what it knows of their colours."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        profile, transparent = image.info.get("icc_profile"), image.info.get("transparency")
        palette = image.getpalette()
        return image.mode, image.tobytes(), (profile, palette), transparent


def secret_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (47.0, 37.0, 13.8)
    return exif.tobytes()


def restart_markers(image: Image.Image) -> bytes:
    return encode(image, JPEG, restart_marker_blocks=1)


PICTURE = Image.fromarray(make_picture())
FILES = {
    "jpeg": (JPEG, encode(PICTURE, JPEG)),
    "jpeg, colour at half resolution": (JPEG, encode(PICTURE, JPEG, subsampling=2)),
    "jpeg, progressive": (JPEG, encode(PICTURE, JPEG, progressive=True)),
    "jpeg, restart markers": (JPEG, restart_markers(PICTURE)),
    "jpeg, progressive with restart markers": (
        JPEG,
        encode(PICTURE, JPEG, progressive=True, restart_marker_rows=1),
    ),
    "jpeg, grey": (JPEG, encode(PICTURE.convert("L"), JPEG)),
    "jpeg, CMYK": (JPEG, encode(PICTURE.convert("CMYK"), JPEG)),
    "jpeg, RGB without conversion": (JPEG, encode(PICTURE, JPEG, keep_rgb=True)),
    "jpeg, with a profile": (JPEG, encode(PICTURE, JPEG, icc_profile=PROFILE)),
    "jpeg, with a profile in pieces": (JPEG, encode(PICTURE, JPEG, icc_profile=PROFILE + bytes(150_000))),
    "png": (PNG, encode(PICTURE, PNG)),
    "png, black and white": (PNG, encode(PICTURE.convert("1"), PNG)),
    "png, grey": (PNG, encode(PICTURE.convert("L"), PNG)),
    "png, grey with a transparent level": (PNG, encode(PICTURE.convert("L"), PNG, transparency=90)),
    "png, grey and alpha": (PNG, encode(PICTURE.convert("LA"), PNG)),
    "png, palette": (PNG, encode(PICTURE.quantize(16), PNG)),
    "png, palette with transparency": (PNG, encode(PICTURE.quantize(16), PNG, transparency=b"\0\x80\xff")),
    "png, RGBA": (PNG, encode(PICTURE.convert("RGBA"), PNG)),
    "png, 16 bits": (PNG, encode_16_bit_png(make_picture().astype(np.uint16) * 257)),
    "png, with a profile": (PNG, encode(PICTURE, PNG, icc_profile=PROFILE)),
    "webp, lossy": (WEBP, encode(PICTURE, WEBP, lossless=False)),
    "webp, lossless": (WEBP, encode(PICTURE, WEBP)),
    "webp, lossy with alpha": (WEBP, encode(PICTURE.convert("RGBA").rotate(20), WEBP, lossless=False)),
    "webp, lossless with alpha": (WEBP, encode(PICTURE.convert("RGBA").rotate(20), WEBP)),
    "webp, with a profile": (WEBP, encode(PICTURE, WEBP, icc_profile=PROFILE)),
}


@pytest.mark.parametrize("name", FILES)
def test_pixels_and_their_colours_stay_bit_for_bit(name: str) -> None:
    image_format, data = FILES[name]
    assert stored_pixels(clean(data, image_format)) == stored_pixels(data)


@pytest.mark.parametrize("name", FILES)
def test_cleaning_twice_changes_nothing_more(name: str) -> None:
    image_format, data = FILES[name]
    once = clean(data, image_format)
    assert clean(once, image_format) == once


@pytest.mark.parametrize("orientation", STORED_AS)
@pytest.mark.parametrize("image_format", [JPEG, PNG, WEBP])
def test_of_exif_the_orientation_alone_survives(image_format: ImageFormat, orientation: int) -> None:
    data = encode(PICTURE, image_format, exif=secret_exif(orientation))
    assert SECRET in data
    cleaned = clean(data, image_format)
    assert SECRET not in cleaned
    assert inspect(cleaned).orientation == orientation
    with Image.open(io.BytesIO(cleaned)) as image:
        assert dict(image.getexif()) == ({} if orientation == 1 else {0x0112: orientation})
    assert np.array_equal(decode_photo(cleaned, max_side=None), decode_photo(data, max_side=None))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    "planted",
    [
        *(jpeg_segment(marker, SECRET) for marker in (*range(0xE0, 0xF0), 0xFE)),
        jpeg_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\x0a\1" + SECRET[:30]),
        jpeg_segment(0xE0, b"JFXX\0\x10" + SECRET),
        jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        jpeg_segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + SECRET),
        jpeg_segment(0xE1, b"Exif\0\0" + SECRET),
        jpeg_segment(0xE1, secret_exif()),
        jpeg_segment(0xE2, b"MPF\0" + SECRET),
        jpeg_segment(0xE2, b"FPXR\0" + SECRET),
        jpeg_segment(0xED, b"Photoshop 3.0\0008BIM" + SECRET),
        jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + SECRET),
        jpeg_segment(0xF3, SECRET),
        jpeg_segment(0xC8, SECRET),
        b"\xff\x01",
        b"\xff\xff\xff" + jpeg_segment(0xFE, SECRET)[1:],
    ],
)
def test_no_segment_of_a_jpeg_carries_a_secret_out(planted: bytes, *, progressive: bool) -> None:
    data = encode(PICTURE, JPEG, progressive=progressive)
    last_scan = data.rindex(b"\xff\xda") if progressive else data.index(b"\xff\xc4")
    for planted_into in (with_jpeg_segments(data, planted), data[:last_scan] + planted + data[last_scan:]):
        cleaned = clean(planted_into, JPEG)
        assert SECRET[:20] not in cleaned
        assert stored_pixels(cleaned) == stored_pixels(data)


@pytest.mark.parametrize("name", [name for name, (image_format, _) in FILES.items() if image_format is JPEG])
def test_what_follows_the_end_of_a_jpeg_is_cut_off(name: str) -> None:
    data = FILES[name][1]
    film = b"\0\0\0\x18ftypmp42" + SECRET + data
    assert clean(data + film, JPEG) == clean(data, JPEG)


def test_the_thumbnail_in_the_exif_of_a_jpeg_does_not_end_it() -> None:
    data = with_jpeg_segments(FILES["jpeg"][1], jpeg_segment(0xE1, b"Exif\0\0" + FILES["jpeg"][1]))
    assert clean(data, JPEG) == clean(FILES["jpeg"][1], JPEG)


@pytest.mark.parametrize(
    "planted",
    [
        png_chunk(b"tEXt", b"Comment\0" + SECRET),
        png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET, 0)),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET),
        png_chunk(b"eXIf", secret_exif().removeprefix(b"Exif\0\0")),
        png_chunk(b"tIME", b"\x07\xe8\x01\x05\x14\x21\x37"),
        png_chunk(b"sPLT", SECRET),
        png_chunk(b"hIST", SECRET),
        png_chunk(b"prVt", SECRET),
        png_chunk(b"iDOT", SECRET),
        png_chunk(b"gAMA", SECRET),
        png_chunk(b"sBIT", SECRET),
        png_chunk(b"pHYs", SECRET),
    ],
)
def test_no_chunk_of_a_png_carries_a_secret_out(planted: bytes) -> None:
    data = FILES["png"][1]
    for planted_into in (with_png_chunks(data, planted), data[:-12] + planted + data[-12:]):
        cleaned = clean(planted_into, PNG)
        assert cleaned == clean(data, PNG)


def test_what_follows_the_end_of_a_png_is_cut_off() -> None:
    # A screenshot that was cropped keeps what was cropped there: CVE-2023-21036.
    data = FILES["png"][1]
    assert clean(data + SECRET, PNG) == clean(data, PNG)


def test_the_name_of_a_png_profile_is_not_kept() -> None:
    chunk = png_chunk(b"iCCP", SECRET + b"\0\0" + zlib.compress(PROFILE))
    cleaned = clean(with_png_chunks(FILES["png"][1], chunk), PNG)
    assert SECRET not in cleaned
    assert stored_pixels(cleaned) == stored_pixels(FILES["png, with a profile"][1])


def test_what_a_png_says_of_its_colours_is_kept() -> None:
    kept = [
        png_chunk(b"gAMA", (45455).to_bytes(4, "big")),
        png_chunk(b"cHRM", bytes(32)),
        png_chunk(b"sRGB", b"\0"),
        png_chunk(b"cICP", bytes((12, 13, 0, 1))),
        png_chunk(b"sBIT", b"\x08\x08\x08"),
        png_chunk(b"pHYs", bytes(9)),
    ]
    data = with_png_chunks(FILES["png"][1], *kept)
    assert clean(data, PNG) == data


@pytest.mark.parametrize("name", [name for name, (image_format, _) in FILES.items() if image_format is WEBP])
def test_no_chunk_of_a_webp_carries_a_secret_out(name: str) -> None:
    data = FILES[name][1]
    extended = data if data[12:16] == b"VP8X" else extended_webp(data)
    planted = [
        webp_chunk(b"EXIF", secret_exif()),
        webp_chunk(b"XMP ", SECRET),
        webp_chunk(b"prvt", SECRET),
        webp_chunk(b"VP8 ", SECRET),
    ]
    cleaned = clean(with_webp_chunks(extended, *planted, flags=0x0C) + SECRET, WEBP)
    assert SECRET not in cleaned
    assert stored_pixels(cleaned) == stored_pixels(data)
    assert cleaned[20] & 0x0C == 0
    assert int.from_bytes(cleaned[4:8], "little") == len(cleaned) - 8


def test_reserved_bytes_of_a_webp_header_are_emptied() -> None:
    data = bytearray(extended_webp(FILES["webp, lossy"][1], flags=0xC1))
    data[21:24] = b"abc"
    cleaned = clean(bytes(data), WEBP)
    assert cleaned[20:24] == bytes(4)


def test_a_webp_without_an_extended_header_loses_what_follows_its_pixels() -> None:
    data = FILES["webp, lossy"][1]
    body = data[12:] + webp_chunk(b"EXIF", secret_exif())
    planted = b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body
    assert clean(planted, WEBP) == data


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_is_broken_and_nothing_else(name: str) -> None:
    image_format, data = FILES[name]
    step = max(1, len(data) // 400)
    for length in range(0, len(data) - 1, step):
        with pytest.raises(BrokenImageError):
            clean(data[:length], image_format)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_damage_is_an_image_error_or_a_file_that_can_be_cleaned_again(name: str, data: st.DataObject) -> None:
    image_format, whole = FILES[name]
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        where = data.draw(st.one_of(st.integers(0, 300), st.integers(0, len(whole) - 1)))
        damaged[where % len(whole)] = data.draw(st.integers(0, 255))
    try:
        once = clean(bytes(damaged), image_format)
    except ImageError:
        return
    assert clean(once, image_format) == once


def test_a_png_whose_pixels_fail_their_checksum_is_broken() -> None:
    data = bytearray(FILES["png"][1])
    data[data.index(b"IDAT") + 10] ^= 1
    with pytest.raises(BrokenImageError) as caught:
        clean(bytes(data), PNG)
    assert "checksum" in caught.value.detail


def test_a_png_chunk_that_no_decoder_may_pass_over_is_broken() -> None:
    with pytest.raises(BrokenImageError):
        clean(with_png_chunks(FILES["png"][1], png_chunk(b"CgBI", bytes(4))), PNG)


@pytest.mark.parametrize("length", [0, 1, 5_000, 65_535])
def test_a_jpeg_segment_that_lies_about_its_length_is_broken(length: int) -> None:
    lie = b"\xff\xfe" + length.to_bytes(2, "big") + SECRET
    with pytest.raises(BrokenImageError):
        clean(with_jpeg_segments(FILES["jpeg"][1], lie), JPEG)


def test_an_animated_webp_is_refused() -> None:
    data = encode(PICTURE, WEBP, save_all=True, append_images=[PICTURE.rotate(180)], duration=40)
    with pytest.raises(AnimatedImageError):
        clean(data, WEBP)


@pytest.mark.parametrize("image_format", [ImageFormat.HEIF, ImageFormat.AVIF])
def test_formats_that_are_converted_are_not_cleaned(image_format: ImageFormat) -> None:
    with pytest.raises(ValueError, match="converted"):
        clean(b"", image_format)
