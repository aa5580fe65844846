"""Lines and areas: curves through points, polygons as soft masks, connected parts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

Mask = NDArray[np.bool_]

_FAR_PIXELS = 30_000.0


def smooth_line(points: Points, *, per_segment: int, closed: bool = False) -> Points:
    """Draw a Catmull-Rom spline through points.

    Parameters
    ----------
    points : float32 array, shape (N, 2), pixels
    per_segment : int, >= 1
        Samples from one point to the next; more draw a rounder line.
    closed : bool
        Whether the last point joins the first.

    Returns
    -------
    float32 array, shape (M, 2), pixels; passes through every point.

    References
    ----------
    E. Catmull, R. Rom, "A class of local interpolating splines", Computer Aided Geometric Design, 1974.
    doi:10.1016/B978-0-12-079050-0.50020-5
    """
    if closed:
        padded = np.concatenate([points[-1:], points, points[:2]])
    else:
        padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    before, start, end, after = (padded[k : len(padded) - 3 + k, np.newaxis] for k in range(4))
    t = np.linspace(0, 1, per_segment, endpoint=False, dtype=np.float32)[np.newaxis, :, np.newaxis]
    line = start + 0.5 * t * (
        (end - before)
        + t * ((2 * before - 5 * start + 4 * end - after) + t * (3 * start - before - 3 * end + after))
    )
    line = line.reshape(-1, 2)
    return (line if closed else np.concatenate([line, points[-1:]])).astype(np.float32)


def fill_polygon(points: Points, *, size: tuple[int, int]) -> FloatImage:
    """Fill a polygon with an antialiased edge: float32, shape (H, W), range [0, 1], for size (W, H)."""
    filled = np.zeros((size[1], size[0]), np.float32)
    # Only where the polygon lies: most are small.
    # Fixed point with eight binary digits; cv2 overflows far outside.
    fixed = np.round(np.clip(points, -_FAR_PIXELS, _FAR_PIXELS) * 256).astype(np.int32)
    x, y, across, down = cv2.boundingRect(fixed)
    left, right = max(0, (x >> 8) - 2), min(size[0], (x + across >> 8) + 3)
    top, bottom = max(0, (y >> 8) - 2), min(size[1], (y + down >> 8) + 3)
    if left < right and top < bottom:
        canvas = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, 8, (-left * 256, -top * 256))
        np.multiply(canvas, np.float32(1 / 255), out=filled[top:bottom, left:right])
    return filled


def grow(points: Points, factor: float) -> Points:
    """Scale an outline about its mean."""
    centre = points.mean(axis=0)
    scaled: Points = (points - centre) * np.float32(factor) + centre
    return scaled


def eroded(mask: Mask, radius_pixels: float) -> Mask:
    """A mask without its rim; what touches the picture's border is taken to go on behind it."""
    kernel = disk(radius_pixels)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE) > 0)


def dilated(mask: Mask, radius_pixels: float) -> Mask:
    """A mask with a rim around it."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disk(radius_pixels)) > 0)


def opened(mask: Mask, radius_pixels: float) -> Mask:
    """A mask without what is thinner than twice the radius."""
    return dilated(eroded(mask, radius_pixels), radius_pixels)
