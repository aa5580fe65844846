"""Lines of a face drawn with a pen: its jaw, and the ink that lines on skin are drawn with."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, Pen, normals
from toonbooth.imaging.tones import smoothstep

BROWS = (
    (facemap.LEFT_BROW, np.array([70, 63, 105, 66, 107]), np.array([46, 53, 52, 65, 55])),
    (facemap.RIGHT_BROW, np.array([300, 293, 334, 296, 336]), np.array([276, 283, 282, 295, 285])),
)
"""Of every brow the landmarks around it, along its upper and along its lower edge."""


def ink_of(tone: Colour, *, depth: float) -> Colour:
    """A dark, warm version of a colour for lines upon it."""
    lightness, a, b = tone
    return max(6.0, lightness * (1 - depth)), a * 0.9 + 7, b * 0.75 + 2


def draw_jaw(pen: Pen, seen: Likeness) -> None:
    """The jaw's line where it lies before the neck; elsewhere the outline draws it."""
    width = seen.width
    path, strength = seen.trace(seen.points[facemap.JAW[2:-2]], reach=0.02, samples=48)
    across = normals(path)
    middle = seen.points[facemap.OVAL].mean(axis=0)
    outward = np.where(((path - middle) * across).sum(axis=1) > 0, 1.0, -1.0).astype(np.float32)[:, None]
    beyond = seen.at(seen.skin, path + across * outward * 0.05 * width)
    within = seen.at(seen.skin, path - across * outward * 0.03 * width)
    pressure = smoothstep(np.minimum(beyond, within), low=0.4, high=0.9) * (
        0.12 + 0.88 * smoothstep(strength, low=0.002, high=0.02)
    )
    pressure = pressure * np.linspace(*_nearness(seen)[::-1], len(path))
    # Towards the ears it fades: there the landmarks lie on the neck when a head is tilted back.
    along = np.linspace(-1, 1, len(path), dtype=np.float32)
    pressure = pressure * smoothstep(np.abs(along), low=0.85, high=0.45)
    pen.stroke(
        path,
        widths=(0.002 * width, 0.009 * width, 0.012 * width, 0.009 * width, 0.002 * width),
        colour=ink_of(seen.paint, depth=0.48),
        strength=0.75,
        pressure=pressure.astype(np.float32),
        clip=seen.skin,
    )


def _nearness(seen: Likeness) -> tuple[float, float]:
    """How far the left and the right side of a face turn towards the viewer: the far side has no lines."""
    yaw = seen.face.yaw
    return float(np.clip(1.3 + 4 * yaw, 0, 1)), float(np.clip(1.3 - 4 * yaw, 0, 1))
