"""Shade on flat skin as an illustrator cuts it: one tone with a long, smooth border, and no islands."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.morphology import disk, parts_touching, small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian

_LIGHT = 2.0
"""Area of the least light in shade over that of the least shade."""

_TURNS = 5
_LEAN = 0.32
"""How much what a place is counts beside what lies around it."""


def settle_shade(
    lean: FloatImage,
    where: NDArray[np.bool_],
    *,
    width: float,
    least: float,
    stiff: float = 0.03,
    narrow: float = 0.022,
) -> FloatImage:
    """Part a place in light and shade with a short border.

    Parameters
    ----------
    lean : float32 array, shape (H, W), -1 … 1
        How much every pixel is in shade.
    where : boolean array, shape (H, W)
        The place; beyond it, shade goes on as `lean` has it.
    width : float, pixels
        Of the face.
    least : float
        Area in squares of the face's width of the least shade.
    stiff : float
        How far a border is straightened at each turn, in face widths.
    narrow : float
        Half the width, in face widths, of a strip that is no shade, and of one of light that is none.

    Returns
    -------
    float32 array, shape (H, W), above 0.5 in shade.

    References
    ----------
    Threshold dynamics: T. Kostić, A. Bertozzi, "Statistical density estimation using threshold dynamics for
    geometric motion", Journal of Scientific Computing 54(2), 2013. doi:10.1007/s10915-012-9615-6
    """
    sigma = max(0.8, stiff * width)
    shade = gaussian(lean, sigma=0.5 * sigma) > 0
    pull = lean * np.float32(_LEAN) - np.float32(0.5)
    for _ in range(_TURNS):
        shade = gaussian(shade.astype(np.float32), sigma=sigma) + pull > 0
    area = least * width * width
    brush = disk(max(1.0, narrow * width))
    kept = _broad(shade & where, brush)
    kept &= ~small_parts(kept, area)
    # Narrow gaps in shade close, and small lights in it go out.
    kept = where & (cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_CLOSE, brush) > 0)
    beside = cv2.dilate(kept.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept |= parts_touching(small_parts(where & ~kept, _LIGHT * area), beside)
    # Beyond the place it goes on as at its border, so that none is seen there.
    outside = ~where & (cv2.dilate(kept.astype(np.uint8), disk(0.05 * width)) > 0) & shade
    return gaussian((kept | outside).astype(np.float32), sigma=max(0.7, 0.012 * width))


def _broad(mask: NDArray[np.bool_], brush: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """A mask without its narrow strips, its corners kept."""
    core = cv2.erode(mask.astype(np.uint8), brush)
    grown = cv2.dilate(cv2.dilate(core, brush), np.ones((3, 3), np.uint8))
    broad: NDArray[np.bool_] = mask & (grown > 0)
    return broad
