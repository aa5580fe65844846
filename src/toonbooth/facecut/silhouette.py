"""The silhouette of a drawn figure, which a cut follows as it is: nothing about it has to be guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep

_U: Final = float(UNIT_PIXELS)

_REACH: Final = 0.035
"""How far a drawn figure may lie from the person in the photo, face widths."""

_LEAST_SLOPE: Final = 0.02
"""Per pixel; what rises more slowly has no edge, it is soft."""

_INK_DEPTH: Final = 0.8
_DEPTH: Final = 2.5
"""How far inside the edge, pixels, a line of ink has its own colour, and all else surely has."""

_OUTSIDE: Final = 2.0
"""How far outside it what lies behind has its own."""

_INK: Final = (0.03, 0.1)
"""How much darker than what there is without it a line of ink is, luma: perhaps, and surely."""


@dataclass(frozen=True, slots=True)
class Silhouette:
    """Where a figure ends, finer than pixels.

    distance : (H, W) float32, pixels from its edge, positive inside; right within two or three of it.
    across, down : (H, W) float32, the way into the figure, of any length.
    slope : (H, W) float32, how steep the field is close by, per pixel.
    """

    distance: FloatImage
    across: FloatImage
    down: FloatImage
    slope: FloatImage

    @classmethod
    def of(cls, field: FloatImage) -> Silhouette:
        """The edge of a soft field, float32, shape (H, W), range [0, 1]: where it passes through 0.5."""
        ways = ((1, 0), (0, 1))
        across, down = (
            np.asarray(cv2.Sobel(field, cv2.CV_32F, *way, scale=1 / 8), np.float32) for way in ways
        )
        # On its own flank an edge is as steep as it gets close by.
        slope = np.asarray(cv2.dilate(cv2.magnitude(across, down), np.ones((3, 3), np.uint8)), np.float32)
        np.maximum(slope, np.float32(_LEAST_SLOPE), out=slope)
        distance: FloatImage = field - np.float32(0.5)
        distance /= slope
        return cls(distance, across, down, slope)

    def alpha(self) -> FloatImage:
        """How much of every pixel the figure covers, float32, shape (H, W), range [0, 1]."""
        covered: FloatImage = self.distance + np.float32(0.5)
        return np.clip(covered, np.float32(0), np.float32(1))

    def with_own_colours(self, cleaned: FloatImage, image: FloatImage) -> FloatImage:
        """Give the figure's rim the colours that it has a little inside, its line of ink or else its own.

        Parameters
        ----------
        cleaned : float32 array, shape (H, W, 3), range [0, 1]
            What the colours of everything else are.
        image : float32 array, shape (H, W, 3), range [0, 1]
            The drawing, in which the rim is mixed with what lies behind.

        Returns
        -------
        float32 array, shape (H, W, 3), range [0, 1].
        """
        place = np.flatnonzero((self.distance > -1) & (self.distance < _DEPTH - np.float32(0.5)))
        if not len(place):
            return cleaned
        y, x = np.divmod(place, self.distance.shape[1])
        here, across, down = (each.reshape(-1)[place] for each in (self.distance, self.across, self.down))
        length = np.maximum(np.hypot(across, down), np.float32(1e-4))
        way = across / length, down / length

        def at(depth: float, values: FloatImage) -> FloatImage:
            """What lies so deep inside; where a pixel is deeper, what is there."""
            step = np.maximum(np.float32(depth) - here, 0) if depth > 0 else np.float32(depth) - here
            return _looked_up(values, x + way[0] * step, y + way[1] * step)

        line, deep = at(_INK_DEPTH, image), at(_DEPTH, image)
        # By itself an edge that isn't crisp would be half of what lies behind, at the most.
        light, behind = luma_of(deep), luma_of(at(-_OUTSIDE, image))
        ink = smoothstep(np.minimum(light, (light + behind) / 2) - luma_of(line), low=_INK[0], high=_INK[1])
        # Of what is too thin to be so deep anywhere, the line is all there is.
        thin = at(_DEPTH, self.distance) < np.float32(0.6 * _DEPTH)
        ink = np.where(thin, np.float32(1), ink)[:, None]
        rim = deep + ink * (line - deep)
        result = cleaned.copy()
        # A line has been mixed with what lies behind it only at its outer side.
        mixed = np.where(
            ink > 0.5, smoothstep(here, low=_INK_DEPTH + 0.2, high=_INK_DEPTH - 0.3)[:, None], np.float32(1)
        )
        own = image.reshape(-1, 3)[place]
        result.reshape(-1, 3)[place] = own + mixed * (rim - own)
        return result


def _looked_up(values: FloatImage, x: NDArray[np.generic], y: NDArray[np.generic]) -> FloatImage:
    """The values at points between pixels, shape (N,) or (N, channels)."""
    # OpenCV takes no more than 32,767 of them in a column.
    across = 512
    down = -(-len(x) // across)
    maps = [
        np.pad(each.astype(np.float32), (0, down * across - len(x))).reshape(down, across) for each in (x, y)
    ]
    found = cv2.remap(values, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).reshape(down * across, *values.shape[2:])[: len(x)]


def continued(area: FloatImage, figure: FloatImage) -> FloatImage:
    """Continue what part of a figure is head to the figure's edge and beyond it.

    Parameters
    ----------
    area : float32 array, shape (H, W), range [0, 1], in the head's frame
        Measured on the photo, whose person may end elsewhere.
    figure : float32 array, shape (H, W), range [0, 1]

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]: the same deep inside the figure.
    """
    depth = np.clip((gaussian(figure, sigma=_REACH * _U) - np.float32(0.5)) * 2, 0, 1)
    # Of what is thin nothing lies deep, and of a figure that lies nothing at all.
    inside = np.square(depth) + np.float32(1e-4) * figure + np.float32(1e-7)
    inside = inside.astype(np.float32, copy=False)
    near = gaussian(area * inside, sigma=_REACH * _U) / gaussian(inside, sigma=_REACH * _U)
    near = np.clip((near - np.float32(0.5)) * 3 + np.float32(0.5), 0, 1)
    share = np.clip((np.float32(0.8) - depth) * 4, 0, 1)
    result: FloatImage = area + share * (near - area)
    return result
