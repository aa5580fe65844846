"""Clothes keep the family of their hue, and a material is printed in one ink."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.cloth_inks import dye_cloth, light_cast, nearest_ink
from toonbooth.drawing.inks import Ink
from toonbooth.imaging.pixels import FloatImage


@pytest.mark.parametrize(
    ("tone", "ink"),
    [
        ((96, 0, 1), Ink.PAPER),
        ((80, -2, -4), Ink.PAPER),
        ((52, 1, -3), Ink.GREY),
        ((12, 1, 0), Ink.DEEP),
        ((20, 3, -16), Ink.DEEP),
        ((40, 48, 28), Ink.RED),
        ((62, 38, 55), Ink.ORANGE),
        ((78, 2, 66), Ink.YELLOW),
        ((34, 14, 24), Ink.BROWN),
        ((42, 6, -42), Ink.BLUE),
        ((80, -4, -20), Ink.SKY),
        ((46, -32, 26), Ink.GREEN),
        ((40, 30, -28), Ink.VIOLET),
        ((78, 26, 4), Ink.PINK),
    ],
)
def test_a_cloth_is_printed_in_the_family_of_its_hue(tone: tuple[float, float, float], ink: Ink) -> None:
    assert nearest_ink(np.array(tone, np.float32)) is ink


def test_light_and_shade_of_one_cloth_are_one_ink_and_another_cloth_is_another() -> None:
    lab: FloatImage = np.zeros((60, 90, 3), np.float32)
    lab[:, :30] = 44, 46, 30
    lab[:, 30:60] = 22, 29, 19
    lab[:, 60:] = 90, 0, 0
    best = np.zeros((60, 90), np.uint8)
    everywhere = np.ones((60, 90), bool)
    unlike = np.full((60, 90), -20, np.float32)
    dyes = dye_cloth(best, lab, unlike, everywhere, {}, skin=len(Ink), cast=(0.0, 0.0, 0.0), known=None)
    assert set(best[:, :60].ravel()) == {Ink.RED}
    assert set(best[:, 60:].ravel()) == {Ink.PAPER}
    # A part of the picture, seen from near, agrees with it.
    part = np.zeros((60, 30), np.uint8)
    dye_cloth(
        part, lab[:, 30:60], unlike[:, :30], everywhere[:, :30], {}, skin=len(Ink), cast=(0, 0, 0), known=dyes
    )
    assert set(part.ravel()) == {Ink.RED}


def test_deep_folds_of_an_orange_cloth_are_orange() -> None:
    lab: FloatImage = np.zeros((60, 90, 3), np.float32)
    lab[:, :70] = 59, 36, 36
    lab[:, 70:] = 35, 44, 37
    best, everywhere = np.zeros((60, 90), np.uint8), np.ones((60, 90), bool)
    unlike = np.full((60, 90), -20, np.float32)
    dye_cloth(best, lab, unlike, everywhere, {}, skin=len(Ink), cast=(0.0, 0.0, 0.0), known=None)
    assert nearest_ink(lab[0, 80]) is Ink.RED
    assert set(best.ravel()) == {Ink.ORANGE}


def test_a_gold_tie_on_a_warm_black_suit_is_gold_into_its_shade() -> None:
    lab: FloatImage = np.zeros((60, 90, 3), np.float32)
    lab[:, :60] = 12, 4, 7
    lab[:, 60:66] = 35, 3, 15
    lab[:, 66:] = 70, 3, 22
    best, everywhere = np.zeros((60, 90), np.uint8), np.ones((60, 90), bool)
    unlike = np.full((60, 90), -20, np.float32)
    dye_cloth(best, lab, unlike, everywhere, {}, skin=len(Ink), cast=(0.0, 0.0, 0.0), known=None)
    assert set(best[:, :60].ravel()) == {Ink.DEEP}
    assert set(best[:, 60:].ravel()) == {nearest_ink(lab[0, 70])} == {Ink.SAND}


def test_yellow_eyes_tell_of_a_lamp() -> None:
    portrait = bust(480, 400)
    assert light_cast(portrait.picture, portrait.faces) == (0.0, 0.0, 0.0)
    warm = replace(portrait, picture=portrait.picture.copy())
    for eye in (warm.faces[0].left_eye, warm.faces[0].right_eye):
        cv2.fillPoly(warm.picture, [np.rint(eye.contour).astype(np.int32)], (230, 190, 120))
    assert light_cast(warm.picture, warm.faces)[2] > 15
