"""Glasses: found by the bar across the nose, kept by their dark rims."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.imaging.lines import line_response
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points

_BARE = np.array([50, 280, 205, 425, 151, 9, 36, 266, 117, 346])
"""Cheeks and the middle of the forehead."""

_BAR = (0.018, 0.032)
"""Line response of a nose's bridge without and with a bar across it. Measured: 14 bare ones up to 0.013, dark
frames 0.046."""


def find_frames(grey: FloatImage, points: Points, *, width: float) -> FloatImage:
    """Mark the frames of glasses.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
    points : (468, 2), the face's landmarks in its pixels
    width : float, pixels
        The face's width.

    Returns
    -------
    float32 array, shape (H, W): 1 on dark frames, 0 elsewhere and where nobody wears any.
    """
    response = np.maximum(line_response(grey, sigma=max(0.7, 0.012 * width)), np.float32(0))
    response *= np.float32(1 / lit_share(grey, points))
    worn = _bar_across_nose(response, points, width=width)
    if worn == 0:
        return np.zeros_like(grey)
    left, right = points[facemap.LEFT_EYE].mean(axis=0), points[facemap.RIGHT_EYE].mean(axis=0)
    along = (right - left) / np.float32(max(1e-3, float(np.hypot(*(right - left)))))
    middle = (left + right) / 2
    x = np.arange(grey.shape[1], dtype=np.float32)[None, :] - middle[0]
    y = np.arange(grey.shape[0], dtype=np.float32)[:, None] - middle[1]
    across, down = x * along[0] + y * along[1], y * along[0] - x * along[1]
    # Lenses reach from the brows to the cheekbones; the sides of the face end them.
    zone = smoothstep(np.abs(across), low=0.62 * width, high=0.52 * width)
    zone *= smoothstep(down, low=-0.2 * width, high=-0.14 * width)
    zone *= smoothstep(down, low=0.28 * width, high=0.2 * width)
    frames: FloatImage = zone * smoothstep(response, low=0.012, high=0.035) * np.float32(worn)
    return frames


def lit_share(grey: FloatImage, points: Points) -> float:
    """How light a face is beside one in good light: on dark skin, and in the dark, rims stand out less.

    Returns
    -------
    float, 0.45 … 1, that the same rim's line response is weaker by.
    """
    height, width = grey.shape
    x, y = np.round(points[_BARE]).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    if not inside.any():
        return 1.0
    return float(np.clip(np.median(grey[y[inside], x[inside]]) / 0.5, 0.45, 1.0))


def _bar_across_nose(response: FloatImage, points: Points, *, width: float) -> float:
    """0 … 1, how surely something dark runs from one eye's inner corner to the other's without a gap."""
    left, right = points[facemap.LEFT_EYE_INNER], points[facemap.RIGHT_EYE_INNER]
    along = (right - left) / np.float32(max(1e-3, float(np.hypot(*(right - left)))))
    middle = (left + right) / 2
    beside = np.linspace(-0.05, 0.05, 15, dtype=np.float32)[None, :] * np.float32(width)
    below = np.linspace(-0.15, 0.11, 53, dtype=np.float32)[:, None] * np.float32(width)
    x = middle[0] + beside * along[0] - below * along[1]
    y = middle[1] + beside * along[1] + below * along[0]
    bridge = cv2.remap(response, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # The weakest place decides: brows and creases end, a bar doesn't.
    weakest = np.array([bridge.max(axis=0).min()], np.float32)
    return float(smoothstep(weakest, low=_BAR[0], high=_BAR[1])[0])
