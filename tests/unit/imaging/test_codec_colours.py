import numpy as np
import pytest
from PIL import Image

from tests.heif_files import build_heic
from tests.unit.imaging import icc_profiles
from tests.unit.imaging.picture_files import encode, make_picture, png_chunk, with_png_chunks
from toonbooth.imaging.codec import ImageFormat, decode_photo
from toonbooth.imaging.pixels import ByteImage

# Linear sRGB to linear Display P3 and BT.2020: the sample code of CSS Color 4, section 17.
TO_PRIMARIES = {
    "Display P3": np.array(
        [[0.8224620, 0.1775380, 0], [0.0331942, 0.9668058, 0], [0.0170826, 0.0723974, 0.9105199]]
    ),
    "BT.2020": np.array(
        [
            [0.6274039, 0.3292830, 0.0433131],
            [0.0690973, 0.9195404, 0.0113623],
            [0.0163914, 0.0880133, 0.8955953],
        ]
    ),
}
CODES = {"Display P3": 12, "BT.2020": 9}
PATCHES = [
    (230, 60, 50),
    (70, 200, 80),
    (40, 60, 220),
    (225, 180, 150),
    (110, 70, 50),
    (128, 128, 128),
    (255, 255, 255),
]


def make_patches() -> ByteImage:
    """Colours of skin and more in sRGB, 16 pixels each."""
    return np.repeat(np.repeat(np.array([PATCHES], np.uint8), 16, axis=0), 16, axis=1)


def in_primaries(picture: ByteImage, name: str) -> ByteImage:
    """The numbers that the same colours have under other primaries, with the curve of sRGB."""
    encoded = picture / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    other = np.clip(linear @ TO_PRIMARIES[name].T, 0, 1)
    again = np.where(other <= 0.0031308, other * 12.92, 1.055 * other ** (1 / 2.4) - 0.055)
    rounded: ByteImage = np.rint(again * 255).astype(np.uint8)
    return rounded


def assert_patches(decoded: ByteImage, *, tolerance: int) -> None:
    centres = decoded[8, 8::16].astype(int)
    assert np.abs(centres - PATCHES).max() <= tolerance, centres.tolist()


@pytest.mark.parametrize("max_side", [None, 56])
@pytest.mark.parametrize(
    ("image_format", "tolerance"),
    [(ImageFormat.JPEG, 4), (ImageFormat.PNG, 3), (ImageFormat.WEBP, 3), (ImageFormat.AVIF, 4)],
)
def test_display_p3_by_profile_becomes_srgb(
    image_format: ImageFormat, tolerance: int, max_side: int | None
) -> None:
    profile = icc_profiles.rgb_profile(icc_profiles.DISPLAY_P3, curve=icc_profiles.srgb_curve())
    stored = in_primaries(make_patches(), "Display P3")
    assert np.abs(stored.astype(int) - make_patches()).max() > 15
    decoded = decode_photo(encode(stored, image_format, icc_profile=profile), max_side=max_side)
    if max_side is None:
        assert_patches(decoded, tolerance=tolerance)
    else:
        assert np.abs(decoded[4, 4::8].astype(int) - PATCHES).max() <= tolerance


@pytest.mark.parametrize("name", TO_PRIMARIES)
def test_primaries_stated_by_code_in_a_png_become_srgb(name: str) -> None:
    png = encode(in_primaries(make_patches(), name), ImageFormat.PNG)
    data = with_png_chunks(png, png_chunk(b"cICP", bytes((CODES[name], 13, 0, 1))))
    assert_patches(decode_photo(data, max_side=None), tolerance=3)


def test_primaries_stated_by_code_in_a_heic_are_honoured() -> None:
    plain = decode_photo(build_heic(), max_side=None)
    wide = decode_photo(build_heic(colour=b"nclx" + bytes((0, 12, 0, 13, 0, 6, 0x80))), max_side=None)
    # P3's red is redder: read as P3 the same numbers are a stronger colour, and no stronger grey.
    colourful = plain.max(axis=2).astype(int) - plain.min(axis=2) > 60
    spread = (
        wide.max(axis=2).astype(int) - wide.min(axis=2) - (plain.max(axis=2).astype(int) - plain.min(axis=2))
    )
    assert spread[colourful].mean() > 5
    assert abs(spread[plain.max(axis=2).astype(int) - plain.min(axis=2) < 3].mean()) < 2


def test_adobe_rgb_becomes_srgb() -> None:
    profile = icc_profiles.rgb_profile(icc_profiles.ADOBE_RGB, curve=icc_profiles.gamma_curve(2.19921875))
    # Half green of Adobe RGB (1998), and white: figures of Bruce Lindbloom's calculator, clipped to sRGB.
    stored = (
        np.array([[[128, 128, 128], [200, 150, 120], [255, 255, 255]]], np.uint8).repeat(8, 0).repeat(8, 1)
    )
    decoded = decode_photo(encode(stored, ImageFormat.PNG, icc_profile=profile), max_side=None)
    assert (
        np.abs(decoded[4, 4::8].astype(int) - [(127, 127, 127), (219, 150, 118), (255, 255, 255)]).max() <= 2
    )


@pytest.mark.parametrize(
    "image_format", [ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP, ImageFormat.AVIF]
)
def test_a_profile_that_is_srgb_changes_no_pixel(image_format: ImageFormat) -> None:
    profile = icc_profiles.rgb_profile(icc_profiles.SRGB, curve=icc_profiles.srgb_curve())
    tagged = decode_photo(encode(make_picture(), image_format, icc_profile=profile), max_side=None)
    assert np.array_equal(tagged, decode_photo(encode(make_picture(), image_format), max_side=None))


def test_an_rgb_profile_on_a_grey_picture_is_applied() -> None:
    profile = icc_profiles.rgb_profile(icc_profiles.SRGB, curve=icc_profiles.gamma_curve(1.0))
    data = encode(Image.new("L", (8, 8), 55), ImageFormat.JPEG, icc_profile=profile)
    assert np.abs(decode_photo(data, max_side=None).astype(int) - 128).max() <= 2


@pytest.mark.parametrize("image_format", [ImageFormat.JPEG, ImageFormat.PNG])
def test_linear_grey_is_brightened_as_its_profile_says(image_format: ImageFormat) -> None:
    data = encode(Image.new("L", (8, 8), 55), image_format, icc_profile=icc_profiles.grey_profile(gamma=1.0))
    # 55 / 255 of the light is level 128 of sRGB.
    assert np.abs(decode_photo(data, max_side=None).astype(int) - 128).max() <= 2


def test_cmyk_without_a_profile_looks_like_its_inks() -> None:
    inks = [(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255), (0, 0, 0, 0)]
    stored = Image.new("CMYK", (80, 16))
    for number, ink in enumerate(inks):
        stored.paste(ink, (16 * number, 0, 16 * number + 16, 16))
    decoded = decode_photo(encode(stored, ImageFormat.JPEG), max_side=None)[8, 8::16].astype(int)
    seen = [(0, 255, 255), (255, 0, 255), (255, 255, 0), (0, 0, 0), (255, 255, 255)]
    assert np.abs(decoded - seen).max() <= 4


def test_cmyk_with_a_profile_looks_as_the_press_prints_it() -> None:
    # A press whose "cyan" is an orange of Lab (70, 40, 60), on white paper.
    profile = icc_profiles.cmyk_profile(paper=(100, 0, 0), cyan=(70, 40, 60))
    stored = Image.new("CMYK", (32, 16))
    stored.paste((255, 0, 0, 0), (0, 0, 16, 16))
    decoded = decode_photo(encode(stored, ImageFormat.JPEG, icc_profile=profile), max_side=None)
    red, green, blue = decoded[8, 4].astype(int)
    assert red > 230
    assert 120 < green < 170
    assert blue < 90
    assert decoded[8, 28].min() >= 250


@pytest.mark.parametrize(
    "profile",
    [
        b"",
        b"garbage",
        bytes(200),
        icc_profiles.rgb_profile(icc_profiles.SRGB, curve=b"nonsense"),
        icc_profiles.cmyk_profile(paper=(100, 0, 0), cyan=(70, 40, 60)),
        icc_profiles.grey_profile(gamma=1.0),
    ],
)
def test_a_profile_that_is_damaged_or_of_another_kind_is_taken_as_none(profile: bytes) -> None:
    data = encode(make_picture(), ImageFormat.PNG, icc_profile=profile)
    assert np.array_equal(decode_photo(data, max_side=None), make_picture())
