"""The figure that a drawing shows: its picture, and the silhouette that it gave its people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonbooth.drawing.closeup import Closeup, lay_back
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import Size, enlarged
from toonbooth.portrait.model import Portrait

_RAMP = 2.0
"""Half the width, pixels of the small picture, over which a figure goes from nothing to all: an edge that is
soft over several pixels keeps its place to a tenth of one when it is written small and lossily."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was drawn.

    picture : (H, W, 3) uint8.
    figure : (H, W) uint8; people, their ink included, end where it passes through the middle of its range.
    """

    picture: ByteImage
    figure: ByteImage

    def with_closeup(self, close: Drawing, closeup: Closeup) -> Drawing:
        """The drawing with a part of it that was drawn larger."""
        frame = (self.figure.shape[1], self.figure.shape[0])
        return Drawing(
            lay_back(self.picture, close.picture, closeup, frame=frame),
            lay_back(self.figure, close.figure, closeup, frame=frame),
        )

    def of(self, portrait: Portrait) -> Portrait:
        """A portrait as it was drawn; where nobody is, nobody has a silhouette."""
        if not portrait.faces:
            return portrait.with_picture(self.picture)
        return portrait.drawn_as(self.picture, to_float(self.figure))


def figure_within(distance: FloatImage, size: Size, *, factor: int) -> ByteImage:
    """The figure that ends where a distance is 0.

    Parameters
    ----------
    distance : float32 array, shape (h, w)
        From where the figure ends, pixels of a picture `factor` times smaller, positive inside.
    size : width and height of the figure

    Returns
    -------
    uint8 array, shape (H, W).
    """
    few = to_bytes(distance * np.float32(0.5 / _RAMP) + np.float32(0.5))
    whole = enlarged(few, (few.shape[1] * factor, few.shape[0] * factor))
    return np.ascontiguousarray(whole[: size[1], : size[0]])


def figure_above(field: FloatImage, size: Size, *, factor: int) -> ByteImage:
    """The figure that ends where a soft field, float32, shape (h, w), passes through 0.5."""
    whole = enlarged(to_bytes(field), (field.shape[1] * factor, field.shape[0] * factor))
    return np.ascontiguousarray(whole[: size[1], : size[0]])
