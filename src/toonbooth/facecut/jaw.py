"""The line at which a head ends: along the jaw as the picture shows it, below the ears, over the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import EAR_LINE, JAW
from toonbooth.facecut.outlines import Mask, smooth_line
from toonbooth.facecut.ways import cheapest_way, normals, sample, stiff_line
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)
PER_SEGMENT: Final = 5
"""Points of a jaw's line from one of the mesh's to the next."""

_STEP: Final = 0.0125 * _U
_OFFSETS: Final = np.arange(-6, 13, dtype=np.float32) * np.float32(_STEP)
"""How far inside and outside the mesh's jaw the real one is sought."""

_EAR: Final = 0.05
_BEARD: Final = 0.1
"""What goes on so far outside the jaw's ends is an ear, and elsewhere a beard, face widths."""

_STIFFNESS: Final = 100.0

PROFILE: Final = 0.45
"""Radians of turning from which more than the mesh's contour may be seen against what lies behind a face."""

_NO_EAR: Final = 0.3
"""Radians of turning from which the far ear is hidden."""

_BACK, _TURNED = 0.5, 0.3
"""How much farther back the near ear lies, face widths per radian, and from how much turning, radians."""

_CHEEK: Final = 2 * PER_SEGMENT
"""Points of the jaw's line, from its far end, beside which there is a cheek instead."""

_FAR_CHEEK: Final = 0.06
"""How far outside the mesh a far cheek and its hair may reach, face widths."""

_OUTSIDE: Final = 0.03
"""What lies so far outside the mesh's jaw is nose or lips, face widths."""

_BESIDE_RAY: Final = 0.05
"""How far beside its ray each point of the jaw looks for them, face widths."""

_BESIDE: Final = 10.0
"""Pixels beside what is sampled."""

_HAT: Final = 1.1
"""How far to either side a hat may reach, face widths."""

# The mesh's jaw lies inside the real one: measured on the fifteen heads of tests/data/head_masks, in face
# widths at the ends, at the chin, and beside the chin per radian that the head is turned away.
# With each photo's own share taken out of them, heads overlap their masks by 0.9734 on the mean and 0.9240 at
# least, instead of 0.9741 and 0.9244.
_BEYOND_ENDS: Final = 0.016
_BEYOND_CHIN: Final = 0.047
_BEYOND_TURNED: Final = 0.052


def trace_jaw(
    lab: FloatImage,
    landmarks: Points,
    *,
    foreign: FloatImage,
    strange: FloatImage,
    background: FloatImage,
    yaw: float = 0.0,
) -> Points:
    """Pull the mesh's jaw onto the edge that the picture shows beside it.

    The cheapest way along the jaw, by dynamic programming: a strong edge, most of all to something darker, is
    cheap; leaving the place where jaws usually are, jumping, and taking in what isn't skin or isn't the
    person are dear.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b* of the frame's view
    landmarks : float32 array, shape (468, 2), frame pixels
    foreign : float32 array, shape (H, W), range [0, 1]
        How little each pixel looks like skin: collars and ties beneath a chin, but shadows and beards, too.
    strange : float32 array, shape (H, W), range [0, 1]
        How surely each pixel has a colour that neither skin nor shaded skin nor the beard has.
    background : float32 array, shape (H, W), range [0, 1]
        How surely each pixel isn't the person.
    yaw : float, radians
        How far the head is turned to the right of the picture; the jaw bulges on the other side.

    Returns
    -------
    float32 array, shape (N, 2), frame pixels, from below the left ear to below the right.
    """
    jaw = smooth_line(landmarks[list(JAW)], per_segment=PER_SEGMENT)
    normal = normals(jaw)
    ways = jaw[:, np.newaxis] + normal[:, np.newaxis] * _OFFSETS[np.newaxis, :, np.newaxis]
    edge = _measure_edges(lab, ways, normal[:, np.newaxis] * np.float32(_STEP))
    usual = _usual_offsets(jaw, landmarks, _U, yaw)
    told = 1.5 * edge / (edge + 0.15)
    cost = 1.1 * ((_OFFSETS - usual[:, np.newaxis]) / (0.06 * _U)) ** 2 - told
    outer = np.where(_OFFSETS > -0.03 * _U, sample(foreign, ways), 0)
    outer = 0.2 * outer + np.where(_OFFSETS > -0.08 * _U, 0.7 * sample(strange, ways), 0)
    cost = cost + np.cumsum(outer + 0.8 * sample(background, ways), axis=1)
    # Beside the ears there is more jaw outside than the mesh has, never less, elsewhere hardly less, but
    # where the picture shows that there is none.
    no_face = sample(strange, jaw[:, np.newaxis])
    ends = np.clip(1 - np.minimum(np.arange(len(jaw)), np.arange(len(jaw))[::-1]) / 14, 0, 1)
    inside = np.where(_OFFSETS < -0.04 * _U, 1, ends[:, np.newaxis] * (_OFFSETS < 0))
    cost = cost + 2 * inside * (1 - no_face)
    chosen = cheapest_way(cost.astype(np.float32), _OFFSETS)
    # Whatever a picture shows, jaws are smooth.
    sure = told[np.arange(len(jaw)), np.abs(_OFFSETS - chosen[:, np.newaxis]).argmin(axis=1)]
    chosen = stiff_line(chosen, (0.3 + 0.5 * sure).astype(np.float32), stiffness=_STIFFNESS)
    # The cut goes just outside the edge: a drawn chin line belongs to the head.
    return (jaw + normal * (chosen[:, np.newaxis] + np.float32(0.006 * _U))).astype(np.float32)


def _measure_edges(lab: FloatImage, ways: Points, step: Points) -> FloatImage:
    """How strong an edge across the jaw is at every place; one to something lighter counts by half."""
    lab, ways = _near(lab, ways)
    planes = [cv2.GaussianBlur(plane, (0, 0), 0.01 * _U) for plane in planes_of(lab * np.float32(0.01))]
    light, *colour = (sample(np.asarray(plane, np.float32), ways - step) for plane in planes)
    outer_light, *outer_colour = (sample(np.asarray(plane, np.float32), ways + step) for plane in planes)
    darkening = light - outer_light
    strength = np.sqrt(
        np.square(darkening) + sum(np.square(a - b) for a, b in zip(colour, outer_colour, strict=True))
    )
    directed = np.where(darkening > 0, strength, 0.5 * strength).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(directed, (1, 7), 0, sigmaY=2), dtype=np.float32)


def _near(picture: FloatImage, points: Points) -> tuple[FloatImage, Points]:
    """The part of a picture around points, as far as a small blur and a step beside them look; and the points
    in it."""
    height, width = picture.shape[:2]
    low, high = points.min(axis=(0, 1)) - _BESIDE, points.max(axis=(0, 1)) + _BESIDE
    left, top = (int(np.clip(value, 0, end - 1)) for value, end in zip(low, (width, height), strict=True))
    right, bottom = (
        int(np.clip(value + 1, start + 1, end))
        for value, start, end in zip(high, (left, top), (width, height), strict=True)
    )
    return picture[top:bottom, left:right], points - np.array([left, top], np.float32)


@dataclass(frozen=True, slots=True)
class JawRun:
    """A stretch along which the head ends at the jaw: three lines of the same points, frame pixels.

    inner : surely face.
    jaw : where it is cut.
    outer : surely below the head.
    """

    inner: Points
    jaw: Points
    outer: Points

    @property
    def strip(self) -> Points:
        """The outline of all that the run decides on."""
        return np.concatenate([self.inner, self.outer[::-1]])

    @property
    def dropped(self) -> Points:
        """The outline of what of it isn't head."""
        return np.concatenate([self.jaw, self.outer[::-1]])


def follow_jaw(area: FloatImage, landmarks: Points, line: Points) -> list[JawRun]:
    """Find along which stretches a head ends at its jaw.

    Parameters
    ----------
    area : float32 array, shape (H, W), range [0, 1]
        The head in its frame.
    landmarks : float32 array, shape (468, 2), frame pixels
    line : float32 array, shape (N, 2), frame pixels
        The jaw as the picture has it, `PER_SEGMENT` points from each of `JAW` to the next.

    Returns
    -------
    list of JawRun; none where hair or a beard hangs over the jaw.
    """
    jaw = smooth_line(landmarks[list(JAW)], per_segment=PER_SEGMENT)
    normal = normals(jaw)
    offsets = np.arange(-4, 21, dtype=np.float32) * np.float32(_STEP)
    ways = jaw[:, np.newaxis] + normal[:, np.newaxis] * offsets[np.newaxis, :, np.newaxis]
    inside = sample(area, ways) > 0.5
    rows, count = np.arange(len(jaw)), len(offsets)
    end = np.where(inside.all(axis=1), count, np.argmin(inside, axis=1))
    # Hair may begin again below the jaw: the gap between is what there is to decide on.
    again = inside & (np.arange(count) > end[:, np.newaxis])
    gap_end = np.where(again.any(axis=1), np.argmax(again, axis=1), count) - 1
    clear = (end > 0) & (gap_end - end >= 2)
    away = np.einsum("nc,nc->n", line - jaw, normal)
    # Where the head goes on far beyond its jaw, an ear or a beard does: as far as it was found to.
    last = offsets[np.clip(end, 1, count - 1)]
    beside = ~clear | (last - away > _EAR * _U)
    ear = np.logical_and.accumulate(beside) | np.logical_and.accumulate(beside[::-1])[::-1]
    away = np.where(
        ear | (last - away > _BEARD * _U), last, np.minimum(away, offsets[np.maximum(gap_end, 0)])
    )
    cut = (jaw + normal * away[:, np.newaxis]).astype(np.float32)
    runs = []
    for first, last in _stretches(clear, least=6):
        part_of = slice(first, last)
        runs.append(JawRun(ways[part_of, 0], cut[part_of], ways[rows, gap_end][part_of]))
    return runs


def _stretches(mask: NDArray[np.bool_], *, least: int) -> list[tuple[int, int]]:
    """Start and end of every run of at least so many."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a >= least]


def usual_jaw(landmarks: Points, unit: float, yaw: float) -> Points:
    """Where a jaw usually lies around the mesh's: a point for each of `JAW`.

    Parameters
    ----------
    landmarks : float32 array, shape (468, 2), pixels
    unit : float, pixels
        The face's width.
    yaw : float, radians
        How far the head is turned to the right of the picture.

    Returns
    -------
    float32 array, shape (N, 2), pixels.
    """
    jaw = landmarks[list(JAW)]
    away = _usual_offsets(jaw, landmarks, unit, yaw)
    return (jaw + normals(jaw) * away[:, np.newaxis]).astype(np.float32)


def jaw_line(landmarks: Points, unit: float, yaw: float, beyond: FloatImage) -> Points:
    """Draw a jaw that lies so far outside its usual place.

    Parameters
    ----------
    landmarks : float32 array, shape (468, 2), pixels
    unit : float, pixels
    yaw : float, radians
    beyond : float32 array, `PER_SEGMENT` numbers from each point of `JAW` to the next, face widths

    Returns
    -------
    float32 array, shape (N, 2), pixels.
    """
    jaw = smooth_line(usual_jaw(landmarks, unit, yaw), per_segment=PER_SEGMENT)
    return (jaw + normals(jaw) * (np.float32(unit) * beyond)[:, np.newaxis]).astype(np.float32)


def _usual_offsets(jaw: Points, landmarks: Points, unit: float, yaw: float) -> FloatImage:
    """How far outside the mesh's jaw a jaw lies at each point of its line, pixels."""
    place = np.linspace(-1, 1, len(jaw))
    beyond = _BEYOND_CHIN + (_BEYOND_ENDS - _BEYOND_CHIN) * place**2
    bulge = np.clip(1 - np.abs(np.abs(place) - 0.6) / 0.6, 0, 1) * -np.sign(place)
    usual: FloatImage = (unit * (beyond + _BEYOND_TURNED * yaw * bulge)).astype(np.float32)
    if abs(yaw) < PROFILE:
        return usual
    # In profile nose and lips lie outside the line from ear to chin.
    across = normals(jaw)
    offset = landmarks - jaw[:, np.newaxis]
    out = np.einsum("npc,nc->np", offset, across)
    aside = offset[..., 0] * across[:, 1:] - offset[..., 1] * across[:, :1]
    reach = np.where(np.abs(aside) < _BESIDE_RAY * unit, out, 0).max(axis=1)
    held: FloatImage = np.maximum(usual, np.where(reach > _OUTSIDE * unit, reach, 0)).astype(np.float32)
    return held


def outline_skull(landmarks: Points, jaw: Points, person: Mask, *, yaw: float = 0.0) -> Points:
    """Close the jaw over the head, wide enough for ears and ordinary hair: (N, 2) frame pixels.

    What lies inside and belongs to the person belongs to the head, whatever its colour. On the side that is
    turned away there is no ear to be seen, and what is beside the cheek is a hand or a wall.
    """
    left_ear, right_ear = landmarks[EAR_LINE[0]], landmarks[EAR_LINE[1]]
    middle = (left_ear[0] + right_ear[0]) / 2
    half_width = (right_ear[0] - left_ear[0]) / 2 + 0.27 * _U
    # Of a head that is turned away its near ear lies farther back, and the back of the head behind it.
    left, right = (half_width + _BACK * max(0.0, side * yaw - _TURNED) * _U for side in (1, -1))
    below_left = _below_ear(landmarks, person, side=-1, reach=float(middle - left))
    below_right = _below_ear(landmarks, person, side=1, reach=float(middle + right))
    if yaw < -_NO_EAR:
        jaw, below_left = jaw[_CHEEK:], _beside_far_cheek(landmarks, jaw[_CHEEK], side=-1)
    elif yaw > _NO_EAR:
        jaw, below_right = jaw[:-_CHEEK], _beside_far_cheek(landmarks, jaw[-_CHEEK - 1], side=1)
    eye_line = (landmarks[33, 1] + landmarks[263, 1]) / 2
    # No shoulder reaches above the eyes: what of the person is there is a hat or much hair.
    wide = max(half_width, _HAT * _U)
    angle = np.linspace(0, np.pi, 24)
    across = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.7
    dome = np.column_stack([middle + wide * across, eye_line - 0.12 * _U - 1.33 * _U * np.sin(angle) ** 0.8])
    ears = np.array([(below_left[0, 0], eye_line), (below_right[0, 0], eye_line)])
    outline = [jaw, below_right[::-1], ears[1:], dome, ears[:1], below_left]
    return np.concatenate(outline).astype(np.float32)


def _beside_far_cheek(landmarks: Points, end: Points, *, side: int) -> Points:
    """The outermost point of the outline beside a cheek that hides its ear, level with the jaw's end."""
    cheek = max(side * landmarks[EAR_LINE[side > 0], 0], side * end[0])
    return np.array([(side * (cheek + _FAR_CHEEK * _U), end[1])], np.float32)


def _below_ear(landmarks: Points, person: Mask, *, side: int, reach: float) -> Points:
    """The outline beside the jaw, from the outermost point to the end of the jaw."""
    ear, below, angle = (234, 132, 58) if side < 0 else (454, 361, 288)
    lobe = landmarks[below] * 0.55 + landmarks[angle] * 0.45
    far = min(reach, lobe[0] - 0.2 * _U) if side < 0 else max(reach, lobe[0] + 0.2 * _U)
    top, bottom = int(landmarks[ear, 1]), int(landmarks[angle, 1] + 0.12 * _U)
    level = _find_notch(person, rows=(top, bottom), columns=(float(far), float(lobe[0])))
    if level is None:
        steps = ((0.2, -0.16), (0.14, -0.04), (0.03, 0.01))
        outer = [(lobe[0] + side * x * _U, lobe[1] + y * _U) for x, y in steps]
        return np.array([(far, outer[0][1]), *outer[1:]], np.float32)
    return np.array(
        [(far, level - 0.05 * _U), (lobe[0] + side * 0.1 * _U, level), (lobe[0], level)], np.float32
    )


def _find_notch(person: Mask, *, rows: tuple[int, int], columns: tuple[float, float]) -> float | None:
    """The row at which the silhouette draws in below an ear; None where hair or a wide neck hides it."""
    far, near = columns
    height, width = person.shape
    top, bottom = max(0, rows[0]), min(height, rows[1])
    start, end = sorted((round(far), round(near)))
    if not (0 <= start < end <= width and top + 2 < bottom):
        return None
    beside = person[top:bottom, start:end]
    # How far the person reaches out from the jaw, row by row.
    outwards = beside[:, ::-1] if far < near else beside
    reach = np.where(outwards.all(axis=1), outwards.shape[1], np.argmin(outwards, axis=1)).astype(np.float32)
    ear = int(np.argmax(reach))
    narrowest = float(reach[ear:].min())
    if reach[ear] - narrowest < max(0.05 * _U, 0.4 * float(reach[ear])):
        return None
    return float(top + ear + np.argmax(reach[ear:] <= narrowest + 0.015 * _U))
