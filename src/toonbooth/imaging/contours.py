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


_SHARP = 0.8
"""Turn within three spacings from which on a border has a corner, radians."""

_SHARPER = 1.7
"""By how much it must turn more there than on both sides: a small disc has no corners."""

_SLACK = 0.12
"""Pixels by which a border may lie elsewhere for the sake of fewer points."""

_ROUNDS = 4
"""How often a border's points move towards the middle of their neighbours; its corners stay."""


def trace_field(
    field: FloatImage, *, level: float, spacing: float, least_area: float, cornered: bool = False
) -> tuple[Curve, ...]:
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
    cornered : bool
        Whether borders have corners where they turn sharply, and are calmer between these; round everywhere
        if not.

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
    draw = _cornered if cornered else _relaxed
    return tuple(_spared(draw(each, spacing)) for each in np.split(exact, ends))


def spline_polygon(curve: Curve, *, samples: int) -> Curve:
    """Points along a closed quadratic B-spline, `samples` for each of its control points.

    References
    ----------
    G. M. Chaikin, "An algorithm for high-speed curve generation", Computer Graphics and Image Processing
    3(4), 1974, doi:10.1016/0146-664X(74)90028-8: corner cutting, whose limit R. F. Riesenfeld ("On Chaikin's
    algorithm", same journal 4(3), 1975, doi:10.1016/0146-664X(75)90017-9) showed to be this spline.
    """
    end = _turned(curve)[1]
    end += curve
    end /= 2
    start = _turned(end)[0]
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


def _turned(curve: Curve) -> tuple[Curve, Curve]:
    """The point before each of a closed curve's, and the one after it: a third of the time of rolling it."""
    return np.concatenate([curve[-1:], curve[:-1]]), np.concatenate([curve[1:], curve[:1]])


def _spared(curve: Curve) -> Curve:
    """A curve without control points that it hardly needs: those in the middle between their neighbours."""
    for _ in range(2):
        count = len(curve)
        if count < 12:
            return curve
        before, after = _turned(curve)
        off = np.abs(curve - (before + after) * np.float32(0.5))
        spare = np.maximum(off[:, 0], off[:, 1]) < _SLACK
        spare[::2] = False
        # Two equal points make a corner.
        other = (curve[:, 0] != before[:, 0]) | (curve[:, 1] != before[:, 1])
        spare &= other & np.concatenate([other[1:], other[:1]])
        curve = curve[~spare]
    return curve


def _cornered(points: Curve, spacing: float) -> Curve:
    """Control points along a closed border, smoothed between its corners, which are kept and doubled."""
    dense = _relaxed(points, spacing / 2)
    count = len(dense)
    reach = 3
    if count < 4 * reach:
        return _relaxed(points, spacing)
    around = np.arange(count)
    behind, ahead = dense[around - reach], dense[(around + reach) % count]
    before, after = dense - behind, ahead - dense
    lengths = np.hypot(before[:, 0], before[:, 1]) * np.hypot(after[:, 0], after[:, 1])
    turn = np.arccos(np.clip((before * after).sum(axis=1) / np.maximum(lengths, np.float32(1e-6)), -1, 1))
    beside = turn[around - 2 * reach] + turn[(around + 2 * reach) % count]
    sharpest = (turn > _SHARP) & (turn > _SHARPER / 2 * beside)
    for step in range(1, reach + 1):
        sharpest &= turn >= turn[around - step]
        sharpest &= turn > turn[(around + step) % count]
    pinned = np.flatnonzero(sharpest)
    kept = _pointed(dense, pinned, reach=reach, spacing=spacing)
    free = np.float32(0.5) * ~sharpest[:, None]
    # Its last point before the first, and its first after the last: neighbours are views then.
    ring: Curve = np.empty((count + 2, 2), np.float32)
    calm = ring[1:-1]
    calm[:] = dense
    calm[pinned] = kept
    for _ in range(_ROUNDS):
        ring[0], ring[-1] = ring[-2], ring[1]
        middle = (ring[:-2] + ring[2:]) * np.float32(0.5)
        middle -= calm
        middle *= free
        calm += middle
    near = sharpest | np.roll(sharpest, 1) | np.roll(sharpest, -1)
    chosen = sharpest | ((around % 2 == 0) & ~near)
    curve: Curve = np.repeat(calm[chosen], 1 + sharpest[chosen], axis=0)
    return curve


def _pointed(dense: Curve, corners: NDArray[np.intp], *, reach: int, spacing: float) -> Curve:
    """Where a border's corners were before its field was blurred: where the sides beside them would meet."""
    count = len(dense)
    here = dense[corners]
    one, other = dense[corners - 2], dense[(corners + 2) % count]
    along, back = one - dense[corners - 2 - reach], other - dense[(corners + 2 + reach) % count]
    cross = along[:, 0] * back[:, 1] - along[:, 1] * back[:, 0]
    gap = other - one
    crosses = np.abs(cross) > np.float32(0.1 * spacing * spacing)
    share = (gap[:, 0] * back[:, 1] - gap[:, 1] * back[:, 0]) / np.where(crosses, cross, np.float32(1))
    met = one + along * share[:, None]
    away = np.hypot(*(met - here).T)
    use = (crosses & (away < spacing) & (share > 0))[:, None]
    pointed: Curve = np.where(use, met, here).astype(np.float32)
    return pointed
