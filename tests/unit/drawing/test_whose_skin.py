"""Skin is drawn as its owner's, however near another head is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, moved
from toonbooth.drawing.flat import draw_flat
from toonbooth.drawing.pop import draw_pop
from toonbooth.drawing.styles import DrawStyle
from toonbooth.drawing.whose_skin import whose_skin
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Portrait

FAIR, BROWN = (78.0, 12.0, 16.0), (48.0, 16.0, 20.0)
HEADS = ((30.0, 30.0, 30.0), (90.0, 30.0, 30.0))
"""Two faces whose middle line is at x = 60."""


def two_faces() -> tuple[FloatImage, FloatImage]:
    """A fair face and a brown one, L*a*b*, and where their skin is."""
    lab = np.full((100, 120, 3), (20.0, 0.0, -10.0), np.float32)
    skin = np.zeros((100, 120), np.float32)
    for (x, y, across), tone in zip(HEADS, (FAIR, BROWN), strict=True):
        add(lab, skin, (int(x - across / 2), int(y - across / 2), int(across), int(across)), tone)
    return lab, skin


def add(
    lab: FloatImage, skin: FloatImage, box: tuple[int, int, int, int], tone: tuple[float, float, float]
) -> None:
    x, y, across, down = box
    lab[y : y + down, x : x + across] = tone
    skin[y : y + down, x : x + across] = 1


def test_a_shoulder_is_its_own_face_s_right_under_another_head() -> None:
    lab, skin = two_faces()
    add(lab, skin, (22, 40, 16, 40), FAIR)
    add(lab, skin, (22, 65, 90, 15), FAIR)
    first, second = whose_skin(lab, skin, HEADS)
    assert first[66:80, 22:112].min() == 1
    assert second[20:40, 80:100].min() == 1
    np.testing.assert_array_equal(first + second, np.ones_like(skin))


def test_where_two_faces_touch_the_step_in_their_colours_parts_them() -> None:
    lab, skin = two_faces()
    add(lab, skin, (45, 25, 33, 10), FAIR)
    lab[25:35, 72:78] = BROWN
    first, second = whose_skin(lab, skin, HEADS)
    assert first[26:34, 45:70].mean() > 0.97
    assert second[26:34, 75:100].mean() > 0.97


def test_a_hand_is_whose_colour_it_has_and_is_never_cut_in_two() -> None:
    lab, skin = two_faces()
    add(lab, skin, (40, 75, 40, 15), BROWN)
    second = whose_skin(lab, skin, HEADS)[1]
    assert second[75:90, 40:80].min() == 1


def fair_shoulder_under_a_brown_head() -> Portrait:
    """Heads at x = 64 and 140; the fair one's bare shoulder reaches from x = 40 to 160 below y = 134."""
    left, right = bust(), bust(skin=(150, 104, 78))
    picture = np.hstack([left.picture[:, :102], right.picture[:, 26:]])
    matte = np.hstack([left.matte[:, :102], right.matte[:, 26:]])
    picture[134:, 40:160] = picture[95:140, 54:76] = (222, 172, 142)
    faces = (*left.faces, moved(right.faces[0], 76))
    return Portrait(cv2.GaussianBlur(picture, (0, 0), 0.7).astype(np.uint8), faces, matte)


@pytest.mark.parametrize("draw", [draw_flat, draw_pop])
def test_a_shoulder_under_another_s_head_has_no_seam(draw: DrawStyle) -> None:
    picture = draw(fair_shoulder_under_a_brown_head(), np.random.default_rng(0)).picture
    own, under_the_other = picture[146:154, 60:95], picture[146:154, 110:145]
    step = np.abs(own.mean(axis=(0, 1)) - under_the_other.mean(axis=(0, 1))).max()
    assert step < 6
