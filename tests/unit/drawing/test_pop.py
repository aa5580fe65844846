"""The `pop` style keeps what every style promises, and prints like a print."""

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.drawing.portraits import bust, landscape
from toonbooth.drawing import facemap
from toonbooth.drawing.inks import PALETTES, Ink, skin_ink
from toonbooth.drawing.key_plate import clean_key
from toonbooth.drawing.pop import draw_pop
from toonbooth.drawing.poster_look import choose_look
from toonbooth.drawing.printed_black import calm_black, find_bleached, without_flecks
from toonbooth.drawing.printed_features import print_lips
from toonbooth.drawing.regions import find_regions
from toonbooth.drawing.separation import separate
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.halftone import Screen, halftone
from toonbooth.imaging.pixels import ByteImage, to_float
from toonbooth.portrait.model import Portrait


def drawn(portrait: Portrait, seed: int) -> Portrait:
    return draw_pop(portrait, np.random.default_rng(seed))


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
    assert min(differences) > 3
    assert float(np.median(differences)) > 15


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


@pytest.mark.parametrize(("height", "width"), [(480, 211), (277, 400)])
def test_a_mouth_that_the_frame_cuts_is_printed(height: int, width: int) -> None:
    whole = bust(480, 400)
    cut = replace(
        whole,
        picture=np.ascontiguousarray(whole.picture[:height, :width]),
        matte=np.ascontiguousarray(whole.matte[:height, :width]),
    )
    assert drawn(cut, 1).picture.shape == (height, width, 3)


def test_most_of_a_print_is_a_few_inks() -> None:
    picture = drawn(bust(480, 400), 2).picture
    colours, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    assert len(colours) > 3
    assert np.sort(counts)[::-1][:14].sum() > 0.7 * counts.sum()


def test_dark_skin_is_printed_dark_and_light_skin_light() -> None:
    def cheek(picture: ByteImage) -> float:
        patch = picture[215:235, 180:220].reshape(-1, 3)
        return float(np.median(patch @ np.array([0.299, 0.587, 0.114])))

    dark, brown, light = (
        cheek(drawn(bust(480, 400, skin=skin, hair=(20, 16, 15)), 4).picture)
        for skin in ((82, 52, 40), (150, 104, 78), (236, 196, 172))
    )
    assert dark < 85
    assert dark + 25 < brown < light - 25


def test_a_beard_is_printed_in_black_upon_skin() -> None:
    shaven = bust(480, 400)
    x, y = shaven.faces[0].landmarks.mean(axis=0)
    width = shaven.faces[0].width
    bearded = replace(shaven, picture=shaven.picture.copy())
    chin = (slice(int(y + 0.46 * width), int(y + 0.6 * width)), slice(int(x - 40), int(x + 40)))
    bearded.picture[chin] = (bearded.picture[chin] * 0.45).astype(np.uint8)

    def black(portrait: Portrait) -> float:
        printed = luma(drawn(portrait, 4).picture)[chin]
        return float((printed < 0.2).mean())

    assert black(shaven) < 0.05
    assert black(bearded) > 0.6


def inks_of(portrait: Portrait) -> NDArray[np.int64]:
    """Which plate is printed at every place of half the picture's size."""
    small = cv2.resize(portrait.picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8)
    matte = cv2.resize(portrait.matte, None, fx=0.5, fy=0.5).astype(np.float32)
    lab, grey = rgb_to_lab(to_float(small)), luma(small)
    regions = find_regions(lab, grey, matte, portrait.faces, scale=0.5)
    separation = separate(
        lab, grey, regions, np.zeros_like(grey), portrait.faces, scale=0.5, unit=0.19, dottedness=1.0
    )
    return np.asarray(np.stack(separation.plates).argmax(axis=0), np.int64)


def test_a_small_brown_shade_on_a_neck_is_skin_and_hair_stays_brown() -> None:
    portrait = bust(480, 400, skin=(248, 226, 208), hair=(96, 58, 36))
    cv2.ellipse(portrait.picture, (184, 340), (13, 10), 0, 0, 360, (182, 128, 92), cv2.FILLED)
    inks = inks_of(portrait)
    assert inks[170, 92] == len(Ink)
    assert inks[50, 100] == Ink.BROWN


def test_a_yellow_strap_beside_brown_hair_is_one_cloth_from_end_to_end() -> None:
    portrait = bust(480, 400, skin=(248, 226, 208), hair=(96, 58, 36))
    x, y = portrait.faces[0].landmarks.mean(axis=0)
    width = portrait.faces[0].width
    left, right = int(x - 0.75 * width), int(x - 0.5 * width)
    strap = (slice(int(y + 0.55 * width), int(y + 1.3 * width)), slice(left, right))
    portrait.picture[strap] = (150, 112, 30)
    portrait.matte[strap] = 1
    inks = inks_of(portrait)[(strap[0].start + 8) // 2 : (strap[0].stop - 8) // 2, (left + right) // 4]
    assert (inks == Ink.YELLOW).all()


@pytest.mark.parametrize(("grey", "ink"), [(78, Ink.DEEP), (150, Ink.GREY)])
def test_dull_light_on_a_black_suit_is_that_suit_and_light_grey_is_another_cloth(grey: int, ink: Ink) -> None:
    portrait = bust(480, 400)
    portrait.picture[400:] = (18, 20, 34)
    portrait.picture[425:455, 180:220] = grey
    portrait.matte[400:] = 1
    assert inks_of(portrait)[220, 100] == ink


def test_dark_places_in_grey_hair_are_dots_and_no_black() -> None:
    portrait = bust(480, 400, hair=(150, 150, 152))
    x, y = portrait.faces[0].landmarks.mean(axis=0)
    top = int(y - 0.78 * portrait.faces[0].width)
    cv2.ellipse(portrait.picture, (int(x), top), (26, 7), 0, 0, 360, (74, 74, 77), cv2.FILLED)
    printed = luma(drawn(portrait, 3).picture)[top - 3 : top + 4, int(x) - 16 : int(x) + 16]
    assert 0.1 < float((printed < 0.25).mean()) < 0.9


def test_specks_of_black_and_of_dark_cloth_in_each_other_are_left_out() -> None:
    unit = 0.5
    black = np.full((120, 120), -4, np.float32)
    black[:, 60:] = 4
    black[20:24, 20:24], black[20:26, 90:96] = 4, -4
    deep, near = np.ones_like(black), np.zeros_like(black)
    without_flecks(black, deep, near, deep, unit=unit)
    assert (black[:, :60] < 0).all()
    assert (black[:, 60:] > 0).all()


def test_crumbs_on_clothes_are_cleaned_away_and_folds_and_strands_stay() -> None:
    face = bust(480, 400).faces[0]
    x, y = (int(value) for value in face.box.centre)
    key = np.zeros((480, 400), np.uint8)
    strand, crumb, fold = (slice(y - 100, y - 80), x), (slice(440, 452), slice(40, 56)), (460, slice(80, 240))
    for place in (strand, crumb, fold):
        key[place] = 255
    key[strand[0], x - 2 : x + 3] = 255
    key[fold[0] : fold[0] + 3, fold[1]] = 255
    clean_key(key, (face,), area=12)
    assert key[strand].max() == 255
    assert key[crumb].max() == 0
    assert key[fold].max() == 255


def test_darker_skin_never_gets_the_lighter_ink() -> None:
    weights = np.array([0.299, 0.587, 0.114])
    for palette in PALETTES:
        inks = [float(weights @ np.array(skin_ink(lightness, palette))) for lightness in range(10, 95, 5)]
        assert all(a <= b for a, b in itertools.pairwise(inks))


def test_every_palette_has_every_ink() -> None:
    for palette in PALETTES:
        assert len(palette.inks) == len(Ink)


def test_looks_differ_in_palette_and_backdrop() -> None:
    looks = [choose_look(np.random.default_rng(seed)) for seed in range(40)]
    assert len({look.palette.black for look in looks}) == len(PALETTES)
    assert len({look.pattern for look in looks}) == 5


@pytest.mark.parametrize("tone", [0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("angle", [0.0, 0.26, 0.785])
def test_dots_cover_as_much_paper_as_the_tone_says(tone: float, angle: float) -> None:
    dots = halftone(np.full((240, 240), tone, np.float32), Screen(9.0, angle))
    assert float(dots.mean()) == pytest.approx(tone, abs=0.03)
    assert dots.min() >= 0
    assert dots.max() <= 1


def test_bare_paper_gets_no_dots() -> None:
    assert not halftone(np.zeros((64, 64), np.float32), Screen(6.0, 0.3)).any()


def test_parts_of_a_picture_share_one_grid() -> None:
    tone = np.tile(np.linspace(0, 1, 90, dtype=np.float32), (70, 1))
    whole = halftone(tone, Screen(7.5, 0.4, 3.0, 5.0))
    part = halftone(np.ascontiguousarray(tone[20:, 30:]), Screen(7.5, 0.4, 33.0, 25.0))
    np.testing.assert_allclose(part, whole[20:, 30:], atol=1e-3)


def test_a_pitch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="pitch"):
        halftone(np.zeros((4, 4), np.float32), Screen(0.0, 0.0))


def test_an_upper_lip_in_deep_shade_is_a_dark_lip_under_one_line() -> None:
    face = bust(480, 400).faces[0]
    photo = np.full((480, 400, 3), 150, np.uint8)
    upper = np.concatenate([face.landmarks[facemap.LIPS_OUTER[:11]], face.landmarks[[13]]])
    cv2.fillPoly(photo, [np.round(upper).astype(np.int32)], (40, 30, 30))
    colours, key = np.full_like(photo, 200), np.zeros(photo.shape[:2], np.uint8)
    cv2.fillPoly(key, [np.round(upper).astype(np.int32)], (255,))
    print_lips(colours, key, photo, face, lips=(0.8, 0.4, 0.3), teeth=(1.0, 1.0, 1.0), shift=(0.0, 0.0))
    edge, inner = (face.landmarks[ring[5]] for ring in (facemap.LIPS_OUTER, facemap.LIPS_INNER))
    x, y = np.round(0.6 * edge + 0.4 * inner).astype(int)
    lower = np.round(face.landmarks[facemap.LIPS_OUTER[15]] * 0.6 + face.landmarks[14] * 0.4).astype(int)
    assert key[y, x] < 60
    assert 40 < colours[y, x, 0] < colours[lower[1], lower[0], 0]


def test_black_cloth_reaches_hands_and_light_on_its_rim_stays_black() -> None:
    size, unit = (200, 200), 0.5
    person = np.ones(size, np.float32)
    person[:, :20] = 0
    skin, none = np.zeros(size, np.float32), np.zeros(size, np.float32)
    skin[80:120, 80:120] = 1
    away = cv2.distanceTransform((skin < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    black = np.clip(away - 3, -12, 12).astype(np.float32)
    assert calm_black(black, skin, none, unit=unit)[100, 78] > 0 > black[100, 78]
    pale = none.copy()
    pale[50:150, 20:28] = 1
    black[50:150, 20:28] = -12
    bleached = find_bleached(black, pale, person, none, unit=unit)
    assert bleached[100, 24] > 0.8
    grey = np.full_like(black, -12)
    grey[:, 150:] = 12
    assert find_bleached(grey, pale, person, none, unit=unit).max() < 0.2
    assert not find_bleached(black, np.ones_like(pale), person, none, unit=unit)[:, 60:].any()
