"""Earrings on a flat portrait: one clean shape each, with an outline, that hangs from its ear."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian

_SMALLEST = 180.0
"""Area from which on something is an earring, in square four-hundredths of a face's width."""

_HANGS_FROM = 60.0
"""How far above it its ear can be, in four-hundredths of a face's width."""

_SHINES = 65
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
    # The nearest of the person for every place that is none.
    away, nearest = cv2.distanceTransformWithLabels(1 - body, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((hanging > 0.4).astype(np.uint8))
    shapes: list[Shape] = []
    for index in range(1, count):
        own = labels == index
        if stats[index, cv2.CC_STAT_AREA] < max(12.0, _SMALLEST * unit * unit):
            continue
        rows, columns = np.nonzero(own)
        top = int(rows.min())
        beginning = (int(np.median(columns[rows == top])), top)
        if away[top, beginning[0]] > max(3.0, _HANGS_FROM * unit):
            continue
        jewel = gaussian(own.astype(np.float32), sigma=max(0.6, 1.6 * unit))
        ends = np.argwhere((nearest == nearest[top, beginning[0]]) & (body > 0))
        if len(ends):
            end = (int(ends[0][1]), int(ends[0][0]))
            # Too thin to be blurred.
            cv2.line(jewel, beginning, end, (0.7,), max(2, round(4 * unit)))
        lightness = lab[own][:, 0]
        light, red, yellow = np.median(lab[own][lightness >= np.percentile(lightness, _SHINES)], axis=0)
        spacing, least = max(1.8, 5 * unit), max(6.0, 0.3 * _SMALLEST * unit * unit)
        metal = (float(np.clip(light + 8, 48, 88)), 1.2 * float(red), 1.2 * float(yellow) + 3)
        dark = (0.5 * metal[0], metal[1], metal[2])
        glint = trace_field(jewel, level=0.8, spacing=spacing, least_area=least)
        outline = trace_field(jewel, level=0.35, spacing=spacing, least_area=least)
        shapes.append(Shape(outline, byte_colour(dark), 1.0, (Shape(glint, byte_colour(metal)),)))
        np.maximum(where, jewel, out=where)
    return where, tuple(shapes)
