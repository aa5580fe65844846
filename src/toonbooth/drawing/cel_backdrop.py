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

    WASH = "one colour, lighter towards the ground"
    DISC = "a large sun beside the head"
    SLANT = "two tones that meet along a slanting edge"
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
    y = np.arange(size[1], dtype=np.float32)[:, None]
    ground = 64.0 if hair > 66 else 82.0
    # A dark yellow is mud.
    ground += 12.0 * (look.tint[1] > 15 and ground < 80)
    shape = _shape(size, look, head).astype(np.float32) * np.float32(1 / 255)
    fall = np.broadcast_to(y / np.float32(size[1]), shape.shape)
    steps = {Scene.WASH: 0.0, Scene.DISC: 9.0, Scene.SLANT: 7.0, Scene.RAYS: 4.5}
    light = np.float32(ground) + np.float32(steps[look.scene]) * shape + np.float32(5) * fall
    pale = np.float32(1.0) - np.float32(0.3) * shape - np.float32(0.25) * fall
    a, b = look.tint
    return cv2.merge([light, a * pale, b * pale]).astype(np.float32, copy=False)


_FINER = 4
"""Bits of a pixel in which corners are placed."""


def _shape(size: Size, look: SceneLook, head: Head) -> ByteImage:
    """The scene's one shape, 255 inside."""
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    far = float(width + height)
    if look.scene is Scene.DISC:
        # A sun beside the person; centred on the head it would make a saint.
        turns = np.linspace(0, 2 * np.pi, 181)
        x = head.x + 0.7 * look.slant * head.width + 1.9 * head.width * np.cos(turns)
        y = head.y + 0.6 * head.width + 1.9 * head.width * np.sin(turns)
        _fill(mask, x, y)
    elif look.scene is Scene.SLANT:
        x = np.array([-far, far, far, -far])
        y = 0.45 * height - 0.7 * look.slant * (x - 0.5 * width)
        y[2:] += 4 * far
        _fill(mask, x, y)
    elif look.scene is Scene.RAYS:
        for ray in range(9):
            turns = (np.array([0.0, 1.0]) + 2 * ray) * np.pi / 9 - 0.2 * look.slant
            x, y = head.x + far * np.cos(turns), head.y + far * np.sin(turns)
            _fill(mask, np.append(x, head.x), np.append(y, head.y))
    return mask


def _fill(mask: ByteImage, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    corners = np.round(np.column_stack([x, y]) * (1 << _FINER)).astype(np.int32)
    cv2.fillPoly(mask, [corners], (255,), cv2.LINE_AA, _FINER)
