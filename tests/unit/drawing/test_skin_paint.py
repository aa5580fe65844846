"""Skin is painted in a clear tone of a person's own, and dark photos aren't taken for dark skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.skin_paint import eye_white_of, lit_tone, lost_light, missing_light, skin_paint
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import to_float
from toonbooth.portrait.model import Portrait

LIGHT_IN_THE_DARK = (46.0, 21.0, 19.0)
DARK_IN_THE_LIGHT = (36.0, 14.0, 18.0)


def test_light_skin_in_a_dark_photo_is_painted_light() -> None:
    assert skin_paint(LIGHT_IN_THE_DARK, 36.0)[0] > 64


def test_dark_skin_in_good_light_stays_dark() -> None:
    assert missing_light(DARK_IN_THE_LIGHT, 66.0) == 0
    assert skin_paint(DARK_IN_THE_LIGHT, 66.0)[0] < 44


def test_dark_glasses_tell_nothing() -> None:
    assert missing_light(DARK_IN_THE_LIGHT, 8.0) == 0
    assert missing_light(LIGHT_IN_THE_DARK, 0.0) == 0


def test_golden_skin_in_bright_light_stays_brown() -> None:
    golden, pale = skin_paint((72.0, 15.5, 24.5), 0.0), skin_paint((72.0, 13.0, 14.0), 0.0)
    assert golden[0] < pale[0] - 4
    assert golden[0] < 72.5


def test_rosy_skin_gets_more_of_its_light_back_than_golden_skin() -> None:
    rosy, golden = (46.0, 22.0, 19.0), (46.0, 17.0, 23.5)
    assert lost_light(rosy, 36.0) > missing_light(rosy, 36.0) + 3
    assert lost_light(golden, 36.0) == missing_light(golden, 36.0)
    assert lost_light((36.0, 16.0, 13.0), 70.0) == 0


@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.4, 2.0])
def test_lighter_skin_never_gets_the_darker_paint(ratio: float) -> None:
    paints = [skin_paint((lightness, 15.0, 19.0), ratio * lightness)[0] for lightness in range(18, 90)]
    assert min(np.diff(paints)) > -1e-6


@pytest.mark.parametrize("tone", [(66.0, 26.0, 9.0), (66.0, 3.0, 4.0), (60.0, 22.0, 48.0), (30.0, 2.0, 1.0)])
def test_coloured_light_leaves_skin_neither_grey_nor_orange_nor_pink(
    tone: tuple[float, float, float],
) -> None:
    _, red, yellow = skin_paint(tone, 60.0)
    assert 14 <= np.hypot(red, yellow) <= 34
    assert 47 <= np.rad2deg(np.arctan2(yellow, red)) <= 63


def test_hard_light_leaves_the_lit_side_to_tell_the_tone() -> None:
    lab = np.full((20, 20, 3), (70.0, 14.0, 18.0), np.float32)
    lab[:, :9] = (35.0, 18.0, 18.0)
    assert lit_tone(lab, np.ones((20, 20), np.float32))[0] == 70.0


def test_the_whites_of_eyes_are_found_and_closed_eyes_have_none() -> None:
    portrait = bust(320, 256)
    lab = rgb_to_lab(to_float(portrait.picture))
    assert eye_white_of(lab, portrait.faces[0], scale=1.0) > 85
    assert eye_white_of(lab, _asleep(portrait).faces[0], scale=1.0) == 0


def _asleep(portrait: Portrait) -> Portrait:
    face = portrait.faces[0]
    shut = replace(
        face,
        left_eye=replace(face.left_eye, openness=0.02),
        right_eye=replace(face.right_eye, openness=0.02),
    )
    return replace(portrait, faces=(shut,))
