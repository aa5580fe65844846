"""Cutting a network's input out of a picture, and taking its answers back to the picture.

Every network looks at a rectangle of the picture, upright or turned, scaled to its own size. `Region` is that
rectangle; it knows both ways. `Pyramid` holds the picture at halved sizes, so that however much a region
shrinks, bilinear sampling never skips pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.moving import with_fourth, without_fourth
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import Points

_SMALLEST_LEVEL_PIXELS: Final = 128


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture.

    x, y : its centre, pixels (the centre of the top left pixel is 0, 0).
    width, height : pixels, along its own axes.
    angle : radians, how far it is turned clockwise.
    mirrored : its right side is sampled first, so that a right eye looks like a left one.
    """

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0
    mirrored: bool = False

    @classmethod
    def around_all(cls, picture: ByteImage) -> Region:
        """The whole picture, edge to edge."""
        height, width = picture.shape[:2]
        return cls((width - 1) / 2, (height - 1) / 2, width, height)

    def squared(self) -> Region:
        """The smallest square with the same centre that holds all of it."""
        side = max(self.width, self.height)
        return replace(self, width=side, height=side)

    def matrix(self) -> NDArray[np.float64]:
        """(2, 3): takes fractions of the region (0, 0 top left corner, 1, 1 bottom right) to pixels."""
        # Plain numbers: arrays of two are ten times as slow, and every look at a picture needs this.
        cosine, sine = cos(self.angle), sin(self.angle)
        across = -self.width if self.mirrored else self.width
        right, down = (across * cosine, across * sine), (-self.height * sine, self.height * cosine)
        return np.array(
            [
                [right[0], down[0], self.x - (right[0] + down[0]) / 2],
                [right[1], down[1], self.y - (right[1] + down[1]) / 2],
            ]
        )

    def grid_matrix(self, *, width: int, height: int) -> NDArray[np.float64]:
        """(2, 3): takes pixels of the region, when it is sampled with so many, to pixels of the picture."""
        size = np.array([width, height])
        matrix = self.matrix()
        matrix[:, 2] += matrix[:, :2] @ (0.5 / size)
        matrix[:, :2] /= size
        return matrix

    def to_picture(self, fractions: Points) -> Points:
        """Take points given as fractions of the region to pixels of the picture."""
        matrix = self.matrix()
        return (fractions @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


class Pyramid:
    """A picture and its halves, quarters and so on."""

    def __init__(self, picture: ByteImage) -> None:
        self.picture = picture
        # The halves have a fourth channel: most sampling is done there. For the whole it wouldn't pay.
        self._levels = [picture]
        while min(self._levels[-1].shape[:2]) >= 2 * _SMALLEST_LEVEL_PIXELS:
            self._levels.append(with_fourth(_half(self._levels[-1])))

    def halved(self, times: int) -> ByteImage:
        """The picture halved so often, (H', W', 3 or 4); a fourth channel means nothing."""
        image = self._levels[min(times, len(self._levels) - 1)]
        for _ in range(times - len(self._levels) + 1):
            image = _half(image)
        return image

    def sample(
        self, region: Region, *, width: int, height: int, border: int = cv2.BORDER_CONSTANT
    ) -> ByteImage:
        """Scale a region to this many pixels; `border` says what lies outside the picture (black)."""
        shrinking = min(region.width / width, region.height / height)
        depth = min(int(np.log2(max(shrinking, 1.0)) + 0.25), len(self._levels) - 1)
        # From output pixel centres to picture pixels, to pixels of the level.
        matrix = region.grid_matrix(width=width, height=height)
        scale = 1.0 / 2**depth
        matrix *= scale
        matrix[:, 2] += 0.5 * scale - 0.5
        sampled = cv2.warpAffine(
            self._levels[depth],
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        )
        image = np.asarray(sampled, dtype=np.uint8)
        return image if depth == 0 else without_fourth(image)


def _half(image: ByteImage) -> ByteImage:
    height, width = image.shape[0] // 2, image.shape[1] // 2
    # An odd last row or column is left out: exact halves keep the levels aligned, and are faster.
    even = image[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def to_signed(image: ByteImage) -> FloatImage:
    """Scale 0…255 to −1…1."""
    return image.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1)
