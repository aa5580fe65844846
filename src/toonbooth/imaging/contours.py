"""Smooth closed curves around what lies above a level of a soft field, finer than its pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import FloatImage

Curve = NDArray[np.float32]
"""float32, shape (N, 2), N >= 3: control points x, y of a closed uniform quadratic B-spline. Two equal points
in a row make a corner."""

_MARGIN = 3
"""Pixels by which a field is continued: what reaches its border goes on beyond it."""


def trace_field(field: FloatImage, *, level: float, spacing: float, least_area: float) -> tuple[Curve, ...]:
    """Trace the borders of everything above a level.

    Parameters
    ----------
    field : float32 array, shape (H, W)
        Soft: its slope tells where between two pixels a border runs.
    level : float
    spacing : float, pixels, > 0
        Distance between control points. Turning it up leaves smoother, simpler outlines.
    least_area : float, pixels
        Islands and holes smaller than this are left out.

    Returns
    -------
    Closed curves, holes among them: to be filled by the even-odd rule.

    Raises
    ------
    ValueError
        If spacing isn't positive.

    References
    ----------
    S. Suzuki, K. Abe, "Topological structural analysis of digitized binary images by border following", CVGIP
    30(1), 1985. doi:10.1016/0734-189X(85)90016-7
    """
    if spacing <= 0:
        raise ValueError("the spacing of control points must be positive")
    border = (_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    wide: FloatImage = cv2.copyMakeBorder(field, *border, cv2.BORDER_REPLICATE).astype(np.float32, copy=False)
    inside = (wide > np.float32(level)).astype(np.uint8)
    # A field that is above the level at its very border must be closed there, too.
    inside[[0, -1], :] = 0
    inside[:, [0, -1]] = 0
    borders, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    kept = [
        each[:, 0, :].astype(np.float32)
        for each in borders
        if len(each) >= 4 and abs(cv2.contourArea(each)) + len(each) / 2 >= least_area
    ]
    if not kept:
        return ()
    together: Curve = np.concatenate(kept, dtype=np.float32)
    exact = _onto_level(wide, together, level) - np.float32(_MARGIN)
    ends = np.cumsum([len(each) for each in kept])[:-1]
    return tuple(_relaxed(each, spacing) for each in np.split(exact, ends))


def spline_polygon(curve: Curve, *, samples: int) -> Curve:
    """Points along a closed quadratic B-spline, `samples` for each of its control points.

    References
    ----------
    G. M. Chaikin, "An algorithm for high-speed curve generation", Computer Graphics and Image Processing
    3(4), 1974, doi:10.1016/0146-664X(74)90028-8: corner cutting, whose limit R. F. Riesenfeld ("On Chaikin's
    algorithm", same journal 4(3), 1975, doi:10.1016/0146-664X(75)90017-9) showed to be this spline.
    """
    # A third of the time that rolling takes.
    end = np.concatenate([curve[1:], curve[:1]])
    end += curve
    end /= 2
    start = np.concatenate([end[-1:], end[:-1]])
    t = (np.arange(samples, dtype=np.float32) / np.float32(samples))[None, :, None]
    points = np.square(1 - t) * start[:, None] + 2 * t * (1 - t) * curve[:, None] + t * t * end[:, None]
    polygon: Curve = points.reshape(-1, 2).astype(np.float32)
    return polygon


def _onto_level(field: FloatImage, points: Curve, level: float) -> Curve:
    """Move border pixels to where the field crosses the level: one Newton step along its slope."""

    def at(dx: float, dy: float) -> FloatImage:
        x = (points[:, 0] + np.float32(dx)).reshape(-1, 1)
        y = (points[:, 1] + np.float32(dy)).reshape(-1, 1)
        values = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return values[:, 0].astype(np.float32, copy=False)

    slope = np.stack([at(1, 0) - at(-1, 0), at(0, 1) - at(0, -1)], axis=1) / 2
    steep = np.square(slope).sum(axis=1) + np.float32(1e-6)
    step = slope * ((np.float32(level) - at(0, 0)) / steep)[:, None]
    length = np.hypot(step[:, 0], step[:, 1])[:, None]
    moved: Curve = (points + step * np.minimum(1, 1 / np.maximum(length, 1e-6))).astype(np.float32)
    return moved


def _relaxed(points: Curve, spacing: float) -> Curve:
    """Control points at even distances along a closed border, its pixel stairs smoothed away."""
    closed = np.concatenate([points, points[:1]])
    steps = np.hypot(*np.diff(closed, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    length = float(along[-1])
    # Four times as dense as needed, so that every control point is the mean of its surroundings.
    count = max(5, round(length / spacing))
    places = np.linspace(-length / (2 * count), length, 4 * count + 2, endpoint=False)
    # The last step once more before the first: numpy's own `period` sorts all of it anew.
    before = np.concatenate([points[-1:], closed])
    along = np.concatenate([[-steps[-1]], along])
    dense = np.stack([np.interp(places, along, before[:, axis]) for axis in (0, 1)], axis=1).astype(
        np.float32
    )
    calm: Curve = np.float32(0.36) * dense[2 : 4 * count : 4]
    for offset, weight in ((0, 0.12), (1, 0.2), (3, 0.2), (4, 0.12)):
        calm += np.float32(weight) * dense[offset : offset + 4 * count - 3 : 4]
    return calm
