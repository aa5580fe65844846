"""The `painted` style keeps what every style promises, and its own ingredients do what they say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, landscape
from toonbooth.drawing.grading import lift_of
from toonbooth.drawing.ground import Ground
from toonbooth.drawing.painted import choose_look, draw_painted
from toonbooth.drawing.scraps import without_scraps
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


def test_a_scrap_of_background_leaves_the_matte_and_the_person_stays() -> None:
    person = np.zeros((120, 120), np.float32)
    person[30:, 20:90] = 1
    picture: FloatImage = np.full((120, 120, 3), (0.25, 0.4, 0.8), np.float32)
    picture[30:, 30:90] = (0.7, 0.5, 0.4)
    cleaned = without_scraps(person, rgb_to_lab(picture), unit=1.0)
    assert (cleaned <= person).all()
    assert cleaned[60:110, 21:27].max() < 0.3
    assert cleaned[60:110, 36:85].min() > 0.9
