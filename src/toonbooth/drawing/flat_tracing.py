"""What is dark around a face's eyes and at its nose, traced as the photo has it in a few clean tones."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_beard import bare_lightness
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye


@dataclass(frozen=True, slots=True)
class _Dark:
    """One of the tones that darks are settled in.

    from_depth : how much darker than fair skin a place is, at least, L*.
    at_nose : the same at a nose, which is modelled by slight shades.
    painted : how much darker than skin it is painted, L*.
    own : 0 … 1, how much of its colour is the photo's, and not skin's in shade.
    least : area in squares of a face's width below which it is a speck.
    """

    from_depth: float
    at_nose: float
    painted: float
    own: float
    least: float


_DARKS = (
    _Dark(from_depth=15.0, at_nose=9.0, painted=15.0, own=0.2, least=0.001),
    _Dark(from_depth=32.0, at_nose=28.0, painted=26.0, own=0.5, least=0.0012),
    _Dark(from_depth=46.0, at_nose=50.0, painted=46.0, own=1.0, least=0.0006),
)
"""Shade, dark, ink."""

_UNDER_NOSE = _Dark(from_depth=32.0, at_nose=28.0, painted=24.0, own=0.0, least=0.003)

_SOCKETS = (
    np.array([46, 53, 52, 65, 55, 193, 245, 233, 232, 231, 230, 229, 228, 31, 226, 113, 124]),
    np.array([276, 283, 282, 295, 285, 417, 465, 453, 452, 451, 450, 449, 448, 261, 446, 342, 353]),
)
"""From the lower edge of the brow to the bag under the eye."""

_LIDS = 0.026
"""How far around an eye lids and lashes reach, in face widths."""

_EDGE_ON = 0.075
"""Width of an eye, in face widths, under which it is seen from its side."""

_NOSE = np.array([98, 97, 2, 326, 327, 294, 278, 440, 275, 4, 45, 220, 48, 64])
"""Its tip, wings and base."""


def trace_darks(seen: Likeness, shade: Colour) -> list[Shape]:
    """Shapes of one face from back to front, in pixels of its window: every tone lies on the one before.

    The lightest of them has the tone of all `shade` on skin, with which it grows together.
    """
    width = seen.width
    light = gaussian(np.ascontiguousarray(seen.lab[..., 0]), sigma=0.005 * width)
    # Darker skin has deeper tones in smaller steps.
    measure = float(np.clip(seen.tone[0] / 66, 0.5, 1.1))
    nose = seen.zone(_NOSE, grow=1.12, feather=0.012)
    zone = nose.copy()
    for socket, eye in zip(_SOCKETS, (seen.face.left_eye, seen.face.right_eye), strict=True):
        if not turned_away(seen, eye):
            np.maximum(zone, seen.zone(socket, grow=1.06, feather=0.012), out=zone)
    mouth = polygon_mask(seen.size, seen.points[facemap.LIPS_OUTER], feather=1)
    zone *= smoothstep(seen.skin, low=0.2, high=0.7) * (1 - mouth) * (1 - seen.frames)
    lit = bare_lightness(seen, light)
    # A moustache takes the light from what surrounds a nose.
    base = lit + (1 - nose) * np.float32(0.5) * (seen.around - lit)
    depth = (base - light) * zone * np.float32(1 / measure)
    thresholds = (dark.from_depth + nose * np.float32(dark.at_nose - dark.from_depth) for dark in _DARKS)
    places = _settled([depth > threshold for threshold in thresholds], width=width)
    # Lids and lashes are dark; all else between brow and cheek is shade, in hard light, too.
    at_eyes = np.zeros_like(nose)
    for eye in (seen.face.left_eye, seen.face.right_eye):
        np.maximum(at_eyes, polygon_mask(seen.size, seen.contour(eye)), out=at_eyes)
    at_eyes = cv2.dilate(at_eyes, disk(_LIDS * width)).astype(np.float32, copy=False) + nose
    places[1:] = [place & (at_eyes > 0.5) for place in places[1:]]
    # What is dark under a nose is its shade, however hard the light: its nostrils are drawn.
    under = places[1] & (nose > 0.5)
    places = [places[0], under, *(place & ~under for place in places[1:])]
    shapes: list[Shape] = []
    for index, (dark, place) in enumerate(zip((_DARKS[0], _UNDER_NOSE, *_DARKS[1:]), places, strict=True)):
        field = gaussian(place.astype(np.float32), sigma=0.0075 * width)
        curves = trace_field(
            field, level=0.5, spacing=max(1.5, 0.01 * width), least_area=dark.least * width**2
        )
        if curves:
            alone = place if index + 1 == len(places) else place & ~places[index + 1]
            tone = _colour(seen, alone if alone.any() else place, dark, measure=measure)
            shapes.append(Shape(curves, byte_colour(tone if index else shade)))
    return shapes


def turned_away(seen: Likeness, eye: Eye) -> bool:
    """Whether an eye lies so far round a turned face that only its edge could be seen."""
    return float(np.hypot(*(eye.contour[8] - eye.contour[0]))) < _EDGE_ON * seen.width


def _settled(darker: list[NDArray[np.bool_]], *, width: float) -> list[NDArray[np.bool_]]:
    """Without the thin rings of shade that lie around whatever is darker still."""
    brush = disk(0.0085 * width)
    settled: list[NDArray[np.bool_]] = []
    above = np.zeros(darker[0].shape, np.bool_)
    for index, place in reversed(list(enumerate(darker))):
        if index > 0:
            above = above | place
        else:
            band = cv2.morphologyEx((place & ~above).astype(np.uint8), cv2.MORPH_CLOSE, brush)
            above = above | (cv2.morphologyEx(band, cv2.MORPH_OPEN, brush) > 0)
        settled.insert(0, above)
    return settled


def _colour(seen: Likeness, place: NDArray[np.bool_], dark: _Dark, *, measure: float) -> Colour:
    """Between skin in shade and what the photo has there."""
    light, a, b = (float(value) for value in np.median(seen.lab[place], axis=0))
    depth = dark.painted * measure
    # Shadow on light skin glows; on dark skin it is only darker.
    warmer = 0.35 * depth * float(np.clip((seen.paint[0] - 30) / 40, 0, 1))
    shift = (1 - min(1.0, depth / 40)) * (seen.paint[0] - seen.tone[0])
    shade = (seen.paint[0] - depth, seen.paint[1] + warmer, seen.paint[2] + 0.7 * warmer)
    own = (max(5.0, light + shift), a, b)
    mixed = [skin + dark.own * (photo - skin) for skin, photo in zip(shade, own, strict=True)]
    return mixed[0], mixed[1], mixed[2]
