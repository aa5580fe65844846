"""A row of teeth is no white slab: it has gum, gaps in its middle, and corners in shade."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.flat_teeth import draw_row
from toonbooth.drawing.vector import paint
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

WHITE = (88.0, 2.0, 7.0)


def row(height: float) -> Points:
    across = np.linspace(20, 180, 17)
    upper = np.stack([across, np.full(17, 30.0)], axis=1)
    return np.concatenate([upper, upper[::-1] + np.array([0, height])]).astype(np.float32)


def painted(height: float, *, gaps: bool) -> FloatImage:
    shape = draw_row(row(height), WHITE, width=400.0, gaps=gaps)
    grey: FloatImage = paint([shape], (200, 100)).astype(np.float32).mean(axis=2)
    return grey


def test_teeth_darken_towards_the_lip_and_the_corners() -> None:
    picture = painted(40.0, gaps=False)
    middle, near, corner = picture[60, [100, 40, 24]]
    assert middle > near + 5 > corner + 10
    assert float(picture[33, 100]) < middle - 10
    assert middle < 240


def test_the_middle_teeth_of_a_large_row_are_told_apart_and_those_of_a_small_one_are_not() -> None:
    large = painted(40.0, gaps=True)[66]
    assert float(large[100]) < float(large[88]) - 5
    small = painted(14.0, gaps=True)[40]
    assert float(small[100]) == float(small[88])
