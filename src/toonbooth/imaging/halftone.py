"""Halftone: tones as dots of one ink on a turned grid, their size growing with the tone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.imaging.pixels import FloatImage

_STEPS = 256


@dataclass(frozen=True, slots=True)
class Screen:
    """A grid of dots.

    pitch : pixels between the middles of neighbouring dots, > 0. Turning it up makes fewer, larger dots.
    angle : radians clockwise from the x axis, of the grid's rows.
    left, top : where on the grid the first pixel lies, in pixels; parts of one picture share one grid.
    """

    pitch: float
    angle: float
    left: float = 0.0
    top: float = 0.0


def halftone(tone: FloatImage, screen: Screen) -> FloatImage:
    """Print a tone as round dots with smooth edges.

    Parameters
    ----------
    tone : float32 array, shape (H, W), range [0, 1]
        Share of the paper that ink is to cover.
    screen : Screen

    Returns
    -------
    float32 array of the same shape: 1 is ink, 0 is paper. Its mean over a few dots is the tone's; from 0.79
    on dots touch and leave paper between them instead.

    Raises
    ------
    ValueError
        If the pitch isn't positive.

    References
    ----------
    R. Ulichney, "Digital Halftoning", MIT Press 1987, ISBN 0-262-21009-6 (clustered dots at an angle).
    """
    if screen.pitch <= 0:
        raise ValueError(f"pitch must be positive, not {screen.pitch}")
    height, width = tone.shape
    x = (np.arange(width, dtype=np.float32) + np.float32(screen.left)) * np.float32(1 / screen.pitch)
    y = (np.arange(height, dtype=np.float32) + np.float32(screen.top)) * np.float32(1 / screen.pitch)
    cos, sin = np.float32(np.cos(screen.angle)), np.float32(np.sin(screen.angle))
    along = (x * cos)[None, :] + (y * sin)[:, None]
    across = (y * cos)[:, None] - (x * sin)[None, :]
    along -= np.rint(along)
    across -= np.rint(across)
    away = cv2.magnitude(along, across).astype(np.float32, copy=False)
    steps = np.clip(tone * np.float32(_STEPS - 1), 0, _STEPS - 1).astype(np.uint8)
    dots: FloatImage = np.asarray(cv2.LUT(steps, _RADII), np.float32)
    dots -= away
    dots *= np.float32(screen.pitch)
    dots += np.float32(0.5)
    np.clip(dots, 0, 1, out=dots)
    # Where a dot would be smaller than its soft edge, there is none.
    dots[steps < 2] = 0
    return dots


def _covered(radius: FloatImage) -> FloatImage:
    """Share of a square of side 1 that a disc around its middle covers."""
    beyond = np.clip(radius, 0.5, None)
    half = np.arccos(0.5 / beyond)
    segment = beyond * beyond * (half - np.sin(half) * np.cos(half))
    covered: FloatImage = (np.pi * radius * radius - 4 * segment).astype(np.float32)
    return covered


def _radii() -> FloatImage:
    radii = np.linspace(0, np.sqrt(0.5), 1024, dtype=np.float32)
    tones = np.linspace(0, 1, _STEPS, dtype=np.float32)
    found: FloatImage = np.interp(tones, _covered(radii), radii).astype(np.float32)
    return found


_RADII = _radii()
"""Radius, in pitches, of a dot that covers each of so many tones."""
