"""The person's rim settled by colour: scraps of background go, what a coarse matte cuts off comes back."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.colour import planes_of, tripled, unmix
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import blur_and_share, gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep

_INNER, _OUTER = 20.0, 11.0
"""Units inside and outside the matte's edge up to which it may be wrong."""

_TOLD_APART = (12.0, 26.0)
"""Difference in L*a*b* from which on the colours of person and background tell them apart."""


def settle_rim(person: FloatImage, lab: FloatImage, *, unit: float) -> tuple[FloatImage, FloatImage]:
    """Correct a matte near its edge, where what lies there is plainly of one side's colours.

    Parameters
    ----------
    person : float32 array, shape (H, W), range [0, 1]
        The matte.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    The matte, float32, shape (H, W), range [0, 1]: where both sides have like colours it is `person`. And the
    picture, float32, shape (H, W, 3), in which the background no longer shines through hair.
    """
    height, width = person.shape
    size = (max(1, width // 2), max(1, height // 2))
    matte, colours, unit = shrunk(person, size), shrunk(lab, size), unit / 2
    inner, outer = max(1.0, _INNER * unit), max(1.0, _OUTER * unit)
    # In bytes: wide round neighbourhoods are four times as quick.
    whole = to_bytes(matte)
    core = to_float(cv2.erode(whole, disk(inner)).astype(np.uint8, copy=False))
    behind = 1 - to_float(cv2.dilate(whole, disk(outer)).astype(np.uint8, copy=False))
    within, near_core = blur_and_share(colours, core, sigma=1.4 * inner)
    without, near_behind = blur_and_share(colours, behind, sigma=3.5 * inner)
    beside = masked_blur(colours, behind, sigma=0.9 * inner)
    to_person = _distance(colours, within)
    # A wall of many colours is known by its mean and by what is nearest.
    to_background = np.minimum(_distance(colours, without), _distance(colours, beside))
    # 0 is the person's colour, 1 the background's.
    side = to_person / (to_person + to_background + np.float32(2))
    sure = smoothstep(_distance(within, without), low=_TOLD_APART[0], high=_TOLD_APART[1])
    sure *= smoothstep(near_behind, low=0.02, high=0.1) * smoothstep(near_core, low=0.02, high=0.1)
    sure *= (1 - core) * (1 - behind)
    scrap = smoothstep(side, low=0.66, high=0.8) * sure
    # Ears are what is cut off; dark things behind a head are alike to hair, and stay away.
    missing = smoothstep(side, low=0.3, high=0.18) * sure * smoothstep(colours[..., 1], low=4.0, high=10.0)
    calm = max(0.7, 2.0 * unit)
    settled = matte * (1 - gaussian(_opened(scrap, 2.0 * unit), sigma=calm))
    settled = np.maximum(settled, gaussian(_opened(missing, 2.0 * unit), sigma=calm))
    moved = enlarged((settled - matte).astype(np.float32, copy=False), (width, height))
    result: FloatImage = np.clip(person + moved, 0, 1).astype(np.float32, copy=False)
    # What stays within the matte though the background has a part in its colour is hair that the background
    # shines through: it gets the hair's own colour.
    share, stray, _ = unmix(colours, within, beside)
    mixed = smoothstep(share, low=0.85, high=0.5) * smoothstep(stray, low=20.0, high=10.0)
    through = smoothstep(side, low=0.45, high=0.68) * smoothstep(to_background, low=30.0, high=16.0)
    through = np.maximum(through, mixed) * sure
    through = tripled(gaussian(through, sigma=calm))
    return result, lab + enlarged((within - colours) * through, (width, height))


def _opened(mask: FloatImage, radius: float) -> FloatImage:
    """Without threads thinner than the radius: hair and grain, not scraps."""
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, disk(radius)).astype(np.float32, copy=False)


def _distance(one: FloatImage, other: FloatImage) -> FloatImage:
    light, a, b = planes_of(cv2.absdiff(one, other).astype(np.float32, copy=False))
    # Shadows change lightness more than hue.
    distance: FloatImage = np.sqrt(np.float32(0.5) * light * light + a * a + b * b)
    return distance
