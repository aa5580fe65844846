"""Teeth as an illustrator has them: warm, darker towards the corners, with hints of gum and of gaps."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.flat_strokes import filled, stroke
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.portrait.model import Points

_GAPS = np.array([-0.31, 0.0, 0.31], np.float32)
"""Where the middle teeth meet, from the middle (0) to a row's ends (±1)."""

_CORNERS = ((0.62, 7.0), (0.84, 16.0))
"""From where on towards a row's ends it is darker, and by how much, L*."""

_GUM, _LIP = 14.0, 0.17
"""How dark the shadow of an upper lip and the gum in it are, L*, and their share of a row's height."""

_LARGE = 0.05
"""Height of a row, in face widths, from which on teeth are told apart."""


def draw_row(row: Points, white: Colour, *, width: float, gaps: bool) -> Shape:
    """One row of teeth.

    Parameters
    ----------
    row : its outline in pixels: the upper edge, and the lower one back
    white : the colour of its middle
    width : of the face, pixels
    gaps : whether it is one whose teeth may be told apart
    """
    half = len(row) // 2
    upper, lower = row[:half], row[half:][::-1]
    # A bit more on every side: what lies on a row is cut off at its border.
    height = float(np.hypot(*(lower - upper).T).max(initial=0.0))

    def toned(depth: float) -> Colour:
        return white[0] - depth, white[1] + 0.16 * depth, white[2] + 0.2 * depth

    def at(across: Points, down: float) -> Points:
        """Places in a row, `across` from -1 … 1 and `down` from its upper edge, 0, to its lower one."""
        steps = np.linspace(-1, 1, half)
        top, bottom = (
            np.stack([np.interp(across, steps, edge[:, axis]) for axis in (0, 1)], axis=1)
            for edge in (upper, lower)
        )
        placed: Points = (top + down * (bottom - top)).astype(np.float32)
        return placed

    inside = []
    for begin, depth in _CORNERS:
        for side in (-1.0, 1.0):
            span = np.linspace(begin, 1.0, 5, dtype=np.float32) * np.float32(side)
            inner = at(span[:1], 0.5)[0] - at(np.zeros(1, np.float32), 0.5)[0]
            out = np.float32(0.5) * inner
            edges = np.concatenate([at(span, -0.6), at(span[-1:], 0.5) + out, at(span[::-1], 1.6)])
            inside.append(filled(edges, toned(depth)))
    apart = gaps and height > _LARGE * width
    span = np.linspace(-1, 1, 33, dtype=np.float32)
    deep = np.full(len(span), _LIP)
    if apart:
        # Gums reach down between teeth.
        nearest = np.abs(span[:, None] - _GAPS).min(axis=1)
        deep += 0.1 * np.clip(1 - nearest / 0.1, 0, 1)
    top, bottom = at(span, -0.5), at(span, 1.0)
    line = at(span, 0.0) + deep[:, None] * (bottom - at(span, 0.0))
    inside.append(filled(np.concatenate([top, line[::-1]]).astype(np.float32), toned(_GUM)))
    if apart:
        for gap in _GAPS:
            place = np.full(1, gap, np.float32)
            path = np.concatenate([at(place, down) for down in (0.3, 0.65, 1.02)])
            inside += stroke(path, (0.001 * width, 0.003 * width, 0.005 * width), toned(9.0), samples=8)
    return Shape((row,), byte_colour(white), 1.0, tuple(inside))
