"""The white border of a sticker."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.vector import Shape
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian

_THINNER, _HOLE = 0.4, 12.0
"""Width of the border around jewels, over that around people; area of a hole it fills, in squares of it."""

_WHITE = (255, 255, 255)


def white_border(person: FloatImage, worn: FloatImage, *, width: float, spacing: float) -> Shape:
    """A white border around people, and a thinner one around what they wear beside their outline.

    Parameters
    ----------
    person, worn : float32 arrays, shape (H, W), 0 … 1
    width, spacing : float, pixels
        Of the border, 2 at least, and between the points of its outline.
    """
    reach = round(width)
    margin = 4 * reach
    grown = _bordered(person, width, margin=margin)
    if (worn > 0.5).any():
        # Two borders of full width would fill the gap between a neck and an earring.
        grown = np.maximum(grown, _bordered(worn, max(1.2, _THINNER * width), margin=margin))
    # A sticker has no small holes.
    holes, levels = cv2.findContours((grown > 0.5).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for index, hole in enumerate(holes):
        if levels[0][index][3] >= 0 and cv2.contourArea(hole) < _HOLE * reach * reach:
            cv2.drawContours(grown, holes, index, (1.0,), cv2.FILLED)
    grown = np.ascontiguousarray(grown[margin:-margin, margin:-margin])
    grown = gaussian(grown, sigma=max(0.8, 0.35 * reach))
    curves = trace_field(grown, level=0.5, spacing=spacing, least_area=max(12.0, 20.0 * reach * reach))
    return Shape(curves, _WHITE)


def _bordered(inside: FloatImage, width: float, *, margin: int) -> FloatImage:
    """What lies in something or within `width` pixels of it, without narrow bays; with a margin around."""
    sides = (0, margin, margin, margin)
    wide = cv2.copyMakeBorder(inside, *sides, cv2.BORDER_REPLICATE)
    # Above a picture nobody goes on: a strand that just reaches its edge would widen to a white tab there.
    wide = cv2.copyMakeBorder(wide, margin, 0, 0, 0, cv2.BORDER_CONSTANT, value=(0.0,))
    # By parts of a pixel: on small people a border is hardly wider than one.
    away = cv2.distanceTransform((wide < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    grown = np.clip(np.float32(width + 1) - away, 0, 1)
    # An even brush would move it aside.
    around = disk(1.5 * round(width))
    return cv2.morphologyEx(grown, cv2.MORPH_CLOSE, around).astype(np.float32, copy=False)
