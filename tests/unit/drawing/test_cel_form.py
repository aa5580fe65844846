"""Cel shapes on skin: where a shadow begins, what is left out, and what is skin though it doesn't look it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing import facemap
from toonbooth.drawing.cel import cel_tones
from toonbooth.drawing.cel_form import gather_form
from toonbooth.drawing.cel_skin import CelTones
from toonbooth.drawing.flesh import underexposure
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import Regions, find_regions
from toonbooth.drawing.skin_holes import Neighbourhood, skin_holes
from toonbooth.drawing.surfaces import settle_surfaces
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Portrait

SIDE, UNIT = 200, 0.4
"""A face of 160 pixels in the middle of a square."""


def face_of_skin(*, lips: bool = True) -> Regions:
    everywhere, nowhere = np.ones((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    mouth = nowhere.copy()
    if lips:
        mouth[145:155, 75:125] = 1
    heads = ((SIDE / 2, SIDE / 2, 400 * UNIT),)
    return Regions(everywhere, everywhere, nowhere, nowhere, mouth, nowhere, nowhere, nowhere, heads)


def gathered(form: FloatImage, *, lips: bool = True, sunny: float = 0.0) -> tuple[FloatImage, FloatImage]:
    return gather_form(form, face_of_skin(lips=lips), 0, step=10.0, sunny=sunny, unit=UNIT)


def lit_from_the_left(depth: float) -> FloatImage:
    across = np.clip((np.arange(SIDE, dtype=np.float32) - 110) / 60, 0, 1)
    return np.tile(-np.float32(depth) * across, (SIDE, 1))


def test_hard_light_leaves_two_flat_tones_with_a_crisp_border() -> None:
    drawn, shadow = gathered(lit_from_the_left(24.0))
    row = drawn[60]
    assert row[:110].max() - row[:110].min() < 1
    assert row[-5] < row[60] - 9
    assert np.count_nonzero((shadow[60] > 0.05) & (shadow[60] < 0.95)) <= 6


def test_softer_light_casts_lighter_shadows() -> None:
    soft, hard = (gathered(lit_from_the_left(depth))[0][60, -5] for depth in (9.0, 24.0))
    assert hard < soft < -4


def test_a_face_lit_from_above_wears_no_shadow_on_its_lower_half() -> None:
    falling = np.tile(np.linspace(9, -13, SIDE, dtype=np.float32)[:, None], (1, SIDE))
    assert gathered(falling)[1].mean() < 0.1
    # What lies aside is a shadow all the same.
    assert gathered(lit_from_the_left(24.0) + 0.5 * falling)[1][60, -5] > 0.9


def test_stubble_is_no_shadow() -> None:
    form = lit_from_the_left(24.0)
    form[130:175, 70:105] = -13
    assert gathered(form)[1][150, 88] < 0.1
    assert gathered(form, lips=False)[1][150, 88] > 0.9


def test_specks_are_left_out_and_broad_shadows_stay() -> None:
    form = lit_from_the_left(24.0)
    form[40:46, 40:46] = -40
    form[40:46, 185:191] = 8
    _, shadow = gathered(form)
    assert shadow[35:52, 35:52].max() < 0.01
    assert shadow[35:52, 182:].min() > 0.99


def test_shine_within_a_sunny_cheek_is_no_dot() -> None:
    form = lit_from_the_left(24.0)
    form[:, :90] = 22
    sunlit = gathered(form, sunny=12.0)[0][60, 30]
    form[50:70, 20:40] = 34
    assert sunlit > gathered(form, sunny=12.0)[0][60, 140] + 8
    assert gathered(form, sunny=12.0)[0][60, 30] < sunlit + 2


def test_a_forehead_burnt_out_by_flash_keeps_the_hue_of_skin_up_to_the_brows() -> None:
    lab = np.empty((SIDE, SIDE, 3), np.float32)
    lab[...] = (70.0, 16.0, 20.0)
    lab[40:60, 60:140] = (97.0, -1.0, -2.0)
    skin = face_of_skin()
    brows = np.zeros((SIDE, SIDE), np.float32)
    brows[50:60, 60:140] = 1
    regions = replace(skin, features=brows)
    tones = CelTones(step=11.0, skin_step=9.0, saturation=1.2, warmth=0.0, blush=0.0)
    chroma = np.hypot(*np.moveaxis(cel_tones(lab, regions, tones, unit=UNIT)[..., 1:], 2, 0))
    assert chroma[45, 100] > 0.85 * chroma[120, 40]
    assert chroma[55, 100] > 0.85 * chroma[120, 40]


def settled_skin(portrait: Portrait, picture: ByteImage) -> FloatImage:
    lab, grey = rgb_to_lab(to_float(picture)), luma(picture)
    regions = find_regions(lab, grey, portrait.matte, portrait.faces, scale=1.0)
    return settle_surfaces(regions, lab, grey, portrait.faces, scale=1.0).skin


def test_the_shadow_of_a_chin_is_skin_and_dark_hair_beside_a_neck_is_not() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    x, y = (float(value) for value in face.landmarks[facemap.CHIN])
    picture = portrait.picture.copy()
    middle = (round(x), round(y + 0.1 * face.width))
    cv2.ellipse(
        picture, middle, (round(0.2 * face.width), round(0.07 * face.width)), 0, 0, 360, (38, 20, 30), -1
    )
    beside = (round(x + 0.75 * face.width), round(y - 0.3 * face.width))
    assert settled_skin(portrait, picture)[middle[1], middle[0]] > 0.9
    assert settled_skin(portrait, picture)[beside[1], beside[0]] < 0.1


def test_what_flash_burnt_out_of_a_cheek_is_skin_and_pearls_on_a_neck_are_not() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    x, y = (float(value) for value in face.landmarks[facemap.CHIN])
    picture = portrait.picture.copy()
    cheek, pearl = (
        (round(x + 0.3 * face.width), round(y - 0.5 * face.width)),
        (round(x), round(y + 0.2 * face.width)),
    )
    for place in (cheek, pearl):
        cv2.circle(picture, place, round(0.05 * face.width), (225, 240, 255), -1)
    skin = settled_skin(portrait, picture)
    assert skin[cheek[1], cheek[0]] > 0.9
    assert skin[pearl[1], pearl[0]] < 0.1


def test_a_burnt_out_forehead_is_skin_up_to_dark_hair_and_shine_within_hair_is_not() -> None:
    nothing, person = np.zeros((SIDE, SIDE), np.float32), np.ones((SIDE, SIDE), np.float32)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    skin, form = nothing.copy(), np.full_like(nothing, -50)
    skin[60:, 40:160] = 1
    form[skin > 0.5] = 0
    burnt, shine = (slice(54, 80), slice(85, 115)), (slice(20, 30), slice(90, 110))
    for spot in (burnt, shine):
        skin[spot], form[spot] = 0, 20
    seen = Neighbourhood(nothing, person, form, (columns - 100) / 160, (rows - 130) / 160, width=160.0)
    found = skin_holes(skin, nothing, seen)
    assert found[burnt].min() == 1
    assert found[shine].max() == 0


def test_a_chain_on_a_neck_and_a_beard_are_no_skin() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    x, y = (float(value) for value in face.landmarks[facemap.CHIN])
    picture = portrait.picture.copy()
    chain, beard = round(y + 0.28 * face.width), round(y - 0.14 * face.width)
    size = (round(0.12 * face.width), round(0.04 * face.width))
    for row in (chain, beard):
        cv2.ellipse(picture, (round(x), row), size, 0, 0, 360, (30, 20, 25), -1)
    skin = gaussian(settled_skin(portrait, picture), sigma=1.0)
    assert skin[chain, round(x)] < 0.1
    assert skin[beard, round(x)] < 0.1


def test_a_gap_as_red_as_skin_between_cheek_and_ear_is_skin_and_a_strand_of_hair_is_not() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    x, y = (float(value) for value in face.landmarks[facemap.OVAL].mean(axis=0))
    row, column = round(y + 0.1 * face.width), round(x - 0.4 * face.width)
    thickness = round(0.03 * face.width)
    found = []
    for colour in ((130, 70, 80), (40, 32, 28)):
        picture = portrait.picture.copy()
        ends = (column, row - round(0.15 * face.width)), (column, row + round(0.15 * face.width))
        cv2.line(picture, *ends, colour, thickness)
        found.append(settled_skin(portrait, picture)[row, column])
    assert found[0] > 0.8
    assert found[1] < 0.2


@pytest.mark.parametrize(
    ("tone", "eye_white", "least", "most"),
    [
        ((55.0, 22.0, 20.0), 47.0, 4.0, 9.0),
        ((55.0, 22.0, 20.0), 75.0, 0.0, 0.1),
        ((30.0, 12.0, 16.0), 60.0, 0.0, 0.1),
    ],
    ids=["fair skin in the shade", "tanned skin in the light", "dark skin in the light"],
)
def test_skin_as_light_as_the_white_of_its_eyes_was_photographed_too_dark(
    tone: Colour, eye_white: float, least: float, most: float
) -> None:
    skin = face_of_skin()
    lightness = np.full((SIDE, SIDE), tone[0], np.float32)
    lightness[80:90, 60:140] = eye_white
    eyes = np.zeros((SIDE, SIDE), np.float32)
    eyes[80:90, 60:140] = 1
    regions = replace(skin, features=eyes, eyes=eyes)
    assert least <= underexposure(lightness, regions, tone) <= most


def test_a_white_collar_that_touches_a_jaw_is_no_skin() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    middle = face.landmarks[facemap.OVAL].mean(axis=0)
    jaw = face.landmarks[facemap.JAW[len(facemap.JAW) // 2 + 3]] - middle
    (x, y), (column, row) = (np.round(middle + jaw * share).astype(int).tolist() for share in (1.08, 1.02))
    picture = portrait.picture.copy()
    cv2.circle(picture, (x, y), round(0.09 * face.width), (250, 250, 255), -1)
    assert settled_skin(portrait, picture)[row, column] < 0.3
