"""Beards and moustaches as masses of their own, their thin growth a tone between hair and skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points, scaled

_ZONE = np.array(
    [*facemap.JAW, 234, 127, 116, 123, 187, 206, 98, 97, 2, 326, 327, 426, 411, 352, 345, 356, 454]
)
"""From ear to ear along the jaw and back over cheeks and upper lip."""

_CHIN = np.array([106, 182, 83, 18, 313, 406, 335, 262, 369, 396, 175, 171, 140, 32])

_UPPER_LIP = np.array([98, 2, 327, 391, 269, 267, 0, 37, 39, 165])

_MOUSTACHE = np.array([206, 98, 2, 327, 426, 436, 287, 409, 270, 269, 267, 0, 37, 39, 40, 185, 57, 216])
"""Between nose and upper lip, and down to the mouth's corners."""

_AROUND_MOUTH = np.array(
    [98, 2, 327, 426, 436, 432, 422, 424, 418, 421, 200, 201, 194, 204, 202, 212, 216, 206]
)
"""From the nose past the corners of the mouth to the chin."""

_ON_CHEEK = 0.02
"""Area in squares of a face's width of the least growth away from chin and upper lip."""

_BELOW = 0.1
"""How far below a chin, in face widths, a beard may hang."""

_LEAST = 9.0
"""L* by which hair is darker than fair skin, at least."""


_STUBBLE, _DENSE = 0.3, 0.62
"""Share of a beard's depth on the chin from which on skin is stubbly, and hair is dense."""

_STUBBLE_SHARE = 0.42
"""How far stubble's tone is from skin's to hair's."""

_ISLAND = 0.012
"""Area in squares of a face's width of the least place with dense hair."""

_NARROW = 0.036
"""Half the width, in face widths, of a strip of stubble that is none."""

_STRIP = 0.03
"""The same of hair."""

_PATCH = 0.022
"""Area in squares of a face's width of the least stubble beside dense hair, and the least of that."""

_WHOLE = 0.45
"""How much of a moustache's larger half the smaller one has to have, to be drawn."""

_MOAT = 0.035
"""Half the width, in face widths, of a gap between hair and lips that is none."""

_SHADED = 5.0
"""L* by which skin is darker than the rest on the upper face where a shadow lies on it."""


def draw_beard(seen: Likeness) -> list[Shape]:
    """One face's beard from back to front, in pixels of its window; nothing where none can be told.

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
    if np.count_nonzero(chin) < 30:
        return []
    least_depth = _LEAST * float(np.clip(seen.tone[0] / 66, 0.5, 1.1))
    full = float(np.percentile(depth[chin], 60))
    # Borders are smoothed before they are drawn: every second pixel is enough to find them on.
    few = _Few(scaled(seen.points, 0.5), 0.5 * width, chin[::2, ::2].shape)
    calm = gaussian(depth, sigma=0.014 * width)[::2, ::2]
    may_grow, middle = zone[::2, ::2] > 0.5, few.zone(_CHIN) | few.zone(_UPPER_LIP)
    sure = _mass((calm > np.clip(0.48 * full, least_depth, 21.0)) & may_grow, middle, few)
    if (
        full < 1.4 * least_depth
        or np.count_nonzero(sure) < few.area(0.02)
        or _balance(sure, few.points) < 0.2
    ):
        return []
    thick = sure & (depth[::2, ::2] > 0.75 * full)
    if np.count_nonzero(thick) < 6:
        return []
    own = np.median(seen.lab[::2, ::2][thick], axis=0)
    shift = 0.35 * (seen.paint[0] - seen.tone[0])
    colour: Colour = (max(7.0, float(own[0]) + shift), float(own[1]), float(own[2]))
    grown = sure | _mass((calm > max(0.8 * least_depth, _STUBBLE * full)) & may_grow, middle, few)
    grown = _without_moats(grown, few)
    densest = float(np.percentile(calm[chin[::2, ::2]], 90))
    dense = _mass((calm > _DENSE * densest) & grown, middle, few, islands=_ISLAND)
    thin = _stubble(grown, dense, few)

    def tone(share: float) -> Colour:
        light, red, yellow = (
            skin + share * (hair - skin) for skin, hair in zip(seen.paint, colour, strict=True)
        )
        return light, red, yellow

    def traced(field: FloatImage, paint: Colour, inside: tuple[Shape, ...] = ()) -> Shape:
        spacing = max(0.75, 0.018 * few.width)
        curves = trace_field(field, level=0.5, spacing=spacing, least_area=few.area(0.0025))
        return Shape(curves, byte_colour(paint), 1.0, inside)

    rim = gaussian(grown.astype(np.float32), sigma=0.018 * few.width)
    # Beyond the beard's own border its tones go on, so that there is no rim.
    share, whole = (gaussian(mask.astype(np.float32), sigma=0.022 * few.width) for mask in (thin, grown))
    stubble = traced((share / np.maximum(whole, np.float32(1e-4))).astype(np.float32), tone(_STUBBLE_SHARE))
    beard = traced(rim, tone(0.92), (stubble,) if stubble.curves else ())
    return [beard.moved(scale=2.0, corner=(-0.5, -0.5))]


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


@dataclass(frozen=True, slots=True)
class _Few:
    """A face on every second pixel: its landmarks, its width, and the size of its window there."""

    points: Points
    width: float
    size: tuple[int, ...]

    def zone(self, indices: NDArray[np.int64], *, grow: float = 1.0) -> NDArray[np.bool_]:
        """What landmarks enclose, (H, W)."""
        place: NDArray[np.bool_] = (
            polygon_mask((self.size[0], self.size[1]), self.points[indices], grow=grow) > 0.5
        )
        return place

    def area(self, share: float) -> float:
        """Pixels of an area in squares of the face's width."""
        return share * self.width**2

    def opened(self, mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
        """A mask without what is narrower than a disc; radii are in face widths."""
        return self._brushed(mask, cv2.MORPH_OPEN, radius)

    def closed(self, mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
        """A mask with the gaps that are narrower than a disc."""
        return self._brushed(mask, cv2.MORPH_CLOSE, radius)

    def _brushed(self, mask: NDArray[np.bool_], operation: int, radius: float) -> NDArray[np.bool_]:
        brushed = cv2.morphologyEx(mask.astype(np.uint8), operation, disk(radius * self.width))
        return brushed.astype(np.bool_)


def _mass(
    grows: NDArray[np.bool_], middle: NDArray[np.bool_], few: _Few, *, islands: float = 0.004
) -> NDArray[np.bool_]:
    """One calm mass of what grows, (H, W), without small bare places in it.

    In the `middle`, on chin and upper lip, pieces of the area `islands` are kept.
    """
    calm = few.opened(few.closed(grows, 0.026), 0.016).astype(np.uint8)
    # On a cheek a little that hangs together with nothing is a fold.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(calm, connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] > few.area(_ON_CHEEK)
    kept |= np.bincount(labels[middle], minlength=count) > few.area(islands)
    kept[0] = False
    mass: NDArray[np.bool_] = kept[labels]
    return mass


def _without_moats(grown: NDArray[np.bool_], few: _Few) -> NDArray[np.bool_]:
    """A beard with the bare places that it and the lips enclose."""
    around = few.closed(grown | few.zone(facemap.LIPS_OUTER), _MOAT)
    bare = cv2.copyMakeBorder((~around).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(1,))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(bare, connectivity=4)
    # What is connected with the outside is the face.
    enclosed = (labels != labels[0, 0])[1:-1, 1:-1]
    small = (stats[:, cv2.CC_STAT_AREA] < few.area(_ISLAND))[labels][1:-1, 1:-1]
    filled: NDArray[np.bool_] = grown | (enclosed & (small | few.zone(_AROUND_MOUTH, grow=1.05)))
    return filled


def _stubble(grown: NDArray[np.bool_], dense: NDArray[np.bool_], few: _Few) -> NDArray[np.bool_]:
    """Where of all that has grown there is stubble, (H, W), and no dense hair."""
    # A narrow border of stubble is the blur of a photo.
    thin = few.opened(grown & ~dense, _NARROW)
    # And a narrow strip of hair is a cheek's shade, but for a moustache.
    thin = grown & ~few.opened(grown & ~thin, _STRIP)
    lip = few.zone(_MOUSTACHE, grow=1.1)
    # Half a moustache is a face's shady side, a part of one a few hairs.
    if np.count_nonzero(dense & lip) > few.area(_PATCH) and _balance(dense & lip, few.points) > _WHOLE:
        thin &= ~(dense & lip)
    else:
        thin |= grown & lip
    thin |= grown & ~_large(grown & ~thin, few.area(_PATCH))
    return _large(thin, few.area(_PATCH))


def _large(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """Those pieces of a mask, (H, W), that have an area in pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    kept = stats[:, cv2.CC_STAT_AREA] > least
    kept[0] = False
    large: NDArray[np.bool_] = kept[labels]
    return large


def _balance(mask: NDArray[np.bool_], points: Points) -> float:
    """Area on the lesser side of a face's axis over that on the other."""
    brow, chin = points[facemap.FOREHEAD_TOP], points[facemap.CHIN]
    y, x = np.nonzero(mask)
    side = (x - chin[0]) * (brow[1] - chin[1]) - (y - chin[1]) * (brow[0] - chin[0])
    left = int(np.count_nonzero(side > 0))
    return min(left, len(x) - left) / max(left, len(x) - left, 1)
