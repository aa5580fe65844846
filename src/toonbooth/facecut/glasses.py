"""Whether somebody wears glasses, so that a bare face is not cut through them."""

from __future__ import annotations

from typing import Final

import numpy as np

from toonbooth.facecut.colours import BINS, Cells
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import CHEEKS, INNER_CORNERS
from toonbooth.facecut.ways import sample
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)

_BAR: Final = (0.12, 0.22)
"""How much darker than what lies above and below, relative to the cheeks, a bar across a nose is. Measured on
sixteen heads, darkened, mirrored, turned and in other light: bare noses 0.08 and less, dark frames 0.33 and
more."""

_HALF_WIDTH, _ABOVE, _BELOW, _BESIDE = 0.045, 0.15, 0.11, 0.05
"""Where between the eyes a bar is sought, and how thick it may be, face widths."""


def wears_glasses(cells: Cells, landmarks: Points) -> float:
    """Tell how surely dark frames run across a nose, 0…1.

    Parameters
    ----------
    cells : int32 array, shape (H, W), of the frame's view
    landmarks : float32 array, shape (468, 2), frame pixels
    """
    middle = landmarks[list(INNER_CORNERS)].mean(axis=0)
    columns = middle[0] + np.linspace(-_HALF_WIDTH, _HALF_WIDTH, 9) * _U
    rows = middle[1] + np.arange(-_ABOVE, _BELOW, 0.01) * _U
    places = np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float32)

    cheeks = landmarks[[point for cheek in CHEEKS for point in cheek]]
    light, corner = _light_around(cells, np.concatenate([places.reshape(-1, 2), cheeks]))
    places, cheeks = places - corner, cheeks - corner

    def at(down: float) -> FloatImage:
        return sample(light, places + np.array([0, down * _U], np.float32))

    bar = np.minimum(at(-_BESIDE), at(_BESIDE)) - at(0)
    lit = max(median(sample(light, cheeks[np.newaxis])), 0.05)
    low, high = _BAR
    # The weakest column decides: brows and creases end, a bar doesn't.
    return float(np.clip((float(bar.max(axis=0).min()) / lit - low) / (high - low), 0, 1))


def _light_around(cells: Cells, points: Points) -> tuple[FloatImage, Points]:
    """How light the colours are around points, 0…1, and the upper left corner of what was looked at."""
    reach = _BESIDE * _U + 2
    size = np.array(cells.shape[::-1])
    left, top = np.clip(np.floor(points.min(axis=0) - reach), 0, size - 1).astype(int).tolist()
    right, bottom = (
        np.clip(np.ceil(points.max(axis=0) + reach), (left + 1, top + 1), size).astype(int).tolist()
    )
    bins = cells[top:bottom, left:right] // (BINS[1] * BINS[2])
    light = (bins.astype(np.float32) + np.float32(0.5)) / np.float32(BINS[0])
    return light, np.array([left, top], np.float32)
