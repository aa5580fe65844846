"""Earrings that float below an ear get the hook that a drawing was too coarse for."""

import numpy as np
import pytest

from toonbooth.facecut.hooks import hung_up
from toonbooth.imaging.pixels import FloatImage

UNIT = 100.0
SKIN, SILVER, DARK = (0.8, 0.6, 0.5), (0.7, 0.7, 0.75), (0.1, 0.1, 0.15)


def scene(*, gap: int, size: int = 16) -> tuple[FloatImage, FloatImage, FloatImage, FloatImage]:
    """A head down to row 100, an earring of silver and dark so far below its left ear."""
    alpha, face, earrings = (np.zeros((160, 140), np.float32) for _ in range(3))
    alpha[20:101, 20:120] = 1
    face[30:95, 40:100] = 1
    below = slice(101 + gap, 101 + gap + size)
    alpha[below, 24 : 24 + size // 2] = 1
    earrings[below, 22 : 26 + size // 2] = 1
    colours = np.full((160, 140, 3), SKIN, np.float32)
    colours[101 + gap :, :60] = SILVER
    colours[101 + gap + size // 2 :, :60] = DARK
    return colours, alpha, face, earrings


@pytest.mark.parametrize("gap", [4, 15])
def test_what_floats_below_an_ear_gets_a_thin_hook_of_its_own_dark(gap: int) -> None:
    colours, alpha, face, earrings = scene(gap=gap)
    painted, hung = hung_up(colours, alpha, face=face, earrings=earrings, unit=UNIT)
    between = hung[101 : 101 + gap]
    assert (between.max(axis=1) > 0.6).all()
    assert (between > 0.2).sum(axis=1).max() <= 4
    assert np.abs(painted[101 : 101 + gap][between > 0.9] - DARK).max(initial=0) < 0.1
    assert (hung >= alpha).all()
    assert alpha[103, 28] == 0


@pytest.mark.parametrize("gap", [0, 45])
def test_what_hangs_or_is_too_far_away_gets_none(gap: int) -> None:
    colours, alpha, face, earrings = scene(gap=gap)
    painted, hung = hung_up(colours, alpha, face=face, earrings=earrings, unit=UNIT)
    assert (hung == alpha).all()
    assert (painted == colours).all()


def test_crumbs_beside_an_earring_go() -> None:
    colours, alpha, face, earrings = scene(gap=4)
    alpha[130:132, 30:32] = 1
    earrings[128:134, 28:34] = 1
    _, hung = hung_up(colours, alpha, face=face, earrings=earrings, unit=UNIT)
    assert not hung[126:136, 26:36].any()
    assert hung[105:121, 24:32].min() == 1


def test_dust_beside_an_earring_goes_and_its_soft_edge_stays() -> None:
    colours, alpha, face, earrings = scene(gap=0)
    alpha[110:112, 40:42] = 0.2
    earrings[109:113, 39:43] = 0.4
    alpha[101:117, 32] = 0.3
    _, hung = hung_up(colours, alpha, face=face, earrings=earrings, unit=UNIT)
    assert not hung[108:114, 38:44].any()
    assert (hung[:, :38] == alpha[:, :38]).all()


def test_without_a_face_nothing_is_decided() -> None:
    colours, alpha, face, earrings = scene(gap=4)
    painted, hung = hung_up(colours, alpha, face=0 * face, earrings=earrings, unit=UNIT)
    assert hung is alpha
    assert painted is colours
