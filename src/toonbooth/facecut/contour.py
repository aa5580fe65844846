"""The bare face's contour, drawn as one smooth line: from the hairline along the cheeks and the jaw."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.jaw import PROFILE, usual_jaw
from toonbooth.facecut.landmarks import (
    BETWEEN_EYES,
    CHIN,
    FOREHEAD,
    JAW,
    LEFT_BROW,
    LEFT_EYE,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    RIM,
)
from toonbooth.facecut.outlines import smooth_line
from toonbooth.facecut.ways import normals, sample
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import HAIRLINE_LENGTH, Points

_FOREHEAD: Final = 0.13
"""How far beyond the mesh a forehead usually goes on, relative to the mesh's height: the median of the
fifteen heads that have a mask, receding hair included."""


def _both_sides(left: tuple[float, ...], middle: float) -> FloatImage:
    return np.array([*left, middle, *left[::-1]], np.float32)


# How far inside and outside its usual place the contour is sought at each point of `RIM`, face widths: up to
# the brows for a fringe, over a bald crown at most; at the ears and along the cheeks only inwards.
INNER: Final = -_both_sides((0.11, 0.15, 0.19, 0.22, 0.24, 0.24, 0.24, 0.24, 0.26, 0.3, 0.38, 0.45), 0.46)
OUTER: Final = _both_sides((-0.015, -0.035, -0.05, -0.045, -0.03, 0, 0.03, 0.08, 0.14, 0.2, 0.25, 0.27), 0.28)
MOST: Final = np.maximum(OUTER, np.float32(0.04))
"""The same where glasses reach farther."""

FAR_SIDE: Final = 0.08
"""How far outside the mesh the silhouette of a cheek that is turned away may lie, face widths."""
_TURNED: Final = (0.2, 0.3)
"""Radians of turning between which the ear of the far side goes out of sight."""

_CARRIED: Final = 5
"""Points of the jaw over which what lacks at its ends fades."""

_USUALLY: Final = 0.03
"""How much does where nothing hangs before it, face widths."""

_RIM: Final = 0.02
"""How far inside a silhouette a face's contour stays, face widths: drawings have their outline there."""

_INWARDS: Final = np.arange(0, -0.091, -0.006, dtype=np.float32)
"""How far it may be drawn in for that, face widths."""

_CALM: Final = 12

_BESIDE: Final = 0.03
"""How far outside the mesh's contour its points have to lie to count as beside it, face widths."""

_FEATURES: Final = ((LEFT_EYE, LEFT_BROW), (RIGHT_EYE, RIGHT_BROW))

_BESIDE_EYE, _BESIDE_BROW = 0.05, 0.025
"""How far beside an eye's corner and a brow's end a contour runs, face widths."""

_GLASSES: Final = 0.005
"""What reaches so far beyond the usual contour are glasses or a bald head, face widths."""

_IN_USUAL: Final = 0.015
"""How far inside the usual contour that is at least, face widths."""

_LEANING: Final = 0.06
"""How much is taken from the side of a face on which more of it is seen, face widths."""

_SYMMETRICAL: Final = (0.15, 0.35)
"""Radians of turning between which both sides of a face cease to have one hairline."""

_ANGLES: Final = 160
_HELD: Final = 6
"""How often a round line is bent around what it holds."""
_AROUND: Final = 1
"""How many angles on either side of what it holds the line bends out."""
_ROUNDNESS: Final = 60.0
_EGG: Final = 400.0
"""How round the line is drawn: larger values straighten its corners; and how round a whole face."""


def outline_face(
    landmarks: Points,
    unit: float,
    yaw: float,
    hairline: FloatImage | None,
    chin: FloatImage | None = None,
    *,
    whole: bool = False,
) -> Points:
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
    chin : float32 array, one number for each point of `JAW`, optional
        As `trace_chin` measured it.
    whole : bool
        Whether eyes and brows are held with room beside them, whatever hangs over them.

    Returns
    -------
    float32 array, shape (N, 2), pixels; a closed line.
    """
    oval = usual_contour(landmarks, unit, yaw)
    outwards = from_between_eyes(oval, landmarks)
    jaw = [OVAL.index(point) for point in JAW]
    outwards[jaw] = normals(oval[jaw])
    away = np.zeros(len(OVAL), np.float32)
    if hairline is not None:
        known = _alike(np.clip(hairline, INNER, np.maximum(MOST, far_side(yaw))), yaw)
        away[[OVAL.index(point) for point in RIM]] = known
    if chin is not None:
        # Beside the jaw's ends both are known: what lies farther in is the face's end.
        both = set(RIM)
        for place, point, below in zip(jaw, JAW, chin, strict=True):
            away[place] = min(away[place], below) if point in both else below
        _carry_on(away, chin, jaw)
    oval += outwards * (away * np.float32(unit))[:, np.newaxis]
    line = smooth_line(oval, per_segment=6, closed=True)
    if abs(yaw) > PROFILE:
        return round_off(line, holding=_beside_oval(landmarks, unit))
    if not whole:
        return round_off(line)
    holding = _beside_features(landmarks, unit, usual_contour(landmarks, unit, yaw))
    beyond = away > _GLASSES
    holding = np.concatenate([holding, oval[beyond] + outwards[beyond] * np.float32(_GLASSES * unit)])
    # A face is an egg: what hangs over it here and there leaves no bays.
    hull: Points = cv2.convexHull(np.concatenate([line, holding])).reshape(-1, 2).astype(np.float32)
    return round_off(hull, holding=holding, roundness=_EGG)


def _alike(hairline: FloatImage, yaw: float) -> FloatImage:
    """A hairline with as much forehead on either side: a parting or a lock doesn't make a face lean."""
    low, high = _SYMMETRICAL
    share = np.float32(np.clip((high - abs(yaw)) / (high - low), 0, 1))
    alike: FloatImage = hairline + share * np.clip(hairline[::-1] - hairline, -_LEANING, 0)
    return alike


def _beside_features(landmarks: Points, unit: float, usual: Points) -> Points:
    """What a face's contour holds whatever hangs over it: room beside the eyes and the brows, as far as the
    usual contour does."""
    left, right = (landmarks[list(eye)].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE))
    aside = (right - left) / (np.linalg.norm(right - left) + np.float32(1e-6)) * np.float32(unit)
    beside = []
    for sign, feature in zip((-1, 1), _FEATURES, strict=True):
        for points, room in zip(feature, (_BESIDE_EYE, _BESIDE_BROW), strict=True):
            ring = landmarks[list(points)]
            outermost = ring[np.argsort(sign * (ring @ aside))[-3:]]
            beside.append(outermost + np.float32(sign * room) * aside)
    held: Points = np.concatenate(beside)
    middle = usual.mean(axis=0)
    # Towards the middle as far as it is outside the usual contour.
    for _ in range(4):
        outside = np.array(
            [
                _IN_USUAL * unit - cv2.pointPolygonTest(usual, (float(x), float(y)), measureDist=True)
                for x, y in held
            ],
            np.float32,
        )
        inwards = middle - held
        held += inwards * (np.maximum(outside, 0) / np.linalg.norm(inwards, axis=1))[:, np.newaxis]
    return held


def _beside_oval(landmarks: Points, unit: float) -> Points:
    """The points of the mesh that lie well outside its contour: in profile nose, lips and the far brow."""
    oval = landmarks[list(OVAL)]
    outside = [
        cv2.pointPolygonTest(oval, (float(x), float(y)), measureDist=True) < -_BESIDE * unit
        for x, y in landmarks
    ]
    beside: Points = landmarks[outside]
    return beside


def _carry_on(away: FloatImage, chin: FloatImage, jaw: list[int]) -> None:
    """What hangs before the jaw's ends hangs before more of it: draw it in there, too, in place."""
    first = max(k for k, point in enumerate(JAW[: len(JAW) // 2]) if point in RIM)
    for end, step in ((first, 1), (len(JAW) - 1 - first, -1)):
        lacking = min(away[jaw[end]] - chin[end] + _USUALLY, 0)
        for away_from_end in range(1, _CARRIED):
            away[jaw[end + step * away_from_end]] += lacking * (1 - away_from_end / _CARRIED)


def round_off(line: Points, *, holding: Points | None = None, roundness: float = _ROUNDNESS) -> Points:
    """Draw a closed line that can be seen whole from its middle as a pen would: as round as it goes, and
    around all points that it has to hold."""
    middle = (line.max(axis=0) + line.min(axis=0)) / 2
    away = line - middle
    angles = np.arctan2(away[:, 1], away[:, 0])
    order = np.argsort(angles)
    every = np.linspace(-np.pi, np.pi, _ANGLES, endpoint=False)
    radii = np.interp(every, angles[order], np.hypot(*away.T)[order], period=2 * np.pi)
    held = np.zeros_like(radii)
    if holding is not None:
        offset = holding - middle
        turn = np.rint((np.arctan2(offset[:, 1], offset[:, 0]) + np.pi) * (_ANGLES / (2 * np.pi))).astype(int)
        for beside in range(-_AROUND, _AROUND + 1):
            np.maximum.at(held, (turn + beside) % _ANGLES, np.hypot(*offset.T))
    frequency = 2 * np.pi * np.arange(_ANGLES // 2 + 1) / _ANGLES
    give = 1 / (1 + roundness * (2 - 2 * np.cos(frequency)) ** 2)
    for _ in range(_HELD):
        rounded_radii = np.fft.irfft(np.fft.rfft(radii) * give, _ANGLES)
        radii = radii + np.maximum(held - rounded_radii, 0)
    radii = rounded_radii
    rounded = middle + radii[:, np.newaxis] * np.column_stack([np.cos(every), np.sin(every)])
    contour: Points = rounded.astype(np.float32)
    return contour


def keep_within(contour: Points, person: FloatImage, unit: float) -> Points:
    """Draw a contour in where it comes too close to a silhouette, along which outlines are drawn.

    Parameters
    ----------
    contour : float32 array, shape (N, 2), pixels; as `outline_face` draws it
    person : float32 array, shape (H, W), range [0, 1]
    unit : float, pixels
        The face's width.

    Returns
    -------
    float32 array, shape (N, 2), pixels.
    """
    away = contour - (contour.max(axis=0) + contour.min(axis=0)) / 2
    outwards = away / (np.linalg.norm(away, axis=1, keepdims=True) + np.float32(1e-6))
    places = contour[:, np.newaxis] + outwards[:, np.newaxis] * (_INWARDS + _RIM)[:, np.newaxis] * unit
    held = sample(person, places.astype(np.float32)) > 0.5
    # What is cut by the picture's edge has no silhouette there.
    height, width = person.shape
    held |= ((places < 0) | (places > np.array([width - 1, height - 1]))).any(axis=2)
    within = _INWARDS[np.where(held.any(axis=1), np.argmax(held, axis=1), 0)]
    around = np.concatenate([within[-_CALM:], within, within[:_CALM]]).reshape(-1, 1).astype(np.float32)
    calm = cv2.GaussianBlur(cv2.erode(around, np.ones((9, 1), np.uint8)), (1, 2 * _CALM + 1), 0, sigmaY=4)
    moved: Points = contour + outwards * (calm.reshape(-1, 1)[_CALM:-_CALM] * np.float32(unit))
    return moved.astype(np.float32)


def far_side(yaw: float) -> NDArray[np.float32]:
    """How far outside the mesh each point of `RIM` may be sought on the side that is turned away."""
    turned = float(np.clip((abs(yaw) - _TURNED[0]) / (_TURNED[1] - _TURNED[0]), 0, 1))
    reach = np.zeros(HAIRLINE_LENGTH, np.float32)
    far = slice(HAIRLINE_LENGTH // 2, None) if yaw > 0 else slice(None, HAIRLINE_LENGTH // 2)
    reach[far] = turned * FAR_SIDE
    # Above there is hair or a forehead on either side.
    reach[np.minimum(np.arange(HAIRLINE_LENGTH), np.arange(HAIRLINE_LENGTH)[::-1]) > 6] = 0
    return reach


def usual_contour(landmarks: Points, unit: float, yaw: float) -> Points:
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


def from_between_eyes(line: Points, landmarks: Points) -> Points:
    away = line - landmarks[BETWEEN_EYES]
    outwards: Points = away / (np.linalg.norm(away, axis=1, keepdims=True) + np.float32(1e-6))
    return outwards
