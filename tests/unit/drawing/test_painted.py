"""The `painted` style keeps what every style promises, and its own ingredients do what they say."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, landscape
from toonbooth.drawing import facemap
from toonbooth.drawing.grading import Grade, drawn_in, grade, lift_of, temper_warmth, with_blood
from toonbooth.drawing.ground import WALLS, Ground, away_from_skin
from toonbooth.drawing.painted import choose_look, draw_painted, shade_jaws
from toonbooth.drawing.painted_study import (
    PaintedStudy,
    calm_gloss,
    study_painting,
    warm_beards,
    warm_beyond_faces,
)
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.scraps import clean_rim
from toonbooth.drawing.vignette import distance_from_heads
from toonbooth.imaging.brushwork import BrushDirections
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.portrait.model import Portrait


def drawn(portrait: Portrait, seed: int) -> Portrait:
    return draw_painted(portrait, np.random.default_rng(seed))


def test_the_same_seed_draws_the_same_bytes_on_one_thread_and_on_two() -> None:
    portrait, before = bust(), cv2.getNumThreads()
    try:
        pictures = []
        for threads in (1, 2):
            cv2.setNumThreads(threads)
            pictures.append(drawn(portrait, 7).picture)
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_another_seed_is_visibly_another_picture() -> None:
    portrait = bust()
    pictures = [drawn(portrait, seed).picture.astype(np.float32) for seed in range(6)]
    differences = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(differences) > 1.5
    assert float(np.median(differences)) > 5.0


def test_every_ground_turns_up() -> None:
    kinds = {choose_look(np.random.default_rng(seed)).ground.kind for seed in range(60)}
    assert kinds == set(Ground)


def test_no_wall_is_a_colour_of_skin_however_its_hue_is_turned() -> None:
    for wall in (tone for pair in WALLS.values() for tone in pair):
        lightness, a, b = wall
        for turn in (-0.22, 0.0, 0.22):
            turned = away_from_skin(wall, turn)
            hue, chroma = np.arctan2(b, a) + turned, np.hypot(a, b)
            assert not (0.7 < hue < 1.2 and chroma > 14 and lightness < 80)


def test_the_portrait_given_is_not_changed() -> None:
    portrait = bust()
    picture, matte = portrait.picture.copy(), portrait.matte.copy()
    landmarks = portrait.faces[0].landmarks.copy()
    drawn(portrait, 1)
    np.testing.assert_array_equal(portrait.picture, picture)
    np.testing.assert_array_equal(portrait.matte, matte)
    np.testing.assert_array_equal(portrait.faces[0].landmarks, landmarks)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 57), (40, 400), (301, 31), (97, 128)])
def test_any_size_comes_back_as_it_was(height: int, width: int) -> None:
    for portrait in (landscape(height, width), bust(height, width)):
        drawing = drawn(portrait, 3)
        assert drawing.picture.shape == (height, width, 3)
        assert drawing.picture.dtype == np.uint8
        assert drawing.matte.shape == (height, width)


def skin_lightness(picture: ByteImage) -> float:
    cheeks = rgb_to_lab(to_float(picture))[90:100, 50:78, 0]
    return float(np.median(cheeks))


@pytest.mark.parametrize("seed", range(4))
def test_dark_skin_stays_dark_and_light_skin_light(seed: int) -> None:
    for skin in ((70, 44, 32), (105, 70, 52), (236, 200, 178)):
        portrait = bust(skin=skin, hair=(20, 16, 14))
        before, after = skin_lightness(portrait.picture), skin_lightness(drawn(portrait, seed).picture)
        assert abs(after - before) < 6


def test_dark_skin_is_not_lifted_and_light_skin_is_no_chalk() -> None:
    assert lift_of(25.0) == lift_of(32.0) == 0.0
    assert lift_of(72.0) == lift_of(85.0) == 0.0
    assert 0 < lift_of(55.0) < 5


def test_a_neck_in_coloured_light_is_drawn_towards_its_face() -> None:
    away = np.array([[-40.0, -5.0, 0.0, 5.0, 40.0]], np.float32)
    drawn = drawn_in(away)
    assert (np.diff(drawn) > 0).all()
    assert abs(drawn[0, 4]) < 0.25 * 40
    assert 0.45 * 5 < drawn[0, 3] < 5


def test_orange_light_is_taken_off_skin_and_not_off_lips_nor_suits_nor_blue() -> None:
    a, b = np.full((60, 60), 40, np.float32), np.full((60, 60), 52, np.float32)
    a[:, 30:], b[:, 30:] = -10, -60
    # Far from the face, an arm and the sleeve of an orange suit.
    a[50:, :10], b[50:, :10] = 37, 53
    a[50:, 10:20], b[50:, 10:20] = 52, 46
    lips = np.zeros((60, 60), np.float32)
    lips[24:28, 24:28] = 1
    none = np.zeros_like(lips)
    regions = Regions(1 - none, none, none, none, lips, none, none, none, heads=((20.0, 20.0, 14.0),))
    before = a.copy()
    temper_warmth(a, b, regions)
    assert a[20, 20] < 0.88 * before[20, 20]
    np.testing.assert_allclose(a[25, 25], before[25, 25])
    assert a[55, 5] < 0.85 * before[55, 5]
    np.testing.assert_allclose(a[55, 15], before[55, 15])
    np.testing.assert_allclose(a[:, 30:], before[:, 30:])


def test_a_second_person_takes_no_colour_from_the_first_nor_from_a_hand() -> None:
    none = np.zeros((80, 120), np.float32)
    left, right = none.copy(), none.copy()
    left[10:40, 10:40] = right[10:40, 80:110] = 1
    look = Grade(plane=7.0, saturation=1.25, temperature=3.0, blush=3.0, light=0.0, side=1.0)
    lab = np.full((80, 120, 3), (50, 2, -4), np.float32)
    for place in (left, right):
        lab[place > 0] = (62, 18, 26)
    lab[55:75, 50:70] = (60, 19, 27)
    drawn = []
    one, other = (25.0, 25.0, 30.0), (95.0, 25.0, 30.0)
    for skin, heads in ((left, (one,)), (left + right, (one, other))):
        regions = Regions(none + 1, skin, none, none, none, none, none, none, heads=heads)
        drawn.append(grade(lab, regions, look, unit=0.1))
    for spot in ((25, 25), (65, 60)):
        np.testing.assert_allclose(drawn[1][spot], drawn[0][spot], atol=1.5)


def test_a_photo_without_colours_is_painted_in_sepia_and_one_of_few_colours_is_not() -> None:
    none = np.zeros((40, 40), np.float32)
    regions = Regions(none + 1, none, none, none, none, none, none, none, heads=())
    look = Grade(plane=7.0, saturation=1.0, temperature=0.0, blush=0.0, light=0.0, side=1.0)
    grey = np.full((40, 40, 3), (50, 0, 0), np.float32)
    pale = np.full((40, 40, 3), (50, 2, 3), np.float32)
    sepia = grade(grey, regions, look, unit=0.1)
    assert sepia[..., 2].min() > sepia[..., 1].min() > 3
    np.testing.assert_allclose(grade(pale, regions, look, unit=0.1)[..., 1:], pale[..., 1:], atol=0.1)


def test_skin_that_cool_light_made_grey_gets_its_warmth_back_and_warm_skin_stays() -> None:
    assert np.hypot(*with_blood(80.0, 4.0, 5.0, 1.0)) > 13
    assert with_blood(80.0, 14.0, 18.0, 1.0) == (14.0, 18.0)
    # A black and white photo stays one.
    assert with_blood(80.0, 0.0, 0.0, 0.0) == (0.0, 0.0)


def test_a_grey_beard_is_painted_warm_and_a_red_one_keeps_its_colour() -> None:
    lab = np.zeros((4, 4, 3), np.float32)
    lab[..., 0] = 25
    lab[:, 2:, 1:] = (16, 20)
    before, beards = lab.copy(), np.ones((4, 4), np.float32)
    warm_beards(lab, beards)
    assert (lab[:, :2, 1:] > before[:, :2, 1:] + 1).all()
    np.testing.assert_array_equal(lab[:, 2:], before[:, 2:])


def test_a_scrap_of_background_leaves_the_matte_and_the_person_stays() -> None:
    person = np.zeros((120, 120), np.float32)
    person[30:, 20:90] = 1
    picture: FloatImage = np.full((120, 120, 3), (0.75, 0.85, 0.95), np.float32)
    picture[30:, 30:90] = (0.7, 0.5, 0.4)
    cleaned, _ = clean_rim(person, rgb_to_lab(picture), (), scale=1.0, unit=1.0)
    assert (cleaned <= person).all()
    assert cleaned[80:110, 21:27].max() < 0.3
    assert cleaned[60:110, 36:85].min() > 0.9


def test_hair_that_the_background_shines_through_gets_its_own_colour_back() -> None:
    person = np.zeros((120, 120), np.float32)
    person[30:, 20:90] = 1
    hair, wall = np.array([0.25, 0.18, 0.1], np.float32), np.array([0.7, 0.8, 0.95], np.float32)
    picture: FloatImage = np.tile(wall, (120, 120, 1))
    picture[30:, 20:90] = hair
    picture[30:, 20:28] = 0.65 * hair + 0.35 * wall
    lab = rgb_to_lab(picture)
    before = lab.copy()
    _, mended = clean_rim(person, lab, (), scale=1.0, unit=1.0)
    np.testing.assert_array_equal(lab, before)
    off = np.abs(lab - lab[80, 60]).sum(axis=2), np.abs(mended - lab[80, 60]).sum(axis=2)
    assert off[1][60:110, 21:27].mean() < 0.85 * off[0][60:110, 21:27].mean()
    np.testing.assert_allclose(mended[60:110, 60:70], lab[60:110, 60:70], atol=0.5)


def test_dark_hair_before_the_dark_stays() -> None:
    person = np.zeros((120, 120), np.float32)
    person[30:, 20:90] = 1
    picture: FloatImage = np.full((120, 120, 3), 0.12, np.float32)
    picture[30:, 30:90] = (0.8, 0.6, 0.5)
    lab = rgb_to_lab(picture)
    cleaned, mended = clean_rim(person, lab, (), scale=1.0, unit=1.0)
    assert cleaned[60:110, 22:88].min() > 0.95
    np.testing.assert_allclose(mended[60:110, 22:88], lab[60:110, 22:88], atol=1.0)


def test_a_jaw_turns_from_the_light_unless_there_is_a_beard() -> None:
    portrait = bust(320, 256)
    x, y = portrait.faces[0].landmarks[facemap.CHIN].astype(int)
    photo = portrait.picture.copy()
    photo[y + 1 : y + 30, x - 25 : x + 25] = photo[y + 1 : y + 30, x - 25 : x + 25] // 2
    portrait = replace(portrait, picture=photo)
    plain = np.full_like(photo, 180)
    shaven, bearded = plain.copy(), plain.copy()
    shade_jaws(shaven, portrait, (0.0,), light_from=1.0)
    shade_jaws(bearded, portrait, (1.0,), light_from=1.0)
    assert shaven[y - 4 : y + 5, x].min() < 172
    assert shaven[: y - 60].min() == 180
    np.testing.assert_array_equal(bearded, plain)


def test_a_grey_shirt_that_was_taken_for_skin_is_none_and_a_hand_is_some() -> None:
    portrait = bust()
    lab = np.zeros((160, 128, 3), np.float32)
    lab[...] = (70, 12, 16)
    lab[120:, :64] = (70, 1, -4)
    distance = distance_from_heads((128, 160), portrait.faces, scale=1.0)
    warm = warm_beyond_faces(lab, distance)
    assert warm[125:, :60].max() == 0
    assert warm[125:, 70:].min() == 1
    x, y = (int(each) for each in portrait.faces[0].box.centre)
    lab[y - 4 : y + 4, x - 4 : x + 4] = (90, 0, -2)
    assert warm_beyond_faces(lab, distance)[y, x] == 1
    assert warm_beyond_faces(lab * np.array([1, 0, 0], np.float32), distance).min() == 1


def test_gloss_leaves_lips_their_colour_and_stays_a_light() -> None:
    none = np.zeros((80, 80), np.float32)
    skin, lips = none + 1, none.copy()
    lips[50:60, 25:55] = 1
    skin[50:60, 25:55] = 0
    regions = Regions(none + 1, skin, none, none, lips, none, none, none, heads=((40.0, 40.0, 60.0),))
    lab = np.empty((80, 80, 3), np.float32)
    lab[...] = (70, 14, 20)
    lab[lips > 0] = (52, 26, 16)
    lab[56:59, 30:50] = (92, 3, 3)
    graded = lab.copy()
    calm_gloss(graded, regions)
    shine, plain = graded[57, 40], graded[52, 40]
    assert plain[0] < shine[0] < 75
    assert shine[1] > 18
    np.testing.assert_array_equal(graded[20], lab[20])


def studied(portrait: Portrait) -> PaintedStudy:
    height, width = portrait.picture.shape[:2]
    level = BrushDirections(np.ones((8, 8), np.float32), np.zeros((8, 8), np.float32))
    unit = portrait.faces[0].width / 400
    look = Grade(plane=7.0, saturation=1.2, temperature=3.0, blush=3.0, light=0.1, side=1.0)
    assert height % 2 == width % 2 == 0
    return study_painting(portrait, portrait.picture, level, look, unit=unit / 2, factor=2)


def test_far_from_a_head_an_outline_lies_within_the_person_so_that_no_wall_is_painted() -> None:
    portrait = bust(480, 400)
    edge = np.abs(cv2.resize(portrait.matte, (200, 240), interpolation=cv2.INTER_AREA) - 0.5) < 0.2
    rows = np.arange(240)[:, None] * edge
    kept = studied(portrait).person
    assert np.median(kept[edge & (rows < 90)]) > 0.4
    assert np.median(kept[edge & (rows > 180)]) < 0.4


def test_arms_are_painted_as_smoothly_as_faces() -> None:
    portrait = bust(480, 400)
    photo = portrait.picture.copy()
    photo[400:440, 150:250] = (150, 95, 65)
    skin = studied(replace(portrait, picture=photo)).subject.skin
    assert skin[205:215, 85:115].min() > 0.5
    assert skin[200:220, 62:70].max() < 0.1
