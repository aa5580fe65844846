"""Beards and moustaches as masses of their own, their thin growth a tone between hair and skin."""

from __future__ import annotations

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
from toonbooth.portrait.model import Points

_ZONE = np.array(
    [*facemap.JAW, 234, 127, 116, 123, 187, 206, 98, 97, 2, 326, 327, 426, 411, 352, 345, 356, 454]
)
"""From ear to ear along the jaw and back over cheeks and upper lip."""

_CHIN = np.array([106, 182, 83, 18, 313, 406, 335, 262, 369, 396, 175, 171, 140, 32])

_UPPER_LIP = np.array([98, 2, 327, 391, 269, 267, 0, 37, 39, 165])

_ON_CHEEK = 0.02
"""Area in squares of a face's width of the least growth away from chin and upper lip."""

_BELOW = 0.1
"""How far below a chin, in face widths, a beard may hang."""

_LEAST = 9.0
"""L* by which hair is darker than fair skin, at least."""


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
    cut = float(np.clip(0.48 * full, least_depth, 21.0))
    mass = _mass(seen, depth, zone, cut)
    sure = mass > 0.5
    if (
        full < 1.4 * least_depth
        or np.count_nonzero(sure) < 0.02 * width**2
        or _balance(sure, seen.points) < 0.2
    ):
        return []
    thick = sure & (depth > 0.75 * full)
    if np.count_nonzero(thick) < 12:
        return []
    own = np.median(seen.lab[thick], axis=0)
    shift = 0.35 * (seen.paint[0] - seen.tone[0])
    colour: Colour = (max(7.0, float(own[0]) + shift), float(own[1]), float(own[2]))

    def tone(share: float) -> Colour:
        light, red, yellow = (
            skin + share * (hair - skin) for skin, hair in zip(seen.paint, colour, strict=True)
        )
        return light, red, yellow

    spacing, least = max(1.5, 0.018 * width), 0.0025 * width**2

    def above(level: float, paint: Colour) -> Shape:
        field = gaussian(smoothstep(depth, low=level - 4, high=level + 4), sigma=0.014 * width) * mass
        curves = trace_field(field, level=0.5, spacing=spacing, least_area=least)
        return Shape(curves, byte_colour(paint))

    rim = trace_field(mass, level=0.5, spacing=spacing, least_area=least)
    inside = [above(max(cut + 5, 0.68 * full), tone(0.95))]
    deepest = float(np.percentile(depth[sure], 90))
    if deepest > full + 9:
        inside.append(above(0.45 * full + 0.55 * deepest, (max(6.0, colour[0] - 9), colour[1], colour[2])))
    return [Shape(rim, byte_colour(tone(0.6)), 1.0, tuple(inside))]


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


def _mass(seen: Likeness, depth: FloatImage, zone: FloatImage, cut: float) -> FloatImage:
    """What grows, (H, W), above 0.5: one calm mass, without the small bare places in it."""
    width = seen.width
    grows = (gaussian(depth, sigma=0.012 * width) > cut) & (zone > 0.5)
    closed = cv2.morphologyEx(grows.astype(np.uint8), cv2.MORPH_CLOSE, disk(0.022 * width))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, disk(0.016 * width)).astype(np.uint8)
    # On a cheek a little that hangs together with nothing is a fold.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    middle = np.maximum(seen.zone(_CHIN), seen.zone(_UPPER_LIP)) > 0.5
    kept = stats[:, cv2.CC_STAT_AREA] > _ON_CHEEK * width**2
    kept |= np.bincount(labels[middle], minlength=count) > 0
    kept[0] = False
    return gaussian(kept.astype(np.float32)[labels], sigma=0.014 * width)


def _balance(mask: NDArray[np.bool_], points: Points) -> float:
    """Area on the lesser side of a face's axis over that on the other."""
    brow, chin = points[facemap.FOREHEAD_TOP], points[facemap.CHIN]
    y, x = np.nonzero(mask)
    side = (x - chin[0]) * (brow[1] - chin[1]) - (y - chin[1]) * (brow[0] - chin[0])
    left = int(np.count_nonzero(side > 0))
    return min(left, len(x) - left) / max(left, len(x) - left, 1)
