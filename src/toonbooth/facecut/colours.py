"""Colour models: how likely a colour is for hair, skin or clothes, learnt from a few hundred pixels."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import FloatImage

BINS: Final = (25, 31, 31)
"""Cells over L* 0…100 and a*, b* ±62: four units wide, about what a cel tone is apart from the next."""

_FLOOR: Final = 2e-5
_CELL_COUNT: Final = BINS[0] * BINS[1] * BINS[2]

Cells = NDArray[np.int32]
"""int32, shape (H, W): the cell of the colour space that each pixel falls in."""


def index_cells(lab: FloatImage) -> Cells:
    """Number the cell of every pixel of an L*a*b* picture, so that several models can be asked cheaply."""
    light = np.clip(lab[..., 0] * np.float32(BINS[0] / 100), 0, BINS[0] - 1).astype(np.int32)
    green = np.clip((lab[..., 1] + 62) * np.float32(BINS[1] / 124), 0, BINS[1] - 1).astype(np.int32)
    blue = np.clip((lab[..., 2] + 62) * np.float32(BINS[2] / 124), 0, BINS[2] - 1).astype(np.int32)
    cells: Cells = (light * BINS[1] + green) * BINS[2] + blue
    return cells


def learn_log_likelihood(cells: Cells, weights: FloatImage) -> NDArray[np.float32]:
    """Learn a model of colour from weighted pixels: a histogram, smoothed, as a logarithm per cell.

    Parameters
    ----------
    cells : int32 array, shape (H, W)
    weights : float32 array, shape (H, W), range [0, 1]
        How much each pixel is an example.

    Returns
    -------
    float32 array, shape (number of cells,): log of the likelihood. Colours never seen get a floor, so that a
    missing example is weak evidence, not proof.
    """
    chosen = weights > 0.02
    counts = np.bincount(cells[chosen], weights=weights[chosen], minlength=_CELL_COUNT)
    volume = counts.astype(np.float32).reshape(BINS)
    # OpenCV blurs planes: along L* with a* and b* as one axis, then every L* plane.
    blurred = np.asarray(cv2.GaussianBlur(volume.reshape(BINS[0], -1), (1, 5), 0, sigmaY=1.1))
    volume = blurred.astype(np.float32, copy=False).reshape(BINS)
    for plane in volume:
        cv2.GaussianBlur(plane, (5, 5), 1.0, dst=plane)
    likelihood = volume.ravel() / max(float(volume.sum()), 1e-6)
    logarithm: NDArray[np.float32] = np.log(likelihood + np.float32(_FLOOR)).astype(np.float32)
    return logarithm
