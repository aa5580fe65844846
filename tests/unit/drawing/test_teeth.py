"""Teeth are one even row, however light and gaps fray them."""

from __future__ import annotations

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.teeth import row_of_teeth
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

_ZOOM = 3


def _mouth() -> tuple[FloatImage, Points]:
    """A mouth wide open, white from lip to lip."""
    points = (astronaut_portrait().faces[0].landmarks * np.float32(_ZOOM)).astype(np.float32)
    return polygon_mask((256 * _ZOOM, 256 * _ZOOM), points[facemap.LIPS_INNER], grow=1.1), points


def _filled(outline: Points) -> FloatImage:
    return polygon_mask((256 * _ZOOM, 256 * _ZOOM), outline)


def test_gaps_between_teeth_and_shade_in_one_corner_leave_no_trace() -> None:
    white, points = _mouth()
    whole = row_of_teeth(white, points)
    assert whole is not None
    left, right = int(points[78, 0]), int(points[308, 0])
    frayed = white.copy()
    frayed[:, left + (right - left) // 2 :: 9] = 0
    frayed[:, : left + (right - left) // 4] = 0
    mended = row_of_teeth(frayed, points)
    assert mended is not None
    assert float(np.abs(_filled(whole) - _filled(mended)).sum()) < 0.2 * float(_filled(whole).sum())


def test_a_glint_is_no_row_of_teeth() -> None:
    white, points = _mouth()
    glint = np.zeros_like(white)
    cv2.circle(glint, (int(points[13, 0]), int(points[14, 1])), 4, (1.0,), cv2.FILLED)
    assert row_of_teeth(glint, points) is None
