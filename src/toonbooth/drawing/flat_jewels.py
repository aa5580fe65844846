"""Earrings on a flat portrait: one clean shape each, with an outline, that hangs from its ear."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian

_SMALLEST = 180.0
"""Area from which on something is an earring, in square four-hundredths of a face's width."""

_HANGS_FROM = 60.0
"""How far above it its ear can be, in four-hundredths of a face's width."""

_ASIDE = 14.0
"""And how far aside."""

_DEEPEST_GOLD = 52.0
"""b* up to which gold is painted yellower than it was seen."""

_SHINES = 75
"""Percentile of an earring's lightness that it is painted in: metal is as light as its glints."""


def trace_jewels(
    hanging: FloatImage, person: FloatImage, lab: FloatImage, *, unit: float
) -> tuple[FloatImage, tuple[Shape, ...]]:
    """Trace what hangs from ears.

    Parameters
    ----------
    hanging : float32 array, shape (H, W), 0 … 1
        What a matte has left out of earrings.
    person : float32 array, shape (H, W)
        Without them.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, hardly smoothed.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W): where they are, with the wire that they hang by; and their shapes.
    """
    where = np.zeros_like(person)
    if not (hanging > 0.4).any():
        return where, ()
    body = (person > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((hanging > 0.4).astype(np.uint8))
    jewels: list[FloatImage] = []
    metal: list[FloatImage] = []
    for index in range(1, count):
        own = labels == index
        if stats[index, cv2.CC_STAT_AREA] < max(12.0, _SMALLEST * unit * unit):
            continue
        rows, columns = np.nonzero(own)
        top = int(rows.min())
        x = int(np.median(columns[rows == top]))
        ear = _ear_above(body, x, top, unit=unit)
        if ear is None:
            continue
        jewel = gaussian(own.astype(np.float32), sigma=max(0.6, 2.2 * unit))
        # Too thin to be blurred.
        cv2.line(jewel, (x, top), ear, (0.7,), max(2, round(4 * unit)))
        jewels.append(jewel)
        metal.append(lab[own][lab[own][:, 0] >= np.percentile(lab[own][:, 0], _SHINES)])
    if not jewels:
        return where, ()
    # A pair is of one metal, whatever is mirrored in each.
    shapes = tuple(_of_metal(jewel, np.concatenate(metal), unit=unit) for jewel in jewels)
    return np.maximum.reduce([where, *jewels]), shapes


def trace_chains(chains: FloatImage | None, lab: FloatImage, *, unit: float) -> tuple[Shape, ...]:
    """Trace golden chains, (H, W), 0 … 1, on a neck: as one band each, with what hangs on it."""
    if chains is None:
        return ()
    own = lab[chains > 0.5]
    band = gaussian(cv2.dilate(chains, disk(unit)).astype(np.float32, copy=False), sigma=max(0.6, 2.2 * unit))
    return (_of_metal(band, own[own[:, 0] >= np.percentile(own[:, 0], _SHINES)], unit=unit),)


def _of_metal(jewel: FloatImage, seen: FloatImage, *, unit: float) -> Shape:
    """A jewel, (H, W), of the metal of which colours, (N, 3), are seen, with an outline."""
    light, red, yellow = (float(value) for value in np.median(seen, axis=0))
    # Gold is seen by its hue, silver by having none.
    deep = min(yellow + 1.5 * max(yellow, 0.0) + 2, max(yellow, _DEEPEST_GOLD))
    shine = (float(np.clip(light + 12, 60, 88)), red, deep)
    dark = (0.5 * shine[0], shine[1], shine[2])
    spacing, least = max(2.0, 7 * unit), max(6.0, 0.3 * _SMALLEST * unit * unit)
    glint = trace_field(jewel, level=0.8, spacing=spacing, least_area=least)
    outline = trace_field(jewel, level=0.35, spacing=spacing, least_area=least)
    return Shape(outline, byte_colour(dark), 1.0, (Shape(glint, byte_colour(shine)),))


def _ear_above(body: NDArray[np.uint8], x: int, top: int, *, unit: float) -> tuple[int, int] | None:
    """The x, y of the person right above a place, or a little aside; None where nobody is."""
    high, beside = max(3, round(_HANGS_FROM * unit)), max(1, round(_ASIDE * unit))
    left, first = max(0, x - beside), max(0, top - high)
    found = np.argwhere(body[first:top, left : x + beside + 1])
    if not len(found):
        return None
    row, column = found[np.argmin(2 * np.abs(found[:, 1] + left - x) - found[:, 0])]
    return left + int(column), first + int(row)
