"""How much of every pixel an outline covers, however short its segments are."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Points

_FINER = 4
"""Parts of a pixel, each way, that are counted."""

_SUBPIXEL_BITS = 4


def covered(outline: Points, *, size: tuple[int, int]) -> ByteImage:
    """Fill an outline.

    OpenCV's own anti-aliasing draws every segment of an outline over the last one; with segments shorter than
    a pixel that adds up to a ragged edge half a pixel too far out. Here parts of pixels are counted.

    Parameters
    ----------
    outline : (N, 2), pixels
    size : width and height of the picture

    Returns
    -------
    uint8 array, shape (height, width): 255 is fully covered.
    """
    fine = np.zeros((size[1] * _FINER, size[0] * _FINER), np.uint8)
    corners = (outline * _FINER + (_FINER - 1) / 2) * (1 << _SUBPIXEL_BITS)
    cv2.fillPoly(fine, [np.round(corners).astype(np.int32)], (255,), cv2.LINE_8, _SUBPIXEL_BITS)
    return cv2.resize(fine, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
