"""Teeth as even rows, measured column by column between the lips."""

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


_DEPTHS = 16
"""Places at which every one of those is looked at, from the upper lip to the lower."""

_GAP = 3
"""How many of these are dark between the teeth of the upper jaw and those of the lower, at least."""


def rows_of_teeth(
    teeth: FloatImage, points: Points, *, beyond: float = 0.08, ending: float = 0.24
) -> tuple[Points, ...]:
    """The outlines of the rows of teeth, even though gaps, gums and shade fray what is seen of them.

    Parameters
    ----------
    teeth : float32 array, shape (H, W), 0 … 1
        What looks like teeth.
    points : landmarks in its pixels
    beyond : how far a row goes on into a mouth's corners, where teeth lie in shade
    ending : over how much it runs out

        Both are parts of half a mouth's width.

    Returns
    -------
    Closed outlines between the inner lips: one row, or that of the upper jaw and that of the lower; none
    where too few teeth are seen.
    """
    upper = curve(points[INNER_UPPER], samples=_COLUMNS)
    lower = curve(points[INNER_LOWER], samples=_COLUMNS)
    depth = np.linspace(0.03, 0.97, _DEPTHS, dtype=np.float32)
    places = upper[:, None] + (lower - upper)[:, None] * depth[None, :, None]
    x, y = places[..., 0].astype(np.float32), places[..., 1].astype(np.float32)
    white = cv2.remap(teeth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) > 0.5
    parted = _parting(white)
    if parted is None:
        parts = [white]
    else:
        above = np.arange(_DEPTHS) < parted
        parts = [white & above, white & ~above]
    rows = (_row(part, upper, lower, depth, beyond, ending) for part in parts)
    return tuple(row for row in rows if row is not None)


def _parting(white: NDArray[np.bool_]) -> int | None:
    """Where the jaws part: at which depth a mouth's middle is dark, with teeth on both sides."""
    middle = white[_COLUMNS // 4 : -(_COLUMNS // 4)].mean(axis=0)
    dark = np.flatnonzero(middle < 0.25)
    for run in np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1):
        if len(run) >= _GAP and (middle[: run[0]] > 0.5).any() and (middle[run[-1] + 1 :] > 0.5).any():
            return int(run[len(run) // 2])
    return None


def _row(
    white: NDArray[np.bool_],
    upper: Points,
    lower: Points,
    depth: FloatImage,
    beyond: float,
    ending: float,
) -> Points | None:
    """One row's outline."""
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

    top, bottom = np.clip(even(first), 0.0, 0.8), np.clip(even(last), 0.2, 0.96)
    # Teeth that nearly reach the lips do; gradually, or a row has a step at each side of its middle.
    top = np.interp(top, (0.24, 0.4, 1.0), (-0.05, 0.4, 1.0))
    bottom = np.interp(bottom, (0.0, 0.7, 0.84), (0.0, 0.7, 1.05))
    reach = max(0.6, float(np.abs(across[sure]).max()) + beyond)
    within = np.abs(across) <= reach
    # Towards its ends a row runs out, and has no corners.
    left = np.sqrt(np.clip((reach + 0.02 - np.abs(across)) / ending, 0, 1))
    held = 0.5 * np.clip((top + 0.05) / 0.2, 0, 1)
    middle = top + held * (bottom - top)
    top, bottom = middle + left * (top - middle), middle + left * (bottom - middle)
    span = (lower - upper)[within]
    outline = np.concatenate(
        [upper[within] + span * top[within, None], (upper[within] + span * bottom[within, None])[::-1]]
    )
    return outline.astype(np.float32)
