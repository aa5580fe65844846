"""Backgrounds: quieter and lighter than the person, in one of three treatments."""

from __future__ import annotations

from enum import Enum

import numpy as np

from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged_smoothly, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import soft_steps


class Backdrop(Enum):
    """How a background is drawn."""

    OWN = "own colours in few flat tones"
    GRADIENT = "a soft gradient of its colours"
    TINT = "one colour in its own lights and darks"


def draw_backdrop(
    lab: FloatImage, person: FloatImage, *, kind: Backdrop, tint: tuple[float, float], unit: float
) -> FloatImage:
    """Draw what is behind the person, continued behind them.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3)
        The picture, smoothed, in L*a*b*.
    person : float32 array, shape (H, W)
        The matte. What the person covers is filled from around, so that none of them shows at their outline.
    kind : Backdrop
    tint : (a, b)
        Colour of `Backdrop.TINT`, and a breath of it in the others.
    unit : float, pixels
        A four-hundredth of a face's width; all lengths follow it.

    Returns
    -------
    float32 array, shape (H, W, 3), L*a*b*.
    """
    height, width = person.shape
    shrink = max(1.0, min(4.0, 2.0 * unit))
    size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    small = shrunk(lab, size)
    behind = 1 - shrunk(person, size)
    # The matte's rim belongs to neither: only what is surely background gives colour.
    sure = np.clip(behind * 1.6 - 0.6, 0, 1)
    length = max(size)
    filled = masked_blur(small, sure, sigma=max(1.5, length * 0.012))
    wide = masked_blur(small, sure, sigma=length * 0.12)
    trust = np.clip(gaussian(sure, sigma=max(1.5, length * 0.012)) * 4, 0, 1)[..., None]
    filled = wide + (filled - wide) * trust
    seen = sure[..., None] ** 2
    own = filled + (small - filled) * seen

    if kind is Backdrop.GRADIENT:
        drawn = wide + (own - wide) * np.float32(0.22)
        lightness = drawn[..., 0]
    else:
        lightness = soft_steps(np.ascontiguousarray(own[..., 0]), step=13.0, softness=0.6)
        lightness = gaussian(lightness, sigma=0.6)
        drawn = own
    lift = 0.62 * lightness + 34.0
    a, b = drawn[..., 1], drawn[..., 2]
    if kind is Backdrop.TINT:
        a, b = 0.25 * a + tint[0], 0.25 * b + tint[1]
    else:
        a, b = 0.9 * a + 0.15 * tint[0], 0.9 * b + 0.15 * tint[1]
    quiet = np.dstack([lift, a, b]).astype(np.float32)
    return enlarged_smoothly(quiet, (width, height))
