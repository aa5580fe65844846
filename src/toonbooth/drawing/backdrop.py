"""Backgrounds: quieter and lighter than the person, in one of four treatments."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep, soft_steps


class Backdrop(Enum):
    """How a background is drawn."""

    OWN = "its own colours in few flat tones"
    GRADIENT = "a soft gradient from its colours to another"
    TINT = "one colour in its own lights and darks"
    GLOW = "one colour, brightest around the head"


@dataclass(frozen=True, slots=True)
class BackdropLook:
    """What a background looks like.

    kind : Backdrop.
    tint : (a*, b*) of its other colour.
    slant : -1 … 1, the way a gradient runs: from the left, straight down, from the right.
    """

    kind: Backdrop
    tint: tuple[float, float]
    slant: float


@dataclass(frozen=True, slots=True)
class Head:
    """Where light gathers: a head's middle and its width, in pixels."""

    x: float
    y: float
    width: float


def draw_backdrop(lab: FloatImage, person: FloatImage, look: BackdropLook, *, head: Head) -> FloatImage:
    """Draw what is behind the person, continued behind them: quieter and lighter than it was.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3)
        The picture, smoothed, in L*a*b*; small, for a background has no details.
    person : float32 array, shape (H, W)
        The matte. What the person covers is filled from around, so that none of them shows at their outline.
    look : BackdropLook
    head : Head, in pixels of lab

    Returns
    -------
    float32 array, shape (H, W, 3), L*a*b*.
    """
    height, width = person.shape
    length = max(height, width)
    # The matte's rim belongs to neither: only what is surely background gives colour.
    sure = np.clip(np.float32(1) - np.float32(1.6) * person, 0, 1)
    close = max(1.0, 0.012 * length)
    filled = masked_blur(lab, sure, sigma=close)
    wide = masked_blur(lab, sure, sigma=0.12 * length)
    trust = np.clip(gaussian(sure, sigma=close) * np.float32(4), 0, 1)[..., None]
    filled = wide + (filled - wide) * trust
    own = filled + (lab - filled) * np.square(sure)[..., None]

    tint_a, tint_b = look.tint
    lightness, a, b = planes_of(own)
    if look.kind is Backdrop.OWN:
        lightness = gaussian(soft_steps(lightness, step=13.0, softness=0.6), sigma=0.6)
        lift = np.float32(0.62) * lightness + np.float32(34)
        return cv2.merge([lift, 0.85 * a + 0.2 * tint_a, 0.85 * b + 0.2 * tint_b]).astype(np.float32)

    x = (np.arange(width, dtype=np.float32)[None, :] + np.float32(0.5)) / width
    y = (np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)) / height
    if look.kind is Backdrop.GRADIENT:
        lightness, a, b = planes_of((wide + (own - wide) * np.float32(0.15)).astype(np.float32))
        way = smoothstep(y + np.float32(0.35 * look.slant) * (x - np.float32(0.5)), low=0.0, high=1.1)
        lift = np.float32(0.45) * lightness + np.float32(46) + np.float32(5) * way
        a = 0.8 * a * (1 - way) + way * tint_a
        b = 0.8 * b * (1 - way) + way * tint_b
        return cv2.merge([lift, a, b]).astype(np.float32)

    flat = soft_steps(lightness, step=11.0, softness=0.6)
    if look.kind is Backdrop.TINT:
        lift = np.float32(0.5) * flat + np.float32(42)
        return cv2.merge([lift, 0.2 * a + tint_a, 0.2 * b + tint_b]).astype(np.float32)

    far = np.square((x * width - head.x) / (1.5 * head.width)) + np.square(
        (y * height - head.y) / (1.6 * head.width)
    )
    glow = np.exp(-far.astype(np.float32))
    lift = np.float32(0.28) * flat + np.float32(44) + np.float32(24) * glow
    pale = np.float32(1.25) - np.float32(0.75) * glow
    drawn: FloatImage = cv2.merge([lift, 0.1 * a + tint_a * pale, 0.1 * b + tint_b * pale]).astype(np.float32)
    return drawn
