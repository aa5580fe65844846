"""Hooks of earrings: too fine for many a drawing, and without them an earring floats below its ear."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.outlines import Mask, dilated
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.morphology import parts_touching
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.windows import extent

_FLOATING: Final = 0.2
"""How far from an ear an earring floats at most, face widths."""

_UPWARDS: Final = 2.5
"""How much farther aside counts than up: hooks go up."""

_WIRE: Final = 0.012
"""How thick a hook is, face widths."""

_CRUMB: Final = 0.03
"""What is smaller than this, squared, beside an earring is no part of it, face widths."""

_FAINT: Final = 0.03
"""What is less opaque joins nothing."""

_MOST: Final = 4
"""Parts that are looked at, the largest first: a pair of earrings, each in two."""


def hung_up(
    colours: FloatImage, alpha: FloatImage, *, face: FloatImage, earrings: FloatImage, unit: float
) -> tuple[FloatImage, FloatImage]:
    """Hang earrings that float below an ear on it, each by a thin hook of its own darkest colour.

    Parameters
    ----------
    colours : float32 array, shape (H, W, 3), range [0, 1]
    alpha : float32 array, shape (H, W), range [0, 1]
        What was cut.
    face, earrings : float32 arrays, shape (H, W), range [0, 1]
        Where the face is, and where earrings are.
    unit : float, pixels
        The face's width.

    Returns
    -------
    colours and alpha; crumbs beside earrings are gone, and what floats is on its hook.
    """
    solid = (alpha > 0.5).astype(np.uint8)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    inside = labels[face > 0.5]
    if not inside.size:
        return colours, alpha
    main = int(np.bincount(inside).argmax())
    areas = statistics[:, cv2.CC_STAT_AREA]
    hanging = [each for each in np.unique(labels[(earrings > 0.5) & (solid > 0)]).tolist() if each != main]
    if not hanging:
        return colours, _without_dust(alpha, earrings)
    crumbs = [each for each in hanging if areas[each] < (_CRUMB * unit) ** 2]
    colours, alpha = colours.copy(), alpha.copy()
    if crumbs:
        kept = dilated((solid > 0) & ~np.isin(labels, crumbs), 1)
        alpha[dilated(np.isin(labels, crumbs), 4) & ~kept] = 0
    alpha = _without_dust(alpha, earrings)
    head = labels == main
    parts = sorted(set(hanging) - set(crumbs), key=lambda each: -int(areas[each]))[:_MOST]
    for part in parts:
        x, y, width, height = statistics[part, :4].tolist()
        window = slice(y, y + height), slice(x, x + width)
        mask = labels[window] == part
        hook = _hook(head, (x + float(np.flatnonzero(mask[0]).mean()), float(y)), unit=unit)
        if hook is None:
            continue
        own = colours[window][mask]
        light = luma_of(own)
        wire = own[light <= np.percentile(light, 20)].mean(axis=0)
        bare = (hook > 0) & (alpha < 0.99)
        colours[bare] = wire + alpha[bare][:, np.newaxis] * (colours[bare] - wire)
        np.maximum(alpha, to_float(hook), out=alpha)
    return colours, alpha


def _without_dust(alpha: FloatImage, earrings: FloatImage) -> FloatImage:
    """Leave out what is hardly seen and beside an earring, apart from all that is opaque."""
    alpha = alpha.copy()
    beside = extent(earrings > 0)
    if beside is not None:
        near = alpha[beside]
        near *= parts_touching(near > _FAINT, near > 0.5)
    return alpha


def _hook(head: Mask, start: tuple[float, float], *, unit: float) -> ByteImage | None:
    """A line from the top of an earring to the head above it; None where it hangs, or there is no head."""
    reach = _FLOATING * unit
    top, left = max(0, round(start[1] - reach)), max(0, round(start[0] - reach))
    near = head[top : round(start[1]) + 1, left : round(start[0] + reach) + 1]
    ear = np.argwhere(near)[:, ::-1] + np.array([left, top], np.float64)
    if not len(ear):
        return None
    end = ear[np.hypot(*((ear - start) * (_UPWARDS, 1)).T).argmin()]
    away = float(np.hypot(*(end - start)))
    if not 1 < away <= reach:
        return None
    # Well into both.
    more = 2 * (end - start) / away
    hook = np.zeros(head.shape, np.uint8)
    fixed = np.round(np.stack([start - more, end + more]) * 16).astype(np.int32)
    cv2.polylines(
        hook,
        [fixed],
        isClosed=False,
        color=(255,),
        thickness=max(1, round(_WIRE * unit)),
        lineType=cv2.LINE_AA,
        shift=4,
    )
    return hook
