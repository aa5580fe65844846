"""Faces are drawn in fine strokes, the rest in coarse ones, and no window shows."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from tests.unit.drawing.portraits import bust
from toonbooth.drawing import facemap
from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.cel_backdrop import choose_scene, draw_scene
from toonbooth.drawing.flesh import creases, ember, hue_of_skin, lift_of
from toonbooth.drawing.inking import lay_ink
from toonbooth.drawing.plate import Ink, LineWork, make_plate
from toonbooth.drawing.strokework import find_details, find_strokes
from toonbooth.drawing.study import study
from toonbooth.imaging.resize import shrunk


def test_details_end_before_their_window_does_and_lie_where_they_are_wanted() -> None:
    portrait = bust(480, 400)
    noise = np.random.default_rng(3).normal(0, 12, portrait.picture.shape)
    picture = np.clip(portrait.picture + noise, 0, 255).astype(np.uint8)
    strokes, _ = find_strokes(shrunk(picture, (200, 240)), [(slice(0, 240), slice(0, 200))], unit=0.25)
    wanted = np.zeros((240, 200), np.float32)
    wanted[:120] = 1
    (detail,) = find_details(picture, strokes, wanted, portrait.faces, factor=2)
    for side in (detail.more[0], detail.more[-1], detail.more[:, 0], detail.more[:, -1]):
        assert np.abs(side).max() == 0
    rows = np.arange(detail.window[0].start, detail.window[0].stop)
    assert np.abs(detail.more[rows > 244]).max() == 0
    assert np.abs(detail.more[rows < 230]).max() > 1


def test_details_bring_back_thin_lines_that_coarse_strokes_lose() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    x, y = (round(float(v)) for v in face.landmarks[facemap.OVAL].mean(axis=0))
    picture = portrait.picture.copy()
    picture[y - 1 : y + 1, x - 50 : x + 50] //= 3
    strokes, _ = find_strokes(shrunk(picture, (200, 240)), [(slice(0, 240), slice(0, 200))], unit=0.25)
    (detail,) = find_details(picture, strokes, np.ones((240, 200), np.float32), portrait.faces, factor=2)
    coarse = cv2.resize(strokes, (400, 480), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)
    finer = coarse.copy()
    detail.add_to(finer)
    line = np.s_[y - 1 : y + 1, x - 30 : x + 30]
    assert finer[line].mean() < coarse[line].mean() - 8


def test_fine_strokes_are_laid_as_they_are_over_the_crisp_coarse_ones() -> None:
    portrait = bust(480, 400)
    seen = study(portrait)
    fine, nowhere = np.ones_like(seen.grey), np.zeros_like(seen.grey)
    plate = make_plate(seen, seen.lab, fine=fine, wanted=nowhere, work=LineWork(0.01, 4.0, 1.0, 1.0))
    plate = replace(plate, contour=None)
    (detail,) = plate.details
    scene = choose_scene(np.random.default_rng(1), vivid=1.0)
    behind = draw_scene((400, 480), scene, head=Head(200, 216, 152), hair=30.0)
    ink = Ink(strength=0.0, keep=1.0, colour=np.zeros(3, np.float32))
    finer, coarse = (
        each.draw((400, 480), ink, behind=behind)[detail.window].astype(np.float32)
        for each in (plate, replace(plate, details=()))
    )
    unclipped = (finer > 0) & (finer < 255)
    assert np.abs(detail.more).max() > 10
    assert np.abs(finer - coarse - detail.more)[unclipped].max() < 3


def test_skin_keeps_a_natural_hue_and_loses_an_unnatural_one() -> None:
    assert np.allclose(hue_of_skin(14.0, 17.0, lightness=70.0, colourful=1.0), (14.0, 17.0), atol=0.01)
    for red, yellow in ((2.0, -12.0), (-6.0, 1.0), (25.0, -4.0), (0.0, 0.0)):
        a, b = hue_of_skin(red, yellow, lightness=70.0, colourful=1.0)
        assert a > 3
        assert b > 3
        assert 14 < np.hypot(a, b) < 30
    assert np.hypot(*hue_of_skin(0.0, 0.0, lightness=70.0, colourful=0.0)) == 0


def test_skin_of_middling_depth_is_never_grey_and_burnt_out_skin_is_no_chalk() -> None:
    assert np.hypot(*hue_of_skin(6.0, 7.0, lightness=55.0, colourful=1.0)) > 20
    for yellow in (14.0, 20.0, 30.0):
        for measured in (90.0, 96.0, 100.0):
            assert 82 < measured + lift_of(measured, yellow) < 88
        rising = [measured + lift_of(measured, yellow) for measured in np.linspace(20, 100, 81)]
        assert min(np.diff(rising)) > 0


def test_what_has_skins_hue_glows_neither_in_the_shade_nor_fades_in_the_light() -> None:
    light = np.array([[12.0, 55.0]], np.float32)
    strong = np.array([[34.0, 65.0]], np.float32)
    in_shade, in_light = (strong * ember(strong, light))[0]
    assert in_shade < 20
    assert in_light == 65.0


def test_ink_darkens_by_its_strength_and_bare_paper_stays() -> None:
    drawing = np.full((6, 8, 3), 200, np.uint8)
    lines = np.zeros((6, 8), np.float32)
    lines[:, 2], lines[:, 4] = 0.5, 1.0
    inked = np.empty_like(drawing)
    lay_ink(inked, drawing, lines, keep=0.2, ink=np.array([0.1, 0.0, 0.0], np.float32))
    assert (inked[:, 0] == 200).all()
    assert abs(int(inked[0, 2, 1]) - 120) <= 1
    assert abs(int(inked[0, 4, 1]) - 40) <= 1
    assert abs(int(inked[0, 4, 0]) - 66) <= 1


def test_creases_are_kept_and_pores_are_not() -> None:
    lightness = np.full((120, 120), 70, np.float32)
    lightness[40:42, 20:100] -= 12
    lightness += np.random.default_rng(1).normal(0, 0.8, lightness.shape).astype(np.float32)
    bare = np.ones_like(lightness)
    bare[:, 60:] = 0
    found = creases(lightness, bare, unit=0.5)
    assert found[41, 25:55].mean() < -3
    assert np.abs(found[60:, :60]).mean() < 0.05
    assert np.abs(found[:, 60:]).max() == 0
    assert found.max() <= 0
