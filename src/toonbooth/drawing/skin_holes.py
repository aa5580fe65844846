"""Holes in skin that are skin though their colour denies it: burnt out, or deep in a chin's shadow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage

_Mask = NDArray[np.bool_]
_Box = tuple[slice, slice]

_LARGEST = 0.2
"""Area in square face widths up to which an opening in skin may be a hole."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What lies around a face, all (H, W) float32.

    taken : 0 … 1, what is drawn for itself: eyes, brows, lips.
    person : 0 … 1, the matte.
    form : L* from the middle of the skin.
    beside, below : face widths from the middle of the face, along its own axes.
    width : of the face, pixels.
    """

    taken: FloatImage
    person: FloatImage
    form: FloatImage
    beside: FloatImage
    below: FloatImage
    width: float


def skin_holes(skin: FloatImage, face: FloatImage, seen: Neighbourhood) -> FloatImage:
    """Find holes in skin that are skin.

    Parameters
    ----------
    skin : float32 array, shape (H, W), 0 … 1
    face : float32 array, shape (H, W)
        1 within the face's oval.
    seen : Neighbourhood of the same size

    Returns
    -------
    float32 array, shape (H, W), 0 … 1.
    """
    uncovered = ((np.maximum(skin, seen.taken) < 0.5) & (seen.person > 0.5)).astype(np.uint8)

    def burnt_out(these: _Mask, box: _Box) -> bool:
        # Pearls on a neck are as light.
        return float(seen.form[box][these].mean()) > -9 and float(face[box][these].mean()) > 0.5

    def shaded(these: _Mask, box: _Box) -> bool:
        # A chain lies lower, a beard lies on the face, and hair hangs beside a neck.
        on_face, middle = float(face[box][these].mean()), float(seen.beside[box][these].mean())
        top, dark = float(seen.below[box][these].min()), float(seen.form[box][these].mean()) < -12
        return dark and on_face < 0.5 and abs(middle) < 0.3 and 0.4 < top < 0.9

    burnt = _enclosed(uncovered, seen.width, burnt_out)
    # Along the neck's sides a thread of shadow leads out of it.
    thread = disk(0.025 * seen.width)
    wide = cv2.morphologyEx(uncovered, cv2.MORPH_OPEN, thread).astype(np.uint8, copy=False)
    shadow = cv2.dilate(_enclosed(wide, seen.width, shaded), thread)
    # About a hole skin is half believed.
    filled = cv2.dilate(np.maximum(burnt, shadow), disk(0.012 * seen.width))
    return filled.astype(np.float32) * seen.person * (1 - seen.taken)


def _enclosed(mask: ByteImage, width: float, chosen: Callable[[_Mask, _Box], bool]) -> ByteImage:
    """1 on the islands of a mask that lie within it, aren't large, and are chosen."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    kept = np.zeros(count, np.uint8)
    height, across = mask.shape
    for island, (x, y, wide, high, area) in enumerate(stats.tolist()):
        if (
            island
            and x > 0
            and y > 0
            and x + wide < across
            and y + high < height
            and area < _LARGEST * width**2
        ):
            box = (slice(y, y + high), slice(x, x + wide))
            kept[island] = chosen(labels[box] == island, box)
    islands: ByteImage = kept[labels]
    return islands
