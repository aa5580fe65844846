"""Where a face ends below: one smooth line from ear to ear, along what a picture shows at its jaw."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.frame import HeadFrame
from toonbooth.facecut.jaw import PER_SEGMENT, usual_jaw
from toonbooth.facecut.landmarks import CHEEKS
from toonbooth.facecut.outlines import smooth_line
from toonbooth.facecut.ways import cheapest_way, normals, sample, stiff_line
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import shrunk
from toonbooth.portrait.model import Face, Points

_CHEEKS: Final = [point for cheek in CHEEKS for point in cheek]

_STEP: Final = 0.008
_OFFSETS: Final = np.arange(-16, 14, dtype=np.float32) * np.float32(_STEP)
"""How far inside and outside its usual place the jaw is sought, face widths."""

_SPREAD: Final = 0.018
"""How far a drawn line usually lies from where the head was found to end, face widths."""

_LINE, _EDGE, _BEARD_END = 4.0, 1.0, 3.0
"""What a drawn line, the edge of a shadow and the end of a beard are worth against that."""

_BEARD: Final = 0.75
"""How light a beard may be beside the cheeks."""

_STIFFNESS: Final = 60.0

_FACE_PIXELS: Final = 240.0
"""Larger faces are halved before they are looked at."""


def trace_chin(picture: ByteImage, face: Face, frame: HeadFrame, area: FloatImage) -> FloatImage:
    """Find the jaw's line in a picture, for cutting along its outer side.

    No colour tells a jaw from its neck: a drawn line does, else the edge of a shadow, else what is known.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    face : Face
    frame : HeadFrame
    area : float32 array, shape of the frame, range [0, 1]
        What is head, and the person.

    Returns
    -------
    float32 array, `PER_SEGMENT` numbers from each point of `JAW` to the next, face widths: how far outside
    its usual place the jaw ends.
    """
    unit = face.width
    jaw = smooth_line(usual_jaw(face.landmarks, unit, face.yaw), per_segment=PER_SEGMENT)
    normal = normals(jaw)
    ways = jaw[:, np.newaxis] + normal[:, np.newaxis] * (_OFFSETS[:, np.newaxis] * np.float32(unit))
    held = sample(area, frame.points_in(ways.reshape(-1, 2)).reshape(ways.shape))
    place, known = _known_end(held)

    # Only what is near the jaw is looked at, and of large faces no more than shows a line.
    room = 0.06 * unit
    low = np.floor(ways.reshape(-1, 2).min(axis=0) - room).astype(int)
    low = np.maximum(np.minimum(low, face.landmarks[_CHEEKS].min(axis=0).astype(int)), 0)
    high = np.ceil(ways.reshape(-1, 2).max(axis=0) + room).astype(int) + 1
    part = picture[low[1] : max(high[1], low[1] + 1), low[0] : max(high[0], low[0] + 1)]
    if min(part.shape[:2]) < 4:
        return place
    scale = 1.0
    while unit * scale > _FACE_PIXELS:
        part, scale = part[: part.shape[0] // 2 * 2, : part.shape[1] // 2 * 2], scale / 2
        part = shrunk(part, (part.shape[1] // 2, part.shape[0] // 2))
    grey = luma(np.ascontiguousarray(part))
    light = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(0.5, 0.007 * unit * scale)), np.float32)

    def seen(points: Points) -> FloatImage:
        return sample(light, (points - low.astype(np.float32) + np.float32(0.5)) * np.float32(scale) - 0.5)

    def at(away: float) -> FloatImage:
        return seen(ways + normal[:, np.newaxis] * np.float32(away * unit))

    here, inner, outer = at(-0.01), at(-0.031), at(0.009)
    line = np.maximum(np.minimum(inner, outer) - here, 0)
    darkening = at(-0.014) - at(0.014)
    # A beard ends where it gets lighter; a shadow below a chin does, too.
    beard = np.clip(
        (_BEARD - at(-0.05) / max(float(np.median(seen(face.landmarks[np.newaxis, _CHEEKS]))), 0.05)) * 8,
        0,
        1,
    )
    edge = np.maximum(darkening, -0.3 * darkening) * (1 - beard)
    drawn, shown, bearded = (
        np.asarray(cv2.GaussianBlur(each.astype(np.float32), (1, 9), 0, sigmaY=2.5), np.float32)
        for each in (line, edge, np.maximum(-darkening * beard, 0))
    )
    evidence = _LINE * drawn / (drawn + 0.06) + _EDGE * shown / (shown + 0.15)
    evidence += _BEARD_END * bearded / (bearded + 0.1)
    unusual = np.square((_OFFSETS - place[:, np.newaxis]) / np.float32(_SPREAD))
    cost = 0.5 * unusual * np.where(known, 1, 0.5)[:, np.newaxis] - evidence
    chosen = cheapest_way(cost.astype(np.float32), _OFFSETS)
    sure = evidence[np.arange(len(jaw)), np.abs(_OFFSETS - chosen[:, np.newaxis]).argmin(axis=1)]
    weights = (0.15 + 0.5 * known + sure).astype(np.float32)
    return stiff_line(chosen, weights, stiffness=_STIFFNESS)


def _known_end(held: FloatImage) -> tuple[FloatImage, NDArray[np.bool_]]:
    """Where beside each point of the line the head ends, face widths; and where it does at all."""
    rows = np.arange(len(held))
    inside = held > 0.5
    end = np.where(inside.all(axis=1), 0, np.argmin(inside, axis=1))
    known = (end > 0) & ~np.any(inside & (np.arange(len(_OFFSETS)) > end[:, np.newaxis] + 3), axis=1)
    end = np.maximum(end, 1)
    above, below = held[rows, end - 1], held[rows, end]
    share = np.clip((above - 0.5) / np.maximum(above - below, 1e-3), 0, 1)
    place = np.where(known, _OFFSETS[end - 1] + np.float32(_STEP) * share, 0)
    return place.astype(np.float32), known
