"""The white of eyes tells the colour of the light, where the skin agrees."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, landscape
from toonbooth.drawing.exposure import well_lit, with_lit_faces
from toonbooth.drawing.white_balance import in_white_light
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.portrait.model import Portrait

LAMP, SCREEN = (1.0, 0.72, 0.42), (0.62, 0.8, 1.0)


def lit_by(portrait: Portrait, lamp: tuple[float, float, float]) -> Portrait:
    return portrait.with_picture(np.rint(portrait.picture * np.array(lamp)).astype(np.uint8))


def colour_away(one: Portrait, other: Portrait) -> float:
    labs = [rgb_to_lab(each.picture.astype(np.float32) / np.float32(255)) for each in (one, other)]
    return float(np.abs(labs[0][..., 1:] - labs[1][..., 1:]).mean())


@pytest.mark.parametrize("skin", [(235, 200, 180), (222, 172, 142), (150, 100, 70), (84, 54, 38)])
def test_skin_of_any_depth_in_ordinary_light_is_left_alone(skin: tuple[int, int, int]) -> None:
    for lamp in ((1.0, 1.0, 1.0), (1.0, 0.95, 0.88)):
        portrait = lit_by(bust(480, 400, skin=skin), lamp)
        assert in_white_light(portrait) is portrait


@pytest.mark.parametrize("lamp", [LAMP, SCREEN])
@pytest.mark.parametrize("light", [with_lit_faces, well_lit])
def test_much_of_a_lamps_colour_is_taken_out_of_everything(
    lamp: tuple[float, float, float], light: object
) -> None:
    assert callable(light)
    plain = bust(480, 400)
    coloured = lit_by(plain, lamp)
    assert colour_away(light(coloured), plain) < 0.6 * colour_away(coloured, plain)


def test_painted_lids_on_ordinary_skin_are_no_lamp() -> None:
    portrait = bust(480, 400)
    painted = portrait.picture.copy()
    for eye in (portrait.faces[0].left_eye, portrait.faces[0].right_eye):
        (x0, y0), (x1, y1) = eye.contour.min(axis=0).astype(int), eye.contour.max(axis=0).astype(int)
        painted[y0 : y1 + 1, x0 : x1 + 1] = (150, 110, 200)
    portrait = portrait.with_picture(painted)
    assert in_white_light(portrait) is portrait


def test_a_photo_without_colours_or_people_stays_as_it_is() -> None:
    portrait = bust(480, 400)
    grey = np.repeat(portrait.picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    for each in (portrait.with_picture(grey), landscape()):
        assert in_white_light(each) is each
