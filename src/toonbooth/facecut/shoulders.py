"""Telling a jacket from the hair above it where both have one colour, or the hair lies thinly upon it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import CHIN, EAR_LINE
from toonbooth.facecut.outlines import Mask, dilated, opened
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)
_LOWEST_NECK: Final = 0.45
"""How far below the chin the narrowest place of a neck lies at most, face widths."""
_SHOULDER: Final = 0.12
"""How much farther than necks shoulders reach out, face widths."""
_LEAST_HANGING: Final = 0.3
"""Less hair than this below the neck hangs down no side, squared face widths; long hair has 0.7."""

_COLOURFUL: Final = 13.0
"""Chroma from which hair has a colour: blond hair has 20 to 35, black and grey hair under 8."""
_COLOURLESS: Final = 0.45
"""What on a shoulder has less of that chroma than this is cloth under a few hairs."""
_BESIDE: Final = 0.02
_STRAND: Final = 0.04
"""How far outside the column of hair a shoulder begins, and how broad hair lying there is, face widths."""


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
    for side, lower, _ in _shoulders(person, landmarks):
        if float(hair[lower:, side].sum()) < _LEAST_HANGING * _U * _U:
            low[lower:, side] = True
    return low


def cloth_on_shoulders(hair: Mask, chroma: FloatImage, person: Mask, landmarks: Points) -> Mask:
    """Find the cloth of shoulders under the loose ends of colourful hair.

    Parameters
    ----------
    hair : bool array, shape (H, W)
        What was taken for hair beyond the skull.
    chroma : float32 array, shape (H, W), of L*a*b*
    person : bool array, shape (H, W)
    landmarks : float32 array, shape (468, 2), pixels of a head's frame

    Returns
    -------
    bool array, shape (H, W): beside the column of the hair, what is colourless or thinner than a strand.
    """
    cloth = np.zeros_like(hair)
    if not hair.any():
        return cloth
    usual = median(chroma[hair])
    if usual < _COLOURFUL:
        return cloth
    coloured = hair & (gaussian(chroma, sigma=0.015 * _U) > _COLOURLESS * usual)
    strands = dilated(opened(coloured, _STRAND / 2 * _U), 1) & coloured
    middle = round(float(landmarks[CHIN, 0]))
    for side, lower, reach in _shoulders(person, landmarks):
        beyond = round(reach + _BESIDE * _U)
        columns = slice(middle + beyond, None) if side.step is None else slice(0, max(0, middle - beyond))
        cloth[lower:, columns] = ~strands[lower:, columns]
    return cloth


def _shoulders(person: Mask, landmarks: Points) -> Iterator[tuple[slice, int, int]]:
    """Every side on which the silhouette draws in between ear and shoulder: its columns from the middle
    outwards, the row where it is narrowest, and how far it reaches there."""
    middle = round(float(landmarks[CHIN, 0]))
    bottom = round(float(landmarks[CHIN, 1] + _LOWEST_NECK * _U))
    if not 0 < middle < person.shape[1]:
        return
    sides = (slice(middle - 1, None, -1), slice(middle, None))
    for ear, side in zip(EAR_LINE, sides, strict=True):
        top = max(0, round(float(landmarks[ear, 1])))
        beside = person[top:bottom, side]
        if not beside.size:
            continue
        # How far the person reaches out from the middle, row by row.
        reach = np.where(beside.all(axis=1), beside.shape[1], np.argmin(beside, axis=1))
        narrowest = int(reach.argmin())
        if reach[narrowest:].max() - reach[narrowest] >= _SHOULDER * _U:
            yield side, top + narrowest, int(reach[narrowest])
