"""Colours go to L*a*b* and come back."""

import numpy as np
import pytest

from toonbooth.imaging.colour import lab_to_rgb, luma, planes_of, rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, to_bytes, to_float


def test_a_picture_survives_the_way_to_lab_and_back(astronaut: ByteImage) -> None:
    small = np.ascontiguousarray(astronaut[::8, ::8])
    back = to_bytes(lab_to_rgb(rgb_to_lab(to_float(small))))
    assert np.abs(back.astype(int) - small).max() <= 1


@pytest.mark.parametrize(
    ("rgb", "lab"),
    # sRGB primaries in L*a*b* under D65, as published with IEC 61966-2-1's primaries.
    [((1, 1, 1), (100, 0, 0)), ((1, 0, 0), (53.24, 80.09, 67.20)), ((0, 0, 1), (32.30, 79.19, -107.86))],
)
def test_known_colours_land_where_they_should(
    rgb: tuple[float, float, float], lab: tuple[float, float, float]
) -> None:
    found = rgb_to_lab(np.array([[rgb]], np.float32))[0, 0]
    np.testing.assert_allclose(found, lab, atol=0.6)


def test_what_no_screen_can_show_is_clipped() -> None:
    impossible = np.array([[[50.0, 120.0, -120.0]]], np.float32)
    rgb = lab_to_rgb(impossible)
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_green_looks_lighter_than_blue() -> None:
    picture = np.array([[[0, 255, 0], [0, 0, 255]]], np.uint8)
    green, blue = luma(picture)[0]
    assert green > 2 * blue


def test_planes_are_contiguous_channels() -> None:
    image = np.random.default_rng(1).random((5, 7, 3), dtype=np.float32)
    planes = planes_of(image)
    assert all(plane.flags.c_contiguous for plane in planes)
    np.testing.assert_array_equal(np.dstack(planes), image)


def test_bytes_are_refused_where_floats_are_needed() -> None:
    with pytest.raises(ValueError, match="float32 picture"):
        rgb_to_lab(np.zeros((4, 4, 3), np.uint8))
