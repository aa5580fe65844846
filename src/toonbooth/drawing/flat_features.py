"""Eyes, brows, nose, mouth and spectacles as clean shapes in the person's own forms and colours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.features import BROWS
from toonbooth.drawing.gaze import CREASES, iris_colour
from toonbooth.drawing.likeness import Likeness, own_shape
from toonbooth.drawing.masses import byte_colour
from toonbooth.drawing.pen import Colour, curve, ellipse, normals
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape
from toonbooth.imaging.contours import Curve, trace_field
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye, Points

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""

_UPPER_LIP = np.array(
    [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78]
)
_LOWER_LIP = np.array(
    [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78]
)
_INNER_UPPER = np.array([78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308])
_INNER_LOWER = np.array([78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308])
_NOSTRILS = np.array([98, 97, 2, 326, 327, 294, 278, 275, 4, 45, 48, 64])
_WINGS = (np.array([129, 64, 98]), np.array([358, 294, 327]))
_FOLDS = (np.array([129, 203, 206, 216]), np.array([358, 423, 426, 436]))
_LASHES: Colour = (12.0, 5.0, 3.0)


def draw_features(seen: Likeness, *, light_from: float) -> tuple[Shape, ...]:
    """Shapes of one face, from back to front, in pixels of the picture that `seen` is a window of.

    Parameters
    ----------
    seen : Likeness
        `paint` is the tone that the face's skin is drawn in.
    light_from : float, -1 left … 1 right
    """
    shapes = [*_folds(seen), *_nose(seen), *_mouth(seen, light_from=light_from)]
    eyes = (seen.face.left_eye, seen.face.right_eye)
    colour = iris_colour(seen, eyes)
    for eye, crease in zip(eyes, CREASES, strict=True):
        shapes += _eye(seen, eye, crease, colour, light_from=light_from)
    for outline, top, bottom in BROWS:
        shapes += _brow(seen, outline, top, bottom)
    shapes += _spectacles(seen)
    x, y = seen.corner
    return tuple(shape.moved(scale=1.0, corner=(float(x), float(y))) for shape in shapes)


def darker(tone: Colour, *, depth: float) -> Colour:
    """A tone's own shadow: darker, warmer, never grey."""
    lightness, a, b = tone
    return max(5.0, lightness * (1 - depth)), a + 11 * depth, b + 6 * depth


def _filled(outline: Points, colour: Colour, *, opacity: float = 1.0) -> Shape:
    return Shape((outline,), byte_colour(colour), opacity)


def _stroke(
    path: Points, widths: Sequence[float], colour: Colour, *, opacity: float = 1.0, samples: int = 16
) -> list[Shape]:
    """A tapered stroke; none when it is too thin to be seen."""
    line = curve(path, samples=samples)
    swell = np.interp(np.linspace(0, 1, samples), np.linspace(0, 1, len(widths)), widths)
    strongest = float(swell.max())
    if strongest < 0.2 or opacity < 0.06:
        return []
    opacity *= min(1.0, strongest)
    half = normals(line) * (np.maximum(swell, 0.15) / 2 * max(1.0, 1 / strongest))[:, None]
    # Twice the same point: the ends are tips.
    outline = np.concatenate(
        [line[:1], line[:1], (line + half)[1:-1], line[-1:], line[-1:], (line - half)[-2:0:-1]]
    )
    return [_filled(outline.astype(np.float32), colour, opacity=opacity)]


def _traced(field: FloatImage, colour: Colour, seen: Likeness, *, opacity: float = 1.0) -> list[Shape]:
    """What is more than half there, as a shape."""
    curves = trace_field(
        field, level=0.5, spacing=max(1.5, 0.01 * seen.width), least_area=max(3.0, 0.00012 * seen.width**2)
    )
    return [Shape(curves, byte_colour(colour), opacity)] if curves else []


def _brow(
    seen: Likeness, outline: NDArray[np.int64], top: NDArray[np.int64], bottom: NDArray[np.int64]
) -> list[Shape]:
    zone = polygon_mask(seen.size, seen.points[outline], grow=1.14, feather=0.016 * seen.width)
    zone *= seen.skin * (1 - seen.frames)
    shape, darkness = own_shape(seen, zone, least=9.0, softness=0.5)
    calm = gaussian(shape, sigma=0.005 * seen.width)
    sure = calm > 0.5
    enough = np.count_nonzero(sure) > 0.004 * seen.width**2
    if darkness >= 9 and enough:
        lightness, a, b = (float(value) for value in np.median(seen.lab[sure], axis=0))
        shift = seen.paint[0] - seen.tone[0]
        colour = (max(8.0, 0.88 * lightness + 0.3 * shift), a * 1.1, b * 1.1)
        return _traced(calm, colour, seen)
    # Brows too fair to be seen are hinted at: a face without any looks ill. Under a fringe there are none.
    ridge = ((seen.points[top] + seen.points[bottom]) / 2).astype(np.float32)
    bare = float(seen.at(seen.skin * (1 - seen.frames), ridge).mean())
    if bare < 0.7:
        return []
    thick = float(np.hypot(*(seen.points[top[2]] - seen.points[bottom[2]])))
    faint = (seen.paint[0] * 0.64, seen.paint[1] + 2, seen.paint[2] * 1.1)
    return _stroke(ridge, (0.1 * thick, 0.75 * thick, 0.65 * thick, 0.1 * thick), faint, opacity=0.85)


def _eye(
    seen: Likeness, eye: Eye, crease: NDArray[np.int64], colour: Colour, *, light_from: float
) -> list[Shape]:
    contour = seen.contour(eye)
    across = float(np.hypot(*(contour[8] - contour[0])))
    if across < 3:
        return []
    up = seen.up
    right = np.array([-up[1], up[0]], np.float32)
    upper = curve(contour[:9], samples=14)
    lower = curve(np.concatenate([contour[8:], contour[:1]]), samples=14)
    shapes: list[Shape] = []
    line, strength = seen.trace(seen.points[crease[1:]], reach=0.012, samples=14)
    felt = float(smoothstep(np.array([strength.mean()], np.float32), low=0.002, high=0.02)[0])
    shapes += _stroke(
        line,
        (0.005 * across, 0.045 * across, 0.04 * across, 0.005 * across),
        darker(seen.paint, depth=0.4),
        opacity=0.35 + 0.55 * felt,
    )
    lid_widths = (0.02 * across, 0.1 * across, 0.105 * across, 0.08 * across, 0.03 * across)
    if eye.openness < _CLOSED:
        middle = ((upper + lower[::-1]) / 2).astype(np.float32)
        return shapes + _stroke(middle, lid_widths, _LASHES)

    centre = np.array(eye.iris_centre, np.float32) - seen.corner
    radius = max(eye.iris_radius * 1.05, 0.19 * across)
    narrow = float(np.clip(np.cos(seen.face.yaw * 0.8), 0.75, 1.0))

    def disc(size: float, *, dx: float = 0.0, dy: float = 0.0) -> Points:
        x, y = centre + right * dx * radius - up * dy * radius
        turn = seen.face.roll
        # The control points of a round spline lie a little outside it.
        return ellipse(
            (float(x), float(y)), (1.005 * size * radius * narrow, 1.005 * size * radius), turn=turn
        )[::3]

    white = (float(np.clip(54 + 0.48 * seen.paint[0], 76, 93)), 1.5, 3.0)
    lightness, a, b = colour
    tall = max(float(((upper - lower[::-1]) @ up).max()), 0.05 * across)
    shade = np.concatenate([upper + up * tall, (upper - up * 0.2 * tall)[::-1]]).astype(np.float32)
    rim = (max(7.0, lightness * 0.45), a * 0.7, b * 0.6)
    glow = (min(84.0, lightness + 15), a * 1.1, b * 1.15)
    inside = [
        _filled(shade, (white[0] - 16, 4.0, 3.0)),
        _filled(disc(1.0), rim),
        Shape((disc(0.84),), byte_colour(colour), 1.0, (_filled(disc(0.66, dy=0.62), glow, opacity=0.7),)),
        _filled(disc(0.44), (7.0, 1.0, 0.0)),
        _filled(disc(0.25, dx=0.33 * light_from, dy=-0.36), (98.0, 0.0, 0.0)),
        _filled(disc(0.1, dx=-0.36 * light_from, dy=0.38), (96.0, 0.0, 0.0), opacity=0.8),
    ]
    opening = np.concatenate([upper[:1], upper, lower[:1], lower[1:-1]]).astype(np.float32)
    shapes.append(Shape((opening,), byte_colour(white), 1.0, tuple(inside)))
    shapes += _stroke(
        lower[2:-1] - up * 0.01 * across,
        (0.01 * across, 0.03 * across, 0.035 * across, 0.02 * across),
        darker(seen.paint, depth=0.5),
        opacity=0.8,
    )
    outer = contour[0] - contour[8]
    outward = outer / max(float(np.hypot(*outer)), 1e-3)
    wing = contour[0] + outward * 0.07 * across + up * 0.02 * across
    lid = np.concatenate([wing[None], upper + up * 0.02 * across]).astype(np.float32)
    return shapes + _stroke(lid, lid_widths, _LASHES, samples=24)


def _nose(seen: Likeness) -> list[Shape]:
    width, points = seen.width, seen.points
    shade = darker(seen.paint, depth=0.22)
    ink = darker(seen.paint, depth=0.5)
    shapes: list[Shape] = []
    # The shadow that a nose throws: from wing to wing along its base, deeper in the middle.
    base, _ = seen.trace(points[[64, 98, 97, 2, 326, 327, 294]], reach=0.012, samples=20)
    shapes += _stroke(
        base, (0.004 * width, 0.024 * width, 0.022 * width, 0.024 * width, 0.004 * width), shade
    )
    nostrils = seen.zone(_NOSTRILS, feather=0.012)
    dark, darkness = own_shape(seen, nostrils, least=24.0, softness=0.6)
    if darkness > 10:
        shapes += _traced(gaussian(dark, sigma=0.003 * width) * np.float32(0.72), ink, seen, opacity=0.9)
    for wing in _WINGS:
        path, strength = seen.trace(points[wing], reach=0.025, samples=12)
        felt = float(smoothstep(np.array([strength.mean()], np.float32), low=0.003, high=0.02)[0])
        shapes += _stroke(
            path,
            (0.002 * width, 0.011 * width, 0.01 * width, 0.002 * width),
            darker(seen.paint, depth=0.35),
            opacity=0.2 + 0.7 * felt,
        )
    return shapes


def _folds(seen: Likeness) -> list[Shape]:
    """Folds of laughter and age, as far as the photo has them."""
    shapes: list[Shape] = []
    width = seen.width
    yaw = seen.face.yaw
    for fold, near in zip(_FOLDS, (1.3 + 4 * yaw, 1.3 - 4 * yaw), strict=True):
        path, strength = seen.trace(seen.points[fold], reach=0.045, samples=14)
        present = float(np.clip((float(strength.mean()) - 0.008) / 0.014, 0, 1)) * float(np.clip(near, 0, 1))
        if present > 0.15 and float(seen.at(seen.skin, path).mean()) > 0.8:
            shapes += _stroke(
                path,
                (0.003 * width, 0.018 * width, 0.014 * width, 0.002 * width),
                darker(seen.paint, depth=0.2),
                opacity=0.4 + 0.6 * present,
            )
    return shapes


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
    meeting = ((points[_INNER_UPPER] + points[_INNER_LOWER]) / 2).astype(np.float32)
    line = points[_INNER_UPPER] if is_open else meeting
    line = np.concatenate([points[[61]], line, points[[291]]]).astype(np.float32)
    if not is_open:
        line, _ = seen.trace(line, reach=0.012, samples=17)
    rim = np.concatenate([points[facemap.LIPS_OUTER[:11]], line[::-1]]).astype(np.float32)
    shine = (points[14] * 0.45 + points[17] * 0.55) + np.array(
        [-seen.up[1], seen.up[0]]
    ) * 0.03 * width * light_from
    span = float(np.hypot(*(points[17] - points[14])))
    on_lips = [_filled(_with_corners(rim, (0, 10)), upper_tone)]
    if span > 0.03 * width:
        spot = ellipse((float(shine[0]), float(shine[1])), (0.05 * width, 0.16 * span), turn=seen.face.roll)[
            ::3
        ]
        on_lips.append(
            _filled(spot, (min(94.0, colour[0] + 13), colour[1] * 0.8, colour[2] * 0.85), opacity=0.7)
        )
    shapes = [Shape((lips,), byte_colour(colour), 1.0, tuple(on_lips))]
    below = points[[84, 17, 314]] - seen.up * 0.028 * width
    shapes = [
        *_stroke(below, (0.002 * width, 0.018 * width, 0.002 * width), darker(seen.paint, depth=0.14)),
        *shapes,
    ]
    if is_open:
        hollow = _with_corners(points[facemap.LIPS_INNER], (0, 10))
        shapes.append(Shape((hollow,), byte_colour((20.0, 22.0, 10.0)), 1.0, tuple(_teeth(seen, inner))))
    shapes += _stroke(
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
    lit = cv2.dilate(calm[..., 0] * (mouth > 0.3), _disc(0.05 * seen.width)).astype(np.float32, copy=False)
    lit = np.clip(gaussian(lit, sigma=0.06 * seen.width), 0.6 * bright, bright)
    cut = np.float32(low) + np.float32(0.45) * (lit - np.float32(low))
    teeth = smoothstep(calm[..., 0] - cut, low=-6, high=6)
    teeth *= smoothstep(calm[..., 1] - np.float32(0.55 * seen.tone[1]), low=10, high=4)
    near = polygon_mask(seen.size, seen.points[facemap.LIPS_INNER], grow=1.15)
    white = (float(np.clip(0.5 * high + 45, 72, 92)), 1.0, 5.5)
    return _traced(gaussian(teeth * near, sigma=0.014 * seen.width), white, seen)


def _disc(radius: float) -> NDArray[np.uint8]:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8, copy=False)


def _lip_colour(seen: Likeness, lips: FloatImage) -> Colour:
    samples = seen.lab[lips > 0.7]
    if len(samples) < 12:
        return darker(seen.paint, depth=0.25)
    # A moustache may hang over the lips: lips are what is red among them.
    red = samples[samples[:, 1] >= np.percentile(samples[:, 1], 40)]
    lightness, a, b = (float(value) for value in np.median(red, axis=0))
    shift = seen.paint[0] - seen.tone[0]
    return min(lightness + 0.8 * shift, seen.paint[0] - 4), max(a * 1.05, seen.paint[1] + 6), b * 0.95


def _spectacles(seen: Likeness) -> list[Shape]:
    if not seen.frames.any():
        return []
    rims = gaussian(seen.frames, sigma=0.004 * seen.width)
    sure = rims > 0.5
    if np.count_nonzero(sure) < 10:
        return []
    lightness, a, b = (float(value) for value in np.percentile(seen.lab[sure], 30, axis=0))
    return _traced(smoothstep(rims, low=0.1, high=0.6), (0.85 * lightness, a, b), seen)


def _with_corners(outline: Points, corners: tuple[int, ...]) -> Curve:
    """Double some control points: there the curve has corners."""
    return np.insert(outline, corners, outline[list(corners)], axis=0).astype(np.float32)
