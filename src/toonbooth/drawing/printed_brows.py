"""Brows on a poster: where the key plate has lost one, because it is fair or lies in the light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.features import BROWS
from toonbooth.drawing.pen import curve, normals
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import ByteImage, to_bytes, to_float
from toonbooth.portrait.model import Face, Points

_MISSING = 0.17
"""Share of a brow's place that is inked, under which the brow counts as lost."""

_IN_PIECES = 0.68
_ALONG = 11
"""Share of places along a brow that must be inked; how many are looked at."""

_COVERED = 0.72
"""Grey of the forehead above a brow over that of the skin below it, under which hair or a hat lies there."""

_SWELL = np.array([0.55, 1.0, 0.95, 0.6, 0.08], np.float32)
"""A brow's thickness from the nose outwards."""


def print_brows(ink: ByteImage, photo: ByteImage, face: Face) -> None:
    """Draw the brows that the key plate lacks as tapered strokes, in place.

    Parameters
    ----------
    ink : uint8 array, shape (H, W)
        The key plate; 255 is black.
    photo : uint8 array, shape (H, W, 3)
    face : in the same pixels
    """
    width = face.width
    for outline, top, bottom in BROWS:
        upper, lower = face.landmarks[top], face.landmarks[bottom]
        # The far brow of a turned head may be no more than its end.
        span = float(np.hypot(*(upper[0] - upper[-1])))
        if span < 0.16 * width:
            continue
        place = face.landmarks[outline]
        margin = 0.12 * width
        left, highest = (int(max(0, v)) for v in place.min(axis=0) - margin)
        right = int(min(photo.shape[1], place[:, 0].max() + margin + 1))
        lowest = int(min(photo.shape[0], place[:, 1].max() + margin + 1))
        if right - left < 8 or lowest - highest < 6:
            continue
        window = (slice(highest, lowest), slice(left, right))
        corner = np.array([left, highest], np.float32)
        size = (lowest - highest, right - left)
        inside = polygon_mask(size, place - corner) > 0.5
        if not inside.any() or _printed(ink[window], inside, upper - corner, lower - corner):
            continue
        up = facemap.upright(face.landmarks)
        above, below = (
            polygon_mask(size, place - corner + up * np.float32(away * width)) > 0.5 for away in (0.09, -0.05)
        )
        grey = luma(photo[window])
        if not above.any() or not below.any():
            continue
        if float(np.median(grey[above])) < _COVERED * float(np.median(grey[below])):
            continue
        line = polygon_mask(size, _stroke(upper - corner, lower - corner), feather=0.4)
        # Beyond the face of a turned head there is none.
        line *= polygon_mask(size, face.landmarks[facemap.OVAL] - corner, feather=0.6)
        # The pieces of it that there are would be specks beside the stroke.
        kept = to_float(ink[window]) * (1 - polygon_mask(size, place - corner, grow=1.2, feather=0.6))
        ink[window] = to_bytes(np.maximum(kept, line))


def _printed(ink: ByteImage, inside: NDArray[np.bool_], upper: Points, lower: Points) -> bool:
    """Whether a brow is inked: enough of its place, and not in one spot only."""
    if float((ink[inside] > 127).mean()) <= _MISSING:
        return False
    ridge = curve(((upper + lower) / 2).astype(np.float32), samples=_ALONG)
    across = normals(ridge) * np.float32(0.5 * np.hypot(*(upper[2] - lower[2])))
    places = ridge[:, None] + across[:, None] * np.linspace(-1, 1, 5, dtype=np.float32)[None, :, None]
    x, y = np.clip(np.rint(places).astype(int), 0, np.array(ink.shape)[::-1] - 1).transpose(2, 0, 1)
    return float((ink[y, x] > 127).any(axis=1).mean()) > _IN_PIECES


def _stroke(upper: Points, lower: Points) -> Points:
    """A brow's outline, a little above its middle, from its inner end to its tip."""
    ridge = curve((0.6 * upper + 0.4 * lower)[::-1].astype(np.float32), samples=18)
    thick = float(np.hypot(*(upper[2] - lower[2])))
    swell = np.interp(np.linspace(0, 1, len(ridge)), np.linspace(0, 1, len(_SWELL)), _SWELL)
    half = normals(ridge) * (np.float32(0.3 * thick) * swell[:, None]).astype(np.float32)
    outline: Points = np.concatenate([ridge + half, (ridge - half)[::-1]]).astype(np.float32)
    return outline
