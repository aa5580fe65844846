"""Where skin ends and hair begins around a face, as its photo shows it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.colours import COLOURS, Cells, Counts, count_colours, log_likelihood
from toonbooth.facecut.contour import FAR_SIDE, INNER, MOST, OUTER, far_side, from_between_eyes, usual_contour
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.glasses import wears_glasses
from toonbooth.facecut.landmarks import LEFT_BROW, LEFT_EYE, LIPS, OVAL, RIGHT_BROW, RIGHT_EYE, RIM
from toonbooth.facecut.outlines import fill_polygon, grow, smooth_line
from toonbooth.facecut.skin import look_at_face
from toonbooth.facecut.ways import cheapest_way, sample, stiff_line
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)

_PER_SEGMENT: Final = 3
_STEP: Final = 0.02
_OFFSETS: Final = np.arange(-24, 15, dtype=np.float32) * np.float32(_STEP)

# Few points are enough to keep away from them.
_EYES: Final = [*LEFT_EYE[::2], *RIGHT_EYE[::2]]
_BROWS: Final = [*LEFT_BROW[::2], *RIGHT_BROW[::2]]

_GLASSES: Final = (3.9, 5.3, 0.025)
"""Between which points of `RIM`, counted from either end, frames end, and how far beside the mesh they do,
face widths."""

_CHEEK: Final = 4.0
"""The point of `RIM`, counted from either end, below which there is a cheek, and a beard may grow."""

_TEMPLE: Final = 7.0
"""The point above which a contour runs above the brows."""

_FOREHEAD: Final = 9.0
"""The point above which it runs along the forehead, on which light has hues of its own."""

_ENOUGH_HAIR: Final = (0.08, 0.11)
"""Squared face widths of what may be hair between which it is believed: a shadow on a bald head had 0.07,
hair cropped to the skin 0.11."""

_HAIR_DEPTH: Final = (0.015, 0.045)
"""Face widths of hair beside the contour between which a hairline is believed."""

_INSET: Final = (0.01, 0.032)
"""How far inside the first hairs the contour stays, face widths: along the cheeks, above the brows."""

_OUTLINE: Final = 0.015
"""The same inside the silhouette of a cheek that is turned away: a drawing may have a line there."""

_NEAR_EYE: Final = 0.055
"""How close to the corner of an eye a contour may come, face widths."""

_NEAR_BROW: Final = 0.045

_PEAK: Final = 0.15
"""How far down a widow's peak may come, face widths."""

_YELLOWER: Final = (0.15, 0.3)
"""By how many radians of hue hair has to be yellower than the skin to be told by that: 0.42 measured for fair
hair, but brown hair in a room's light may have as much."""

_FAIR: Final = (0.58, 0.65)
"""How light hair is beside the skin from which it is fair: 0.68 measured, brown 0.55 and less."""

_WHITE: Final = (1.3, 1.1)
"""How light it is beside it when it is white: 1.6 measured."""

_SHINE: Final = 1.15
"""How light beside the skin nothing can be but light on it."""

_GREY: Final = 5.0
"""Chroma below which there is no hue."""

_ROUNDS: Final = 2
"""First with what the head's hair is known to look like, then with what was found beside the face."""

_STIFFNESS: Final = 8.0
_HARDNESS: Final = 0.03
"""How much less a contour minds lying within the skin than beyond it."""


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
    usual = usual_contour(landmarks, _U, yaw)[[OVAL.index(point) for point in RIM]]
    rim = smooth_line(usual, per_segment=_PER_SEGMENT)
    ways = rim[:, np.newaxis] + from_between_eyes(rim, landmarks)[:, np.newaxis] * (
        _OFFSETS[:, np.newaxis] * _U
    )
    place = np.arange(len(rim), dtype=np.float32) / _PER_SEGMENT
    far = far_side(yaw)
    outermost = np.maximum(OUTER, far)
    give = (np.interp(place, np.arange(len(RIM)), far) / FAR_SIDE).astype(np.float32)
    inner, outer = (
        np.interp(place, np.arange(len(RIM)), limit)[:, np.newaxis] for limit in (INNER, outermost)
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

    part, on_face = look_at_face(landmarks, size=(width, height))
    face = cells[part]
    seed = _bare_skin(on_face, size=(face.shape[1], face.shape[0]))
    hue = _hue_odds(here, skin=face[seed > 0.5], hair=hair)
    hue = np.where((from_end < _FOREHEAD)[:, np.newaxis], hue, 1)
    skin_model = np.maximum(log_likelihood(count_colours(face, seed)), skin - 2)
    unusual = np.square(_OFFSETS / 0.12)
    # A fringe is no more surprising for being long.
    unusual = np.where(unusual > 1, 2 * np.sqrt(unusual) - 1, unusual)
    outside = (there < 0.5) & seen & (_OFFSETS > -0.1)
    # Along a cheek hair must hang beside the face, too: light on its rim may look like hair.
    beside = np.where((_OFFSETS > 0) | outside, 1, 1 - 0.6 * cheek[:, np.newaxis])
    line, told = np.zeros(len(rim), np.float32), np.zeros(len(rim), np.float32)
    framed = (from_end > _GLASSES[0]) & (from_end < _GLASSES[1]) & (wears_glasses(cells, landmarks) > 0.5)
    inset = np.interp(from_end, (_CHEEK, _TEMPLE), _INSET) * (1 - give) + _OUTLINE * give
    examples = hair
    at_first: FloatImage | None = None
    for turn in range(_ROUNDS):
        odds = np.clip((skin_model - log_likelihood(examples))[here] * np.float32(0.25), -1, 1)
        odds = np.minimum(odds, hue)
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
        found = np.minimum(
            line, _first_hair(np.where(barred, 0, odds), line, from_end)
        ) - told * inset.astype(np.float32)
        found = np.where(framed, np.maximum(found, np.float32(_GLASSES[2])), found)
        if turn == _ROUNDS - 1:
            line = _hold_inside(found, np.maximum(told, framed), np.maximum(give, framed))
            break
        line = found
        # What lies just beyond, above the ears, has the hair's own highlights.
        near = (line[:, np.newaxis] + 0.03 < _OFFSETS) & (line[:, np.newaxis] + 0.25 > _OFFSETS)
        near &= seen & (there > 0.7) & (ways[..., 1] < brows) & (told > 0.5)[:, np.newaxis]
        examples = hair + count_colours(here, near.astype(np.float32), say=0.7)
    hairline: FloatImage = np.clip(line[::_PER_SEGMENT], INNER, np.maximum(MOST, far)).astype(np.float32)
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


def _hue_odds(here: Cells, *, skin: Cells, hair: Counts) -> FloatImage:
    """How surely places beside a contour aren't fair hair, -1 … 1, by their hue alone; 1 beside other hair.

    Locks in the light are as bright as a cheek, but yellower; shade leaves skin its hue.
    """
    anywhere = np.ones(here.shape, np.float32)
    if not len(skin):
        return anywhere
    hair_light, *chroma = COLOURS @ hair / max(float(hair.sum()), 1e-6)
    hair_hue = np.arctan2(*chroma[::-1])
    light, *chroma = np.median(COLOURS[:, skin], axis=1)
    skin_hue = np.arctan2(*chroma[::-1])
    lightness = hair_light / max(light, 1.0)
    weight = (
        _between(lightness, _FAIR) * _between(lightness, _WHITE) * _between(hair_hue - skin_hue, _YELLOWER)
    )
    if weight == 0:
        return anywhere
    lit, green, blue = (cv2.GaussianBlur(axis[here], (0, 0), 0.8) for axis in COLOURS)
    yellow = 2 * (np.arctan2(blue, green) - skin_hue) / (hair_hue - skin_hue) - 1
    # What has no colour has no hue, and what is lighter than the skin is light on it.
    told = weight * np.clip((np.hypot(green, blue) - _GREY) / _GREY, 0, 1)
    told = told * np.clip((_SHINE - lit / max(light, 1.0)) * 10, 0, 1)
    return np.asarray(1 - told * np.clip(yellow + 1, 0, 2), np.float32)


def _between(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return float(np.clip((value - low) / (high - low), 0, 1))


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
