"""Eyes in pencil have a dark pupil, a light left as paper and clear whites, the same depth on both sides."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.pencil_eyes import draw_pencil_eyes
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Face

PORTRAIT = bust(900, 720)
FACE = PORTRAIT.faces[0]


def drawn(face: Face = FACE, light_from: float = -1.0) -> FloatImage:
    density = np.full((900, 720), 0.5, np.float32)
    draw_pencil_eyes(density, PORTRAIT.picture, (face,), light_from=light_from)
    return density


@pytest.mark.parametrize("light_from", [-1.0, 1.0])
def test_pupils_are_dark_and_lights_are_paper(light_from: float) -> None:
    density = drawn(light_from=light_from)
    for eye in (FACE.left_eye, FACE.right_eye):
        x, y = (round(value) for value in eye.iris_centre)
        radius = eye.iris_radius
        assert density[y + round(0.15 * radius), x] > 1.2
        # A catch-light touches the pupil on the side of the light.
        light = density[y - round(0.34 * radius), x + round(0.34 * light_from * radius)]
        assert light < 0.2


def test_whites_are_lighter_than_the_iris() -> None:
    density = drawn()
    eye = FACE.left_eye
    x, y = eye.iris_centre
    white = density[round(y), round(x - 1.6 * eye.iris_radius)]
    iris = density[round(y), round(x - 0.7 * eye.iris_radius)]
    assert white < 0.3 < 0.5 < iris


def test_in_nearly_black_eyes_iris_and_pupil_are_one() -> None:
    eye = FACE.left_eye
    x, y = (round(value) for value in eye.iris_centre)
    contrasts = []
    for colour in ((25, 18, 15), (120, 130, 120)):
        photo = PORTRAIT.picture.copy()
        cv2.circle(photo, (x, y), round(eye.iris_radius), colour, -1)
        density = np.full((900, 720), 0.5, np.float32)
        draw_pencil_eyes(
            density, photo, (replace(FACE, right_eye=replace(eye, openness=0.0)),), light_from=1.0
        )
        iris = density[y + 2, x - round(0.72 * eye.iris_radius)]
        contrasts.append(float(density[y + 2, x - 1] - iris))
    assert contrasts[0] < 0.75 < contrasts[1]


def test_nothing_but_the_eyes_is_touched() -> None:
    changed = np.abs(drawn() - 0.5) > 1e-6
    rows, columns = np.nonzero(changed)
    width = FACE.width
    for values, middle, reach in ((rows, FACE.left_eye.iris_centre[1], 0.2), (columns, 360.0, 0.45)):
        assert abs(values.min() - middle) < reach * width
        assert abs(values.max() - middle) < reach * width


def test_closed_eyes_get_lids_and_no_pupil() -> None:
    closed = replace(FACE, left_eye=replace(FACE.left_eye, openness=0.05))
    density = drawn(closed)
    x, y = (round(value) for value in FACE.left_eye.iris_centre)
    assert density[y, x] == pytest.approx(0.5, abs=0.05)
    lid = density[y - round(1.5 * FACE.left_eye.iris_radius) : y, x]
    assert lid.max() > 0.9


def test_a_dark_iris_is_drawn_darker_than_a_light_one() -> None:
    depths = []
    for iris in (40, 150):
        photo = PORTRAIT.picture.copy()
        for eye in (FACE.left_eye, FACE.right_eye):
            x, y, radius = round(eye.iris_centre[0]), round(eye.iris_centre[1]), round(eye.iris_radius)
            photo[y - radius : y + radius, x - radius : x + radius] = iris
        density = np.full((900, 720), 0.5, np.float32)
        draw_pencil_eyes(density, photo, (FACE,), light_from=-1.0)
        eye = FACE.left_eye
        depths.append(density[round(eye.iris_centre[1]), round(eye.iris_centre[0] + 0.72 * eye.iris_radius)])
    assert depths[0] > 1.0
    assert depths[0] > depths[1] + 0.3


def test_between_narrow_lids_a_light_is_small_and_leaves_a_pupil() -> None:
    left = FACE.left_eye
    middle = left.contour.mean(axis=0)
    contour = (middle + (left.contour - middle) * np.array([1, 0.45])).astype(np.float32)
    density = drawn(replace(FACE, left_eye=replace(left, contour=contour, openness=0.15)))
    x, y, radius = *left.iris_centre, left.iris_radius
    seen = density[round(y - 0.3 * radius) : round(y + 0.3 * radius), round(x - radius) : round(x + radius)]
    assert (seen > 1.2).mean() > 3 * (seen < 0.2).mean()


def test_both_irises_get_one_depth_though_one_lies_in_the_shade() -> None:
    shaded = PORTRAIT.picture.copy()
    shaded[:, :360] //= 3
    density = np.full((900, 720), 0.5, np.float32)
    draw_pencil_eyes(density, shaded, (FACE,), light_from=0.0)
    left, right = (
        density[round(eye.iris_centre[1] + 0.7 * eye.iris_radius), round(eye.iris_centre[0])]
        for eye in (FACE.left_eye, FACE.right_eye)
    )
    assert left == pytest.approx(right, abs=0.1)


def test_small_eyes_get_a_larger_light_and_a_clearer_white() -> None:
    lit = {}
    for size in (400, 1600):
        portrait = bust(size, size)
        density = np.full((size, size), 0.6, np.float32)
        lights = draw_pencil_eyes(density, portrait.picture, portrait.faces, light_from=1.0)
        eye = portrait.faces[0].left_eye
        row = density[round(eye.iris_centre[1]), :]
        white = float(row[round(eye.iris_centre[0] + 1.6 * eye.iris_radius)])
        lit[size] = float((lights > 0.5).sum()) / eye.iris_radius**2, white
    assert lit[400][0] > 1.2 * lit[1600][0]
    assert lit[400][1] < lit[1600][1]
