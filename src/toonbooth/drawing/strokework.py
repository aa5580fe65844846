"""A picture drawn in strokes: coarse ones everywhere, fine ones where a face tells who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from toonbooth.imaging.coherence import crisp, gather_strokes
from toonbooth.imaging.colour import luma, tripled
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import flatten
from toonbooth.imaging.windows import Window, work_within
from toonbooth.portrait.model import Face

_COARSE, _FINE = (2.2, 0.7), (3.0,)
"""How much each round of strokes steepens; coarse ones are enlarged later and end soft."""

_FADE = 0.06
"""Part of a window's side over which fine strokes pass into coarse ones."""


def find_strokes(
    small: ByteImage, within: Sequence[Window], *, unit: float
) -> tuple[ByteImage, FlowSmoother]:
    """Draw a picture in strokes.

    Parameters
    ----------
    small : uint8 array, shape (H, W, 3)
    within : windows that are to be drawn; the rest stays a photo
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    The strokes, uint8, shape (H, W, 3), and a smoother along them.
    """
    even = partial(flatten, passes=1, tone=22.0, reach=5, median=3)
    calm = work_within(small, within, even, reach=4)
    flow = edge_tangent_flow(luma(calm), scale=max(1.0, 3.5 * unit))
    along = FlowSmoother(flow, reach=max(1.0, 7.0 * unit), taps=2, within=within)
    return gather_strokes(calm, along, sigma=max(0.8, 2.2 * unit), amounts=_COARSE), along


@dataclass(frozen=True, slots=True)
class Detail:
    """What fine strokes have more than coarse ones.

    window : rows and columns of the drawing.
    more : (H, W, 3) float32, in 1/255, 0 at the window's sides.
    """

    window: tuple[slice, slice]
    more: FloatImage

    @classmethod
    def of(cls, window: Window, fine: ByteImage, coarse: ByteImage, share: FloatImage) -> Detail:
        """What a fine picture has more than a coarse one, by a share as small as the coarse one."""
        size = (fine.shape[1], fine.shape[0])
        large = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        more = cv2.subtract(fine, large, dtype=cv2.CV_32F)
        return cls(window, cv2.multiply(more, tripled(enlarged(share, size))).astype(np.float32, copy=False))

    def add_to(self, drawing: ByteImage) -> None:
        """Add it to a drawing, uint8, in place."""
        drawing[self.window] = cv2.add(drawing[self.window], self.more, dtype=cv2.CV_8U)


def find_details(
    picture: ByteImage, strokes: ByteImage, wanted: FloatImage, faces: tuple[Face, ...], *, factor: int
) -> list[Detail]:
    """Draw faces in finer strokes than the rest.

    Parameters
    ----------
    picture : uint8 array, shape (H * factor, W * factor, 3)
    strokes : uint8 array, shape (H, W, 3)
        From `find_strokes`.
    wanted : float32 array, shape (H, W), 0 … 1
        Where fine strokes are wanted.
    faces : faces in the coordinates of the full picture
    factor : int

    Returns
    -------
    One detail per face. Faces larger than some 500 pixels get no finer strokes than those.
    """
    details = []
    height, width = wanted.shape
    fine = max(1, factor // 2)
    for face in faces:
        margin = 0.08 * face.width
        x0, y0 = (face.landmarks.min(axis=0) - margin) // factor
        x1, y1 = (face.landmarks.max(axis=0) + margin) // factor + 1
        left, top = int(np.clip(x0, 0, width - 1)), int(np.clip(y0, 0, height - 1))
        right, bottom = int(np.clip(x1, left + 1, width)), int(np.clip(y1, top + 1, height))
        few = (slice(top, bottom), slice(left, right))
        window = (slice(top * factor, bottom * factor), slice(left * factor, right * factor))
        size = ((right - left) * factor, (bottom - top) * factor)
        unit = face.width / 400 / fine
        near = shrunk(np.ascontiguousarray(picture[window]), (size[0] // fine, size[1] // fine))
        calm = flatten(near, passes=1, tone=22.0, reach=5, median=3)
        flow = edge_tangent_flow(luma(calm), scale=max(1.0, 3.0 * unit))
        along = FlowSmoother(flow, reach=max(1.0, 5.0 * unit), taps=2)
        drawn = gather_strokes(calm, along, sigma=max(0.8, 1.6 * unit), amounts=_FINE)
        strong = enlarged(drawn, size)
        if fine > 1:
            strong = crisp(strong, sigma=0.75 * fine, amount=3.0, reach=fine // 2)
        share = wanted[few] * _faded((bottom - top, right - left))
        details.append(Detail.of(window, strong, strokes[few], share))
    return details


def _faded(shape: tuple[int, int]) -> FloatImage:
    """1, falling to 0 at the sides: a window must not show."""
    ramps = [
        np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / max(1.0, _FADE * length))
        for length in shape
    ]
    faded: FloatImage = np.outer(*ramps).astype(np.float32)
    return faded
