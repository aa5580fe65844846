"""A mouth as clean shapes: lips in their own colour, teeth as one even row."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_strokes import darker, filled, stroke
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, ellipse
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.teeth import INNER_LOWER, INNER_UPPER, rows_of_teeth
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import Curve
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points


def draw_mouth(whole: Likeness, *, light_from: float) -> list[Shape]:
    """Lips, teeth and the shadow under them, in pixels of the window of a face.

    Parameters
    ----------
    whole : Likeness
        The face; `paint` is the tone that its skin is drawn in.
    light_from : float, -1 left … 1 right
    """
    seen = whole.near(facemap.LIPS_OUTER, margin=0.12)
    left, top = seen.corner - whole.corner
    return [
        shape.moved(scale=1.0, corner=(float(left), float(top)))
        for shape in _mouth(seen, light_from=light_from)
    ]


def _mouth(seen: Likeness, *, light_from: float) -> list[Shape]:
    width, points = seen.width, seen.points
    opening = float(np.hypot(*(points[14] - points[13])))
    is_open = opening > 0.022 * width
    outer = polygon_mask(seen.size, points[facemap.LIPS_OUTER])
    inner = polygon_mask(seen.size, points[facemap.LIPS_INNER])
    colour = _lip_colour(seen, outer * (1 - inner))
    upper_tone = (colour[0] - 5, colour[1] + 1, colour[2])
    ink = (max(8.0, colour[0] * 0.45), colour[1] * 0.8 + 4, colour[2] * 0.7)
    lips = _with_corners(points[facemap.LIPS_OUTER], (0, 10))
    meeting = ((points[INNER_UPPER] + points[INNER_LOWER]) / 2).astype(np.float32)
    line = points[INNER_UPPER] if is_open else meeting
    line = np.concatenate([points[[61]], line, points[[291]]]).astype(np.float32)
    if not is_open:
        line, _ = seen.trace(line, reach=0.012, samples=17)
    rim = np.concatenate([points[facemap.LIPS_OUTER[:11]], line[::-1]]).astype(np.float32)
    shine = (points[14] * 0.45 + points[17] * 0.55) + np.array(
        [-seen.up[1], seen.up[0]]
    ) * 0.03 * width * light_from
    span = float(np.hypot(*(points[17] - points[14])))
    on_lips = [filled(_with_corners(rim, (0, 10)), upper_tone)]
    if span > 0.03 * width:
        spot = ellipse((float(shine[0]), float(shine[1])), (0.05 * width, 0.16 * span), turn=seen.face.roll)[
            ::3
        ]
        on_lips.append(
            filled(spot, (min(94.0, colour[0] + 13), colour[1] * 0.8, colour[2] * 0.85), opacity=0.7)
        )
    shapes = [Shape((lips,), byte_colour(colour), 1.0, tuple(on_lips))]
    below = points[[84, 17, 314]] - seen.up * 0.028 * width
    shapes = [
        *stroke(below, (0.002 * width, 0.018 * width, 0.002 * width), darker(seen.paint, depth=0.14)),
        *shapes,
    ]
    if is_open:
        hollow = _with_corners(points[facemap.LIPS_INNER], (0, 10))
        shapes.append(Shape((hollow,), byte_colour((20.0, 22.0, 10.0)), 1.0, tuple(_teeth(seen, inner))))
    shapes += stroke(
        line,
        (0.004 * width, 0.01 * width, 0.013 * width, 0.01 * width, 0.004 * width),
        ink,
        samples=24,
        opacity=0.9,
    )
    return shapes


def _teeth(seen: Likeness, mouth: FloatImage) -> list[Shape]:
    """Teeth as one shape: what is lighter than the rest of the mouth and not as red as tongue and gums."""
    sure = mouth > 0.6
    if np.count_nonzero(sure) < 12:
        return []
    calm = gaussian(seen.lab, sigma=0.007 * seen.width)
    low, high = (float(value) for value in np.percentile(calm[sure][:, 0], [5, 92]))
    bright = max(high, 0.72 * seen.tone[0])
    # Light falls on one side: on the other teeth are as much teeth, and darker.
    lit = cv2.dilate(calm[..., 0] * (mouth > 0.3), disk(0.05 * seen.width)).astype(np.float32, copy=False)
    lit = np.clip(gaussian(lit, sigma=0.05 * seen.width), 0.55 * bright, bright)
    cut = np.float32(low) + np.float32(0.45) * (lit - np.float32(low))
    teeth = smoothstep(calm[..., 0] - cut, low=-6, high=6)
    teeth *= smoothstep(calm[..., 1] - np.float32(0.55 * seen.tone[1]), low=10, high=4)
    white = (float(np.clip(0.5 * high + 45, 72, 92)), 1.0, 5.5)
    rows = rows_of_teeth(gaussian(teeth, sigma=0.006 * seen.width), seen.points)
    return [filled(row, white) for row in rows]


def _lip_colour(seen: Likeness, lips: FloatImage) -> Colour:
    samples = seen.lab[lips > 0.7]
    if len(samples) < 12:
        return darker(seen.paint, depth=0.25)
    # A moustache may hang over the lips: lips are what is red among them.
    red = samples[samples[:, 1] >= np.percentile(samples[:, 1], 40)]
    lightness, a, b = (float(value) for value in np.median(red, axis=0))
    shift = seen.paint[0] - seen.tone[0]
    return min(lightness + 0.8 * shift, seen.paint[0] - 4), max(a * 1.05, seen.paint[1] + 6), b * 0.95


def _with_corners(outline: Points, corners: tuple[int, ...]) -> Curve:
    """Double some control points: there the curve has corners."""
    return np.insert(outline, corners, outline[list(corners)], axis=0).astype(np.float32)
