"""Teeth as one even row, measured column by column between the lips."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.pen import curve
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

INNER_UPPER = np.array([78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308])
INNER_LOWER = np.array([78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308])

_COLUMNS = 23
"""Places along a mouth at which teeth are measured."""

_FEWEST = 7
"""Of these, how many must show teeth: less is a glint on a lip."""


def row_of_teeth(teeth: FloatImage, points: Points) -> Points | None:
    """The outline of a row of teeth, even though gaps, gums and shade fray what is seen of it.

    Parameters
    ----------
    teeth : float32 array, shape (H, W), 0 … 1
        What looks like teeth.
    points : landmarks in its pixels

    Returns
    -------
    A closed outline between the inner lips; None where too few teeth are seen.
    """
    upper = curve(points[INNER_UPPER], samples=_COLUMNS)
    lower = curve(points[INNER_LOWER], samples=_COLUMNS)
    depth = np.linspace(0.03, 0.97, 16, dtype=np.float32)
    places = upper[:, None] + (lower - upper)[:, None] * depth[None, :, None]
    x, y = places[..., 0].astype(np.float32), places[..., 1].astype(np.float32)
    white = cv2.remap(teeth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) > 0.5
    across = np.linspace(-1, 1, _COLUMNS)
    # In the corners lips lie too close to tell anything.
    sure = (white.sum(axis=1) >= 3) & (np.abs(across) < 0.9)
    if np.count_nonzero(sure) < _FEWEST:
        return None
    first = depth[white.argmax(axis=1)]
    last = depth[len(depth) - 1 - white[:, ::-1].argmax(axis=1)]
    weight = np.where(sure, white.sum(axis=1), 1e-3)

    def even(edge: NDArray[np.float32]) -> NDArray[np.float64]:
        centred = float(np.average(edge, weights=weight))
        wanted = np.where(sure, edge, centred)
        # The same on both sides: what differs there is the light.
        fit = np.polynomial.Polynomial.fit(np.square(across), wanted, 1, w=np.sqrt(weight))
        fitted: NDArray[np.float64] = fit(np.square(across))
        return fitted

    top, bottom = np.clip(even(first), 0.0, 0.35), np.clip(even(last), 0.4, 0.96)
    # Teeth that nearly reach the lips do.
    top, bottom = np.where(top < 0.2, -0.05, top), np.where(bottom > 0.88, 1.05, bottom)
    within = np.abs(across) <= max(0.6, float(np.abs(across[sure]).max()) + 0.05)
    span = (lower - upper)[within]
    outline = np.concatenate(
        [upper[within] + span * top[within, None], (upper[within] + span * bottom[within, None])[::-1]]
    )
    return outline.astype(np.float32)
