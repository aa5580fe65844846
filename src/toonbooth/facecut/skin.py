"""What a face's skin looks like, and whether its chin is covered by a beard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from toonbooth.facecut.colours import colours_within
from toonbooth.facecut.landmarks import (
    BEARD,
    CHEEKS,
    CHIN,
    CHIN_LINE,
    FOREHEAD,
    LEFT_BROW,
    LEFT_EYE,
    LIPS,
    LOWER_LIP,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
)
from toonbooth.facecut.outlines import Mask, fill_polygon, grow
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.portrait.model import Points

_FEATURES = ((LEFT_EYE, 2.0), (RIGHT_EYE, 2.0), (LIPS, 1.35), (LEFT_BROW, 1.6), (RIGHT_BROW, 1.6))
_BELOW = 0.3
"""How far below the chin skin is looked for, heights of the face."""
_BEARDED_SHARE = 0.5
"""Share of the chin's end that doesn't look like skin. Beards and stubble measured 0.71 to 0.99 in photos and
their drawings, bare chins 0.31 and less."""
_STUBBLE = (0.53, 1.1)
"""Lightness of the chin's end against the cheeks' between which a chin unlike skin is stubble: 0.55 to 0.61
measured, full beards 0.37 to 0.49."""


def skin_likeness(lab: FloatImage, landmarks: Points) -> FloatImage:
    """Tell how much every pixel looks like the skin of this face: one Gaussian, learnt inside the face.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    landmarks : float32 array, shape (468, 2), pixels of `lab`

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; 0 far below the chin.
    """
    height, width = lab.shape[:2]
    part, points = look_at_face(landmarks, size=(width, height))
    examples = lab[part]
    size = (examples.shape[1], examples.shape[0])
    seed = fill_polygon(grow(points[list(OVAL)], 0.92), size=size)
    for feature, factor in _FEATURES:
        seed -= fill_polygon(grow(points[list(feature)], factor), size=size)
    cheeks = _fill_all(CHEEKS, points, seed)
    samples = colours_within(examples, seed > 0.5)
    on_cheeks = colours_within(examples, cheeks & (seed > 0))
    if not len(samples):
        return np.zeros((height, width), np.float32)
    # The cheeks say what skin is, so that a full beard or a fringe can't outvote them.
    typical = np.median((on_cheeks if len(on_cheeks) else samples).T.copy(), axis=1)
    near = samples[np.abs(samples - typical) @ np.array([0.5, 1, 1], np.float32) < 20]
    if len(near) < 30:
        near = np.repeat(typical[np.newaxis], 30, axis=0)
    mean = near.mean(axis=0, dtype=np.float64)
    away = near - mean
    covariance = away.T @ away / (len(away) - 1)
    root = np.linalg.cholesky(np.linalg.inv(covariance + np.diag([50.0, 5.0, 7.0])))
    whitening = np.column_stack([root.T, -(mean @ root)])
    # Far below the chin nobody asks.
    end = int(np.clip(landmarks[CHIN, 1] + _BELOW * (landmarks[CHIN, 1] - landmarks[FOREHEAD, 1]), 1, height))
    offset = cv2.transform(lab[:end], whitening)
    nearness = cv2.transform(offset * offset, np.full((1, 3), -1 / 6))
    likeness = np.zeros((height, width), np.float32)
    likeness[:end] = cv2.exp(np.minimum(nearness + np.float32(3 / 6), 0))
    return likeness


def look_at_face(landmarks: Points, *, size: tuple[int, int]) -> tuple[tuple[slice, slice], Points]:
    """The rows and columns that a face takes up in a frame of (width, height), and its landmarks in them."""
    oval = landmarks[list(OVAL)]
    left, top = (int(np.clip(low - 2, 0, most - 1)) for low, most in zip(oval.min(axis=0), size, strict=True))
    right, bottom = (
        int(np.clip(high + 3, low + 1, most))
        for high, low, most in zip(oval.max(axis=0), (left, top), size, strict=True)
    )
    return (slice(top, bottom), slice(left, right)), landmarks - np.array([left, top], np.float32)


def beard_share(skin: FloatImage, landmarks: Points) -> float:
    """How much of the chin's lower end doesn't look like skin, 0…1."""
    part, points = look_at_face(landmarks, size=(skin.shape[1], skin.shape[0]))
    return _share_of(skin[part], _chin_end(skin[part], points))


def find_beard(lab: FloatImage, skin: FloatImage, landmarks: Points) -> FloatImage | None:
    """Find a full beard, the kind that hangs below the chin.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    skin : float32 array, shape (H, W), range [0, 1]
    landmarks : float32 array, shape (468, 2), pixels of `lab`

    Returns
    -------
    float32 array, shape (H, W), range [0, 1], 1 where the beard covers the face; None without one.
    """
    part, points = look_at_face(landmarks, size=(skin.shape[1], skin.shape[0]))
    chin = _chin_end(skin[part], points)
    cheeks = _fill_all(CHEEKS, points, skin[part])
    if not (chin.any() and cheeks.any()) or _share_of(skin[part], chin) < _BEARDED_SHARE:
        return None
    light = lab[part][..., 0]
    contrast = median(light[chin]) / max(median(light[cheeks]), 1.0)
    if _STUBBLE[0] < contrast < _STUBBLE[1]:
        return None
    return chin_hair(skin, landmarks)


def chin_hair(skin: FloatImage, landmarks: Points) -> FloatImage:
    """What between lower lip and jaw doesn't look like skin: float32, shape (H, W), 0…1."""
    part, points = look_at_face(landmarks, size=(skin.shape[1], skin.shape[0]))
    on_face = skin[part]
    size = (on_face.shape[1], on_face.shape[0])
    area = fill_polygon(points[list(BEARD)], size=size)
    area -= fill_polygon(grow(points[list(LIPS)], 1.2), size=size)
    beard = np.zeros_like(skin)
    beard[part] = np.clip(area, 0, 1) * np.clip(1 - np.float32(1.6) * on_face, 0, 1)
    return beard


def _share_of(skin: FloatImage, chin: Mask) -> float:
    return float((skin[chin] < 0.5).mean()) if chin.any() else 0.0


def _chin_end(skin: FloatImage, landmarks: Points) -> Mask:
    height, width = skin.shape
    line = landmarks[list(CHIN_LINE)]
    middle = 0.35 * landmarks[LOWER_LIP] + 0.65 * landmarks[CHIN]
    half = np.float32(0.3) * (line[-1] - line[0])
    outline = np.concatenate([line, [middle + half, middle - half]]).astype(np.float32)
    return fill_polygon(outline, size=(width, height)) > 0.5


def _fill_all(parts: Iterable[Sequence[int]], landmarks: Points, like: FloatImage) -> Mask:
    height, width = like.shape[:2]
    filled = [fill_polygon(landmarks[list(part)], size=(width, height)) > 0.5 for part in parts]
    return np.asarray(np.any(filled, axis=0))
