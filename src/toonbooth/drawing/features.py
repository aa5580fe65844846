"""Where brows lie, and the ink that lines on skin are drawn with."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.pen import Colour

BROWS = (
    (facemap.LEFT_BROW, np.array([70, 63, 105, 66, 107]), np.array([46, 53, 52, 65, 55])),
    (facemap.RIGHT_BROW, np.array([300, 293, 334, 296, 336]), np.array([276, 283, 282, 295, 285])),
)
"""Of every brow the landmarks around it, along its upper and along its lower edge."""


def ink_of(tone: Colour, *, depth: float) -> Colour:
    """A dark, warm version of a colour for lines upon it."""
    lightness, a, b = tone
    return max(6.0, lightness * (1 - depth)), a * 0.9 + 7, b * 0.75 + 2
