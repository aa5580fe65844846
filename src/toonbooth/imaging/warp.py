"""Smooth local warps, of pictures and of points alike."""

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage

_REACH = 2.2
"""Radii beyond which a magnification is taken as nothing."""


def magnify(picture: ByteImage, *, centre: tuple[float, float], radius: float, strength: float) -> ByteImage:
    """Enlarge what lies around a point, fading out smoothly; everything beyond keeps its place.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3) or (H, W)
    centre : (x, y), pixels
    radius : float, pixels, > 0
        Where the enlargement has fallen to about a fifth.
    strength : float, in [0, 0.4]
        Turning it up enlarges more: the middle grows by 1 / (1 - strength).

    Returns
    -------
    uint8 array of the same shape.
    """
    _check(radius, strength)
    height, width = picture.shape[:2]
    reach = _REACH * radius
    left, right = max(0, int(centre[0] - reach)), min(width, int(centre[0] + reach) + 2)
    top, bottom = max(0, int(centre[1] - reach)), min(height, int(centre[1] + reach) + 2)
    if left >= right or top >= bottom or strength == 0:
        return picture.copy()
    x = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(centre[0])
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(centre[1])
    pull = _pull(x * x + y * y, radius, strength)
    from_x = np.broadcast_to(x, pull.shape) * (1 - pull) + np.float32(centre[0])
    from_y = np.broadcast_to(y, pull.shape) * (1 - pull) + np.float32(centre[1])
    warped = picture.copy()
    warped[top:bottom, left:right] = cv2.remap(
        picture, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return warped


def magnify_points(
    points: NDArray[np.float32], *, centre: tuple[float, float], radius: float, strength: float
) -> NDArray[np.float32]:
    """Where `magnify` takes points, (N, 2), x and y in pixels."""
    _check(radius, strength)
    origin = np.array(centre, np.float32)
    target = points - origin
    source = target.copy()
    # The warp is given backwards, from drawing to photo; a few fixed-point steps turn it round.
    for _ in range(12):
        pull = _pull((source * source).sum(axis=1, keepdims=True), radius, strength)
        source = target / (1 - pull)
    return (source + origin).astype(np.float32)


def _pull(squared_distance: NDArray[np.float32], radius: float, strength: float) -> NDArray[np.float32]:
    scaled = squared_distance * np.float32(1.6 / (radius * radius))
    edge = np.float32(1.6 * _REACH * _REACH)
    # Shifted so that it is exactly nothing at the window's border.
    floor = np.exp(-edge)
    pull: NDArray[np.float32] = np.float32(strength) * np.maximum(np.exp(-scaled) - floor, np.float32(0))
    return pull


def _check(radius: float, strength: float) -> None:
    if radius <= 0 or not 0 <= strength <= 0.4:
        raise ValueError("radius must be positive and strength within 0 and 0.4")
