"""Eyes as clean shapes: opening, iris and lids where they were measured, as light and as dark as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.flat_strokes import darker, filled, stroke
from toonbooth.drawing.flat_tracing import turned_away
from toonbooth.drawing.gaze import CREASES, EyeTones, eye_tones, iris_colour
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, curve, ellipse
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye, Points

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""

_LASHES: Colour = (12.0, 5.0, 3.0)


def draw_eyes(seen: Likeness, *, light_from: float) -> list[Shape]:
    """Both eyes of a face, from back to front, in pixels of its window."""
    eyes = (seen.face.left_eye, seen.face.right_eye)
    hue = np.array(iris_colour(seen, eyes)[1:], np.float32)
    parts = [seen.around_point(eye.iris_centre, reach=0.2 * seen.width) for eye in eyes]
    tones = eye_tones(seen, parts, eyes, hue=hue)
    shapes: list[Shape] = []
    for eye, crease in zip(eyes, CREASES, strict=True):
        shapes += _eye(seen, eye, crease, tones, light_from=light_from)
    return shapes


def _eye(
    seen: Likeness, eye: Eye, crease: NDArray[np.int64], tones: EyeTones, *, light_from: float
) -> list[Shape]:
    contour = seen.contour(eye)
    across = float(np.hypot(*(contour[8] - contour[0])))
    if across < 3 or turned_away(seen, eye):
        return []
    up = seen.up
    right = np.array([-up[1], up[0]], np.float32)
    upper = curve(contour[:9], samples=14)
    lower = curve(np.concatenate([contour[8:], contour[:1]]), samples=14)
    shapes: list[Shape] = []
    line, strength = seen.trace(seen.points[crease[1:]], reach=0.012, samples=14)
    felt = float(smoothstep(np.array([strength.mean()], np.float32), low=0.003, high=0.02)[0])
    shapes += stroke(
        line,
        (0.005 * across, 0.045 * across, 0.04 * across, 0.005 * across),
        darker(seen.paint, depth=0.4),
        opacity=0.15 + 0.75 * felt,
    )
    full = 0.5 + 0.5 * tones.lashes
    faint = darker(seen.paint, depth=0.68)
    lashes = tuple(thin + (thick - thin) * tones.lashes for thin, thick in zip(faint, _LASHES, strict=True))
    ink: Colour = (lashes[0], lashes[1], lashes[2])
    lid_widths = [full * share * across for share in (0.01, 0.1, 0.1, 0.08, 0.03)]
    if eye.openness < _CLOSED:
        middle = ((upper + lower[::-1]) / 2).astype(np.float32)
        return shapes + stroke(middle, lid_widths, ink)

    centre = np.array(eye.iris_centre, np.float32) - seen.corner
    radius = max(eye.iris_radius * 1.03, 0.19 * across)
    narrow = float(np.clip(np.cos(seen.face.yaw * 0.8), 0.75, 1.0))

    def disc(size: float, *, dx: float = 0.0, dy: float = 0.0) -> Points:
        x, y = centre + right * dx * radius - up * dy * radius
        turn = seen.face.roll
        # The control points of a round spline lie a little outside it.
        return ellipse(
            (float(x), float(y)), (1.005 * size * radius * narrow, 1.005 * size * radius), turn=turn
        )[::3]

    white = (tones.white, 0.2 * seen.paint[1], 0.28 * seen.paint[2])
    lightness, a, b = tones.iris
    tall = max(float(((upper - lower[::-1]) @ up).max()), 0.05 * across)
    shade = np.concatenate([upper + up * tall, (upper - up * 0.22 * tall)[::-1]]).astype(np.float32)
    rim = (max(7.0, lightness * 0.45), a * 0.7, b * 0.6)
    glow = (min(84.0, lightness + 13), a * 1.1, b * 1.15)
    # Never under the lid, and no glitter where an eye is narrow.
    beside = (upper - centre) @ right - np.float32(0.34 * light_from * radius)
    lid = float((upper - centre)[np.abs(beside).argmin()] @ up) / radius
    glint = 0.21 * float(np.clip(tall / radius / 1.5, 0.6, 1))
    inside = [
        filled(shade, (white[0] - 17, 0.5 * seen.paint[1], 0.4 * seen.paint[2])),
        filled(disc(1.0), rim),
        Shape((disc(0.84),), byte_colour(tones.iris), 1.0, (filled(disc(0.62, dy=0.6), glow),)),
        filled(disc(0.43), (6.0, 1.0, 0.0)),
        filled(disc(glint, dx=0.34 * light_from, dy=-min(0.36, lid - 0.34)), (97.0, 0.0, 0.0)),
    ]
    opening = np.concatenate([upper[:1], upper, lower[:1], lower[1:-1]]).astype(np.float32)
    shapes.append(Shape((opening,), byte_colour(white), 1.0, tuple(inside)))
    shapes += stroke(
        lower[2:-1] - up * 0.01 * across,
        (0.01 * across, 0.03 * across, 0.035 * across, 0.02 * across),
        darker(seen.paint, depth=0.42 + 0.15 * tones.lashes),
        opacity=0.85,
    )
    outer = contour[0] - contour[8]
    outward = outer / max(float(np.hypot(*outer)), 1e-3)
    wing = contour[0] + (outward * 0.07 * across + up * 0.02 * across) * tones.lashes
    edge = upper + up * 0.02 * across * full
    lid_line = np.concatenate([wing[None], edge]) if tones.lashes > 0.3 else edge
    return shapes + stroke(lid_line.astype(np.float32), lid_widths, ink, samples=24)
