"""Regions and pyramids: what is sampled lies where it is said to lie."""

import cv2
import numpy as np
import pytest

from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.sampling import Pyramid, Region, to_signed


@pytest.fixture
def ramp() -> ByteImage:
    """Red grows to the right by 1 every 4 pixels, green downwards."""
    across, down = np.meshgrid(np.arange(801) / 4, np.arange(601) / 4)
    return np.dstack([across, down, np.zeros_like(down)]).astype(np.uint8)


@pytest.mark.parametrize(
    "region",
    [
        Region(400, 300, 300, 300),
        Region(400, 300, 300, 200),
        Region(400, 300, 300, 300, angle=0.5),
        Region(400, 300, 300, 200, angle=-2.0, mirrored=True),
        Region(400, 300, 40, 40, angle=0.1),
    ],
)
def test_a_sampled_pixel_has_the_colour_of_the_place_it_is_taken_back_to(
    ramp: ByteImage, region: Region
) -> None:
    sampled = Pyramid(ramp).sample(region, width=32, height=32).astype(np.float32)
    ticks = (np.arange(32, dtype=np.float32) + np.float32(0.5)) / np.float32(32)
    fractions = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    expected = region.to_picture(fractions) / 4
    # Truncation to bytes in the ramp, rounding in the pyramid and in the sample: within 1.5 grey levels.
    assert np.abs(sampled[..., :2].reshape(-1, 2) - expected).max() < 1.5


def test_the_corners_of_the_whole_picture_are_the_outer_edges_of_its_pixels(ramp: ByteImage) -> None:
    whole = Region.around_all(ramp)
    corners = whole.to_picture(np.array([[0, 0], [1, 1]], np.float32))
    assert corners.tolist() == [[-0.5, -0.5], [800.5, 600.5]]


def test_outside_the_picture_it_is_black_unless_asked_otherwise() -> None:
    pyramid = Pyramid(np.full((64, 64, 3), 200, np.uint8))
    beyond = Region(200, 32, 32, 32)
    assert pyramid.sample(beyond, width=16, height=16).max() == 0
    assert pyramid.sample(beyond, width=16, height=16, border=cv2.BORDER_REPLICATE).min() == 200


def test_shrinking_averages_instead_of_skipping_pixels() -> None:
    chessboard = (np.indices((1024, 1024)).sum(axis=0) % 2 * 255).astype(np.uint8)
    sampled = Pyramid(np.dstack([chessboard] * 3)).sample(
        Region(511.5, 511.5, 1024, 1024), width=96, height=96
    )
    assert np.abs(sampled.astype(int) - 128).max() <= 1


def test_signed_values_span_minus_one_to_one() -> None:
    assert to_signed(np.array([[0, 255]], np.uint8)).tolist() == [[-1.0, 1.0]]


@pytest.mark.parametrize("times", [0, 1, 2, 4])
def test_a_picture_is_halved_as_often_as_asked_however_small_it_is(times: int) -> None:
    picture = np.full((301, 270, 3), (10, 20, 30), np.uint8)
    halved = Pyramid(picture).halved(times)
    assert halved.shape[:2] == (301 >> times, 270 >> times)
    assert (halved[..., :3] == (10, 20, 30)).all()
