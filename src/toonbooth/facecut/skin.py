"""What a face's skin looks like, and whether its chin is covered by a beard."""

from __future__ import annotations

import numpy as np

from toonbooth.facecut.landmarks import BEARD, CHEEKS, LEFT_BROW, LEFT_EYE, LIPS, OVAL, RIGHT_BROW, RIGHT_EYE
from toonbooth.facecut.outlines import fill_polygon, grow
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

_FEATURES = ((LEFT_EYE, 2.0), (RIGHT_EYE, 2.0), (LIPS, 1.35), (LEFT_BROW, 1.6), (RIGHT_BROW, 1.6))
_BEARDED_SHARE = 0.5
"""Share of the chin that doesn't look like skin. Portraits with full beards measured 0.59 and more, stubble
0.45, bare chins under 0.2."""


def skin_likeness(lab: FloatImage, landmarks: Points) -> FloatImage:
    """Tell how much every pixel looks like the skin of this face: one Gaussian, learnt inside the face.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    landmarks : float32 array, shape (468, 2), pixels of `lab`

    Returns
    -------
    float32 array, shape (H, W), range [0, 1].
    """
    height, width = lab.shape[:2]
    size = (width, height)
    seed = fill_polygon(grow(landmarks[list(OVAL)], 0.92), size=size)
    for feature, factor in _FEATURES:
        seed -= fill_polygon(grow(landmarks[list(feature)], factor), size=size)
    cheeks = np.maximum.reduce([fill_polygon(landmarks[list(cheek)], size=size) for cheek in CHEEKS])
    samples = lab[seed > 0.5]
    on_cheeks = lab[(cheeks > 0.5) & (seed > 0)]
    if not len(samples):
        return np.zeros((height, width), np.float32)
    # The cheeks say what skin is, so that a full beard or a fringe can't outvote them.
    typical = np.median(on_cheeks if len(on_cheeks) else samples, axis=0)
    near = samples[np.abs(samples - typical) @ np.array([0.5, 1, 1], np.float32) < 20]
    if len(near) < 30:
        near = np.repeat(typical[np.newaxis], 30, axis=0)
    precision = np.linalg.inv(np.cov(near.T) + np.diag([50.0, 5.0, 7.0]))
    root = np.linalg.cholesky(precision).astype(np.float32)
    offset = (lab - near.mean(axis=0).astype(np.float32)) @ root
    distance = np.square(offset).sum(axis=2)
    likeness: FloatImage = np.exp(np.minimum(3 - distance, 0) * np.float32(1 / 6))
    return likeness


def beard_share(skin: FloatImage, landmarks: Points) -> float:
    """How much of the chin doesn't look like skin, 0…1."""
    chin = _chin(skin, landmarks) > 0.5
    return float((skin[chin] < 0.5).mean()) if chin.any() else 0.0


def find_beard(skin: FloatImage, landmarks: Points) -> FloatImage | None:
    """Where a beard covers the chin, (H, W) float32, 0…1; None for a bare chin or stubble."""
    if beard_share(skin, landmarks) < _BEARDED_SHARE:
        return None
    beard: FloatImage = _chin(skin, landmarks) * np.clip(1 - np.float32(1.6) * skin, 0, 1)
    return beard


def _chin(skin: FloatImage, landmarks: Points) -> FloatImage:
    height, width = skin.shape
    size = (width, height)
    chin = fill_polygon(landmarks[list(BEARD)], size=size)
    without_lips: FloatImage = chin - fill_polygon(grow(landmarks[list(LIPS)], 1.2), size=size)
    return np.clip(without_lips, np.float32(0), np.float32(1))
