"""Hair that goes on below the picture: it ends in locks, not in the picture's straight edge."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.outlines import Mask
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian

# Face widths: how much longer the lightest locks are than the darkest gaps, how round the outermost end, how
# wide and long a lock is at least, and what is far enough from the face to be hair.
_DEPTH: Final = 0.12
_ROUND: Final = 0.1
_LOCK: Final = (0.014, 0.035)
_AROUND: Final = 0.09
_FROM_FACE: Final = 0.12


def end_in_locks(image: FloatImage, alpha: FloatImage, face: FloatImage, *, unit: float) -> FloatImage:
    """Shape the lower ends of hair that the picture's edge cuts off.

    Each strand ends where its lightness says, light ones later than the dark gaps between, and the outermost
    earlier, as if the hair had been combed to end there.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
        Its last row is the picture's.
    alpha : float32 array, shape (H, W), range [0, 1]
    face : float32 array, shape (H, W), range [0, 1]
        1 is the face, whose own end is left alone, and what lies near it.
    unit : float, pixels
        The face's width.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; the same where nothing reaches the last row.
    """
    height = min(len(alpha), round((_DEPTH + _ROUND) * unit))
    ends = alpha[-1] > 0.5
    if height < 4 or not ends.any():
        return alpha
    near = _FROM_FACE * unit
    of_face: Mask = np.asarray((face[-max(1, round(near)) :] > 0.5).any(axis=0))
    from_face = np.clip(_distance(~of_face) / np.float32(near) - 1, 0, 1) if of_face.any() else np.float32(1)
    light = luma_of(image[-height:])
    weight = alpha[-height:] + np.float32(1e-3)

    def along(values: FloatImage) -> FloatImage:
        across, down = _LOCK
        blurred = cv2.GaussianBlur(values, (0, 0), across * unit, sigmaY=down * unit)
        return np.asarray(blurred, dtype=np.float32)

    sigma = _AROUND * unit
    around = np.maximum(gaussian(weight, sigma=sigma), np.float32(1e-3))
    middle = gaussian(light * weight, sigma=sigma) / around
    spread = np.sqrt(np.maximum(gaussian(np.square(light - middle) * weight, sigma=sigma), 0) / around)
    strand = along(light * weight) / along(weight)
    lightness = np.clip((strand - middle) / (spread + np.float32(0.02)), -1, 1)

    # How far from the picture's edge hair ends, and how far every pixel is from it.
    rounding, share = _rounded(ends, radius_pixels=_ROUND * unit)
    shorter = from_face * (rounding + share * (0.5 - 0.5 * lightness) * np.float32(_DEPTH * unit))
    away = np.arange(height, 0, -1, dtype=np.float32)[:, np.newaxis]
    result = alpha.copy()
    result[-height:] *= np.clip((away - shorter) / np.float32(1.5) + np.float32(0.5), 0, 1)
    return result


def _rounded(ends: Mask, *, radius_pixels: float) -> tuple[FloatImage, FloatImage]:
    """How much shorter hair is towards both sides of each of its ends, pixels, and how much every column
    belongs to an end, 0…1; both of shape (W,)."""
    inside, outside = (np.minimum(_distance(mask) / np.float32(radius_pixels), 1) for mask in (ends, ~ends))
    share = np.where(ends, 1, 1 - outside)
    curve = np.where(ends, 1 - np.sqrt(1 - np.square(1 - inside)), 1 - outside)
    return (radius_pixels * curve).astype(np.float32), share.astype(np.float32)


def _distance(mask: Mask) -> FloatImage:
    """How far every marked column is from the nearest unmarked one; far when there is none."""
    row = mask.astype(np.uint8)[np.newaxis]
    return np.asarray(cv2.distanceTransform(row, cv2.DIST_L2, cv2.DIST_MASK_5)[0], dtype=np.float32)
