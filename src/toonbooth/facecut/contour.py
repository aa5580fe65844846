"""The face's own contour: the hairline as the picture shows it, the cheeks, the jaw."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.colours import Cells, Counts, count_colours, log_likelihood
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.glasses import wears_glasses
from toonbooth.facecut.jaw import usual_jaw
from toonbooth.facecut.landmarks import (
    BETWEEN_EYES,
    CHIN,
    FOREHEAD,
    JAW,
    LEFT_BROW,
    LEFT_EYE,
    LIPS,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    RIM,
)
from toonbooth.facecut.outlines import fill_polygon, grow, smooth_line
from toonbooth.facecut.ways import cheapest_way, normals, sample, stiff_line
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
_INNER: Final = -_both_sides((0.07, 0.12, 0.18, 0.22, 0.24, 0.24, 0.24, 0.24, 0.26, 0.3, 0.38, 0.45), 0.46)
_OUTER: Final = _both_sides((0, -0.02, -0.035, -0.03, -0.02, 0, 0.03, 0.08, 0.14, 0.2, 0.25, 0.27), 0.28)
_MOST: Final = np.maximum(_OUTER, np.float32(0.04))
"""The same where glasses reach farther."""

_FAR_SIDE: Final = 0.08
"""How far outside the mesh the silhouette of a cheek that is turned away may lie, face widths."""
_TURNED: Final = (0.2, 0.3)
"""Radians of turning between which the ear of the far side goes out of sight."""

# Few points are enough to keep away from them.
_EYES: Final = [*LEFT_EYE[::2], *RIGHT_EYE[::2]]
_BROWS: Final = [*LEFT_BROW[::2], *RIGHT_BROW[::2]]

_GLASSES: Final = (3.9, 5.8, 0.03)
"""Between which points of `RIM`, counted from either end, frames end, and how far beside the mesh they do,
face widths."""

_CHEEK: Final = 4.0
"""The point of `RIM`, counted from either end, below which there is a cheek, and a beard may grow."""

_TEMPLE: Final = 7.0
"""The point above which a contour runs above the brows."""

_ENOUGH_HAIR: Final = (0.08, 0.11)
"""Squared face widths of what may be hair between which it is believed: a shadow on a bald head had 0.07,
hair cropped to the skin 0.11."""

_HAIR_DEPTH: Final = (0.015, 0.045)
"""Face widths of hair beside the contour between which a hairline is believed."""

_INSET: Final = (0.01, 0.03)
"""How far inside the first hairs the contour stays, face widths: along the cheeks, above the brows."""

_NEAR_EYE: Final = 0.055
"""How close to the corner of an eye a contour may come, face widths."""

_NEAR_BROW: Final = 0.025

_PEAK: Final = 0.15
"""How far down a widow's peak may come, face widths."""

_ROUNDS: Final = 2
"""First with what the head's hair is known to look like, then with what was found beside the face."""

_STIFFNESS: Final = 8.0
_HARDNESS: Final = 0.03
"""How much less a contour minds lying within the skin than beyond it."""

_ANGLES: Final = 160
_ROUNDNESS: Final = 60.0


def outline_face(
    landmarks: Points,
    unit: float,
    yaw: float,
    hairline: FloatImage | None,
    chin: FloatImage | None = None,
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

    Returns
    -------
    float32 array, shape (N, 2), pixels; a closed line.
    """
    oval = _usual_contour(landmarks, unit, yaw)
    outwards = _outwards(oval, landmarks)
    jaw = [OVAL.index(point) for point in JAW]
    outwards[jaw] = normals(oval[jaw])
    away = np.zeros(len(OVAL), np.float32)
    if hairline is not None:
        known = np.clip(hairline, _INNER, np.maximum(_MOST, _far_side(yaw)))
        away[[OVAL.index(point) for point in RIM]] = known
    if chin is not None:
        # Beside the jaw's ends both are known: what lies farther in is the face's end.
        both = set(RIM)
        for place, point, below in zip(jaw, JAW, chin, strict=True):
            away[place] = min(away[place], below) if point in both else below
    oval += outwards * (away * np.float32(unit))[:, np.newaxis]
    return round_off(smooth_line(oval, per_segment=6, closed=True))


def round_off(line: Points) -> Points:
    """Draw a closed line that can be seen whole from its middle as a pen would: as round as it goes."""
    middle = (line.max(axis=0) + line.min(axis=0)) / 2
    away = line - middle
    angles = np.arctan2(away[:, 1], away[:, 0])
    order = np.argsort(angles)
    every = np.linspace(-np.pi, np.pi, _ANGLES, endpoint=False)
    radii = np.interp(every, angles[order], np.hypot(*away.T)[order], period=2 * np.pi)
    waves = np.fft.rfft(radii)
    frequency = 2 * np.pi * np.arange(len(waves)) / _ANGLES
    waves /= 1 + _ROUNDNESS * (2 - 2 * np.cos(frequency)) ** 2
    radii = np.fft.irfft(waves, _ANGLES)
    rounded = middle + radii[:, np.newaxis] * np.column_stack([np.cos(every), np.sin(every)])
    contour: Points = rounded.astype(np.float32)
    return contour


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
    usual = _usual_contour(landmarks, _U, yaw)[[OVAL.index(point) for point in RIM]]
    rim = smooth_line(usual, per_segment=_PER_SEGMENT)
    ways = rim[:, np.newaxis] + _outwards(rim, landmarks)[:, np.newaxis] * (_OFFSETS[:, np.newaxis] * _U)
    place = np.arange(len(rim), dtype=np.float32) / _PER_SEGMENT
    far = _far_side(yaw)
    outermost = np.maximum(_OUTER, far)
    give = (np.interp(place, np.arange(len(RIM)), far) / _FAR_SIDE).astype(np.float32)
    inner, outer = (
        np.interp(place, np.arange(len(RIM)), limit)[:, np.newaxis] for limit in (_INNER, outermost)
    )
    height, width = cells.shape
    columns, rows = np.rint(ways[..., 0]).astype(np.intp), np.rint(ways[..., 1]).astype(np.intp)
    seen = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    here = cells[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    there = sample(person, ways)
    from_end = np.minimum(place, place[::-1])
    brows = landmarks[[*LEFT_BROW, *RIGHT_BROW], 1].min() - 0.03 * _U
    barred = (from_end > _TEMPLE)[:, np.newaxis] & (ways[..., 1] > brows)
    barred |= (inner > _OFFSETS + 1e-3) | (outer < _OFFSETS - 1e-3)
    close = _near(ways, landmarks[_EYES], _NEAR_EYE) | _near(ways, landmarks[_BROWS], _NEAR_BROW)
    # What lies further in than the first place near an eye is barred as well.
    barred |= np.flip(np.maximum.accumulate(np.flip(close & (_OFFSETS < 0), axis=1), axis=1), axis=1)
    cheek = np.clip((_CHEEK - from_end) / 2, 0, 1)

    seed = _bare_skin(landmarks, size=(width, height))
    skin_model = np.maximum(log_likelihood(count_colours(cells, seed)), skin - 2)
    unusual = np.square(_OFFSETS / 0.12)
    # A fringe is no more surprising for being long.
    unusual = np.where(unusual > 1, 2 * np.sqrt(unusual) - 1, unusual)
    outside = (there < 0.5) & seen & (_OFFSETS > -0.1)
    # Along a cheek hair must hang beside the face, too: light on its rim may look like hair.
    beside = np.where((_OFFSETS > 0) | outside, 1, 1 - 0.6 * cheek[:, np.newaxis])
    line, told = np.zeros(len(rim), np.float32), np.zeros(len(rim), np.float32)
    framed = (from_end > _GLASSES[0]) & (from_end < _GLASSES[1]) & (wears_glasses(cells, landmarks) > 0.5)
    inset = (1 - give) * np.interp(from_end, (_CHEEK, _TEMPLE), _INSET).astype(np.float32)
    examples = hair
    at_first: FloatImage | None = None
    for turn in range(_ROUNDS):
        odds = np.clip((skin_model - log_likelihood(examples))[here] * np.float32(0.25), -1, 1)
        odds = np.asarray(cv2.GaussianBlur(odds, (0, 0), 0.8), np.float32) * np.float32(belief)
        if at_first is None:
            at_first = odds.copy()
        # Beside a cheek lies what is no hair: ears, a neck in the shade.
        odds = np.where((from_end < _TEMPLE)[:, np.newaxis], at_first, odds)
        odds[inner > _OFFSETS] = 0
        odds[~seen] = 0
        odds[outside] = -1
        depth = (np.clip(-odds, 0, 1) * beside).sum(axis=1) * _STEP
        told = np.clip((depth - _HAIR_DEPTH[0]) / (_HAIR_DEPTH[1] - _HAIR_DEPTH[0]), 0, 1).astype(np.float32)
        if bearded:
            told = told * np.clip(from_end - _CHEEK + 1, 0, 1)
        told = np.asarray(cv2.GaussianBlur(told[:, np.newaxis], (1, 9), 0, sigmaY=2), np.float32)
        cost = told * 1.2 * (0.5 * odds - np.cumsum(odds, axis=1)) + 0.5 * unusual
        cost += np.where(barred, 50.0, 0.0)
        line = cheapest_way(cost.astype(np.float32), _OFFSETS)
        told = told.ravel()
        found = np.minimum(line, _first_hair(np.where(barred, 0, odds), line, from_end)) - told * inset
        found = np.where(framed, np.maximum(found, np.float32(_GLASSES[2])), found)
        if turn == _ROUNDS - 1:
            line = _hold_inside(found, np.maximum(told, framed), np.maximum(give, framed))
            break
        line = found
        # What lies just beyond, above the ears, has the hair's own highlights.
        near = (line[:, np.newaxis] + 0.03 < _OFFSETS) & (line[:, np.newaxis] + 0.25 > _OFFSETS)
        near &= seen & (there > 0.7) & (ways[..., 1] < brows) & (told > 0.5)[:, np.newaxis]
        examples = hair + count_colours(here, near.astype(np.float32), say=0.7)
    hairline: FloatImage = np.clip(line[::_PER_SEGMENT], _INNER, np.maximum(_MOST, far)).astype(np.float32)
    return hairline


def _near(ways: Points, points: Points, reach: float) -> NDArray[np.bool_]:
    """Which places beside the contour are close to one of the points."""
    # Point by point: one array of all distances takes twenty times as long.
    across, down = ways[..., 0].copy(), ways[..., 1].copy()
    squares = np.minimum.reduce([np.square(across - x) + np.square(down - y) for x, y in points])
    near: NDArray[np.bool_] = squares < (reach * _U) ** 2
    return near


def _first_hair(odds: FloatImage, line: FloatImage, from_end: FloatImage) -> FloatImage:
    """Where hair begins a little inside a line above the brows: widow's peaks, ends of a fringe."""
    inside = (line[:, np.newaxis] > _OFFSETS) & (line[:, np.newaxis] - _PEAK < _OFFSETS)
    hair = inside & (odds < -0.1) & (from_end > _TEMPLE)[:, np.newaxis]
    return np.where(hair.any(axis=1), _OFFSETS[hair.argmax(axis=1)], line).astype(np.float32)


def _hold_inside(found: FloatImage, told: FloatImage, give: FloatImage) -> FloatImage:
    """Draw a stiff line along what was found, rather within the skin than beyond it.

    `give` is how little it minds lying beyond: 0 … 1.

    References
    ----------
    P. H. C. Eilers, H. F. M. Boelens, "Baseline correction with asymmetric least squares smoothing", 2005
    (asymmetric weights find the lower rim of what is noisy).
    """
    sure = 0.22 + 0.8 * told
    line = stiff_line(found, sure, stiffness=_STIFFNESS)
    for _ in range(5):
        weights = np.where(line > found, 1, _HARDNESS + (1 - _HARDNESS) * give) * sure
        line = stiff_line(found, weights.astype(np.float32), stiffness=_STIFFNESS)
    return line


def _bare_skin(landmarks: Points, *, size: tuple[int, int]) -> FloatImage:
    """Where neither hair nor a hat reaches: below the brows, without eyes and lips."""
    seed = fill_polygon(grow(landmarks[list(OVAL)], 0.9), size=size)
    brows = landmarks[[*LEFT_BROW, *RIGHT_BROW], 1].min()
    seed[: max(0, round(float(brows - 0.06 * _U)))] = 0
    for feature, factor in (
        (LEFT_EYE, 1.8),
        (RIGHT_EYE, 1.8),
        (LIPS, 1.3),
        (LEFT_BROW, 1.4),
        (RIGHT_BROW, 1.4),
    ):
        seed -= fill_polygon(grow(landmarks[list(feature)], factor), size=size)
    bare: FloatImage = np.clip(seed, 0, 1)
    return bare


def _far_side(yaw: float) -> NDArray[np.float32]:
    """How far outside the mesh each point of `RIM` may be sought on the side that is turned away."""
    turned = float(np.clip((abs(yaw) - _TURNED[0]) / (_TURNED[1] - _TURNED[0]), 0, 1))
    reach = np.zeros(HAIRLINE_LENGTH, np.float32)
    far = slice(HAIRLINE_LENGTH // 2, None) if yaw > 0 else slice(None, HAIRLINE_LENGTH // 2)
    reach[far] = turned * _FAR_SIDE
    # Above there is hair or a forehead on either side.
    reach[np.minimum(np.arange(HAIRLINE_LENGTH), np.arange(HAIRLINE_LENGTH)[::-1]) > 6] = 0
    return reach


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
