"""Colours go to L*a*b* and come back."""

import numpy as np
import pytest

from toonbooth.imaging.colour import lab_to_rgb, luma, planes_of, rgb_to_lab, unmix
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


def test_a_mixture_of_two_colours_is_taken_apart() -> None:
    one, other = (np.full((4, 5, 3), colour, np.float32) for colour in ((70, 10, 20), (30, 0, -40)))
    share, stray, square = unmix(np.float32(0.3) * one + np.float32(0.7) * other, one, other)
    np.testing.assert_allclose(share, 0.3, atol=1e-3)
    np.testing.assert_allclose(stray, 0, atol=0.5)
    np.testing.assert_allclose(square, 40**2 + 10**2 + 60**2 + 1)
    beside = one + np.array((-10, 40, 0), np.float32)
    assert (unmix(beside, one, other)[1] > 30).all()
