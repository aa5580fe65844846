"""Teeth are one even row, however light and gaps fray them."""

from __future__ import annotations

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.teeth import INNER_LOWER, INNER_UPPER, rows_of_teeth
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
    (whole,) = rows_of_teeth(white, points)
    left, right = int(points[78, 0]), int(points[308, 0])
    frayed = white.copy()
    frayed[:, left + (right - left) // 2 :: 9] = 0
    frayed[:, : left + (right - left) // 4] = 0
    (mended,) = rows_of_teeth(frayed, points)
    assert float(np.abs(_filled(whole) - _filled(mended)).sum()) < 0.2 * float(_filled(whole).sum())


def test_a_glint_is_no_row_of_teeth() -> None:
    white, points = _mouth()
    glint = np.zeros_like(white)
    cv2.circle(glint, (int(points[13, 0]), int(points[14, 1])), 4, (1.0,), cv2.FILLED)
    assert rows_of_teeth(glint, points) == ()


def test_a_row_of_teeth_runs_out_towards_the_corners() -> None:
    white, points = _mouth()
    (row,) = rows_of_teeth(white, points)
    filled = _filled(row)
    column = np.flatnonzero(filled.any(axis=0))
    first, middle = filled[:, column[2]].sum(), filled[:, int(np.median(column))].sum()
    assert first < 0.5 * middle


def test_jaws_that_part_have_two_rows_with_the_dark_between() -> None:
    white, points = _mouth()
    upper, lower = points[INNER_UPPER], points[INNER_LOWER]
    hollow = np.concatenate([0.67 * upper + 0.33 * lower, (0.33 * upper + 0.67 * lower)[::-1]])
    white *= 1 - _filled(hollow)
    rows = rows_of_teeth(white, points)
    assert len(rows) == 2
    x, y = np.rint((points[13] + points[14]) / 2).astype(int)
    assert all(_filled(row)[y, x] < 0.5 for row in rows)
    assert float(rows[0][:, 1].mean()) < float(rows[1][:, 1].mean())
