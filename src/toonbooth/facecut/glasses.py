"""Whether somebody wears glasses, so that a bare face is not cut through them."""

from __future__ import annotations

from typing import Final

import numpy as np

from toonbooth.facecut.colours import BINS, Cells
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import CHEEKS, INNER_CORNERS
from toonbooth.facecut.ways import sample
from toonbooth.imaging.pixels import FloatImage
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
    light = ((cells // (BINS[1] * BINS[2])).astype(np.float32) + np.float32(0.5)) / np.float32(BINS[0])
    middle = landmarks[list(INNER_CORNERS)].mean(axis=0)
    columns = middle[0] + np.linspace(-_HALF_WIDTH, _HALF_WIDTH, 9) * _U
    rows = middle[1] + np.arange(-_ABOVE, _BELOW, 0.01) * _U
    places = np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float32)

    def at(down: float) -> FloatImage:
        return sample(light, places + np.array([0, down * _U], np.float32))

    bar = np.minimum(at(-_BESIDE), at(_BESIDE)) - at(0)
    cheeks = landmarks[[point for cheek in CHEEKS for point in cheek]]
    lit = max(float(np.median(sample(light, cheeks[np.newaxis]))), 0.05)
    low, high = _BAR
    # The weakest column decides: brows and creases end, a bar doesn't.
    return float(np.clip((float(bar.max(axis=0).min()) / lit - low) / (high - low), 0, 1))
