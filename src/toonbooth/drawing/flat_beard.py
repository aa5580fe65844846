"""Beards and moustaches as masses of their own, their thin growth a tone between hair and skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_shade import settle_shade
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.morphology import disk, small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points, scaled

_ZONE = np.array(
    [*facemap.JAW, 234, 127, 116, 123, 187, 206, 98, 97, 2, 326, 327, 426, 411, 352, 345, 356, 454]
)
"""From ear to ear along the jaw and back over cheeks and upper lip."""

_CHIN = np.array([106, 182, 83, 18, 313, 406, 335, 262, 369, 396, 175, 171, 140, 32])

_MIDDLE = np.array([206, 98, 2, 327, 426, 436, 432, 422, 395, 369, 396, 175, 171, 140, 170, 202, 212, 216])
"""From under the nose past the corners of the mouth to the chin."""

_CHEEK_LINE = np.array([132, 61, 291, 361])
"""From ear to ear by the corners of the mouth."""

_LEFT = np.array([61, 132, 58, 172, 136, 150, 148, 98, 206, 123])
_RIGHT = np.array([291, 361, 288, 397, 365, 379, 377, 327, 426, 352])
"""Landmarks of a lower face that lie opposite each other."""

_BELOW = 0.05
"""How far below a chin, in face widths, a beard may hang."""

_LEAST = 12.6
"""L* by which most of a chin is darker than fair skin, at least, where hair grows on it."""

_COLOUR = 0.3
"""Share of skin's chroma under which nothing has skin's colour."""

_RED = 0.45
"""How much of its depth a place around a mouth is hair at least, whatever its colour."""

_DENSE = (4.5, 9.0)
_STUBBLE = 0.45
"""Between which depths hair is dense, L* less what has skin's colour, and the share of it that is stubble."""

_STUBBLE_SHARE, _HAIR_SHARE = 0.36, 0.92
"""How far the tones of stubble and of hair are from skin's to that of the darker hair."""

_GREYER = 0.85
"""What is left of hair's colours: a photo mixes those of the skin beneath into it."""

_SMALLEST, _SPECK = 0.02, 0.0025
"""Areas in squares of a face's width of the least beard and of the least piece of one."""

_PATCH = 0.012
"""Area in squares of a face's width of the least hair and of the least stubble."""

_BARE = 0.06
"""The same of bare skin that hair encloses."""

_STIFF, _NARROW = 0.014, 0.012
"""How calm a beard's border is, and half the width of the least strip of hair, in face widths."""

_RIM = 0.035
"""Half the width, in face widths, of skin between a beard and a jaw's edge that is none."""

_OTHER_SIDE = 0.85
"""How much what is seen on one side of a face counts on the other."""

_UP_CHEEKS = 0.16
"""How far above the line from ear to ear, in face widths, all that is dark is sideburns or shade."""

_BALANCED = 0.2
"""Hair on the lesser side of a face over that on the other, under which it is the shady side."""

_SHADED = 5.0
"""L* by which skin is darker than the rest on the upper face where a shadow lies on it."""


def draw_beard(seen: Likeness) -> list[Shape]:
    """One face's beard from back to front, in pixels of its window; nothing where none can be told.

    Stubble first, hair upon it; either may be missing.

    Parameters
    ----------
    seen : Likeness
        A face that is likely to have a beard: shadows are as dark.
    """
    width = seen.width
    light, a, b = planes_of(seen.lab)
    depth = bare_lightness(seen, light) - gaussian(light, sigma=0.012 * width)
    zone = _zone(seen, cv2.magnitude(a, b).astype(np.float32, copy=False), b)
    chin = (seen.zone(_CHIN, feather=0.0) > 0.5) & (zone > 0.5)
    # Darker skin hides more of it.
    measure = float(np.clip(seen.tone[0] / 66, 0.5, 1.1))
    if np.count_nonzero(chin) < 30 or float(np.percentile(depth[chin], 60)) < _LEAST * measure:
        return []
    # Borders are smoothed before they are drawn: every second pixel is enough to find them on.
    middle = seen.zone(_MIDDLE, grow=1.1, feather=0.02)[::2, ::2]
    hair = gaussian(depth, sigma=0.012 * width)[::2, ::2]
    # Where beards grow thickest they may be as red as skin.
    hair *= np.maximum(_unlike_skin(seen, a, b)[::2, ::2], np.float32(_RED) * middle)
    few = _Few(scaled(seen.points, 0.5), 0.5 * width, zone[::2, ::2] > 0.5, seen.skin[::2, ::2] > 0.5)
    on_chin = float(np.percentile(hair[chin[::2, ::2]], 80))
    level = float(np.clip(0.45 * on_chin, _DENSE[0] * measure, _DENSE[1] * measure))
    if _balance((hair > level) & few.zone, few.points) < _BALANCED:
        return []
    # There a beard is the same on both sides, however the light falls.
    hair = np.maximum(hair, np.float32(_OTHER_SIDE) * middle * _mirrored(hair, few.points))
    ending = _above_cheeks(seen)[::2, ::2] * (1 - middle) * np.float32(2 / _UP_CHEEKS)
    dense, stubble = _grown(hair, ending, few, level=level)
    if np.count_nonzero(dense) < _SMALLEST * few.width**2:
        return []
    # On the cheeks a beard lies in the shade of these.
    own = dense & (middle > 0.5) if np.count_nonzero(dense & (middle > 0.5)) > 12 else dense
    darker = own & (depth[::2, ::2] >= np.percentile(depth[::2, ::2][own], 60))
    lightness, red, yellow = (float(value) for value in np.median(seen.lab[::2, ::2][darker], axis=0))
    lighter = 0.2 * (seen.paint[0] - seen.tone[0])
    colour = (max(7.0, lightness + lighter), _GREYER * red, _GREYER * yellow)
    spacing = max(0.75, 0.018 * few.width)
    shapes = []
    for mask, share in ((stubble, _STUBBLE_SHARE), (dense, _HAIR_SHARE)):
        tone = [skin + share * (hair - skin) for skin, hair in zip(seen.paint, colour, strict=True)]
        field = gaussian(mask.astype(np.float32), sigma=0.012 * few.width)
        curves = trace_field(field, level=0.5, spacing=spacing, least_area=_SPECK * few.width**2)
        shapes.append(Shape(curves, byte_colour((tone[0], tone[1], tone[2]))))
    return [shape.moved(scale=2.0, corner=(-0.5, -0.5)) for shape in shapes if shape.curves]


@dataclass(frozen=True, slots=True)
class _Few:
    """A face on every second pixel: its landmarks and width, where hair may grow, where skin is, (H, W)."""

    points: Points
    width: float
    zone: NDArray[np.bool_]
    skin: NDArray[np.bool_]


def _grown(
    hair: FloatImage, ending: FloatImage, few: _Few, *, level: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where hair is dense, (H, W), and stubble with all that lies upon it; nothing, if that is only hair."""

    def settled(level: float, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        lean = np.clip((hair - np.float32(level)) * np.float32(1.5 / level), -1, 1)
        lean = np.where(few.zone, lean - ending, np.float32(-1))
        shade = settle_shade(lean, where, width=few.width, least=_PATCH, stiff=_STIFF, narrow=_NARROW)
        return shade > 0.5

    dense = settled(level, few.zone)
    stubble = settled(_STUBBLE * level, few.zone & ~dense) & ~dense
    dense |= _at_edge(dense, few)
    lips = polygon_mask((hair.shape[0], hair.shape[1]), few.points[facemap.LIPS_OUTER]) > 0.5
    bare = _BARE * few.width**2
    dense |= small_parts(~(dense | lips), bare)
    stubble &= ~dense
    stubble |= small_parts(~(dense | stubble | lips), bare)
    return dense, stubble | dense if stubble.any() else stubble


def _unlike_skin(seen: Likeness, a: FloatImage, b: FloatImage) -> FloatImage:
    """0 … 1, (H, W): how little a place has of skin's colour; shade on skin has much of it."""
    own = float(np.hypot(*seen.tone[1:]))
    if own < 4:
        return np.full(seen.size, 0.6, np.float32)
    chroma = gaussian(cv2.magnitude(a, b).astype(np.float32, copy=False), sigma=0.012 * seen.width)
    unlike: FloatImage = np.clip(np.float32(1 + _COLOUR) - chroma * np.float32(1 / own), 0, 1)
    return unlike


def _above_cheeks(seen: Likeness) -> FloatImage:
    """How far every place lies above the line from ear to ear by the mouth, (H, W), face widths."""
    x, y = seen.points[[61, 291]].mean(axis=0)
    columns = (np.arange(seen.size[1], dtype=np.float32)[None, :] - x) * np.float32(1 / seen.width)
    rows = (np.arange(seen.size[0], dtype=np.float32)[:, None] - y) * np.float32(1 / seen.width)
    up = seen.up
    line = (seen.points[_CHEEK_LINE] - np.array([x, y], np.float32)) / np.float32(seen.width)
    heights, places = line @ up, line @ np.array([-up[1], up[0]], np.float32)
    order = np.argsort(places)
    over = np.interp(rows * up[0] - columns * up[1], places[order], heights[order])
    above: FloatImage = np.maximum(columns * up[0] + rows * up[1] - over, 0).astype(np.float32)
    return above


def _mirrored(image: FloatImage, points: Points) -> FloatImage:
    """An image, (H, W), with the two halves of a face changed over."""
    pairs = np.concatenate([_LEFT, _RIGHT]), np.concatenate([_RIGHT, _LEFT])
    source, target = (np.column_stack([points[each], np.ones(len(each))]) for each in pairs)
    turn = np.linalg.lstsq(target, source[:, :2], rcond=None)[0].T.astype(np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (image.shape[1], image.shape[0])
    return cv2.warpAffine(image, turn, size, flags=flags).astype(np.float32, copy=False)


def _at_edge(hair: NDArray[np.bool_], few: _Few) -> NDArray[np.bool_]:
    """Narrow strips of skin between hair and what is no skin, (H, W)."""
    around = cv2.copyMakeBorder((hair | ~few.skin).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(around, cv2.MORPH_CLOSE, disk(_RIM * few.width))[1:-1, 1:-1] > 0
    near = cv2.dilate(hair.astype(np.uint8), disk(2 * _RIM * few.width)) > 0
    strips: NDArray[np.bool_] = closed & near & few.skin & ~hair
    return strips


def bare_lightness(seen: Likeness, light: FloatImage) -> FloatImage:
    """How light bare skin would be, (H, W), L*: as on the upper face, where nothing grows."""
    upper = seen.points[facemap.FOREHEAD_TOP], seen.points[2]
    axis = upper[1] - upper[0]
    y, x = np.mgrid[0 : seen.size[0], 0 : seen.size[1]].astype(np.float32)
    down = ((x - upper[0][0]) * axis[0] + (y - upper[0][1]) * axis[1]) / max(float(axis @ axis), 1.0)
    aside = ((x - upper[1][0]) * -axis[1] + (y - upper[1][1]) * axis[0]) / (
        max(float(np.hypot(*axis)), 1.0) * seen.width
    )
    sure = (down > 0.5) & (down < 1.0) & (seen.skin > 0.7) & (seen.frames < 0.1)
    sure &= polygon_mask(seen.size, seen.points[facemap.OVAL], grow=0.93) > 0.5
    for eye in (facemap.LEFT_EYE, facemap.RIGHT_EYE):
        sure &= polygon_mask(seen.size, seen.points[eye], grow=1.7) < 0.5
    if np.count_nonzero(sure) < 60:
        return np.full(seen.size, seen.tone[0], np.float32)
    across, seen_light = aside[sure][::5], light[sure][::5]
    fit = np.polynomial.Polynomial.fit(across, seen_light, 1)
    # Once more without what a nose or hair throws its shadow on.
    lit = seen_light > fit(across) - _SHADED
    fit = np.polynomial.Polynomial.fit(across[lit], seen_light[lit], 1)
    bare: FloatImage = np.maximum(fit(np.clip(aside, -0.45, 0.45)), 0.45 * seen.tone[0]).astype(np.float32)
    return bare


def _zone(seen: Likeness, chroma: FloatImage, b: FloatImage) -> FloatImage:
    """Where hair may grow, (H, W): the lower face, and below the chin what is no skin in shade."""
    width, points = seen.width, seen.points
    jaw = points[facemap.JAW]
    low = (jaw - seen.up * np.float32(_BELOW * width)).astype(np.float32)
    below = polygon_mask(seen.size, np.concatenate([jaw, low[::-1]]).astype(np.float32))
    own = max(float(np.hypot(*seen.tone[1:])), 4.0)
    below *= smoothstep(gaussian(chroma, sigma=0.012 * width), low=0.8 * own, high=0.65 * own)
    zone = np.maximum(polygon_mask(seen.size, points[_ZONE], grow=1.03), below)
    # A tie or a coat has a hue that no beard has.
    zone *= smoothstep(gaussian(b, sigma=0.01 * width), low=-7.0, high=-3.0)
    covered = polygon_mask(seen.size, points[facemap.NOSE_TIP], grow=1.1)
    covered = np.maximum(covered, polygon_mask(seen.size, points[facemap.LIPS_OUTER], grow=0.98))
    return gaussian(zone * (1 - covered), sigma=0.012 * width)


def _balance(mask: NDArray[np.bool_], points: Points) -> float:
    """Area on the lesser side of a face's axis over that on the other."""
    brow, chin = points[facemap.FOREHEAD_TOP], points[facemap.CHIN]
    y, x = np.nonzero(mask)
    side = (x - chin[0]) * (brow[1] - chin[1]) - (y - chin[1]) * (brow[0] - chin[0])
    left = int(np.count_nonzero(side > 0))
    return min(left, len(x) - left) / max(left, len(x) - left, 1)
