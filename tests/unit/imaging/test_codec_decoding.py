import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.heif_files import DEPTH_MAP, HDR_GAIN_MAP, build_heic
from tests.unit.imaging.picture_files import (
    HEIGHT,
    STORED_AS,
    WIDTH,
    encode,
    encode_16_bit_png,
    make_picture,
)
from toonbooth.imaging.codec import ImageFormat, convert_to_jpeg, decode_photo, identify
from toonbooth.imaging.pixels import ByteImage

PILLOW_FORMATS = (ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP, ImageFormat.AVIF)
MODES_OF_FORMATS = {
    ImageFormat.JPEG: ("L", "RGB", "CMYK"),
    ImageFormat.PNG: ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    ImageFormat.WEBP: ("RGB", "RGBA"),
    ImageFormat.AVIF: ("L", "LA", "RGB", "RGBA"),
}


def difference(a: ByteImage, b: ByteImage) -> float:
    """The mean over all pixels, in levels of 255."""
    assert a.shape == b.shape
    return float(np.abs(a.astype(np.int16) - b).mean())


def decode_whole(data: bytes) -> ByteImage:
    return decode_photo(data, max_side=None)


@pytest.mark.parametrize(
    ("image_format", "mode"), [(f, mode) for f, modes in MODES_OF_FORMATS.items() for mode in modes]
)
def test_every_mode_of_every_format_becomes_rgb(image_format: ImageFormat, mode: str) -> None:
    picture = Image.fromarray(make_picture())
    if mode == "I;16":
        stored = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    else:
        stored = picture.convert(mode)
    decoded = decode_whole(encode(stored, image_format))
    assert decoded.dtype == np.uint8
    assert decoded.flags.c_contiguous
    assert decoded.flags.writeable
    expected = picture.convert("L") if mode in {"L", "LA", "I;16"} else stored
    assert difference(decoded, np.asarray(expected.convert("RGB"))) < 2


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_a_jpeg_comes_out_upright(orientation: int, *, progressive: bool) -> None:
    check_upright(ImageFormat.JPEG, orientation, progressive=progressive)


@pytest.mark.parametrize("image_format", [ImageFormat.PNG, ImageFormat.WEBP, ImageFormat.AVIF])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_other_formats_come_out_upright_too(image_format: ImageFormat, orientation: int) -> None:
    check_upright(image_format, orientation)


def check_upright(image_format: ImageFormat, orientation: int, **options: object) -> None:
    picture = Image.fromarray(make_picture())
    turn = STORED_AS[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(picture if turn is None else picture.transpose(turn), image_format, exif=exif, **options)
    assert difference(decode_whole(data), np.asarray(picture)) < 2
    assert decode_photo(data, max_side=24).shape == (16, 24, 3)


@pytest.mark.parametrize("mirror", [None, 0, 1])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("exif_orientation", [None, 6])
def test_a_heic_is_turned_by_its_own_properties_exactly_once(
    astronaut: ByteImage, quarters: int, mirror: int | None, exif_orientation: int | None
) -> None:
    exif = b""
    if exif_orientation:
        tag = Image.Exif()
        tag[0x0112] = exif_orientation
        exif = tag.tobytes().removeprefix(b"Exif\0\0")
    upright = np.rot90(astronaut[:, :448], quarters)
    if mirror is not None:
        upright = np.flip(upright, axis=mirror)
    decoded = decode_whole(build_heic(quarters=quarters, mirror=mirror, exif=exif))
    assert difference(decoded, upright) < 5


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (7, 8), (8, 8)])
def test_a_heic_of_many_tiles_with_depth_and_gain_maps_is_decoded(
    astronaut: ByteImage, columns: int, rows: int
) -> None:
    data = build_heic(columns=columns, rows=rows, auxiliary=(DEPTH_MAP, HDR_GAIN_MAP))
    assert difference(decode_whole(data), astronaut[: rows * 64, : columns * 64]) < 5


def test_a_heic_whose_last_tiles_are_cut_has_the_size_it_says(astronaut: ByteImage) -> None:
    decoded = decode_whole(build_heic(declared_size=(440, 501)))
    assert difference(decoded, astronaut[:501, :440]) < 5


@pytest.mark.parametrize(
    ("mode", "colour"), [("RGBA", (255, 0, 0, 128)), ("LA", (0, 128)), ("PA", None), ("P", None)]
)
def test_what_is_transparent_lies_on_white(mode: str, colour: tuple[int, ...] | None) -> None:
    if colour is None:
        image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
        image.paste((0, 0, 255, 255), (0, 0, 4, 8))
        data = encode(image.convert("P") if mode == "PA" else image.quantize(4), ImageFormat.PNG)
        decoded = decode_whole(data)
        assert decoded[4, 1].tolist() == [0, 0, 255]
        assert decoded[4, 6].tolist() == [255, 255, 255]
        return
    decoded = decode_whole(encode(Image.new(mode, (8, 8), colour), ImageFormat.PNG))
    expected = (255, 127, 127) if mode == "RGBA" else (127, 127, 127)
    assert np.abs(decoded.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("mode", "transparent"), [("L", 200), ("RGB", (10, 20, 30))])
def test_a_colour_declared_transparent_lies_on_white(mode: str, transparent: int | tuple[int, ...]) -> None:
    image = Image.new(mode, (8, 8), transparent)
    image.paste(Image.new(mode, (4, 8), "black"), (0, 0))
    decoded = decode_whole(encode(image, ImageFormat.PNG, transparency=transparent))
    assert decoded[4, 1].tolist() == [0, 0, 0]
    assert decoded[4, 6].tolist() == [255, 255, 255]


def test_hidden_colours_of_transparent_pixels_do_not_bleed_when_reduced() -> None:
    image = Image.new("RGBA", (512, 512), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 256, 512))
    decoded = decode_photo(encode(image, ImageFormat.PNG), max_side=100).astype(int)
    # From blue over mixtures to white, red never exceeds green.
    assert (decoded[..., 0] - decoded[..., 1]).max() <= 1


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_scaled_not_clipped(channels: int) -> None:
    picture = make_picture()
    wide: NDArray[np.uint16] = picture.astype(np.uint16) * 257
    if channels == 1:
        decoded = decode_whole(encode_16_bit_png(wide[:, :, 0]))
        assert difference(decoded, np.repeat(picture[:, :, :1], 3, axis=2)) <= 1
        return
    if channels == 4:
        wide = np.dstack([wide, np.full(wide.shape[:2], 65_535, np.uint16)])
    assert difference(decode_whole(encode_16_bit_png(wide)), picture) <= 1


@pytest.mark.parametrize("max_side", [200, 137, 128, 112])
def test_a_jpeg_is_as_sharp_whichever_scale_its_decoder_offers(astronaut: ByteImage, max_side: int) -> None:
    # A half of 512, a quarter that is made a little larger, a quarter as it is, and a half again.
    picture = Image.fromarray(astronaut)
    decoded = decode_photo(encode(picture, ImageFormat.JPEG, quality=95), max_side=max_side)
    best = np.asarray(picture.resize((max_side, max_side), Image.Resampling.LANCZOS))
    assert difference(decoded, best) < 3.5
    steep, steepest = (float(np.abs(np.diff(each.astype(int), axis=1)).mean()) for each in (decoded, best))
    assert steep > 0.88 * steepest


@pytest.mark.parametrize(
    ("width", "height", "max_side", "expected"),
    [
        (400, 300, 100, (100, 75)),
        (300, 400, 100, (75, 100)),
        (403, 301, 100, (100, 75)),
        (199, 199, 100, (100, 100)),
        (101, 50, 100, (100, 50)),
        (100, 80, 100, (100, 80)),
        (40, 30, 100, (40, 30)),
        (3000, 1, 100, (100, 1)),
        (1, 1, 100, (1, 1)),
    ],
)
@pytest.mark.parametrize("image_format", PILLOW_FORMATS)
def test_the_longer_side_becomes_what_was_asked_and_is_never_enlarged(
    image_format: ImageFormat, width: int, height: int, max_side: int, expected: tuple[int, int]
) -> None:
    data = encode(make_picture(width, height), image_format)
    assert decode_photo(data, max_side=max_side).shape == (expected[1], expected[0], 3)


@pytest.mark.parametrize("side", [1000, 700, 320, 130])
@pytest.mark.parametrize("image_format", [ImageFormat.JPEG, ImageFormat.PNG])
def test_reducing_looks_like_a_good_resampler(
    astronaut: ByteImage, image_format: ImageFormat, side: int
) -> None:
    large = Image.fromarray(astronaut).resize((1300, 1300), Image.Resampling.BICUBIC)
    options = {"compress_level": 1} if image_format is ImageFormat.PNG else {}
    decoded = decode_photo(encode(large, image_format, **options), max_side=side)
    reference = np.asarray(large.resize((side, side), Image.Resampling.HAMMING))
    assert difference(decoded, reference) < 1.5


def test_fine_stripes_become_grey_rather_than_moire() -> None:
    stripes = np.zeros((1600, 1600, 3), np.uint8)
    stripes[:, ::2] = 255
    decoded = decode_photo(encode(stripes, ImageFormat.PNG), max_side=700)
    assert np.abs(decoded[8:-8, 8:-8].astype(int) - 127).max() < 32


@pytest.mark.parametrize("max_side", [0, -1])
def test_a_side_of_nothing_is_a_mistake_of_the_caller(max_side: int) -> None:
    with pytest.raises(ValueError, match="max_side"):
        decode_photo(encode(make_picture(), ImageFormat.PNG), max_side=max_side)


def test_a_heic_becomes_an_upright_jpeg_without_metadata(astronaut: ByteImage) -> None:
    jpeg = convert_to_jpeg(build_heic(quarters=1, exif=b"MM\0*secret"))
    assert identify(jpeg) is ImageFormat.JPEG
    assert b"secret" not in jpeg
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.getexif() == {}
        assert difference(np.asarray(image), np.rot90(astronaut[:, :448])) < 6


def test_a_transparent_avif_becomes_a_jpeg_on_white() -> None:
    jpeg = convert_to_jpeg(encode(Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0)), ImageFormat.AVIF))
    assert decode_whole(jpeg).min() >= 254
