"""The face's own contour: the hairline as the picture shows it, the cheeks, the jaw."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.colours import Cells, Counts, log_likelihood
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.jaw import usual_jaw
from toonbooth.facecut.landmarks import BETWEEN_EYES, CHIN, FOREHEAD, JAW, LEFT_BROW, OVAL, RIGHT_BROW, RIM
from toonbooth.facecut.outlines import smooth_line
from toonbooth.facecut.ways import cheapest_way, sample
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import HAIRLINE_LENGTH, Points

_U: Final = float(UNIT_PIXELS)

_FOREHEAD: Final = 0.13
"""How far beyond the mesh a forehead usually goes on, relative to the mesh's height: the median of the
fifteen heads that have a mask, receding hair included."""

_PER_SEGMENT: Final = 3
_STEP: Final = 0.02
_OFFSETS: Final = np.arange(-24, 15, dtype=np.float32) * np.float32(_STEP)


def _both_sides(left: tuple[float, ...], middle: float) -> FloatImage:
    return np.array([*left, middle, *left[::-1]], np.float32)


# How far inside and outside its usual place the contour is sought at each point of `RIM`, face widths: up to
# the brows for a fringe, over a bald crown at most; at the ears and along the cheeks only inwards.
_INNER: Final = -_both_sides((0.12, 0.12, 0.12, 0.1, 0.08, 0.07, 0.09, 0.14, 0.22, 0.29, 0.38, 0.45), 0.46)
_OUTER: Final = _both_sides((0, 0, 0, 0, 0.01, 0.02, 0.04, 0.08, 0.14, 0.2, 0.25, 0.27), 0.28)

_CHEEK: Final = 4.0
"""The point of `RIM`, counted from either end, below which there is a cheek, and a beard may grow."""

_TEMPLE: Final = 7.0
"""The point above which a contour runs above the brows."""

_ENOUGH_HAIR: Final = (0.08, 0.11)
"""Squared face widths of what may be hair between which it is believed: a shadow on a bald head had 0.07,
hair cropped to the skin 0.11."""

_HAIR_DEPTH: Final = (0.015, 0.045)
"""Face widths of hair beside the contour between which a hairline is believed."""


_INSET: Final = 0.02
"""How far inside the first hairs the contour stays, face widths."""


def outline_face(landmarks: Points, unit: float, yaw: float, hairline: FloatImage | None) -> Points:
    """Draw the contour of a face from the hairline to the chin.

    Parameters
    ----------
    landmarks : float32 array, shape (468, 2), pixels
    unit : float, pixels
        The face's width.
    yaw : float, radians
        How far the head is turned to the right of the picture.
    hairline : float32 array, shape (HAIRLINE_LENGTH,), optional
        As `trace_hairline` measured it; None where nothing is known.

    Returns
    -------
    float32 array, shape (N, 2), pixels; a closed line.
    """
    oval = _usual_contour(landmarks, unit, yaw)
    if hairline is not None:
        places = [OVAL.index(point) for point in RIM]
        away = np.clip(hairline, _INNER, _OUTER) * np.float32(unit)
        oval[places] += _outwards(oval[places], landmarks) * away[:, np.newaxis]
    return smooth_line(oval, per_segment=6, closed=True)


def trace_hairline(
    cells: Cells,
    *,
    skin: Counts,
    hair: Counts,
    hair_amount: float,
    person: FloatImage,
    landmarks: Points,
    yaw: float,
    bearded: bool,
) -> FloatImage:
    """Find where skin ends and hair, a scarf or a hat begins around a face.

    The likeliest way around it, by dynamic programming: skin inside, hair outside, near the usual place and
    without jumps. Where nothing but skin is seen, as on bald heads, the usual place is all there is.

    Parameters
    ----------
    cells : int32 array, shape (H, W), of the frame's view
    skin : log-likelihood of each colour in the face
    hair : how often each colour was seen above it
    hair_amount : float, squared face widths
        How much there was to learn the hair's colours from.
    person : float32 array, shape (H, W), range [0, 1]
    landmarks : float32 array, shape (468, 2), frame pixels
    yaw : float, radians
    bearded : bool
        Whether hair on the cheeks belongs to the face.

    Returns
    -------
    float32 array, shape (HAIRLINE_LENGTH,), face widths: how far outside its usual place the contour lies at
    each point of `RIM`.
    """
    low, high = _ENOUGH_HAIR
    belief = float(np.clip((hair_amount - low) / (high - low), 0, 1))
    if belief == 0:
        return np.zeros(HAIRLINE_LENGTH, np.float32)
    usual = _usual_contour(landmarks, _U, yaw)[[OVAL.index(point) for point in RIM]]
    rim = smooth_line(usual, per_segment=_PER_SEGMENT)
    ways = rim[:, np.newaxis] + _outwards(rim, landmarks)[:, np.newaxis] * (_OFFSETS[:, np.newaxis] * _U)
    place = np.arange(len(rim), dtype=np.float32) / _PER_SEGMENT
    inner, outer = (np.interp(place, np.arange(len(RIM)), limit)[:, np.newaxis] for limit in (_INNER, _OUTER))

    height, width = cells.shape
    columns, rows = np.rint(ways[..., 0]).astype(np.intp), np.rint(ways[..., 1]).astype(np.intp)
    seen = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    here = cells[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    odds = np.clip((skin - log_likelihood(hair))[here] * np.float32(0.25), -1, 1)
    odds[~seen | (inner > _OFFSETS) | (sample(person, ways) < 0.5)] = 0

    from_end = np.minimum(place, place[::-1])
    cheek = np.clip((_CHEEK - from_end) / 2, 0, 1)
    # Along a cheek hair must hang beside the face, too: light on its rim may look like hair.
    beside = np.where(_OFFSETS > 0, 1, 1 - cheek[:, np.newaxis])
    depth = (np.clip(-odds, 0, 1) * beside).sum(axis=1) * _STEP
    told = belief * np.clip((depth - _HAIR_DEPTH[0]) / (_HAIR_DEPTH[1] - _HAIR_DEPTH[0]), 0, 1)
    if bearded:
        told = told * np.clip(from_end - _CHEEK + 1, 0, 1)
    told = cv2.GaussianBlur(told.astype(np.float32)[:, np.newaxis], (1, 9), 0, sigmaY=2)
    unusual = np.square(_OFFSETS / 0.12)
    # A fringe is no more surprising for being long.
    unusual = np.where(unusual > 1, 2 * np.sqrt(unusual) - 1, unusual)
    cost = told * 0.5 * (0.5 * odds - np.cumsum(odds, axis=1)) + 0.6 * unusual
    brows = landmarks[[*LEFT_BROW, *RIGHT_BROW], 1].min() - 0.03 * _U
    cost += np.where((from_end > _TEMPLE)[:, np.newaxis] & (ways[..., 1] > brows), 50.0, 0.0)
    cost += np.where((inner > _OFFSETS + 1e-3) | (outer < _OFFSETS - 1e-3), 50.0, 0.0)
    chosen = cheapest_way(cost.astype(np.float32), _OFFSETS) - told.ravel() * np.float32(_INSET)
    hairline: FloatImage = np.clip(chosen[::_PER_SEGMENT], _INNER, _OUTER).astype(np.float32)
    return hairline


def _usual_contour(landmarks: Points, unit: float, yaw: float) -> Points:
    """A point for each of `OVAL`: the mesh's contour, which ends within the forehead, raised there, and below
    the ears where jaws usually are."""
    oval = landmarks[list(OVAL)]
    up = landmarks[FOREHEAD] - landmarks[CHIN]
    height = (oval - landmarks[FOREHEAD]) @ up / (up @ up)
    # 0 at the mesh's top, -1 at the chin: the forehead is its upper third.
    oval = oval + np.clip(1 + 3 * height, 0, 1)[:, np.newaxis] ** 2 * np.float32(_FOREHEAD) * up
    below = slice(OVAL.index(JAW[-1]), OVAL.index(JAW[0]) + 1)
    oval[below] = usual_jaw(landmarks, unit, yaw)[::-1]
    contour: Points = oval.astype(np.float32)
    return contour


def _outwards(line: Points, landmarks: Points) -> Points:
    away = line - landmarks[BETWEEN_EYES]
    outwards: Points = away / (np.linalg.norm(away, axis=1, keepdims=True) + np.float32(1e-6))
    return outwards
