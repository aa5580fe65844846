"""Eyes grow, keep their own colour, and both have the same."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.eyes import draw_eyes, enlarge_eyes, lightness_of_iris
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import Eye, Portrait


def with_irises(left: tuple[int, int, int], right: tuple[int, int, int]) -> Portrait:
    portrait = bust(480, 400)
    picture = portrait.picture.copy()
    face = portrait.faces[0]
    for eye, colour in ((face.left_eye, left), (face.right_eye, right)):
        centre = tuple(round(v) for v in eye.iris_centre)
        cv2.circle(picture, centre, round(eye.iris_radius), colour, -1, cv2.LINE_AA)
        cv2.circle(picture, centre, round(0.35 * eye.iris_radius), (15, 15, 15), -1, cv2.LINE_AA)
    return replace(portrait, picture=picture)


def drawn(portrait: Portrait) -> ByteImage:
    image = portrait.picture.copy()
    draw_eyes(image, portrait, light_from=-1.0)
    return image


def lower_iris(image: ByteImage, eye: Eye) -> FloatImage:
    x, y = eye.iris_centre
    colour: FloatImage = image[round(y + 0.62 * eye.iris_radius), round(x)].astype(np.float32)
    return colour


@pytest.mark.parametrize(
    ("colour", "strongest"), [((90, 120, 165), 2), ((95, 130, 95), 1), ((140, 95, 55), 0)]
)
def test_an_iris_keeps_its_own_colour(colour: tuple[int, int, int], strongest: int) -> None:
    portrait = with_irises(colour, colour)
    for eye in (portrait.faces[0].left_eye, portrait.faces[0].right_eye):
        assert int(lower_iris(drawn(portrait), eye).argmax()) == strongest


def test_both_eyes_get_one_colour() -> None:
    portrait = with_irises((90, 120, 165), (110, 120, 145))
    image, face = drawn(portrait), portrait.faces[0]
    left, right = (lower_iris(image, eye) for eye in (face.left_eye, face.right_eye))
    hue = np.abs((left - left.mean()) - (right - right.mean())).max()
    assert hue < 20


@pytest.mark.parametrize("colour", [(165, 105, 125), (130, 95, 160), (120, 125, 135)])
def test_an_iris_is_neither_pink_nor_violet_nor_stronger_than_it_was(colour: tuple[int, int, int]) -> None:
    portrait = with_irises(colour, colour)
    red, green, blue = lower_iris(drawn(portrait), portrait.faces[0].left_eye)
    assert red - green < 0.6 * max(red - blue, 0) + 12
    assert np.ptp([red, green, blue]) < 1.3 * np.ptp(colour) + 8


def test_a_dark_iris_is_brown_even_when_it_mirrors_the_sky() -> None:
    portrait = with_irises((38, 40, 50), (38, 40, 50))
    red, _, blue = lower_iris(drawn(portrait), portrait.faces[0].left_eye)
    assert red > blue


def test_every_open_eye_has_one_light_on_the_side_it_comes_from() -> None:
    portrait = with_irises((110, 80, 60), (110, 80, 60))
    image = drawn(portrait)
    for eye in (portrait.faces[0].left_eye, portrait.faces[0].right_eye):
        x, y = eye.iris_centre
        radius = 0.7 * eye.iris_radius
        iris = image[round(y - radius) : round(y + radius), round(x - radius) : round(x + radius)].min(axis=2)
        lights = np.argwhere(iris > 200)
        assert 0 < len(lights) < 0.1 * iris.size
        assert lights[:, 1].max() < iris.shape[1] / 2


def test_closed_eyes_are_left_alone() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    asleep = replace(
        face, left_eye=replace(face.left_eye, openness=0.05), right_eye=replace(face.right_eye, openness=0.05)
    )
    portrait = replace(portrait, faces=(asleep,))
    np.testing.assert_array_equal(drawn(portrait), portrait.picture)


def test_more_strength_enlarges_more_and_none_changes_nothing() -> None:
    portrait = bust(480, 400)
    widths = [
        np.ptp(enlarge_eyes(portrait, strength=s).faces[0].left_eye.contour[:, 0]) for s in (0.05, 0.15, 0.3)
    ]
    assert widths[0] < widths[1] < widths[2]
    assert enlarge_eyes(portrait, strength=0) is portrait


def test_dark_and_reddish_irises_are_brown_and_green_ones_are_believed_sooner() -> None:
    assert lightness_of_iris(0.2, 0.0) < 0.05
    assert lightness_of_iris(0.6, 4.0) < 0.05
    assert lightness_of_iris(0.6, -4.0) > 0.95
    assert lightness_of_iris(0.36, -4.0) > lightness_of_iris(0.36, 0.0) + 0.2
