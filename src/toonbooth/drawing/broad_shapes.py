"""Broad shapes with calm borders from a tone of a cloth: an illustrator's one or two, not a map's many."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian


@dataclass(frozen=True, slots=True)
class Brush:
    """What shapes are painted with; lengths in pixels.

    tip : radius; what is narrower is left out.
    beside : how far from a border both sides of it are compared.
    round : standard deviation of the blur that rounds borders.
    area : least that is seen of a shape; the material's edge may hide the rest.
    """

    tip: float
    beside: float
    round: float
    area: float


def broad_shapes(
    tone: NDArray[np.bool_],
    plane: FloatImage,
    own: NDArray[np.bool_],
    core: NDArray[np.bool_],
    *,
    brush: Brush,
    seen: float,
) -> FloatImage:
    """A tone's shapes as an illustrator draws them: broad, rounded, and only where a border is seen.

    Where light goes over softly, a level's border wanders and is nowhere in the photo.

    Parameters
    ----------
    tone : bool array, shape (H, W)
        Where the material is darker than a level, or lighter.
    plane : float32 array, shape (H, W), L*
    own, core : bool arrays, shape (H, W)
        Where the material is, and where its colour can be trusted.
    brush : Brush
    seen : float, L*
        Difference from one side of a border to the other from which on a shape is drawn. Turning it up leaves
        fewer.

    Returns
    -------
    float32 array, shape (H, W), above 0 within them.
    """
    tip = disk(max(1.0, brush.tip))
    closed = cv2.morphologyEx(tone.astype(np.uint8), cv2.MORPH_CLOSE, tip)
    shapes: NDArray[np.uint8] = cv2.morphologyEx(closed, cv2.MORPH_OPEN, tip).astype(np.uint8, copy=False)
    beside = disk(max(2.0, brush.beside))
    # What is darker or lighter than its surroundings, and then what is left out of it.
    for holes in (False, True):
        part = shapes ^ np.uint8(holes)
        count, labels = cv2.connectedComponents(part, connectivity=4)
        if count > 1:
            outside = (cv2.dilate(part, beside) > part) & core
            inside = (cv2.erode(part, beside) < part) & core
            around = cv2.dilate(labels.astype(np.uint16), beside)
            one, other = (
                _means(whose[rim], plane[rim], count) for whose, rim in ((labels, inside), (around, outside))
            )
            faint = np.abs(one - other) < seen
            faint |= np.bincount(labels[own], minlength=count) < brush.area
            faint[labels[~own] if holes else 0] = False
            shapes[faint[labels]] = holes
    return gaussian(shapes.astype(np.float32), sigma=max(0.8, brush.round)) - np.float32(0.5)


def _means(labels: NDArray[np.generic], values: FloatImage, count: int) -> NDArray[np.float64]:
    """The mean of every label's values; NaN where it has none."""
    sizes = np.bincount(labels, minlength=count)
    sums = np.bincount(labels, values, minlength=count)
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), np.nan)
