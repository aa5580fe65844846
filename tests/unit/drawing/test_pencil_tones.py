"""Tones of a pencil keep the order of the photo, spare light skin and show the folds of black cloth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toonbooth.drawing.pencil_tones import above_skin, chalk_lights, pencil_tones, shade_pale_hair
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.pixels import FloatImage

SHAPE = (80, 100)
NONE: FloatImage = np.zeros(SHAPE, np.float32)
ALL: FloatImage = np.ones(SHAPE, np.float32)


def regions(*, skin: FloatImage = NONE, eyes: FloatImage = NONE, lips: FloatImage = NONE) -> Regions:
    return Regions(ALL, skin, NONE, eyes, lips, NONE, NONE, NONE, heads=())


def lab(lightness: FloatImage, red: FloatImage = NONE) -> FloatImage:
    return np.stack([lightness, red, NONE], axis=2).astype(np.float32)


def test_darker_places_are_drawn_darker() -> None:
    ramp = np.tile(np.linspace(2, 98, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))
    tone = pencil_tones(lab(ramp), regions(), unit=1.0)
    assert 0 <= tone.min() <= tone.max() <= 1
    assert (np.diff(tone[40, ::10]) < 0).all()
    assert tone[40, 0] > 0.7
    assert tone[40, -1] < 0.03


def test_light_skin_is_spared_and_dark_skin_is_not() -> None:
    eyes = NONE.copy()
    eyes[2:8, 2:12] = 1
    skin = ALL - eyes
    spared = []
    for lightness in (72.0, 47.0):
        plane = np.where(eyes > 0, np.float32(78), np.float32(lightness))
        scene = lab(plane.astype(np.float32))
        on_skin = pencil_tones(scene, regions(skin=skin, eyes=eyes), unit=1.0)[60, 70]
        on_cloth = pencil_tones(scene, regions(eyes=eyes), unit=1.0)[60, 70]
        spared.append(float(on_cloth - on_skin))
    assert spared[0] > 0.04
    assert abs(spared[1]) < 0.02


def test_skin_in_the_shade_is_told_from_dark_skin_by_the_eyes() -> None:
    eyes = NONE.copy()
    eyes[2:8, 2:12] = 1
    tones = []
    for white in (52.0, 80.0):
        plane = np.where(eyes > 0, np.float32(white), np.float32(45))
        here = regions(skin=ALL - eyes, eyes=eyes)
        tones.append(float(pencil_tones(lab(plane.astype(np.float32)), here, unit=1.0)[60, 70]))
    assert tones[0] < tones[1] - 0.05


def test_red_lips_are_drawn_darker_than_skin_as_light() -> None:
    lips = NONE.copy()
    lips[50:60, 40:60] = 1
    flat = np.full(SHAPE, 65, np.float32)
    pale = pencil_tones(lab(flat), regions(skin=ALL - lips, lips=lips), unit=1.0)
    red = pencil_tones(lab(flat, 18 * lips), regions(skin=ALL - lips, lips=lips), unit=1.0)
    assert red[55, 50] > pale[55, 50] + 0.06


def test_fair_hair_stays_fair_between_its_strands_and_dark_hair_keeps_its_contrast() -> None:
    strands = np.tile(np.where(np.arange(SHAPE[1]) % 8 < 4, 1, -1).astype(np.float32), (SHAPE[0], 1))
    contrasts = []
    for middle in (62.0, 22.0):
        scene = lab(np.float32(middle) + 10 * strands)
        with_hair, without = (pencil_tones(scene, regions(), unit=0.5, hair=hair) for hair in (ALL, None))
        contrasts.append(float(with_hair[40].std() / without[40].std()))
        assert with_hair[40].mean() <= without[40].mean() + 1e-3
    assert contrasts[0] < 0.8
    assert contrasts[1] > 0.9


def test_folds_of_black_cloth_are_nearly_as_clear_as_those_of_a_light_one() -> None:
    folds = np.tile(np.sin(np.arange(SHAPE[1]) * 0.25).astype(np.float32), (SHAPE[0], 1))
    swing = []
    for middle, depth in ((14.0, 2.5), (60.0, 9.0)):
        tone = pencil_tones(
            lab(np.float32(middle) + np.float32(depth) * folds), regions(), unit=0.4, hair=NONE
        )
        swing.append(float(tone[40].std()))
    # A quarter of the contrast gives half the drawing.
    assert swing[0] > 0.4 * swing[1] > 0.04


def test_a_hand_before_a_black_suit_has_a_tone() -> None:
    plane = np.full(SHAPE, 12, np.float32)
    plane[30:50, 40:60] = 62
    tone = pencil_tones(lab(plane), regions(), unit=0.4, hair=NONE)
    assert 0.1 < tone[40, 50] < 0.5 * tone[10, 10]


def test_skin_in_bright_light_is_no_dark_skin_though_its_eyes_are_squinted() -> None:
    eyes = NONE.copy()
    eyes[2:8, 2:12] = 1
    spared = []
    for white in (52.0, 84.0):
        plane = np.where(eyes > 0, np.float32(white), np.float32(70)).astype(np.float32)
        here, cloth = regions(skin=ALL - eyes, eyes=eyes), regions(eyes=eyes)
        tones = [pencil_tones(lab(plane), each, unit=1.0)[60, 70] for each in (cloth, here)]
        spared.append(float(tones[0] - tones[1]))
    assert spared[0] > 0.4 * spared[1] > 0.02


def test_dark_skin_is_drawn_with_its_lights() -> None:
    planes = np.tile(np.sin(np.arange(SHAPE[1]) * 0.16).astype(np.float32), (SHAPE[0], 1))
    lights = []
    for middle in (30.0, 52.0):
        tone = pencil_tones(lab(np.float32(middle) + 5 * planes), regions(skin=ALL), unit=0.3)[40]
        lights.append(float(np.median(tone) - tone.min()))
    assert lights[0] > 0.64 * lights[1]


def test_only_what_is_darker_than_skin_counts_as_a_feature_drawn() -> None:
    tone = np.full(SHAPE, 0.3, np.float32)
    tone[:, :20] = 0.7
    above = above_skin(tone, regions(skin=ALL))
    assert above[40, 50] < 0.05
    assert above[40, 10] > 0.95
    assert above_skin(tone, regions()).min() == 1


def test_a_face_in_flat_light_has_its_form_all_the_same() -> None:
    planes = np.tile(np.sin(np.arange(SHAPE[1]) * 0.16).astype(np.float32), (SHAPE[0], 1))
    spread = []
    for strength in (4.5, 9.0):
        tone = pencil_tones(lab(np.float32(50) + np.float32(strength) * planes), regions(skin=ALL), unit=0.3)
        spread.append(float(tone[40].std()))
    # Half the light on it gives far more than half the drawing.
    assert 0.57 * spread[1] < spread[0] < spread[1]


def test_chalk_goes_on_raised_skin_and_leaves_no_halo_beside_hair() -> None:
    skin = NONE.copy()
    skin[20:] = 1
    lightness = np.where(skin > 0, np.float32(62), np.float32(12))
    y, x = np.mgrid[:80, :100]
    shine = np.exp(-((x - 50.0) ** 2 + (y - 55.0) ** 2) / 60.0).astype(np.float32)
    scene = lab(lightness + 22 * shine)
    lights = chalk_lights(scene, NONE, regions(skin=skin), unit=0.5)
    assert lights[55, 50] > 0.4
    assert lights[21:26, 10:30].max() < 0.05
    assert lights[:18].max() < 0.05


def test_chalk_and_lead_never_meet() -> None:
    shine = np.full(SHAPE, 60, np.float32)
    shine[30:40, 40:60] = 90
    lights = chalk_lights(lab(shine), np.full(SHAPE, 0.3, np.float32), regions(), unit=0.5)
    assert not lights.any()


def test_white_hair_gets_shade_and_what_is_below_the_ears_does_not() -> None:
    seen = replace(regions(), heads=((50.0, 30.0, 30.0),))
    shaded = shade_pale_hair(NONE, lab(ALL * 97), seen, NONE, unit=1.0)
    assert shaded[10, 50] > 0.08
    assert not shaded[60:].any()
    # Locks that fall farther are told by their looks, and white collars are none.
    locks = shade_pale_hair(NONE, lab(ALL * 75), seen, ALL, unit=1.0)
    assert locks[65, 50] > 0.08
    assert not shade_pale_hair(NONE, lab(ALL * 97), seen, ALL, unit=1.0)[65].any()
    dark = ALL * 0.5
    assert np.array_equal(shade_pale_hair(dark, lab(ALL * 50), seen, NONE, unit=1.0), dark)


def test_faces_against_the_light_have_lights() -> None:
    lightness = np.tile(np.linspace(40, 52, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))
    eyes = NONE.copy()
    eyes[2:8, 2:12] = 1
    tone = pencil_tones(lab(np.where(eyes > 0, 55, lightness)), regions(skin=ALL - eyes, eyes=eyes), unit=1.0)
    assert tone[40, 90:].max() < 0.05
