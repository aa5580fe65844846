"""Backgrounds of a comic: one clean colour family and at most one large shape, contrasting with the hair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.backdrop import Head
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import Size


class Scene(Enum):
    """What stands behind the person."""

    DISC = "a large sun beside the head"
    HALO = "a large disc behind head and shoulders"
    SLANT = "two tones that meet along a slanting edge"
    STRIPES = "broad slanting stripes"
    HILLS = "two waves, one before the other"
    RAYS = "broad rays from behind the head"


@dataclass(frozen=True, slots=True)
class SceneLook:
    """What a comic's background looks like.

    scene : Scene.
    tint : (a*, b*) of its colour.
    slant : -1 … 1, which way a slanting edge leans and rays turn.
    """

    scene: Scene
    tint: tuple[float, float]
    slant: float


def choose_scene(rng: np.random.Generator, *, vivid: float) -> SceneLook:
    """Choose a scene, of any hue but those of skin, before which faces would fade.

    Parameters
    ----------
    rng : numpy.random.Generator
    vivid : float
        Chroma of its colour; yellow gets more.
    """
    scenes = tuple(Scene)
    hue = np.deg2rad(rng.uniform(85, 350))
    chroma = vivid * (1 + 0.3 * np.exp(-np.square((hue - np.deg2rad(95)) / 0.5)))
    return SceneLook(
        scene=scenes[rng.integers(len(scenes))],
        tint=(float(chroma * np.cos(hue)), float(chroma * np.sin(hue))),
        slant=float(rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 1.0)),
    )


def draw_scene(size: Size, look: SceneLook, *, head: Head, hair: float) -> FloatImage:
    """Draw a background.

    Parameters
    ----------
    size : width and height in pixels
    look : SceneLook
    head : Head, in pixels
    hair : float, L*
        How light the hair is. The background is darker than light hair and much lighter than dark hair.

    Returns
    -------
    float32 array, shape (H, W, 3), L*a*b*.
    """
    ground = 64.0 if hair > 66 else 82.0
    # A dark yellow is mud.
    yellow = max(0.0, look.tint[1]) / max(1.0, float(np.hypot(*look.tint)))
    ground += (12.0 if hair > 66 else 5.0) * yellow**2
    # Flat colours: a gradient this faint would show as bands.
    shape = _shape(size, look, head).astype(np.float32) * np.float32(1 / 255)
    light = np.float32(ground) + np.float32(_STEPS[look.scene]) * shape
    pale = np.float32(1) - np.float32(0.035 * _STEPS[look.scene]) * shape
    a, b = look.tint
    return cv2.merge([light, a * pale, b * pale]).astype(np.float32, copy=False)


_STEPS = {
    Scene.DISC: 9.0,
    Scene.HALO: 8.0,
    Scene.SLANT: 7.0,
    Scene.STRIPES: 4.0,
    Scene.HILLS: 9.0,
    Scene.RAYS: 4.5,
}
"""How much lighter a scene's shape is than its ground, L*."""

_FINER = 4
"""Bits of a pixel in which corners are placed."""


def _shape(size: Size, look: SceneLook, head: Head) -> ByteImage:
    """The scene's one shape, 255 inside."""
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    far = float(width + height)
    if look.scene is Scene.DISC:
        # A sun beside the person; centred on the head it would make a saint.
        _ring(mask, head.x + 0.7 * look.slant * head.width, head.y + 0.6 * head.width, 1.9 * head.width)
    elif look.scene is Scene.SLANT:
        x = np.array([-far, far, far, -far])
        y = 0.45 * height - 0.7 * look.slant * (x - 0.5 * width)
        y[2:] += 4 * far
        _fill(mask, x, y)
    elif look.scene is Scene.HALO:
        _ring(mask, head.x, head.y + 0.5 * head.width, 1.55 * head.width)
    elif look.scene is Scene.STRIPES:
        breadth = 0.55 * head.width
        for stripe in range(-int(far / breadth) - 1, int(far / breadth) + 2, 2):
            x = head.x + breadth * (stripe + np.array([-0.5, 0.5, 0.5, -0.5]))
            y = np.array([-far, -far, far, far])
            _fill(mask, x - 0.6 * look.slant * (y - head.y), y)
    elif look.scene is Scene.HILLS:
        x = np.linspace(0, width, 121)
        for down, ink in ((-0.1, 128), (0.75, 255)):
            phase = (x - head.x) / (1.6 * head.width) + 2.6 * look.slant + 3 * down
            y = head.y + head.width * (down + 0.28 * np.sin(phase))
            _fill(mask, np.append(x, [width, 0]), np.append(y, [far, far]), ink=ink)
    elif look.scene is Scene.RAYS:
        for ray in range(9):
            turns = (np.array([0.0, 1.0]) + 2 * ray) * np.pi / 9 - 0.2 * look.slant
            x, y = head.x + far * np.cos(turns), head.y + far * np.sin(turns)
            _fill(mask, np.append(x, head.x), np.append(y, head.y))
    return mask


def _ring(mask: ByteImage, x: float, y: float, radius: float) -> None:
    turns = np.linspace(0, 2 * np.pi, 241)
    _fill(mask, x + radius * np.cos(turns), y + radius * np.sin(turns))


def _fill(mask: ByteImage, x: NDArray[np.float64], y: NDArray[np.float64], *, ink: int = 255) -> None:
    corners = np.round(np.column_stack([x, y]) * (1 << _FINER)).astype(np.int32)
    cv2.fillPoly(mask, [corners], (ink,), cv2.LINE_AA, _FINER)
