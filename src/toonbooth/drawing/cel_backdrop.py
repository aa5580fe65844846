"""Backgrounds of a comic: one clean colour family and at most one large shape, contrasting with the hair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from toonbooth.drawing.backdrop import Head
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size
from toonbooth.imaging.tones import smoothstep


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
    width, height = size
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    ground = 62.0 if hair > 58 else 82.0
    shape = np.zeros((height, width), np.float32)
    away = np.sqrt(np.square(x - np.float32(head.x)) + np.square(y - np.float32(head.y)))
    edge = 1.0
    if look.scene is Scene.DISC:
        # A sun beside the person; centred on the head it would make a saint.
        sun = (head.x + 0.7 * look.slant * head.width, head.y + 0.6 * head.width)
        apart = np.sqrt(np.square(x - np.float32(sun[0])) + np.square(y - np.float32(sun[1])))
        shape = smoothstep(apart, low=1.9 * head.width + edge, high=1.9 * head.width - edge)
    elif look.scene is Scene.SLANT:
        lean = (y - np.float32(0.45 * height)) + np.float32(0.7 * look.slant) * (x - np.float32(0.5 * width))
        shape = smoothstep(lean, low=-edge, high=edge)
    elif look.scene is Scene.RAYS:
        angle = np.arctan2(y - np.float32(head.y), x - np.float32(head.x)) + np.float32(0.2 * look.slant)
        shape = smoothstep(np.sin(angle * 9) * np.maximum(away, 1) / 9, low=-edge, high=edge)
    fall = np.broadcast_to(y / np.float32(height), shape.shape)
    steps = {Scene.WASH: 0.0, Scene.DISC: 9.0, Scene.SLANT: 7.0, Scene.RAYS: 4.5}
    light = np.float32(ground) + np.float32(steps[look.scene]) * shape + np.float32(5) * fall
    pale = np.float32(1.0) - np.float32(0.3) * shape - np.float32(0.25) * fall
    a, b = look.tint
    return cv2.merge([light, a * pale, b * pale]).astype(np.float32, copy=False)
