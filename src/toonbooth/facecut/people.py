"""Who a pixel belongs to when several people stand together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import CHIN, OVAL
from toonbooth.facecut.outlines import fill_polygon, grow
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)
_MINE, _THEIRS = 1, 2


def claim_person(picture: ByteImage, landmarks: Points, others: Sequence[Points]) -> FloatImage:
    """Separate one person from the others by a watershed that starts from the heads.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3), the frame's view
    landmarks : float32 array, shape (468, 2), frame pixels, of the one
    others : their landmarks, frame pixels; whoever is out of view changes nothing

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; 1 is the one's, soft at the border between people.

    References
    ----------
    F. Meyer, "Color image segmentation", ICIP 1992 (the watershed that OpenCV implements).
    """
    height, width = picture.shape[:2]
    size = (width, height)
    near = [other for other in others if _in_view(other, size)]
    if not near:
        return np.ones((height, width), np.float32)
    markers = np.zeros((height, width), np.int32)
    for other in near:
        markers[_body_core(other, size=size) > 0.5] = _THEIRS
        markers[_head_core(other, size=size) > 0.5] = _THEIRS
    mine = _head_core(landmarks, size=size) > 0.5
    for other in near:
        # Where two heads overlap, the face itself says whose it is.
        mine &= ~((fill_polygon(other[list(OVAL)], size=size) > 0.5) & mine)
    markers[mine] = _MINE
    markers[fill_polygon(grow(landmarks[list(OVAL)], 0.95), size=size) > 0.5] = _MINE
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.0)
    cv2.watershed(smooth, markers)
    claimed = cv2.dilate((markers == _MINE).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(claimed.astype(np.float32), (0, 0), 1.0), dtype=np.float32)


def _in_view(points: Points, size: tuple[int, int]) -> bool:
    low, high = points.min(axis=0), points.max(axis=0)
    reach = (high - low).max()
    return bool((high > -reach).all() and (low < np.array(size) + reach).all())


def _head_core(landmarks: Points, *, size: tuple[int, int]) -> FloatImage:
    """The face and what lies above it: surely this person's head."""
    oval = landmarks[list(OVAL)]
    up = landmarks[10] - landmarks[CHIN]
    return np.maximum(fill_polygon(oval, size=size), fill_polygon(oval + 0.22 * up, size=size))


def _body_core(landmarks: Points, *, size: tuple[int, int]) -> FloatImage:
    """A column below the chin."""
    across = (landmarks[454] - landmarks[234]) * np.float32(0.3)
    down = landmarks[CHIN] - landmarks[10]
    neck = landmarks[CHIN] + down * np.float32(0.3)
    foot = landmarks[CHIN] + down * np.float32(3)
    return fill_polygon(
        np.stack([neck - across, neck + across, foot + 2 * across, foot - 2 * across]), size=size
    )
