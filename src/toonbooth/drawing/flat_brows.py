"""Brows of flat portraits: each one shape in its own form, both in one colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.features import BROWS
from toonbooth.drawing.flat_strokes import stroke, traced
from toonbooth.drawing.flat_tracing import turned_away
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, curve
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians, percentile
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points

_Brow = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Landmarks around a brow, along its upper and along its lower edge."""

_COVERED = 0.12
"""Share of a brow's place under spectacles from which on it is drawn whole, and they over it."""

_FAINT = 9.0
"""L* by which a brow is darker than skin, at least, to be drawn in its own form."""

_LONG = 0.75
"""Share of a brow's length, as landmarks have it, under which it is seen in part."""

_ASIDE = 0.02
"""How far beside that line, in face widths."""

_PLAIN = 17.0
"""L* by which brows are drawn darker than skin, at least."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A brow as the photo shows it.

    mass : (H, W), above 0.5 where it is.
    colour : its own, L*a*b*.
    weight : how much of it is seen.
    in_part : whether it is too fair, or too much in shade, to be seen in its whole length.
    """

    mass: FloatImage
    colour: Colour
    weight: float
    in_part: bool


def draw_brows(seen: Likeness) -> list[Shape]:
    """A face's brows, from back to front, in pixels of its window."""
    eyes = (seen.face.left_eye, seen.face.right_eye)
    brows = [brow for brow, eye in zip(BROWS, eyes, strict=True) if not turned_away(seen, eye)]
    # Both, if one is: a pair is drawn in one hand.
    if any(_covered(seen, outline) for outline, _, _ in brows):
        return _covered_brows(seen, brows)
    own = [_seen(seen, brow) for brow in brows]
    clear = [each for each in own if each]
    if clear:
        weights = [each.weight for each in clear]
        light, a, b = (
            float(value) for value in np.average([each.colour for each in clear], axis=0, weights=weights)
        )
        colour = (max(7.0, min(light, seen.paint[0] - _PLAIN)), a, b)
    else:
        colour = (seen.paint[0] * 0.68, seen.paint[1] + 2, seen.paint[2] * 1.05)
    shapes: list[Shape] = []
    for brow, found in zip(brows, own, strict=True):
        hinted = _hinted(seen, brow, colour) if found is None or found.in_part else []
        shapes += hinted if found is None else traced(_joined(seen, found.mass, hinted), colour, seen)
    return shapes


def _seen(seen: Likeness, brow: _Brow) -> _Seen | None:
    """A brow as the photo shows it; None where it is too fair, or hidden."""
    width = seen.width
    zone = _place(seen, brow[0])
    zone *= seen.skin
    depth = gaussian(seen.around - seen.lab[..., 0], sigma=0.008 * width)
    inside = depth[zone > 0.6]
    darkness = percentile(inside, 82) if len(inside) >= 8 else 0.0
    if darkness < _FAINT:
        return None
    mass = gaussian(smoothstep(depth, low=0.3 * darkness, high=0.6 * darkness) * zone, sigma=0.0115 * width)
    sure = mass > 0.5
    size = np.count_nonzero(sure)
    if size <= 0.004 * width**2:
        return None
    near = cv2.dilate(sure.astype(np.float32), disk(_ASIDE * width)).astype(np.float32, copy=False)
    long = float((seen.at(near, curve(_ridge(seen, brow), samples=17)) > 0.5).mean())
    light, a, b = (float(value) for value in medians(seen.lab[sure].T))
    shift = 0.3 * (seen.paint[0] - seen.tone[0])
    return _Seen(mass, (light + shift - 0.08 * darkness, a, b), size * darkness, long < _LONG)


def _hinted(seen: Likeness, brow: _Brow, colour: Colour) -> list[Shape]:
    """A brow too fair to be seen: a face without any looks ill. Under a fringe there is none."""
    _, top, bottom = brow
    ridge = _ridge(seen, brow)
    if float(seen.at(seen.skin * (1 - seen.frames), ridge).mean()) < 0.7:
        return []
    thick = float(np.hypot(*(seen.points[top[2]] - seen.points[bottom[2]])))
    return stroke(ridge, (0.1 * thick, 0.75 * thick, 0.65 * thick, 0.1 * thick), colour)


def _joined(seen: Likeness, mass: FloatImage, hinted: list[Shape]) -> FloatImage:
    """What is seen of a brow, (H, W), with a stroke along all of it: one shape without forks."""
    if not hinted:
        return mass
    together = mass > 0.5
    for outline in (each for shape in hinted for each in shape.curves):
        together |= polygon_mask(seen.size, outline) > 0.5
    closed = cv2.morphologyEx(together.astype(np.float32), cv2.MORPH_CLOSE, disk(_ASIDE * seen.width))
    return gaussian(closed.astype(np.float32, copy=False), sigma=0.008 * seen.width)


def _ridge(seen: Likeness, brow: _Brow) -> Points:
    """The middle line of a brow as landmarks have it, (5, 2)."""
    _, top, bottom = brow
    ridge: Points = ((seen.points[top] + seen.points[bottom]) / 2).astype(np.float32)
    return ridge


def _covered(seen: Likeness, outline: NDArray[np.int64]) -> bool:
    """Whether spectacles hide a part of a brow."""
    place = polygon_mask(seen.size, seen.points[outline], grow=1.06) > 0.5
    return bool(seen.frames.any() and place.any() and float(seen.frames[place].mean()) > _COVERED)


def _place(seen: Likeness, outline: NDArray[np.int64]) -> FloatImage:
    """Where a brow may be, (H, W)."""
    # Thicker than the landmarks have it, but no longer: at its ends temples and noses are in shade.
    rise = seen.up * np.float32(0.016 * seen.width)
    masks = (polygon_mask(seen.size, seen.points[outline] + shift) for shift in (rise, 0 * rise, -rise))
    return gaussian(np.maximum.reduce(list(masks)), sigma=0.008 * seen.width)


def _covered_brows(seen: Likeness, brows: Sequence[_Brow]) -> list[Shape]:
    """Brows of which rims hide a part: strokes that rise over these, in the colour of what shows of both."""
    place = np.maximum.reduce([_place(seen, outline) for outline, _, _ in brows])
    free = cv2.dilate(seen.frames, disk(0.012 * seen.width)) < 0.1
    shown = seen.lab[(place > 0.5) & free]
    if len(shown) < 12:
        return []
    dark = shown[shown[:, 0] <= percentile(shown[:, 0], 30)]
    lightness, a, b = (float(value) for value in medians(dark.T))
    if lightness > seen.tone[0] - _FAINT:
        return []
    shapes: list[Shape] = []
    for brow in brows:
        _, top, bottom = brow
        thick = float(np.hypot(*(seen.points[top[2]] - seen.points[bottom[2]])))
        path = _ridge(seen, brow) + seen.up * np.float32(0.45 * thick)
        shapes += stroke(path, (0.15 * thick, 0.9 * thick, thick, 0.6 * thick), (lightness, a, b))
    return shapes
