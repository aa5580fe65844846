"""What is printed behind the person on a poster: one ink, or a second one on it in a bold pattern."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from toonbooth.drawing.backdrop import Head
from toonbooth.imaging.halftone import Screen, halftone
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.tones import smoothstep


class Pattern(Enum):
    """Where the second ink lies."""

    FLAT = "nowhere"
    DOTS = "in dots that shrink with the distance from one corner"
    RAYS = "in rays from behind the head"
    SPLIT = "on one side of a slanted line through the head"
    DISC = "on a disc around the head"


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a picture is drawn, and how much larger: pixel (x, y) lies at (left + x / zoom, …)."""

    left: float = 0.0
    top: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class Print:
    """A pattern in the picture's own pixels."""

    kind: Pattern
    head: Head
    size: tuple[int, int]
    turn: float
    rays: int
    pitch: float


def second_ink(pattern: Print, window: Window, *, width: int, top: int, bottom: int) -> FloatImage:
    """Where the second ink lies in some rows of a window: 1 is ink.

    Parameters
    ----------
    pattern : Print
    window : Window
    width, top, bottom : pixels of the window

    Returns
    -------
    float32 array, shape (bottom - top, width).
    """
    shape = (bottom - top, width)
    if pattern.kind is Pattern.FLAT:
        return np.zeros(shape, np.float32)
    pixel = np.float32(1 / window.zoom)
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5)) * pixel + np.float32(window.left)
    y = (np.arange(top, bottom, dtype=np.float32) + np.float32(0.5)) * pixel + np.float32(window.top)
    x, y = x[None, :], y[:, None]
    head = pattern.head
    zoom = window.zoom
    cos, sin = float(np.cos(pattern.turn)), float(np.sin(pattern.turn))
    if pattern.kind is Pattern.SPLIT:
        return _inked((x - head.x) * np.float32(cos) + (y - head.y) * np.float32(sin), zoom)
    if pattern.kind is Pattern.DISC:
        far = np.sqrt(np.square(x - head.x) + np.square(y - head.y))
        return _inked(np.float32(1.12 * head.width) - far, zoom)
    if pattern.kind is Pattern.RAYS:
        away_x, away_y = x - head.x, y - np.float32(head.y + 0.1 * head.width)
        turns = np.arctan2(away_y, away_x) * np.float32(pattern.rays / (2 * np.pi)) + np.float32(pattern.turn)
        # Distance to the nearest border between two rays, along the circle through the pixel.
        phase = turns - np.floor(turns)
        border = np.float32(0.25) - np.abs(phase - np.float32(0.5))
        arc = np.sqrt(away_x * away_x + away_y * away_y) * np.float32(2 * np.pi / pattern.rays)
        return _inked(border * arc, zoom)
    across = max(1.0, abs(cos) * pattern.size[0] + abs(sin) * pattern.size[1])
    way = (
        (x - pattern.size[0] / 2) * np.float32(cos) + (y - pattern.size[1] / 2) * np.float32(sin)
    ) / np.float32(across)
    tone = np.float32(0.62) * smoothstep(way.astype(np.float32, copy=False), low=-0.55, high=0.6)
    screen = Screen(
        pattern.pitch * window.zoom, 0.5, window.left * window.zoom, window.top * window.zoom + top
    )
    return halftone(tone, screen)


def _inked(inside: FloatImage, zoom: float) -> FloatImage:
    """Ink with an edge a pixel wide; `inside` is how far within its border a place lies, before zooming."""
    ink: FloatImage = np.clip(inside * np.float32(zoom) + np.float32(0.5), 0, 1).astype(
        np.float32, copy=False
    )
    return ink
