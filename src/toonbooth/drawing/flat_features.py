"""Eyes, brows, nose, mouth and spectacles as clean shapes in the person's own forms and colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.features import BROWS
from toonbooth.drawing.flat_mouth import draw_mouth
from toonbooth.drawing.flat_skin import FOLDS
from toonbooth.drawing.flat_strokes import darker, filled, stroke, traced
from toonbooth.drawing.gaze import CREASES, iris_colour
from toonbooth.drawing.lenses import Spectacles, find_spectacles
from toonbooth.drawing.likeness import Likeness, own_shape
from toonbooth.drawing.pen import Colour, curve, ellipse
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye, Points

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""

_NOSTRILS = np.array([98, 97, 2, 326, 327, 294, 278, 275, 4, 45, 48, 64])
_WINGS = (np.array([129, 64, 98]), np.array([358, 294, 327]))
_LASHES: Colour = (12.0, 5.0, 3.0)


def draw_features(seen: Likeness, *, light_from: float) -> tuple[Shape, ...]:
    """Shapes of one face, from back to front, in pixels of the picture that `seen` is a window of.

    Parameters
    ----------
    seen : Likeness
        `paint` is the tone that the face's skin is drawn in.
    light_from : float, -1 left … 1 right
    """
    shapes = [*_folds(seen), *_nose(seen), *draw_mouth(seen, light_from=light_from)]
    eyes = (seen.face.left_eye, seen.face.right_eye)
    colour = iris_colour(seen, eyes)
    for eye, crease in zip(eyes, CREASES, strict=True):
        shapes += _eye(seen, eye, crease, colour, light_from=light_from)
    for outline, top, bottom in BROWS:
        shapes += _brow(seen, outline, top, bottom)
    shapes += _spectacles(seen)
    x, y = seen.corner
    return tuple(shape.moved(scale=1.0, corner=(float(x), float(y))) for shape in shapes)


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
        return traced(calm, colour, seen)
    # Brows too fair to be seen are hinted at: a face without any looks ill. Under a fringe there are none.
    ridge = ((seen.points[top] + seen.points[bottom]) / 2).astype(np.float32)
    bare = float(seen.at(seen.skin * (1 - seen.frames), ridge).mean())
    if bare < 0.7:
        return []
    thick = float(np.hypot(*(seen.points[top[2]] - seen.points[bottom[2]])))
    faint = (seen.paint[0] * 0.64, seen.paint[1] + 2, seen.paint[2] * 1.1)
    return stroke(ridge, (0.1 * thick, 0.75 * thick, 0.65 * thick, 0.1 * thick), faint, opacity=0.85)


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
    shapes += stroke(
        line,
        (0.005 * across, 0.045 * across, 0.04 * across, 0.005 * across),
        darker(seen.paint, depth=0.4),
        opacity=0.35 + 0.55 * felt,
    )
    lid_widths = (0.02 * across, 0.1 * across, 0.105 * across, 0.08 * across, 0.03 * across)
    if eye.openness < _CLOSED:
        middle = ((upper + lower[::-1]) / 2).astype(np.float32)
        return shapes + stroke(middle, lid_widths, _LASHES)

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
        filled(shade, (white[0] - 16, 4.0, 3.0)),
        filled(disc(1.0), rim),
        Shape((disc(0.84),), byte_colour(colour), 1.0, (filled(disc(0.66, dy=0.62), glow, opacity=0.7),)),
        filled(disc(0.44), (7.0, 1.0, 0.0)),
        filled(disc(0.25, dx=0.33 * light_from, dy=-0.36), (98.0, 0.0, 0.0)),
        filled(disc(0.1, dx=-0.36 * light_from, dy=0.38), (96.0, 0.0, 0.0), opacity=0.8),
    ]
    opening = np.concatenate([upper[:1], upper, lower[:1], lower[1:-1]]).astype(np.float32)
    shapes.append(Shape((opening,), byte_colour(white), 1.0, tuple(inside)))
    shapes += stroke(
        lower[2:-1] - up * 0.01 * across,
        (0.01 * across, 0.03 * across, 0.035 * across, 0.02 * across),
        darker(seen.paint, depth=0.5),
        opacity=0.8,
    )
    outer = contour[0] - contour[8]
    outward = outer / max(float(np.hypot(*outer)), 1e-3)
    wing = contour[0] + outward * 0.07 * across + up * 0.02 * across
    lid = np.concatenate([wing[None], upper + up * 0.02 * across]).astype(np.float32)
    return shapes + stroke(lid, lid_widths, _LASHES, samples=24)


def _nose(seen: Likeness) -> list[Shape]:
    width, points = seen.width, seen.points
    shade = darker(seen.paint, depth=0.22)
    ink = darker(seen.paint, depth=0.5)
    shapes: list[Shape] = []
    # The shadow that a nose throws: from wing to wing along its base, deeper in the middle.
    base, _ = seen.trace(points[[64, 98, 97, 2, 326, 327, 294]], reach=0.012, samples=20)
    shapes += stroke(base, (0.004 * width, 0.024 * width, 0.022 * width, 0.024 * width, 0.004 * width), shade)
    nostrils = seen.zone(_NOSTRILS, feather=0.012)
    dark, darkness = own_shape(seen, nostrils, least=24.0, softness=0.6)
    if darkness > 10:
        shapes += traced(gaussian(dark, sigma=0.003 * width) * np.float32(0.72), ink, seen, opacity=0.9)
    for wing in _WINGS:
        path, strength = seen.trace(points[wing], reach=0.025, samples=12)
        felt = float(smoothstep(np.array([strength.mean()], np.float32), low=0.003, high=0.02)[0])
        shapes += stroke(
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
    for fold, near in zip(FOLDS, (1.3 + 4 * yaw, 1.3 - 4 * yaw), strict=True):
        path, strength = seen.trace(seen.points[fold], reach=0.045, samples=14)
        present = float(np.clip((float(strength.mean()) - 0.008) / 0.014, 0, 1)) * float(np.clip(near, 0, 1))
        if present > 0.15 and float(seen.at(seen.skin, path).mean()) > 0.8:
            shapes += stroke(
                path,
                (0.003 * width, 0.014 * width, 0.012 * width, 0.002 * width),
                darker(seen.paint, depth=0.17),
                opacity=0.3 + 0.5 * present,
            )
    return shapes


def _spectacles(seen: Likeness) -> list[Shape]:
    if not seen.frames.any():
        return []
    worn = find_spectacles(seen)
    if worn is not None:
        return _whole_spectacles(seen, worn)
    rims = gaussian(seen.frames, sigma=0.004 * seen.width)
    sure = rims > 0.5
    if np.count_nonzero(sure) < 10:
        return []
    lightness, a, b = (float(value) for value in np.percentile(seen.lab[sure], 30, axis=0))
    return traced(smoothstep(rims, low=0.1, high=0.6), (0.85 * lightness, a, b), seen)


def _whole_spectacles(seen: Likeness, worn: Spectacles) -> list[Shape]:
    colour = worn.colour(seen)
    return [Shape(outline, byte_colour(colour)) for outline in worn.outlines()]
