"""The borders of black cloth on a poster: it ends where hands begin, and light on its rim is no cloth."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.morphology import disk, small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import blur_and_share, gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent, grown

_THIN = 26.0
"""Units that a pale strip is wide at most if it is light on a rim."""

_RIM = 40.0
"""Units from a person's outline within which it lies."""

_FLECK, _ISLAND = 700.0, 1800.0
"""Area in square units under which black on dark cloth is a fleck, and dark cloth within black an island."""


def calm_black(black: FloatImage, skin: FloatImage, near: FloatImage, *, unit: float) -> FloatImage:
    """The field of black with calm borders; away from heads black cloth ends where skin begins.

    Smoothed across that border it would draw back from hands and leave a halo of another ink about them.

    Parameters
    ----------
    black : float32 array, shape (h, w)
        L* below the border of black, -12 … 12.
    skin : of the same size, 0 … 1
    near : 1 around heads, 0 elsewhere
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    sigma = max(0.8, 4.5 * unit)
    calm = gaussian(black, sigma=sigma)
    found = extent((skin > 0.5) & (near < 0.5))
    if found is None:
        return calm
    window = grown(found, round(8 * sigma), black.shape)
    # Hands shine on the cloth beside them, in the photo as much as in what smoothed it.
    beside = gaussian(skin[window], sigma=2 * sigma)
    cloth = smoothstep(beside, low=0.16, high=0.02)
    own, share = blur_and_share(calm[window], cloth, sigma=2.5 * sigma)
    edge = smoothstep(skin[window], low=0.55, high=0.45) * smoothstep(beside, low=0.02, high=0.1)
    edge *= smoothstep(share, low=0.02, high=0.1) * (1 - near[window])
    calm[window] += edge * np.maximum(own - calm[window], 0)
    return calm


def find_bleached(
    black: FloatImage, pale: FloatImage, person: FloatImage, near: FloatImage, *, unit: float
) -> FloatImage:
    """Where light on the rim of black cloth would be printed as chips of paper, 0 … 1.

    Parameters
    ----------
    black, near : see `calm_black`
    pale : float32 array, shape (h, w), 0 … 1
        What is printed in grey or left as paper.
    person : of the same size, 0 … 1
    unit : float, pixels
    """
    solid = black > 0
    chips = ((pale > 0.5) & (near < 0.5) & (person > 0.3)).astype(np.uint8)
    if not solid.any() or not chips.any():
        return np.zeros_like(black)
    inside = cv2.copyMakeBorder((person > 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
    thin = chips - cv2.morphologyEx(chips, cv2.MORPH_OPEN, disk(max(1.0, _THIN / 2 * unit)))
    rim = ((thin > 0) & (depth < _RIM * unit)).astype(np.float32)
    if not rim.any():
        return rim
    sigma = max(1.0, 14 * unit)
    # Black on most of the person beside it: light on a red shirt's rim is no black.
    beside = gaussian((person * solid).astype(np.float32), sigma=sigma)
    others = gaussian((person * ~solid * (1 - rim)).astype(np.float32), sigma=sigma)
    return rim * smoothstep(beside / (beside + others + np.float32(1e-3)), low=0.5, high=0.7)


def without_flecks(
    black: FloatImage, deep: FloatImage, near: FloatImage, person: FloatImage, *, unit: float
) -> None:
    """Take small islands of dark cloth out of black and small ones of black out of dark cloth, in place.

    Parameters
    ----------
    black, near, unit : see `calm_black`
    deep : float32 array, shape (h, w), 0 … 1
        Where dark cloth is.
    person : of the same size
    """
    far = (near < 0.5) & (person > 0.5)
    dark = far & (deep > 0.5)
    islands = small_parts(dark & (black <= 0), _ISLAND * unit * unit)
    flecks = small_parts(dark & (black > 0), _FLECK * unit * unit)
    black[islands], black[flecks] = 3, -3
