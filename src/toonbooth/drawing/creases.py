"""Creases of a cloth, edges of lapels and collars: what is long, thin and darker than both of its sides."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.contours import Curve, trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep

_NARROW, _WIDE = 2.6, 8.0
"""Standard deviations of the two Gaussians whose difference tells a crease, in four-hundredths of a face."""

_DEEP, _SHALLOW = 1.8, 0.9
"""By how much a crease is darker than its surroundings, L*, somewhere and everywhere."""

_OVER_WEAVE = 2.8
"""How many times deeper than the cloth is uneven on average."""

_LONG = 105.0
"""Least length of one, in four-hundredths of a face's width."""

_HAIRLINE, _THIN = 3.0, 14.0
"""Least and greatest mean width of one: narrower ones break up into dashes, wider ones are a fold's shade."""

_STRAIGHT, _BOW = 0.88, 0.24
"""Least length of a box around one, and the greatest breadth of it, as shares of its own length."""


def trace_creases(lightness: FloatImage, core: NDArray[np.bool_], *, unit: float) -> tuple[Curve, ...]:
    """Trace the creases of one cloth as thin shapes that taper.

    Parameters
    ----------
    lightness : float32 array, shape (H, W), L*
    core : bool array, shape (H, W)
        Where the cloth is itself: none of its neighbours' colours is mixed in. Somewhere it must be.
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    # As if nothing but the cloth lay around: quicker than to weigh every pixel.
    plane = np.where(core, lightness, np.float32(np.median(lightness[core][::7])))
    narrow = gaussian(plane, sigma=max(0.8, _NARROW * unit))
    deeper = gaussian(plane, sigma=max(1.8, _WIDE * unit)) - narrow
    # In the dark a crease shows less, and the eye adapts.
    deeper *= np.float32(1) + np.float32(0.8) * smoothstep(narrow, low=45, high=15)
    # At its border a cloth has shadows of its own.
    within = cv2.erode(core.astype(np.uint8), disk(max(1.0, 4 * unit)))
    uneven = cv2.mean(np.abs(deeper), within)[0]
    np.copyto(deeper, np.float32(0), where=within == 0)
    least = _LONG * unit
    # A crease that is deep somewhere goes on where it is shallower.
    side = 2 * round(0.5 * least) + 1
    near = cv2.dilate(
        (deeper > max(_DEEP, _OVER_WEAVE * uneven)).astype(np.uint8), np.ones((side, side), np.uint8)
    )
    np.copyto(deeper, np.float32(0), where=near == 0)
    curves = trace_field(deeper, level=_SHALLOW, spacing=max(1.8, 6 * unit), least_area=max(6.0, least))
    found = []
    for curve in curves:
        closed = np.ascontiguousarray(curve)
        length = cv2.arcLength(closed, closed=True) / 2
        width = cv2.contourArea(closed) / max(length, 1e-6)
        if length >= least and _HAIRLINE * unit < width <= _THIN * unit and _is_seam(closed, length):
            found.append(curve)
    return tuple(found)


def _is_seam(curve: Curve, length: float) -> bool:
    """Whether a thin shape goes straight or in one bow: what wanders or branches is weave."""
    _, sides, _ = cv2.minAreaRect(curve)
    return max(sides) > _STRAIGHT * length and min(sides) < _BOW * length
