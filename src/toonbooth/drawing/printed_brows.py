"""Brows on a poster: one clean shape each, as thick and arched as in the photo; black or, if fair, brown."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.features import BROWS
from toonbooth.drawing.inks import Colour, mixed
from toonbooth.drawing.pen import curve, normals
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import luma
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian_exactly
from toonbooth.imaging.windows import Window
from toonbooth.portrait.model import Face, Points

_STATIONS = 15
_REACH, _ACROSS = 0.085, 35
"""Places along a brow that are looked at; how far to both sides, in face widths, and in how many steps."""

_ASTRAY = 0.035
"""How far from its landmarks a brow is expected, face widths."""

_SEEN = 0.1
"""Grey, as a share of that of the skin around, by which a brow is darker at least if it can be measured."""

_FAIR, _BLACK = 0.22, 0.45
"""The same up to which a brow is fair, and from which on it is black."""

_HALF = 0.58
"""Share of its darkness down to which a brow reaches."""

_THICKEST, _THINNEST = 0.036, 0.011
"""Half of a brow's thickness at most and at least, face widths."""

_LIGHTER = np.float32(0.8)
"""Thickness of a printed brow over a real one's: solid ink is heavier than hair."""

_COVERED = 0.72
"""Grey of the forehead above a brow over that of the skin below it, under which hair or a hat lies there."""

_SWELL = np.array([0.55, 1.0, 0.95, 0.6, 0.08], np.float32)
"""The thickness of a brow that can't be measured from the nose outwards."""


@dataclass(frozen=True, slots=True)
class _Brow:
    """A brow in a window: where landmarks have it, its outline, both (N, 2), and by how much darker than skin
    it is, 0 … 1."""

    window: Window
    place: Points
    outline: Points
    darkness: float


def print_brows(
    colours: ByteImage, ink: ByteImage, photo: ByteImage, face: Face, *, fair: Colour, black: Colour
) -> None:
    """Print both brows under the key plate and clear the plate of their pieces, in place.

    Parameters
    ----------
    colours : uint8 array, shape (H, W, 3)
        The colour plates, printed.
    ink : uint8 array, shape (H, W)
        The key plate; 255 is black.
    photo : uint8 array, shape (H, W, 3)
    face : in the same pixels
    fair, black : inks of the fairest brows and of dark ones
    """
    seen = [brow for brow in (_look_at(photo, face, *indices) for indices in BROWS) if brow is not None]
    # A pair is of one ink: shade on one side makes no other hair.
    darkness = max((brow.darkness for brow in seen), default=0.0)
    tone = mixed(fair, black, float(np.clip((darkness - _FAIR) / (_BLACK - _FAIR), 0, 1)))
    for brow in seen:
        size = (brow.window[0].stop - brow.window[0].start, brow.window[1].stop - brow.window[1].start)
        corner = np.array([brow.window[1].start, brow.window[0].start], np.float32)
        shape = polygon_mask(size, brow.outline, feather=0.4)
        # Beyond the face of a turned head there is none.
        oval = face.landmarks[facemap.OVAL] - corner
        shape *= polygon_mask(size, oval, feather=0.6)
        # The pieces of it that there are would be specks beside the shape. The person's outline is no such.
        pieces = np.maximum(polygon_mask(size, brow.place, grow=1.25), shape)
        pieces = cv2.dilate(pieces, disk(max(1.0, 0.02 * face.width))).astype(np.float32, copy=False)
        pieces *= polygon_mask(size, oval, grow=0.95)
        ink[brow.window] = to_bytes(to_float(ink[brow.window]) * (1 - np.maximum(pieces, shape)))
        part = to_float(colours[brow.window])
        part += shape[..., None] * (np.array(tone, np.float32) - part)
        colours[brow.window] = to_bytes(part)


def _look_at(
    photo: ByteImage,
    face: Face,
    outline: NDArray[np.int64],
    top: NDArray[np.int64],
    bottom: NDArray[np.int64],
) -> _Brow | None:
    """One brow; None where it can't be seen."""
    width, up = face.width, facemap.upright(face.landmarks)
    upper, lower, place = (face.landmarks[indices] for indices in (top, bottom, outline))
    # The far brow of a turned head may be no more than its end.
    if float(np.hypot(*(upper[0] - upper[-1]))) < 0.16 * width:
        return None
    margin = 0.14 * width
    left, highest = (int(max(0, v)) for v in place.min(axis=0) - margin)
    right = int(min(photo.shape[1], place[:, 0].max() + margin + 1))
    lowest = int(min(photo.shape[0], place[:, 1].max() + margin + 1))
    if right - left < 8 or lowest - highest < 6:
        return None
    window = (slice(highest, lowest), slice(left, right))
    corner = np.array([left, highest], np.float32)
    size = (lowest - highest, right - left)
    upper, lower, place = upper - corner, lower - corner, place - corner
    grey = luma(photo[window])
    above, below = (polygon_mask(size, place + up * np.float32(away * width)) > 0.5 for away in (0.09, -0.05))
    if not above.any() or not below.any() or median(grey[above]) < _COVERED * median(grey[below]):
        return None
    shape, darkness = _measured(grey, upper, lower, up, width)
    return _Brow(window, place, shape, darkness)


def _measured(
    grey: FloatImage, upper: Points, lower: Points, up: Points, width: float
) -> tuple[Points, float]:
    """A brow's outline and darkness; where it is hardly seen, a tapered stroke that the landmarks give."""
    ridge = curve(((upper + lower) / 2)[::-1].astype(np.float32), samples=_STATIONS)
    across = normals(ridge)
    across *= np.sign(across @ up)[:, None]
    offsets = np.linspace(-_REACH, _REACH, _ACROSS, dtype=np.float32) * np.float32(width)
    places = ridge[:, None] + across[:, None] * offsets[None, :, None]
    calm = gaussian_exactly(grey, sigma=max(0.6, 0.01 * width))
    profiles = cv2.remap(
        calm, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    expected = np.exp(-0.5 * np.square(offsets / np.float32(_ASTRAY * width)))
    # Against the skin above, and towards the eye against the lightest below: sockets lie in the shade.
    middle = _ACROSS // 2
    over = np.percentile(profiles[:, middle:], 85, axis=1)[:, None]
    lid = profiles[:, : middle - 2].argmax(axis=1)[:, None]
    under = np.minimum(np.take_along_axis(profiles, lid, axis=1), over)
    share = np.clip((np.arange(_ACROSS) - lid) / np.maximum(middle + 4 - lid, 1), 0, 1)
    depth = (1 - profiles / np.maximum(under + share * (over - under), 0.02)).astype(np.float32)
    core = np.argmax(depth * expected, axis=1)
    deepest = depth[np.arange(_STATIONS), core]
    darkness = float(np.median(deepest[1:-3]))
    if darkness < _SEEN:
        return _stroke(upper, lower), darkness
    low, high = _edges(depth, core, np.maximum(deepest, 0.6 * darkness) * _HALF)
    step = float(offsets[1] - offsets[0])
    centre = _even((offsets[0] + step * (low + high) / 2).astype(np.float32))
    along = np.linspace(0, 1, _STATIONS, dtype=np.float32)
    # At its inner end a brow runs into the shade beside the nose: followed down there, it would frown.
    fall = np.interp(along, (0.0, 0.35), (0.25, 1.0)).astype(np.float32)
    centre = np.maximum(centre, 0) + fall * np.minimum(centre, 0)
    half = _even((step * (high - low) / 2).astype(np.float32))
    half = _LIGHTER * np.minimum(half, np.float32(1.15) * np.median(half))
    half = np.clip(half, _THINNEST * width, _THICKEST * width)
    half *= np.interp(along, (0.0, 0.05, 0.2, 0.65, 1.0), (0.3, 0.72, 1.0, 0.85, 0.1)).astype(np.float32)
    path = ridge + across * centre[:, None]
    half_way = (across * half[:, None]).astype(np.float32)
    edges = [curve(edge, samples=3 * _STATIONS) for edge in (path + half_way, path - half_way)]
    return np.concatenate([edges[0], edges[1][::-1]]).astype(np.float32), darkness


def _edges(depth: FloatImage, core: NDArray[np.intp], least: FloatImage) -> tuple[FloatImage, FloatImage]:
    """How far a brow goes on from its darkest places to both sides, in steps."""
    steps = np.arange(depth.shape[1])[None, :]
    light = depth < least[:, None]
    before = np.where(light & (steps < core[:, None]), steps, -1).max(axis=1) + 1
    after = np.where(light & (steps > core[:, None]), steps, depth.shape[1]).min(axis=1) - 1
    return before.astype(np.float32), after.astype(np.float32)


def _even(values: FloatImage) -> FloatImage:
    """Values along a brow without outliers, smoothed."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(values, 2, mode="edge"), 5)
    even: FloatImage = np.median(around, axis=1).astype(np.float32)
    for _ in range(3):
        ends = np.pad(even, 1, mode="edge")
        even = np.float32(0.25) * (ends[:-2] + ends[2:]) + np.float32(0.5) * even
    return even


def _stroke(upper: Points, lower: Points) -> Points:
    """A brow's outline, a little above its middle, from its inner end to its tip."""
    ridge = curve((0.6 * upper + 0.4 * lower)[::-1].astype(np.float32), samples=18)
    thick = float(np.hypot(*(upper[2] - lower[2])))
    swell = np.interp(np.linspace(0, 1, len(ridge)), np.linspace(0, 1, len(_SWELL)), _SWELL)
    half = normals(ridge) * (np.float32(0.3 * thick) * swell[:, None]).astype(np.float32)
    outline: Points = np.concatenate([ridge + half, (ridge - half)[::-1]]).astype(np.float32)
    return outline
