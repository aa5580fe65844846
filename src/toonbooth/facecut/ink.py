"""Drawn outlines: a line of ink around a head belongs to it whole, up to its outer side."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.outlines import Mask
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep

_DARKER: Final = 0.12
"""Ink is darker than what lies on either side of it by this, luma."""


def take_in_ink(
    image: FloatImage,
    alpha: FloatImage,
    *,
    inside: FloatImage,
    outside: FloatImage,
    band: Mask,
    background: Mask,
    reach_pixels: float,
) -> FloatImage:
    """Move a soft edge to the outer side of the line that is drawn along it, wherever there is one.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    alpha : float32 array, shape (H, W), range [0, 1]
    inside, outside : float32 array, shape (H, W, 3), range [0, 1]
        The colours of what surely is the head and of what surely isn't, carried everywhere.
    band : bool array, shape (H, W)
        Where the edge may lie.
    background : bool array, shape (H, W)
        What surely isn't the head.
    reach_pixels : float, pixels, > 0
        Half as wide a line is still one.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1].
    """
    light = luma_of(image)
    head_light, wall_light = luma_of(inside), luma_of(outside)
    darkest = np.asarray(cv2.erode(light, disk(reach_pixels)), dtype=np.float32)
    lined = band & (darkest < np.minimum(head_light, wall_light) - np.float32(_DARKER))
    if not lined.any():
        return alpha
    # A line goes on; dark spots of a wall or of hair don't.
    amount = gaussian(band.astype(np.float32), sigma=3 * reach_pixels)
    share: FloatImage = gaussian(lined.astype(np.float32), sigma=3 * reach_pixels)
    share /= np.maximum(amount, np.float32(1e-3))
    weight = smoothstep(share, low=0.45, high=0.7) * lined

    ink = lined & (light < (darkest + wall_light) / 2)
    passable = ((background | band) & ~ink).astype(np.uint8)
    beyond = background.astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    # No farther than the band is wide: a gap in the line doesn't empty the head.
    for _ in range(round(2 * reach_pixels)):
        beyond = np.minimum(cv2.dilate(beyond, cross), passable, dtype=np.uint8)
    mixed = (wall_light - light) / np.maximum(wall_light - darkest, np.float32(0.05))
    outer = (beyond > 0) & (cv2.dilate(1 - beyond, cross) > 0)
    rim = outer | (ink & (cv2.dilate(beyond, cross) > 0))
    edge = np.where(rim, smoothstep(mixed, low=0.1, high=0.9), 1 - beyond)
    return np.asarray(alpha + weight * (edge - alpha), dtype=np.float32)
