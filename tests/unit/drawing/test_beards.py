"""Beards are told from shadows and folds by their texture and their depth."""

from __future__ import annotations

import cv2
import numpy as np

from tests.unit.drawing.portraits import face_at
from toonbooth.drawing.beards import beard_evidence
from toonbooth.imaging.pixels import FloatImage

_CHIN = [106, 182, 83, 18, 313, 406, 335, 262, 369, 396, 175, 171, 140, 32]
_MOUSTACHE = [98, 2, 327, 391, 269, 267, 0, 37, 39, 165]


def evidence(*, depth: float, texture: float) -> float:
    """Of a face whose skin is L* 70 and whose lower part is `depth` times darker and so much rougher."""
    size, width = 240, 150.0
    points = face_at((size / 2, 100.0), width).landmarks
    rng = np.random.default_rng(3)

    def ring(indices: list[int], y: float, rx: float, ry: float) -> None:
        turn = np.linspace(0, 2 * np.pi, len(indices), endpoint=False)
        points[indices] = np.stack([size / 2 + rx * np.cos(turn), y + ry * np.sin(turn)], axis=1)

    ring(_MOUSTACHE, 100 + 0.24 * width, 0.14 * width, 0.05 * width)
    ring(_CHIN, 100 + 0.52 * width, 0.2 * width, 0.1 * width)
    light: FloatImage = np.full((size, size), 70, np.float32)
    light[125:] = np.float32(70 * (1 - depth))
    grain = cv2.GaussianBlur(rng.normal(0, 1, light.shape).astype(np.float32), (0, 0), 0.8)
    grain[125:] = grain[125:] * np.float32(texture)
    grey: FloatImage = light * np.float32(0.01) + np.float32(0.004) * grain
    skin = np.zeros(light.shape, bool)
    skin[40:115, 70:170] = True
    return beard_evidence(light, grey, skin, points)


def test_a_shadow_on_a_chin_is_no_beard() -> None:
    assert evidence(depth=0.2, texture=1.0) < 0.1


def test_what_is_rough_or_very_dark_is_a_beard() -> None:
    assert evidence(depth=0.2, texture=3.0) > 0.9
    assert evidence(depth=0.45, texture=1.0) > 0.9
