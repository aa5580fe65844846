"""Whether a face has a beard: shadows and folds on a lower face are as dark, but they are skin."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Points

_MOUSTACHE = np.array([98, 2, 327, 391, 269, 267, 0, 37, 39, 165])
_CHIN = np.array([106, 182, 83, 18, 313, 406, 335, 262, 369, 396, 175, 171, 140, 32])

_ENOUGH = 12
"""Pixels of each below which nothing can be told: a beard is believed."""

_SMALLEST = 50.0
"""Width in pixels below which a face shows no texture."""


def beard_evidence(light: FloatImage, grey: FloatImage, skin: NDArray[np.bool_], points: Points) -> float:
    """How likely what is dark on a lower face is hair, 0 … 1.

    A beard is rougher than skin or, in a blurred photo, far darker; folds and the shadow of a cheek are not.

    Parameters
    ----------
    light : float32 array, shape (H, W), L*, smoothed
    grey : float32 array, shape (H, W), range [0, 1], with its texture
    skin : bool array, shape (H, W): what is sure to be bare skin
    points : landmarks in pixels of these
    """
    width = float(np.ptp(points[facemap.OVAL][:, 0]))
    if width < _SMALLEST or np.count_nonzero(skin) < _ENOUGH:
        return 1.0
    lips = polygon_mask(light.shape, points[facemap.LIPS_OUTER], grow=1.15)
    moustache, chin = (
        (polygon_mask(light.shape, points[zone]) > 0.5) & (lips < 0.5) for zone in (_MOUSTACHE, _CHIN)
    )
    if min(np.count_nonzero(moustache), np.count_nonzero(chin)) < _ENOUGH:
        return 1.0
    typical = max(median(light[skin][::4]), 1.0)
    above, below = (1 - median(light[zone]) / typical for zone in (moustache, chin))
    texture = cv2.absdiff(grey, gaussian(grey, sigma=0.008 * width))
    rough = float(texture[chin].mean()) / max(float(texture[skin].mean()), 1e-4)
    evidence = (
        np.interp(rough, [1.4, 1.9], [0, 1]),
        np.interp(above, [0.26, 0.36], [0, 1]),
        np.interp(below, [0.28, 0.38], [0, 1]),
    )
    return float(max(evidence))
