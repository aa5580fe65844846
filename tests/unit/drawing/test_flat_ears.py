"""Ears are skin in any light, and hair that lies over them is not."""

from __future__ import annotations

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.flat_ears import draw_ears, with_ears
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

SIZE = (256, 256)
SKIN, SHADED, HAIR = (70.0, 16.0, 18.0), (44.0, 12.0, 13.0), (22.0, 3.0, 4.0)
FACE = astronaut_portrait().faces[0]


def head(side: tuple[float, float, float], *, reach: float) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Skin, picture and person: an oval of skin below hair, and beside it something of one colour."""
    points: Points = FACE.landmarks
    skin = polygon_mask(SIZE, points[facemap.OVAL])
    person = skin.copy()
    lab = np.full((*SIZE, 3), (90.0, 0.0, 0.0), np.float32)
    middle = tuple(int(value) for value in points.mean(axis=0))
    brow = int(points[facemap.LEFT_BROW][:, 1].mean())
    hair = np.zeros(SIZE, np.uint8)
    cv2.circle(hair, middle, round(0.75 * FACE.width), (1,), cv2.FILLED)
    hair[brow:] = 0
    beside = np.zeros(SIZE, np.uint8)
    for landmark, way in ((234, -1), (454, 1)):
        x, y = (int(value) for value in points[landmark])
        axes = (round(reach * FACE.width), round(0.16 * FACE.width))
        cv2.ellipse(beside, (x + way, y), axes, 0, 0, 360, (1,), cv2.FILLED)
    for mask, colour in ((hair, HAIR), (beside, side)):
        lab[(mask > 0) & (skin < 0.5)] = colour
        person[mask > 0] = 1
    lab[skin > 0.5] = SKIN
    return skin, lab, person


def test_an_ear_in_shade_is_skin_and_is_found_on_both_sides() -> None:
    skin, lab, person = head(SHADED, reach=0.12)
    more, (ears,) = with_ears(skin, lab, person, (FACE,), shaded=skin, scale=1.0)
    assert len(ears) == 2
    for landmark, way in ((234, -1), (454, 1)):
        x, y = (int(value) for value in FACE.landmarks[landmark])
        assert more[y, x + way * round(0.07 * FACE.width)] > 0.9
    assert len(draw_ears(ears, SKIN, width=FACE.width)) == 2


def test_hair_beside_a_face_is_no_ear() -> None:
    skin, lab, person = head(HAIR, reach=0.12)
    more, (ears,) = with_ears(skin, lab, person, (FACE,), shaded=skin, scale=1.0)
    assert ears == ()
    x, y = (int(value) for value in FACE.landmarks[454])
    assert more[y, x + round(0.07 * FACE.width)] < 0.1


def test_what_has_the_colour_of_skin_but_goes_on_beyond_ears_is_hair() -> None:
    skin, lab, person = head(SHADED, reach=0.6)
    _, (ears,) = with_ears(skin, lab, person, (FACE,), shaded=skin, scale=1.0)
    assert ears == ()


def test_a_thin_strip_of_light_along_a_jaw_is_skin() -> None:
    skin, lab, person = head(HAIR, reach=0.12)
    x, y = (int(value) for value in FACE.landmarks[288])
    person[y - 4 : y + 4, x : x + 4] = 1
    lab[y - 4 : y + 4, x + 1 : x + 4] = (98.0, 0.0, -4.0)
    more, _ = with_ears(skin, lab, person, (FACE,), shaded=skin, scale=1.0)
    assert more[y, x + 2] > 0.9


def test_a_face_too_small_for_ears_has_none() -> None:
    small = np.zeros((40, 40), np.float32)
    same, ears = with_ears(small, np.zeros((40, 40, 3), np.float32), small, (FACE,), shaded=small, scale=0.1)
    assert ears == [()]
    assert not same.any()
