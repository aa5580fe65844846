"""Light makes no other cloth of a cloth, and a crease is a line on it."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.cloths import whole_cloths
from toonbooth.drawing.creases import trace_creases
from toonbooth.imaging.pixels import FloatImage

EVERYWHERE = np.ones((96, 96), np.bool_)


def two_tones(left: float, right: float, *, blur: float) -> tuple[FloatImage, FloatImage]:
    """One hue in two tones, and which of the two is nearer."""
    shaped = np.full((96, 96, 3), (left, 4.0, -12.0), np.float32)
    shaped[:, 48:, 0] = right
    shaped = cv2.GaussianBlur(shaped, (0, 0), blur).astype(np.float32)
    return shaped, (shaped[..., 0] > (left + right) / 2).astype(np.float32)


def materials_of(shaped: FloatImage, labels: FloatImage, kind: tuple[int, ...]) -> set[int]:
    found = whole_cloths(labels.astype(np.uint8), shaped, EVERYWHERE, np.array(kind), unit=0.25)
    return set(np.unique(found).tolist())


def test_a_soft_border_is_light_and_a_steep_one_is_an_edge() -> None:
    assert len(materials_of(*two_tones(30, 60, blur=12.0), (0, 0))) == 1
    assert len(materials_of(*two_tones(30, 60, blur=1.0), (0, 0))) == 2
    assert len(materials_of(*two_tones(50, 60, blur=1.0), (0, 0))) == 1


def test_skin_and_cloth_stay_apart_however_alike_they_are() -> None:
    assert len(materials_of(*two_tones(50, 60, blur=12.0), (0, 1))) == 2


def test_a_jumper_that_is_paler_in_its_shade_is_one_cloth_and_a_red_shirt_at_a_brown_table_is_another() -> (
    None
):
    labels = np.zeros((96, 96), np.uint8)
    labels[:, 48:] = 1
    for lit, beside, count in (
        ((29.0, 19.0, -44.0), (22.5, 9.5, -25.0), 1),
        ((38.0, 59.0, 48.0), (43.0, 35.5, 44.5), 2),
    ):
        shaped = np.full((96, 96, 3), lit, np.float32)
        shaped[:, 48:] = beside
        found = whole_cloths(labels, shaped, EVERYWHERE, np.zeros(2, np.intp), unit=0.4)
        assert len(np.unique(found)) == count


def test_shade_between_a_white_collar_and_a_coat_is_the_collars() -> None:
    shaped, labels = np.full((96, 96, 3), (92.0, 2.0, -2.0), np.float32), np.zeros((96, 96), np.uint8)
    shaped[:, 60:], labels[:, 60:] = (10.0, 2.0, -4.0), 1
    shaped[30:60, 52:60], labels[30:60, 52:60] = (55.0, 7.0, 4.0), 2
    found = whole_cloths(labels, shaped, EVERYWHERE, np.zeros(3, np.intp), unit=0.5)
    assert found[45, 56] == found[45, 10] != found[45, 90]


def test_a_scrap_of_hair_far_from_the_hair_is_none() -> None:
    shaped, labels = np.full((96, 96, 3), (20.0, 2.0, -12.0), np.float32), np.zeros((96, 96), np.uint8)
    shaped[:40], labels[:40] = (60.0, 14.0, 12.0), 1
    shaped[70:82, 40:52], labels[70:82, 40:52] = (60.0, 14.0, 12.0), 1
    found = whole_cloths(labels, shaped, EVERYWHERE, np.array([0, 2]), unit=0.3)
    assert found[76, 46] == found[60, 10] != found[10, 10]


def test_roots_are_of_one_hair_with_its_lengths_and_a_ribbon_is_not() -> None:
    shaped, labels = np.full((96, 96, 3), (54.0, 7.0, 30.0), np.float32), np.zeros((96, 96), np.uint8)
    shaped[:20], labels[:20] = (37.0, 5.0, 10.0), 1
    shaped[60:72], labels[60:72] = (45.0, 60.0, 30.0), 2
    found = whole_cloths(labels, shaped, EVERYWHERE, np.full(3, 2, np.intp), unit=0.25)
    assert found[10, 48] == found[40, 48]
    assert found[66, 48] != found[40, 48]


def test_a_chip_goes_to_the_cloth_around_it_and_a_button_of_another_colour_stays() -> None:
    shaped, labels = np.full((96, 96, 3), (50.0, 0.0, 0.0), np.float32), np.zeros((96, 96), np.float32)
    shaped[:, 60:], labels[:, 60:] = (90.0, 0.0, 0.0), 1
    shaped[20:30, 20:30], labels[20:30, 20:30] = (70.0, 0.0, 0.0), 1
    shaped[50:60, 20:30], labels[50:60, 20:30] = (50.0, 60.0, 30.0), 2
    found = whole_cloths(labels.astype(np.uint8), shaped, EVERYWHERE, np.zeros(3, np.intp), unit=0.25)
    assert found[25, 25] == found[5, 5]
    assert len({int(found[25, 25]), int(found[55, 25]), int(found[25, 80])}) == 3


def test_a_thin_dark_line_is_a_crease_and_weave_folds_and_worms_are_none() -> None:
    plain = np.full((120, 120), 40.0, np.float32)
    line, fold = plain.copy(), plain.copy()
    cv2.line(line, (20, 20), (95, 90), (30.0,), 2)
    fold[:, 60:] = 30
    fold = cv2.GaussianBlur(fold, (0, 0), 8.0).astype(np.float32)
    weave = plain + np.random.default_rng(1).normal(0, 3, plain.shape).astype(np.float32)
    core = np.ones(plain.shape, np.bool_)
    assert len(trace_creases(line, core, unit=0.4)) == 1
    worm = plain.copy()
    wandering = np.array([(20, 20), (50, 30), (35, 50), (70, 55), (55, 85), (95, 90)], np.int32)
    cv2.polylines(worm, [wandering], False, (30.0,), 2)
    for other in (plain, fold, weave, worm):
        assert trace_creases(other, core, unit=0.4) == ()
