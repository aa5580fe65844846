"""A mouth as clean shapes, traced: lips in their own outline and tones, teeth as they are seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_strokes import darker, filled, stroke
from toonbooth.drawing.flat_teeth import draw_row
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, curve, ellipse
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.teeth import INNER_LOWER, INNER_UPPER, rows_of_teeth
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import Curve, trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points

_OPEN = 0.022
"""Distance of the lips, in face widths, from which a mouth shows what is inside."""

_WIDE_OPEN = 0.07
"""The same from which on it certainly does."""

_SHOWS = 10.0
"""How much darker or lighter than lips a mouth's inside is, L*."""

_GLIMPSE = 0.0008
"""Area in squares of a face's width from which on a light place in a mouth is teeth, and no glint."""

_LOWER = np.array([95, 88, 178, 87, 14, 317, 402, 318, 324, 375, 321, 405, 314, 17, 84, 181, 91, 146])
"""Around a lower lip."""

_SHINES = 7.0
_SHINE = 0.0012
"""How much lighter than lips their shine is, L*, and its least area in squares of a face's width."""

_HANG = 0.5
"""How far teeth that are seen through a narrow gap hang down in it."""

_COLOURED = 8.0
"""a* from which on lips have a colour that teeth don't have."""

_TOLD_APART = (5.0, 13.0)
"""Difference between lips and skin in a* and b* under which only landmarks tell them apart, and from which
on their colour does."""


@dataclass(frozen=True, slots=True)
class _Lips:
    """A mouth as it is seen.

    field : (H, W), above 0.5 on lips and all between them.
    colour : what they are painted in.
    light : (H, W), how much lighter than their middle tone they are, L*.
    red : their a* in the photo.
    """

    field: FloatImage
    colour: Colour
    light: FloatImage
    red: float


def draw_mouth(whole: Likeness, below: Colour | None = None) -> list[Shape]:
    """Lips, teeth and the shadow under them, in pixels of the window of a face.

    Parameters
    ----------
    whole : Likeness
        The face; `paint` is the tone that its skin is drawn in.
    below : the tone of shade under its lower lip; None where a beard grows
    """
    seen = whole.near(facemap.LIPS_OUTER, margin=0.12)
    left, top = seen.corner - whole.corner
    return [shape.moved(scale=1.0, corner=(float(left), float(top))) for shape in _mouth(seen, below)]


def _mouth(seen: Likeness, below: Colour | None) -> list[Shape]:
    width, points = seen.width, seen.points
    lips = _lips(seen)
    is_open = _is_open(seen, lips)
    red = lips.colour

    def toned(step: float) -> Colour:
        return max(8.0, red[0] + step), red[1] * (1 + 0.006 * step), red[2] * (1 + 0.004 * step)

    # Where the lips meet; the upper one lies in its own shade, in every light.
    meeting = ((points[INNER_UPPER] + points[INNER_LOWER]) / 2).astype(np.float32)
    line = np.concatenate([points[[61]], meeting, points[[291]]]).astype(np.float32)
    if not is_open:
        line, _ = seen.trace(line, reach=0.014, samples=17)
    along = (line[-1] - line[0]) * np.float32(0.1)
    upper = np.concatenate([line[:1] - along, line, line[-1:] + along])
    high = (upper[::-1] + seen.up * np.float32(0.3 * width)).astype(np.float32)
    shades = [filled(np.concatenate([upper, high]), toned(-8.0))]
    shades += [filled(shine, toned(8.0)) for shine in _shine(seen, lips)]
    if is_open:
        shades += _inside(seen, lips)
    outline = trace_field(lips.field, level=0.5, spacing=max(1.5, 0.01 * width), least_area=0.004 * width**2)
    if not outline:
        outline = (_with_corners(points[facemap.LIPS_OUTER], (0, 10)),)
    shapes: list[Shape] = []
    if below is not None:
        under = points[[84, 17, 314]] - seen.up * 0.028 * width
        shapes += stroke(under, (0.002 * width, 0.018 * width, 0.002 * width), below)
    shapes.append(Shape(outline, byte_colour(red), 1.0, tuple(shades)))
    ink = (max(8.0, red[0] * 0.45), red[1] * 0.7 + 4, red[2] * 0.7)
    if not is_open:
        widths = (0.004 * width, 0.01 * width, 0.013 * width, 0.01 * width, 0.004 * width)
        shapes += stroke(line, widths, ink, samples=24)
    return shapes


def _shine(seen: Likeness, lips: _Lips) -> list[Points]:
    """The outline of the light on a lower lip, on the side that it comes from; none where it has none."""
    lower = polygon_mask(seen.size, seen.points[_LOWER]) > 0.6
    rows, columns = np.nonzero(lower & (lips.light > _SHINES))
    if len(rows) < _SHINE * seen.width**2:
        return []
    upper, under = seen.points[14], seen.points[17]
    corners = seen.points[291] - seen.points[61]
    across = float(np.hypot(*corners))
    way = corners / np.float32(max(across, 1e-3))
    middle = (0.5 * upper + 0.5 * under).astype(np.float32)
    aside = float((np.array([columns.mean(), rows.mean()]) - middle) @ way)
    x, y = middle + way * np.float32(np.clip(aside, -0.12 * across, 0.12 * across))
    tall = float(np.hypot(*(under - upper)))
    return [ellipse((float(x), float(y)), (0.15 * across, 0.2 * tall), turn=seen.face.roll)[::3]]


def _is_open(seen: Likeness, lips: _Lips) -> bool:
    """Whether a mouth shows what is inside: lips that are apart by a little may have nothing between them."""
    apart = float(np.hypot(*(seen.points[14] - seen.points[13]))) / seen.width
    between = lips.light[polygon_mask(seen.size, seen.points[facemap.LIPS_INNER]) > 0.6]
    if apart < _OPEN or len(between) < 12:
        return False
    dark, light = (float(value) for value in np.percentile(between, (25, 90)))
    return apart > _WIDE_OPEN or dark < -_SHOWS or light > _SHOWS


def _lips(seen: Likeness) -> _Lips:
    """Tell lips from skin: by colour where that can be told, by landmarks where it can't."""
    width, points = seen.width, seen.points
    outer = polygon_mask(seen.size, points[facemap.LIPS_OUTER])
    inner = polygon_mask(seen.size, points[facemap.LIPS_INNER])
    calm = gaussian(seen.lab, sigma=0.008 * width)
    rim = polygon_mask(seen.size, points[facemap.LIPS_OUTER], grow=1.5)
    rim -= polygon_mask(seen.size, points[facemap.LIPS_OUTER], grow=1.2)
    beside, on = calm[(rim > 0.7) & (seen.skin > 0.5)], calm[(outer > 0.8) & (inner < 0.2)]
    soft = gaussian(outer, sigma=0.011 * width)
    light = np.ascontiguousarray(calm[..., 0])
    if len(beside) < 12 or len(on) < 12:
        return _Lips(soft, darker(seen.paint, depth=0.25), np.zeros_like(light), 0.0)
    # A moustache may hang over the lips, and grow around them: lips are what is red.
    on = on[on[:, 1] >= np.percentile(on[:, 1], 40)]
    own, skin = np.median(on, axis=0), np.median(beside, axis=0)
    away = own[1:] - skin[1:]
    apart = float(np.hypot(*away))
    trust = float(smoothstep(np.array([apart], np.float32), low=_TOLD_APART[0], high=_TOLD_APART[1])[0])
    like = (calm[..., 1:] - skin[1:].astype(np.float32)) @ (away / max(apart**2, 1.0)).astype(np.float32)
    # Light on a lip takes its colour more than skin ever has it.
    redder = np.maximum(smoothstep(like, low=0.2, high=0.8) - np.float32(0.5), np.float32(-0.3))
    # What is between the lips has another colour.
    redder *= 1 - polygon_mask(seen.size, points[facemap.LIPS_INNER], grow=1.1)
    # By as much as a hundredth of a face's width lips end elsewhere than landmarks have it.
    field = soft + np.float32(0.5 * trust) * redder
    tone = np.array(seen.tone)
    moved = 0.95 * (own - tone)
    grey = float(np.hypot(*tone[1:])) < 4
    red = max(float(moved[1]), 5.0) if not grey else 10.0
    colour = (
        seen.paint[0] + min(float(moved[0]), -4.0),
        seen.paint[1] + red,
        max(seen.paint[2] + float(moved[2]), 0.6 * seen.paint[2]),
    )
    return _Lips(gaussian(field, sigma=0.005 * width), colour, light - np.float32(own[0]), float(own[1]))


def _inside(seen: Likeness, lips: _Lips) -> list[Shape]:
    """What an open mouth shows: its dark, and teeth with their own edge, lit and in shade."""
    width = seen.width
    mouth = polygon_mask(seen.size, seen.points[facemap.LIPS_INNER], grow=1.04, feather=0.006 * width)
    inner = _with_corners(seen.points[facemap.LIPS_INNER], (0, 10))
    sure = mouth > 0.6
    if np.count_nonzero(sure) < 12:
        return [filled(inner, (17.0, 20.0, 9.0))]
    calm = gaussian(seen.lab, sigma=0.006 * width)
    light, red = calm[..., 0], calm[..., 1]
    low, dark, high = (float(value) for value in np.percentile(light[sure], [6, 25, 94]))
    # A mouth hardly open in a photo of few pixels is no black hole.
    hollow = filled(inner, (float(np.clip(0.8 * dark, 14, 31)), 20.0, 10.0))
    high = max(high, 0.72 * seen.tone[0])
    # Light falls on one side: on the other teeth are as much teeth, and darker.
    lit = cv2.dilate(light * (mouth > 0.3), disk(0.05 * width)).astype(np.float32, copy=False)
    lit = np.clip(gaussian(lit, sigma=0.05 * width), 0.55 * high, high)
    teeth = smoothstep(light - (np.float32(low) + np.float32(0.45) * (lit - np.float32(low))), low=-6, high=6)
    teeth *= smoothstep(red, low=0.55 * seen.tone[1] + 11, high=0.55 * seen.tone[1] + 4) * mouth
    if lips.red > _COLOURED:
        # What is as red as lips is a lip in the light.
        teeth *= smoothstep(red, low=0.78 * lips.red + 2, high=0.66 * lips.red - 2)
    white = (float(np.clip(0.45 * high + 53, 84, 93)), 1.5, 7.0)
    teeth = gaussian(teeth, sigma=0.006 * width)
    rows = rows_of_teeth(teeth, seen.points, beyond=0.16, ending=0.4)
    if rows:
        return [
            hollow,
            *(draw_row(row, white, width=width, gaps=not order) for order, row in enumerate(rows)),
        ]
    # Lips that part by a little show no row, but the middle of one.
    within = teeth * polygon_mask(seen.size, seen.points[facemap.LIPS_INNER])
    if not trace_field(within, level=0.4, spacing=max(1.5, 0.009 * width), least_area=_GLIMPSE * width**2):
        return [hollow]
    edge, floor = (curve(seen.points[lip[2:-2]], samples=13) for lip in (INNER_UPPER, INNER_LOWER))
    hang = _HANG * np.sin(np.linspace(0, np.pi, len(edge)))[:, None] ** 0.5
    row = np.concatenate([edge + hang * (floor - edge), (edge + seen.up * np.float32(0.03 * width))[::-1]])
    return [replace(hollow, inside=(filled(row.astype(np.float32), (white[0] - 4, white[1], white[2])),))]


def _with_corners(outline: Points, corners: tuple[int, ...]) -> Curve:
    """Double some control points: there the curve has corners."""
    return np.insert(outline, corners, outline[list(corners)], axis=0).astype(np.float32)
