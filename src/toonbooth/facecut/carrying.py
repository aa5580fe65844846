"""Carrying what a picture shows on to where it is hidden: colours as they are near by, and their texture."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.edges import nearest_in, spread_colours
from toonbooth.facecut.outlines import Mask, eroded
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian

_REACH: Final = 0.05
_TEXTURE: Final = 0.015
"""How far off colours are taken together, and what is finer than that is texture, face widths."""

_USUAL: Final = 3.0
"""How much more than usual something may differ from what is around it and still be texture."""


def carried(image: FloatImage, known: Mask, *, unit: float) -> FloatImage:
    """Carry what a mask holds everywhere.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    known : bool array, shape (H, W)
    unit : float, pixels
        The face's width.

    Returns
    -------
    float32 array, shape (H, W, 3); outside the mask the colours near by, with the texture of its inside as in
    a mirror at its edge, so that hatching goes on.
    """
    spread = spread_colours(image, known.astype(np.float32), reach_pixels=max(2.0, _REACH * unit))
    sigma = max(1.0, _TEXTURE * unit)
    inside = eroded(known, sigma)
    fine = (image - gaussian(image, sigma=sigma)) * inside[..., np.newaxis]
    # Texture is everywhere; single lines and edges aren't any.
    most = _USUAL * float(np.median(np.abs(fine[..., 1][inside]))) if inside.any() else 0.0
    np.clip(fine, -most, most, out=fine)
    height, width = known.shape
    down, across = np.divmod(nearest_in(known)[1], width)
    rows, columns = np.ogrid[:height, :width]
    at = [(2 * edge - here).astype(np.float32) for edge, here in ((across, columns), (down, rows))]
    mirrored = cv2.remap(fine, at[0], at[1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return spread + np.asarray(mirrored, np.float32)
