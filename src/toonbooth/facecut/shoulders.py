"""Telling a jacket from the hair above it where both have one colour."""

from __future__ import annotations

from typing import Final

import numpy as np

from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import CHIN, EAR_LINE
from toonbooth.facecut.outlines import Mask
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)
_LOWEST_NECK: Final = 0.45
"""How far below the chin the narrowest place of a neck lies at most, face widths."""
_SHOULDER: Final = 0.12
"""How much farther than necks shoulders reach out, face widths."""
_LEAST_HANGING: Final = 0.3
"""Less hair than this below the neck hangs down no side, squared face widths; long hair has 0.7."""


def on_shoulders(hair: Mask, person: Mask, landmarks: Points) -> Mask:
    """Find what can't be hair because it begins below a bare neck.

    Parameters
    ----------
    hair : bool array, shape (H, W)
        What was taken for hair beyond the skull.
    person : bool array, shape (H, W)
    landmarks : float32 array, shape (468, 2), pixels of a head's frame

    Returns
    -------
    bool array, shape (H, W): on every side on which the silhouette draws in between ear and shoulder, and on
    which little of the hair lies lower, all that is lower.
    """
    low = np.zeros_like(hair)
    middle = round(float(landmarks[CHIN, 0]))
    bottom = round(float(landmarks[CHIN, 1] + _LOWEST_NECK * _U))
    if not 0 < middle < person.shape[1]:
        return low
    sides = (slice(middle - 1, None, -1), slice(middle, None))
    for ear, side in zip(EAR_LINE, sides, strict=True):
        top = round(float(landmarks[ear, 1]))
        beside = person[max(0, top) : bottom, side]
        if not beside.size:
            continue
        # How far the person reaches out from the middle, row by row.
        reach = np.where(beside.all(axis=1), beside.shape[1], np.argmin(beside, axis=1))
        narrowest = int(reach.argmin())
        lower = max(0, top) + narrowest
        if reach[narrowest:].max() - reach[narrowest] < _SHOULDER * _U:
            continue
        if float(hair[lower:, side].sum()) < _LEAST_HANGING * _U * _U:
            low[lower:, side] = True
    return low
