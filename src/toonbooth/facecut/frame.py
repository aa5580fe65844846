"""The upright frame of one head: a small view in which every face has the same size and stands straight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.moving import with_fourth, without_fourth
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import HEAD_SIZE, HEAD_UNIT, Face, Points

UNIT_PIXELS = HEAD_UNIT
"""Width of a face inside the frame: it reaches far enough for big hair above and long hair below. Regions are
decided here; edges are found at the picture's own size."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of whole pixels inside a picture."""

    x: int
    y: int
    width: int
    height: int

    def crop(self, picture: ByteImage) -> ByteImage:
        """What of the picture lies in the window."""
        return picture[self.y : self.y + self.height, self.x : self.x + self.width]

    def crop_map(self, values: FloatImage) -> FloatImage:
        """What of a map of the picture lies in the window."""
        return values[self.y : self.y + self.height, self.x : self.x + self.width]


@dataclass(frozen=True, slots=True)
class HeadFrame:
    """The way from the picture into the frame of one head.

    matrix : (2, 3) float64, picture pixels to frame pixels.
    size : (width, height) of the frame.
    """

    matrix: NDArray[np.float64]
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Frame pixels per picture pixel."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))

    def points_in(self, points: Points) -> Points:
        """Carry points of the picture into the frame."""
        moved = points.astype(np.float64) @ self.matrix[:, :2].T + self.matrix[:, 2]
        return moved.astype(np.float32)

    def points_out(self, points: Points) -> Points:
        """Carry points of the frame back into the picture."""
        inverse = cv2.invertAffineTransform(self.matrix)
        moved = points.astype(np.float64) @ inverse[:, :2].T + inverse[:, 2]
        return moved.astype(np.float32)

    def picture_in(self, picture: ByteImage) -> ByteImage:
        """The picture as the frame sees it; what lies outside repeats the border."""
        matrix, scale = self.matrix.copy(), self.scale
        # warpAffine samples single pixels; averaging first keeps ink lines and hair from flickering.
        while scale < 0.5 and min(picture.shape[:2]) > 1:
            half = (-(-picture.shape[1] // 2), -(-picture.shape[0] // 2))
            stretch = np.array([picture.shape[1] / half[0], picture.shape[0] / half[1]])
            # From pixel centres of the half to those of the whole.
            matrix[:, 2] += matrix[:, :2] @ (0.5 * stretch - 0.5)
            matrix[:, :2] *= stretch
            # By areas, though there are quicker ways: whether an earring is seen hangs on single pixels.
            halved = cv2.resize(picture, half, interpolation=cv2.INTER_AREA)
            picture, scale = halved.astype(np.uint8, copy=False), scale * 2
        warped = cv2.warpAffine(
            with_fourth(picture), matrix, self.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return without_fourth(np.asarray(warped, dtype=np.uint8))

    def map_in(self, values: FloatImage) -> FloatImage:
        """A map of the picture as the frame sees it; 0 outside the picture."""
        warped = cv2.warpAffine(values, self.matrix, self.size, flags=cv2.INTER_LINEAR)
        return np.asarray(warped, dtype=np.float32)

    def maps_out(self, maps: Sequence[FloatImage], *, window: Window) -> list[FloatImage]:
        """Maps of the frame spread over a window of the picture; 0 outside the frame."""
        matrix = self.matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ [window.x, window.y]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (window.width, window.height)
        return [np.asarray(cv2.warpAffine(each, matrix, size, flags=flags), np.float32) for each in maps]

    def map_out(self, values: FloatImage, *, size: tuple[int, int]) -> FloatImage:
        """A map of the frame spread over a picture of (width, height); 0 outside the frame."""
        (spread,) = self.maps_out((values,), window=Window(0, 0, *size))
        return spread


def frame_head(face: Face) -> HeadFrame:
    """Lay the frame around a face: roll taken out, the face `UNIT_PIXELS` wide."""
    return HeadFrame(matrix=face.head_matrix, size=HEAD_SIZE)
