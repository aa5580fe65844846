"""Outlines that a style draws around a head."""

import numpy as np
import pytest

from toonbooth.facecut.ink import take_in_ink
from toonbooth.imaging.pixels import FloatImage

HAIR, WALL = 0.95, 0.8
EDGE = 40


def outlined(*, at: float, gap: slice = slice(0, 0)) -> FloatImage:
    """Light hair on the left, a wall on the right, a black line of three pixels around a column."""
    columns = np.arange(80, dtype=np.float32)
    row = np.where(columns < at, HAIR, WALL) * np.clip(np.abs(columns - at) - 1, 0, 1)
    image = np.repeat(row[np.newaxis], 60, axis=0)
    image[gap] = np.where(columns < at, HAIR, WALL)
    return np.repeat(image[..., np.newaxis], 3, axis=2).astype(np.float32)


def taken_in(image: FloatImage) -> FloatImage:
    columns = np.broadcast_to(np.arange(80), (60, 80))
    return take_in_ink(
        image,
        (columns < EDGE).astype(np.float32),
        inside=np.full_like(image, HAIR),
        outside=np.full_like(image, WALL),
        band=np.abs(columns - EDGE) < 8,
        background=columns >= EDGE + 8,
        reach_pixels=4,
    )


@pytest.mark.parametrize("at", [37, 40, 43])
def test_a_line_near_the_edge_is_taken_in_up_to_its_outer_side(at: int) -> None:
    alpha = taken_in(outlined(at=at))
    assert (alpha[:, : at + 2] > 0.9).all()
    assert (alpha[:, at + 3 :] < 0.1).all()


def test_a_gap_in_the_line_does_not_empty_the_head() -> None:
    alpha = taken_in(outlined(at=40, gap=slice(28, 31)))
    assert (alpha[:, :32] == 1).all()
    assert (alpha[:24, :41] > 0.9).all()


def test_without_a_line_nothing_changes() -> None:
    alpha = taken_in(np.full((60, 80, 3), WALL, np.float32))
    assert (alpha == (np.arange(80) < EDGE)).all()


def test_a_dark_spot_is_no_line() -> None:
    image = np.full((60, 80, 3), WALL, np.float32)
    image[30:32, EDGE + 2 : EDGE + 4] = 0
    assert taken_in(image)[:, EDGE + 2 :].max() < 0.2
