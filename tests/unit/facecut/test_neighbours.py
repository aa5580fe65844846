"""Somebody beside a head in its square: who hides half of its shoulders is painted over."""

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import Colour, Look, paint
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Portrait

BEHIND: Colour = (200, 60, 60)
BEFORE: Colour = (30, 34, 40)
UNIT = 80.0


def pair(*, behind: Colour = BEHIND, before: Colour = BEFORE) -> Portrait:
    """Two people, the right one before the other's shoulder, drawn."""
    painting = paint(
        ((160.0, 110.0), UNIT, Look(shirt=behind)),
        ((300.0, 105.0), UNIT, Look(shirt=before)),
        size=(470, 300),
    )
    portrait = painting.portrait
    figure = cv2.GaussianBlur((portrait.matte > 0.5).astype(np.float32), (0, 0), 1.2)
    return portrait.drawn_as(portrait.picture, np.asarray(figure, np.float32))


def share_of(picture: ByteImage, colour: Colour) -> float:
    away = np.abs(picture.astype(np.int32) - np.array(colour)).max(axis=2)
    return float((away < 30).mean())


def test_who_hides_half_of_somebodys_shoulders_is_painted_over() -> None:
    square = cut_face(pair(), face=0, shape=Shape.SQUARE)
    assert share_of(square.picture, BEFORE) < 0.01
    # Both shoulders are there, and about as large.
    middle = 160 - square.x
    left, right = (
        share_of(half, BEHIND) for half in (square.picture[:, :middle], square.picture[:, middle:])
    )
    assert right > 0.4 * left > 0.02


def test_who_stands_before_another_keeps_his_own_shoulders() -> None:
    square = cut_face(pair(), face=1, shape=Shape.SQUARE)
    middle = 300 - square.x
    left, right = (
        share_of(half, BEFORE) for half in (square.picture[:, :middle], square.picture[:, middle:])
    )
    assert left > 0.6 * right > 0.02


@pytest.mark.parametrize("face", [0, 1])
def test_people_in_clothes_of_one_colour_stay_as_they_are(face: int) -> None:
    """Whose a shoulder is can't be told; rather somebody in the way than half a body."""
    portrait = pair(before=BEHIND)
    square = cut_face(portrait, face=face, shape=Shape.SQUARE)
    side = square.picture.shape[0]
    shown = portrait.picture[square.y : square.y + side, square.x : square.x + side]
    away = np.abs(square.picture[: len(shown), : shown.shape[1]].astype(np.int32) - shown)[-60:, 30:-30]
    assert away.mean() < 8
