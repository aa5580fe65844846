"""The line at which a head ends: along the jaw as the picture shows it, below the ears, over the top."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import EAR_LINE, JAW
from toonbooth.facecut.outlines import smooth_line
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)
_STEP: Final = 0.0125 * _U
_OFFSETS: Final = np.arange(-4, 7, dtype=np.float32) * np.float32(_STEP)
"""How far inside and outside the mesh's jaw the real one is sought."""


def trace_jaw(light: FloatImage, landmarks: Points, *, foreign: FloatImage | None) -> Points:
    """Pull the mesh's jaw onto the edge that the picture shows beside it.

    The cheapest way along the jaw, by dynamic programming: a strong edge is cheap; leaving the mesh, jumping,
    and taking in what isn't skin are dear.

    Parameters
    ----------
    light : float32 array, shape (H, W), range [0, 1]
        Lightness in the frame.
    landmarks : float32 array, shape (468, 2), frame pixels
    foreign : float32 array, shape (H, W), range [0, 1], or None
        How much each pixel is unlike skin: collars and ties beneath a chin. None under a beard.

    Returns
    -------
    float32 array, shape (N, 2), frame pixels, from below the left ear to below the right.
    """
    jaw = smooth_line(landmarks[list(JAW)], per_segment=5)
    tangent = np.gradient(jaw, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + np.float32(1e-6)
    # The list runs from left to right beneath the face, so this normal points down and out.
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]]).astype(np.float32)
    ways = jaw[:, np.newaxis] + normal[:, np.newaxis] * _OFFSETS[np.newaxis, :, np.newaxis]
    half = normal[:, np.newaxis] * np.float32(_STEP)
    smooth = np.asarray(cv2.GaussianBlur(light, (0, 0), 0.01 * _U), dtype=np.float32)
    edge = np.abs(_sample(smooth, ways + half) - _sample(smooth, ways - half))
    edge = np.asarray(cv2.GaussianBlur(edge, (1, 7), 0, sigmaY=2))
    cost = 0.55 * (_OFFSETS / (0.06 * _U)) ** 2 - edge / (edge + 0.06)
    if foreign is not None:
        outer = np.where(_OFFSETS > -0.03 * _U, _sample(foreign, ways), 0)
        cost = cost + 0.25 * np.cumsum(outer, axis=1)
    chosen = _cheapest_way(cost.astype(np.float32))
    # The cut goes just outside the edge: a drawn chin line belongs to the head.
    return (jaw + normal * (chosen[:, np.newaxis] + np.float32(0.006 * _U))).astype(np.float32)


def outline_skull(landmarks: Points, jaw: Points) -> Points:
    """Close the jaw over the head, wide enough for ears and ordinary hair: (N, 2) frame pixels.

    What lies inside and belongs to the person belongs to the head, whatever its colour.
    """
    left_ear, right_ear = landmarks[EAR_LINE[0]], landmarks[EAR_LINE[1]]
    left_lobe = landmarks[132] * 0.55 + landmarks[58] * 0.45
    right_lobe = landmarks[361] * 0.55 + landmarks[288] * 0.45
    middle = (left_ear[0] + right_ear[0]) / 2
    half_width = (right_ear[0] - left_ear[0]) / 2 + 0.27 * _U
    left = min(middle - half_width, left_lobe[0] - 0.2 * _U)
    right = max(middle + half_width, right_lobe[0] + 0.2 * _U)
    below_left = [
        (left, left_lobe[1] - 0.16 * _U),
        (left_lobe[0] - 0.14 * _U, left_lobe[1] - 0.04 * _U),
        (left_lobe[0] - 0.03 * _U, left_lobe[1] + 0.01 * _U),
    ]
    below_right = [
        (right_lobe[0] + 0.03 * _U, right_lobe[1] + 0.01 * _U),
        (right_lobe[0] + 0.14 * _U, right_lobe[1] - 0.04 * _U),
        (right, right_lobe[1] - 0.16 * _U),
    ]
    eye_line = (landmarks[33, 1] + landmarks[263, 1]) / 2
    angle = np.linspace(0, np.pi, 24)
    across = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.7
    dome = np.column_stack(
        [(left + right) / 2 + (right - left) / 2 * across, eye_line - 1.35 * _U * np.sin(angle) ** 0.8]
    )
    return np.concatenate([jaw, below_right, dome, below_left]).astype(np.float32)


def _sample(image: FloatImage, points: NDArray[np.float32]) -> FloatImage:
    x, y = (np.ascontiguousarray(points[..., axis], dtype=np.float32) for axis in (0, 1))
    sampled = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, dtype=np.float32)


def _cheapest_way(cost: FloatImage) -> FloatImage:
    """The offset at each point of the jaw, smoothed."""
    jump = 0.15 * ((_OFFSETS[:, np.newaxis] - _OFFSETS) / _STEP) ** 2
    total = cost[0]
    came_from = np.zeros(cost.shape, np.intp)
    for row in range(1, len(cost)):
        ways = total + jump
        came_from[row] = ways.argmin(axis=1)
        total = ways.min(axis=1) + cost[row]
    best = int(total.argmin())
    chosen = np.zeros((len(cost), 1), np.float32)
    for row in range(len(cost) - 1, -1, -1):
        chosen[row] = _OFFSETS[best]
        best = int(came_from[row, best])
    smooth = cv2.GaussianBlur(chosen, (1, 9), 0, sigmaY=2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, dtype=np.float32).reshape(-1)
