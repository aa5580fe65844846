"""Clothes and hair: folds are shapes with crisp borders, on black as on white, and weave is nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.toning import drapery_of
from toonbooth.drawing.drapery import Drapery
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.pixels import FloatImage

SIDE = 300
UNIT = 0.5
FOLD, PLAIN = (200, 150), (200, 60)


def clothed(lightness: FloatImage) -> Drapery:
    """Somebody whose clothes, below a face at the upper border, have those L*."""
    lab = np.dstack([lightness, np.zeros_like(lightness), np.zeros_like(lightness)])
    no, everywhere = np.zeros((SIDE, SIDE), np.float32), np.ones((SIDE, SIDE), np.float32)
    regions = Regions(everywhere, no, no, no, no, no, no, no, heads=((150.0, 10.0, 80.0),))
    return drapery_of(lab, regions, unit=UNIT)


def cloth(base: float, fold: float) -> FloatImage:
    """Plain cloth with one soft fold down its middle."""
    away = np.abs(np.arange(SIDE, dtype=np.float32) - FOLD[1])
    row = base + (fold - base) * np.exp(-np.square(away / 9))
    return np.tile(row.astype(np.float32), (SIDE, 1))


@pytest.mark.parametrize(
    ("base", "fold"), [(92.0, 66.0), (45.0, 30.0), (14.0, 6.0)], ids=["white", "grey", "black"]
)
def test_a_fold_is_a_darker_shape_with_a_crisp_border_on_any_cloth(base: float, fold: float) -> None:
    drapery = clothed(cloth(base, fold))
    assert drapery.level[FOLD] <= -1
    assert abs(drapery.level[PLAIN]) < 0.01
    row = drapery.level[FOLD[0]]
    between = np.abs(row - np.rint(row / 0.1) * 0.1) > 0.001
    assert between.sum() <= 12
    light = drapery.light(11.0)
    assert light[FOLD] < light[PLAIN] - 2


def test_larger_steps_set_tones_farther_apart_and_black_is_opened() -> None:
    drapery = clothed(cloth(14.0, 6.0))
    fine, coarse = (drapery.light(step) for step in (7.0, 14.0))
    assert coarse[PLAIN] - coarse[FOLD] > 1.5 * (fine[PLAIN] - fine[FOLD])
    assert fine[PLAIN] > 18
    assert coarse.min() > 4


def test_a_seam_in_black_cloth_is_a_line_as_one_in_white_is() -> None:
    answers = []
    for base, seam in ((90.0, 70.0), (12.0, 5.0)):
        lightness = np.full((SIDE, SIDE), base, np.float32)
        lightness[:, 149:152] = seam
        answers.append(float(clothed(lightness).lines[FOLD]))
    assert min(answers) > 0.01
    assert max(answers) < 3 * min(answers)


def test_a_weave_leaves_neither_shapes_nor_lines() -> None:
    weave = np.random.default_rng(4).normal(0, 22, (SIDE, SIDE)).astype(np.float32)
    drapery = clothed(45 + cv2.GaussianBlur(weave, (0, 0), 1.2).astype(np.float32))
    inside = np.s_[150:280, 20:280]
    assert np.abs(drapery.level[inside]).mean() < 0.03
    assert (drapery.lines[inside] > 0.011).mean() < 0.1
    assert drapery.base[inside].std() < 2


def test_a_drawing_never_strays_far_from_the_photo_where_cloth_is_smooth() -> None:
    lightness = cloth(60.0, 58.0)
    lightness[180:220, 140:160] = 98.0
    drapery = clothed(lightness)
    assert drapery.light(11.0)[FOLD] > 80


def test_bare_skin_has_no_lines_of_cloth() -> None:
    lab = np.zeros((SIDE, SIDE, 3), np.float32)
    lab[..., 0] = cloth(60.0, 30.0)
    no, everywhere = np.zeros((SIDE, SIDE), np.float32), np.ones((SIDE, SIDE), np.float32)
    skin = no.copy()
    skin[:150] = 1
    regions = Regions(everywhere, skin, no, no, no, no, no, no, heads=((150.0, 10.0, 80.0),))
    drapery = drapery_of(lab, regions, unit=UNIT)
    assert drapery.lines[:140].max() == 0
    assert drapery.lines[160:].max() > 0.005
