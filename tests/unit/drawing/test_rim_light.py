"""Light along a jaw is told from collars and bright hair, and loses most of its glare."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from tests.unit.drawing.portraits import face_at
from toonbooth.drawing import facemap
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.drawing.rim_light import find_rim_light, without_glare
from toonbooth.imaging.pixels import FloatImage

FACE = face_at((120, 150), 160)
SHAPE = (280, 240)


def lit(colour: tuple[float, float, float], *, thickness: int) -> tuple[FloatImage, Regions, FloatImage]:
    """A face of one colour, a line of another down its left cheek, and where that is."""
    oval = FACE.landmarks[facemap.OVAL].astype(np.int32)
    skin, line = (np.zeros(SHAPE, np.uint8) for _ in range(2))
    cv2.fillPoly(skin, [oval], 1)
    middle = oval.mean(axis=0)
    cheek = oval[(oval[:, 0] < middle[0] - 0.2 * FACE.width) & (oval[:, 1] > middle[1] + 0.12 * FACE.width)]
    cv2.polylines(line, [cheek[np.argsort(cheek[:, 1])]], isClosed=False, color=(1,), thickness=thickness)
    lab = np.zeros((*SHAPE, 3), np.float32)
    lab[skin > 0] = (50, 18, 20)
    lab[line > 0] = colour
    none = np.zeros(SHAPE, np.float32)
    person = np.maximum(skin, line).astype(np.float32)
    bare = (skin * (1 - line)).astype(np.float32)
    return lab, Regions(person, bare, none, none, none, none, none, none, heads=()), line.astype(np.float32)


def test_a_thin_pale_line_along_a_cheek_is_rim_light() -> None:
    lab, regions, line = lit((95, 0, -2), thickness=5)
    rim = find_rim_light(lab, regions, (FACE,), scale=1.0)
    assert rim[line > 0].mean() > 0.6
    assert rim[cv2.dilate(line, np.ones((9, 9))) == 0].max() < 0.05


def test_collars_beyond_a_face_and_golden_locks_are_none() -> None:
    for colour, thickness in (((95.0, 0.0, -2.0), 41), ((80.0, 8.0, 32.0), 5)):
        lab, regions, line = lit(colour, thickness=thickness)
        oval = polygon_mask(SHAPE, FACE.landmarks[facemap.OVAL])
        beyond = (line > 0) & ((oval < 0.1) | (thickness < 10))
        assert find_rim_light(lab, regions, (FACE,), scale=1.0)[beyond].mean() < 0.1


def test_glare_on_a_forehead_is_skin_and_teeth_are_not() -> None:
    lab, regions, _ = lit((50, 18, 20), thickness=1)
    x, y = FACE.landmarks[facemap.FOREHEAD_TOP].astype(int)
    forehead, mouth = (slice(y + 30, y + 50), slice(x - 20, x + 20)), (slice(200, 215), slice(105, 135))
    lab[forehead] = lab[mouth] = (97, 1, -2)
    teeth = np.zeros(SHAPE, np.float32)
    teeth[mouth] = 1
    rim = find_rim_light(lab, replace(regions, mouth=teeth), (FACE,), scale=1.0)
    assert rim[forehead].mean() > 0.8
    assert rim[mouth][3:-3, 3:-3].max() < 0.05


def test_most_of_the_glare_is_taken_off() -> None:
    lab, regions, line = lit((95, 0, -2), thickness=5)
    calm = without_glare(lab, line, regions.skin)
    assert 60 < calm[line > 0, 0].mean() < 70
    # What is left of it has skin's colour.
    assert calm[line > 0, 1].min() > 12
    np.testing.assert_array_equal(calm[line == 0], lab[line == 0])
