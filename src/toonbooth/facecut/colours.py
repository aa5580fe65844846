"""Colour models: how likely a colour is for hair, skin or clothes, learnt from a few hundred pixels."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage

BINS: Final = (25, 31, 31)
"""Cells over L* 0…100 and a*, b* ±62: four units wide, about what a cel tone is apart from the next."""

_FLOOR: Final = 2e-5
_CELL_COUNT: Final = BINS[0] * BINS[1] * BINS[2]

_FIRST, _SPAN = np.array([[0], [-62], [-62]], np.float32), np.array([[100], [124], [124]], np.float32)
_PLACES: Final = np.stack(np.unravel_index(np.arange(_CELL_COUNT), BINS)).astype(np.float32)
COLOURS: Final = _FIRST + _SPAN * (_PLACES + np.float32(0.5)) / np.array([BINS], np.float32).T
"""float32, shape (3, number of cells): L*, a* and b* in the middle of each."""

_FEW_PIXELS: Final = 200.0
"""Of fewer examples than this a group has less say."""

Counts = NDArray[np.float32]
"""float32, shape (number of cells,)."""

Cells = NDArray[np.int32]
"""int32: the cell of the colour space that each pixel falls in."""


def index_cells(lab: FloatImage) -> Cells:
    """Number the cell of every pixel of an L*a*b* picture, so that several models can be asked cheaply."""
    light, green, blue = planes_of(lab)
    green += 62
    blue += 62
    cells: Cells = _number_bins(light, BINS[0], 100)
    cells *= BINS[1]
    cells += _number_bins(green, BINS[1], 124)
    cells *= BINS[2]
    cells += _number_bins(blue, BINS[2], 124)
    return cells


def _number_bins(values: FloatImage, count: int, end: float) -> NDArray[np.int32]:
    """In which of so many bins from 0 to `end` each value falls; overwrites the values."""
    values *= np.float32(count / end)
    np.clip(values, 0, count - 1, out=values)
    return values.astype(np.int32)


def count_colours(cells: Cells, weights: FloatImage, *, say: float = 1.0) -> Counts:
    """Count the colours of weighted pixels, so that every group of examples has the same say.

    Parameters
    ----------
    cells : int32 array, any shape
    weights : float32 array, same shape, range [0, 1]
        How much each pixel is an example.
    say : float, > 0
        What the counts add up to; less when there are very few examples.

    Returns
    -------
    float32 array, shape (number of cells,).
    """
    chosen = weights > 0.02
    examples = weights[chosen]
    counts = np.bincount(cells[chosen], weights=examples, minlength=_CELL_COUNT)
    scaled: Counts = (counts * (say / max(float(examples.sum()), _FEW_PIXELS))).astype(np.float32)
    return scaled


def log_likelihood(*groups: Counts | None) -> Counts:
    """Make one model of colour from groups of examples; None stands for a group that doesn't exist.

    Returns
    -------
    float32 array, shape (number of cells,): log of the likelihood, smoothed over neighbouring colours.
    Colours never seen get a floor, so that a missing example is weak evidence, not proof.
    """
    volume = np.sum([group for group in groups if group is not None], axis=0).reshape(BINS)
    # OpenCV blurs planes: one axis of the three at a time, the others as one.
    volume = cv2.GaussianBlur(volume.reshape(BINS[0], -1), (1, 5), 0, sigmaY=1.1)
    volume = cv2.GaussianBlur(volume.reshape(-1, BINS[2]), (5, 1), 1.0)
    turned = volume.reshape(BINS).swapaxes(0, 1).reshape(BINS[1], -1)
    turned = cv2.GaussianBlur(turned, (1, 5), 0, sigmaY=1.0)
    volume = turned.reshape(BINS[1], BINS[0], BINS[2]).swapaxes(0, 1)
    likelihood = volume.ravel() / max(float(volume.sum()), 1e-6)
    logarithm: Counts = np.log(likelihood + np.float32(_FLOOR)).astype(np.float32)
    return logarithm


def colours_within(lab: FloatImage, mask: NDArray[np.bool_]) -> FloatImage:
    """The colours of the pixels in a mask, (N, 3): `lab[mask]` in a fifth of its time."""
    return lab.reshape(-1, 3).take(np.flatnonzero(mask), axis=0)


def look_up(table: Counts, cells: Cells) -> FloatImage:
    """What a table of cells says of every pixel's colour: `table[cells]` in half its time."""
    return table.take(cells)
