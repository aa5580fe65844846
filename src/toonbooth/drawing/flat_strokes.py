"""What features of flat portraits are made of: filled outlines, tapered strokes, traced fields."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, curve, normals
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points


def darker(tone: Colour, *, depth: float) -> Colour:
    """A tone's own shadow: darker, warmer, never grey."""
    lightness, a, b = tone
    return max(5.0, lightness * (1 - depth)), a + 11 * depth, b + 6 * depth


def filled(outline: Points, colour: Colour, *, opacity: float = 1.0) -> Shape:
    """One closed curve in a colour, L*a*b*."""
    return Shape((outline,), byte_colour(colour), opacity)


def stroke(
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
    return [filled(outline.astype(np.float32), colour, opacity=opacity)]


def traced(field: FloatImage, colour: Colour, seen: Likeness, *, opacity: float = 1.0) -> list[Shape]:
    """What is more than half there, as a shape."""
    curves = trace_field(
        field, level=0.5, spacing=max(1.5, 0.01 * seen.width), least_area=max(3.0, 0.001 * seen.width**2)
    )
    return [Shape(curves, byte_colour(colour), opacity)] if curves else []
