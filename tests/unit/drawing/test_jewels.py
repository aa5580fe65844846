"""Earrings that hang free keep their own colours, and their shape beside a calm outline."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.jewels import matte_and_jewels, set_apart, without_jewels
from toonbooth.portrait.model import Portrait

GOLD = (225, 180, 70)


def with_a_hanging_ball() -> tuple[Portrait, tuple[int, int]]:
    """Somebody with a ball on a wire that the photo doesn't show, before a blue wall; and where it is."""
    portrait = bust(400, 320)
    x, y = (int(value) for value in portrait.faces[0].landmarks[323])
    x, y = x + 24, y + 40
    picture, jewels = portrait.picture.copy(), np.zeros_like(portrait.matte)
    picture[portrait.matte < 0.5] = (40, 60, 130)
    cv2.circle(picture, (x, y), 7, GOLD, cv2.FILLED)
    cv2.circle(jewels, (x, y), 7, (1.0,), cv2.FILLED)
    cv2.line(jewels, (x, y), (x, y - 22), (1.0,), 2)
    matte = np.maximum(portrait.matte, jewels)
    return replace(portrait, picture=picture, matte=matte, jewels=jewels), (x, y)


def test_a_wire_too_fine_to_be_seen_has_the_earring_s_colour_and_the_wall_far_off_its_own() -> None:
    portrait, (x, y) = with_a_hanging_ball()
    apart = set_apart(portrait).picture.astype(int)
    assert np.abs(apart[y - 14, x] - GOLD).max() < 30
    assert np.abs(apart[y, x + 9] - GOLD).max() < 30
    np.testing.assert_array_equal(apart[:, :20], portrait.picture[:, :20])
    skin = portrait.faces[0].landmarks.mean(axis=0).astype(int)
    np.testing.assert_array_equal(apart[skin[1], skin[0]], portrait.picture[skin[1], skin[0]])


def test_nobody_s_earrings_change_nothing() -> None:
    portrait = bust(400, 320)
    assert set_apart(portrait) is portrait
    matte, jewels = matte_and_jewels(portrait, multiple=2, size=(160, 200), unit=0.2)
    assert not jewels.any()
    assert without_jewels(matte, jewels) is matte


def test_an_earring_is_apart_from_the_matte_and_no_skin() -> None:
    portrait, (x, y) = with_a_hanging_ball()
    matte, jewels = matte_and_jewels(portrait, multiple=2, size=(160, 200), unit=0.2)
    assert matte[y // 2, x // 2] < 0.1
    assert jewels[y // 2, x // 2] > 0.9
    assert without_jewels(np.ones_like(matte), jewels)[y // 2, x // 2] < 0.1
