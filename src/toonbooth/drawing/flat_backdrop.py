"""Backgrounds of one or two flat tones behind a flat portrait."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from toonbooth.drawing.pen import Colour, ellipse
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import Curve
from toonbooth.imaging.resize import Size


class BackdropShape(Enum):
    """What lies on the backdrop in its second tone."""

    PLAIN = "plain"
    DISC = "disc"
    SLANT = "slant"
    HILL = "hill"
    ARCH = "arch"


PAIRS: tuple[tuple[Colour, Colour], ...] = (
    ((83.0, 4.0, 24.0), (74.0, 17.0, 38.0)),
    ((80.0, -12.0, -10.0), (68.0, -16.0, -19.0)),
    ((84.0, -12.0, 14.0), (73.0, -20.0, 22.0)),
    ((81.0, 15.0, 9.0), (69.0, 29.0, 18.0)),
    ((80.0, 9.0, -13.0), (67.0, 15.0, -25.0)),
    ((87.0, 0.0, 36.0), (79.0, 8.0, 56.0)),
    ((58.0, -20.0, -12.0), (48.0, -22.0, -16.0)),
    ((52.0, 3.0, -27.0), (43.0, 6.0, -31.0)),
    ((92.0, 1.0, 7.0), (82.0, 3.0, 12.0)),
)
"""Two tones of one colour each, the lighter first."""


@dataclass(frozen=True, slots=True)
class FlatBackdrop:
    """What a seed decides about a backdrop.

    kind : BackdropShape
    order : the pairs of tones in the order in which they are tried.
    turned : whether the second tone comes first.
    side : -1 or 1, the way a slant falls.
    """

    kind: BackdropShape
    order: tuple[int, ...]
    turned: bool
    side: float


def lay_backdrop(
    look: FlatBackdrop, size: Size, rim: Colour | None, *, head: tuple[float, float, float]
) -> tuple[Shape, ...]:
    """Shapes that cover the whole picture.

    Parameters
    ----------
    look : FlatBackdrop
    size : width and height, pixels
    rim : L*a*b*, colour of the head's outer parts, from which the backdrop must stand out
    head : x, y of a face and its width, pixels
    """
    pairs = [PAIRS[index] for index in look.order]
    if rim is not None:
        pairs = [pair for pair in pairs if min(_apart(tone, rim) for tone in pair) > 20] or [
            max(pairs, key=lambda pair: _apart(pair[0], rim))
        ]
    under, over = pairs[0][::-1] if look.turned else pairs[0]
    ground = _box(-4, -4, size[0] + 4, size[1] + 4)
    shapes = [Shape((ground,), byte_colour(under))]
    outline = _outline(look, size, head)
    if outline is not None:
        shapes.append(Shape((outline,), byte_colour(over)))
    return tuple(shapes)


def _outline(look: FlatBackdrop, size: Size, head: tuple[float, float, float]) -> Curve | None:
    width, height = size
    x, y, across = head
    match look.kind:
        case BackdropShape.PLAIN:
            return None
        case BackdropShape.DISC:
            radius = float(np.clip(1.35 * across, 0.28 * min(size), 0.62 * max(size)))
            return ellipse((x, y), (radius, radius))[::3]
        case BackdropShape.SLANT:
            shift = 0.22 * width * look.side
            corners = (
                (0.5 * width + shift, -8),
                (width + 8, -8),
                (width + 8, height + 8),
                (0.5 * width - shift, height + 8),
            )
            return np.repeat(np.array(corners, np.float32), 2, axis=0)
        case BackdropShape.HILL:
            left, right = 0.62 + 0.1 * look.side, 0.62 - 0.1 * look.side
            ridge = ((-8, left), (0.3 * width, left - 0.12), (0.7 * width, right + 0.06), (width + 8, right))
            line = [(px, py * height) for px, py in ridge]
            slope = [
                line[0],
                *line,
                line[-1],
                (width + 8, height + 8),
                (width + 8, height + 8),
                (-8, height + 8),
                (-8, height + 8),
            ]
            return np.array(slope, np.float32)
        case BackdropShape.ARCH:
            reach = float(np.clip(1.15 * across, 0.2 * width, 0.46 * width))
            top = max(0.05 * height, y - 1.45 * across)
            arc = np.linspace(np.pi, 2 * np.pi, 13)
            curve = [(x + reach * np.cos(turn), top + reach + reach * np.sin(turn)) for turn in arc]
            foot = [(x + reach, height + 8.0)] * 2 + [(x - reach, height + 8.0)] * 2
            return np.array([*curve, *foot], np.float32)


def _box(left: float, top: float, right: float, bottom: float) -> Curve:
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return np.repeat(corners, 2, axis=0)


def _apart(one: Colour, other: Colour) -> float:
    return float(np.sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True))))
