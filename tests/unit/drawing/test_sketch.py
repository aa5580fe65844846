"""The `sketch` style keeps what every style promises, and looks like pencil on paper."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, landscape
from toonbooth.drawing.sketch import draw_sketch
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Portrait


def drawn(portrait: Portrait, seed: int) -> Portrait:
    return draw_sketch(portrait, np.random.default_rng(seed))


def grey(portrait: Portrait) -> FloatImage:
    return cv2.cvtColor(portrait.picture, cv2.COLOR_RGB2GRAY).astype(np.float32)


def test_the_same_seed_draws_the_same_bytes_on_one_thread_and_on_two() -> None:
    portrait, before = bust(480, 400), cv2.getNumThreads()
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


def test_the_portrait_given_is_not_changed() -> None:
    portrait = bust()
    picture, matte = portrait.picture.copy(), portrait.matte.copy()
    landmarks = portrait.faces[0].landmarks.copy()
    drawn(portrait, 1)
    np.testing.assert_array_equal(portrait.picture, picture)
    np.testing.assert_array_equal(portrait.matte, matte)
    np.testing.assert_array_equal(portrait.faces[0].landmarks, landmarks)


@pytest.mark.parametrize(
    ("height", "width"), [(32, 32), (33, 57), (40, 400), (301, 31), (97, 128), (16, 900)]
)
def test_any_size_comes_back_as_it_was(height: int, width: int) -> None:
    for portrait in (landscape(height, width), bust(height, width)):
        drawing = drawn(portrait, 3)
        assert drawing.picture.shape == (height, width, 3)
        assert drawing.picture.dtype == np.uint8
        assert drawing.matte.shape == (height, width)


def test_the_background_is_left_to_the_paper() -> None:
    for wall in ((20, 20, 25), (150, 170, 160)):
        portrait = bust(400, 320, wall=wall)
        for seed in range(4):
            drawing = grey(drawn(portrait, seed))
            paper = np.percentile(drawing, 99)
            upper_corners = np.concatenate([drawing[:60, :40].ravel(), drawing[:60, -40:].ravel()])
            assert upper_corners.mean() > paper - 12


@pytest.mark.parametrize("seed", range(4))
def test_darker_skin_is_drawn_darker(seed: int) -> None:
    tones = []
    for skin in ((236, 195, 170), (176, 122, 92), (92, 58, 44)):
        portrait = bust(400, 320, skin=skin)
        middle = slice(190, 215), slice(140, 180)
        tones.append(float(grey(drawn(portrait, seed))[middle].mean()))
    assert tones[0] > tones[1] + 10 > tones[2] + 30


def test_tone_is_made_of_strokes_and_not_of_grey() -> None:
    portrait = bust(480, 400, shirt=(90, 90, 100))
    for seed in range(4):
        shirt = grey(drawn(portrait, seed))[400:440, 170:230]
        assert shirt.std() > 10


def test_what_is_behind_is_hatched_in_one_direction() -> None:
    for seed in range(3):
        portrait = bust(480, 400, wall=(90, 90, 95))
        drawing = grey(drawn(portrait, seed))
        side = max((drawing[120:260, 20:90], drawing[120:260, -90:-20]), key=lambda part: float(part.std()))
        down, across = np.gradient(cv2.GaussianBlur(side, (0, 0), 0.8))
        cos2, sin2 = (down * down - across * across).mean(), (-2 * down * across).mean()
        assert np.hypot(cos2, sin2) > 0.3 * (down * down + across * across).mean()


def test_one_pencil_draws_in_one_hue() -> None:
    for seed in range(4):
        drawing = drawn(bust(), seed).picture.astype(np.float32).reshape(-1, 3)
        ends = drawing[drawing.sum(axis=1).argmin()], drawing[drawing.sum(axis=1).argmax()]
        along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
        away = (drawing - ends[0]) - ((drawing - ends[0]) @ along)[:, None] * along
        assert np.abs(away).max() < 3
