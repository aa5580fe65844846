"""Smooth local warps, of pictures and of points alike."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage

_REACH = 1.9
"""Radii beyond which a lens does nothing."""

_SETTLED = 1e-3
"""Pixels by which nobody sees a point move."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Enlarges what lies around a point, fading out smoothly; everything beyond keeps its place.

    centre : (x, y), pixels.
    radius : pixels, > 0; where the enlargement has fallen to about a fifth.
    strength : in [0, 0.4]; turning it up enlarges more: the middle grows by 1 / (1 - strength).
    """

    centre: tuple[float, float]
    radius: float
    strength: float

    def __post_init__(self) -> None:
        if self.radius <= 0 or not 0 <= self.strength <= 0.4:
            raise ValueError("radius must be positive and strength within 0 and 0.4")

    def pull(self, squared_distance: NDArray[np.float32]) -> NDArray[np.float32]:
        """By which share a place is drawn from nearer to the centre."""
        scaled = squared_distance * np.float32(1.6 / (self.radius * self.radius))
        # Shifted so that it is exactly nothing where the lens ends.
        floor = np.exp(np.float32(-1.6 * _REACH * _REACH))
        pull: NDArray[np.float32] = np.float32(self.strength) * np.maximum(np.exp(-scaled) - floor, 0)
        return pull


def magnify(picture: ByteImage, lenses: Iterable[Lens]) -> ByteImage:
    """Look at a picture through lenses, one after the other.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3) or (H, W)
    lenses : Lenses

    Returns
    -------
    uint8 array of the same shape.
    """
    warped = picture.copy()
    height, width = picture.shape[:2]
    for lens in lenses:
        x, y = lens.centre
        reach = _REACH * lens.radius
        left, right = max(0, int(x - reach)), min(width, int(x + reach) + 2)
        top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 2)
        if left >= right or top >= bottom:
            continue
        across = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
        down = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
        stay = 1 - lens.pull(across * across + down * down)
        from_x = across * stay + np.float32(x - left)
        from_y = down * stay + np.float32(y - top)
        # Everything is pulled towards the centre, so nothing comes from outside the window.
        window = warped[top:bottom, left:right].copy()
        warped[top:bottom, left:right] = cv2.remap(
            window, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    return warped


def magnify_points(points: NDArray[np.float32], lenses: Iterable[Lens]) -> NDArray[np.float32]:
    """Where `magnify` takes points, (N, 2), x and y in pixels."""
    moved = points.astype(np.float32)
    for lens in lenses:
        origin = np.array(lens.centre, np.float32)
        away = moved - origin
        # What lies beyond the lens stays where it is.
        near = np.square(away).sum(axis=1) < (_REACH * lens.radius) ** 2
        target = away[near]
        source = target.copy()
        # The warp is given backwards, from drawing to photo; a few fixed-point steps turn it round.
        for _ in range(12):
            before = source
            source = target / (1 - lens.pull((source * source).sum(axis=1, keepdims=True)))
            if np.abs(source - before).max(initial=0) < _SETTLED:
                break
        moved[near] = source + origin
    return moved
