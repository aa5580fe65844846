"""Where a bare face ends below: along the line that a picture draws or shows at its jaw."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.frame import HeadFrame
from toonbooth.facecut.jaw import usual_jaw
from toonbooth.facecut.landmarks import CHEEKS
from toonbooth.facecut.outlines import smooth_line
from toonbooth.facecut.ways import cheapest_way, normals, sample, stiff_line
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import Face

_CHEEKS: Final = [point for cheek in CHEEKS for point in cheek]

_PER_SEGMENT: Final = 5
_STEP: Final = 0.008
_OFFSETS: Final = np.arange(-16, 11, dtype=np.float32) * np.float32(_STEP)
"""How far inside and outside its usual place the jaw is sought, face widths."""

_SPREAD: Final = 0.035
"""How far a drawn line usually lies from where the head was found to end, face widths."""

_LINE, _EDGE = 4.0, 1.0
"""What a drawn line and an edge are worth against that."""

_BEARD: Final = 0.75
"""How light a beard may be beside the cheeks."""

_STIFFNESS: Final = 40.0


def trace_chin(picture: ByteImage, face: Face, frame: HeadFrame, area: FloatImage) -> FloatImage:
    """Find the jaw's line in a picture, for cutting the bare face along it.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    face : Face
    frame : HeadFrame
    area : float32 array, shape of the frame, range [0, 1]
        What is head, and the person.

    Returns
    -------
    float32 array, one number for each point of `JAW`, face widths: how far outside its usual place the jaw
    ends.
    """
    unit = face.width
    jaw = smooth_line(usual_jaw(face.landmarks, unit, face.yaw), per_segment=_PER_SEGMENT)
    normal = normals(jaw)
    ways = jaw[:, np.newaxis] + normal[:, np.newaxis] * (_OFFSETS[:, np.newaxis] * np.float32(unit))
    held = sample(area, frame.points_in(ways.reshape(-1, 2)).reshape(ways.shape)) > 0.5
    ends = np.where(held.all(axis=1), -1, np.argmin(held, axis=1))
    known = (ends > 0) & ~np.any(held & (np.arange(len(_OFFSETS)) > ends[:, np.newaxis] + 3), axis=1)
    place = np.where(known, _OFFSETS[np.maximum(ends, 0)], np.float32(0))

    # Only what is near the jaw is looked at.
    room = 0.06 * unit
    low = np.floor(ways.reshape(-1, 2).min(axis=0) - room).astype(int)
    low = np.maximum(np.minimum(low, face.landmarks[_CHEEKS].min(axis=0).astype(int)), 0)
    high = np.ceil(ways.reshape(-1, 2).max(axis=0) + room).astype(int) + 1
    part = picture[low[1] : max(high[1], low[1] + 1), low[0] : max(high[0], low[0] + 1)]
    if min(part.shape[:2]) < 4:
        return place[::_PER_SEGMENT].astype(np.float32)
    grey = luma(np.ascontiguousarray(part))
    light = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(0.5, 0.007 * unit)), np.float32)
    ways = ways - low.astype(np.float32)

    def at(away: float) -> FloatImage:
        return sample(light, ways + normal[:, np.newaxis] * np.float32(away * unit))

    here, inner, outer = at(-0.01), at(-0.031), at(0.009)
    line = np.maximum(np.minimum(inner, outer) - here, 0)
    darkening = at(-0.014) - at(0.014)
    # A beard ends where it gets lighter; a shadow below a chin does, too.
    beard = np.clip((_BEARD - at(-0.05) / max(_cheeks(light, face, low), 0.05)) * 8, 0, 1)
    edge = np.maximum(darkening * (1 - beard), darkening * (beard - 0.3 * (1 - beard)) * -1)
    edge = np.maximum(edge, 0)
    drawn, shown = (
        np.asarray(cv2.GaussianBlur(each.astype(np.float32), (1, 9), 0, sigmaY=2.5), np.float32)
        for each in (line, edge)
    )
    evidence = _LINE * drawn / (drawn + 0.06) + _EDGE * shown / (shown + 0.15)
    beyond = (_OFFSETS - place[:, np.newaxis]) / _SPREAD
    # Rather a little less of a chin than a neck.
    unusual = np.where(beyond > 0, 3 * beyond, beyond) ** 2
    cost = 0.5 * unusual * np.where(known, 1, 0.5)[:, np.newaxis] - evidence
    chosen = cheapest_way(cost.astype(np.float32), _OFFSETS)
    sure = evidence[np.arange(len(jaw)), np.abs(_OFFSETS - chosen[:, np.newaxis]).argmin(axis=1)]
    weights = 0.15 + 0.5 * known + sure
    return stiff_line(chosen, weights.astype(np.float32), stiffness=_STIFFNESS)[::_PER_SEGMENT]


def _cheeks(light: FloatImage, face: Face, corner: NDArray[np.int_]) -> float:
    """How light the cheeks are."""
    points = face.landmarks[_CHEEKS] - corner.astype(np.float32)
    return float(np.median(sample(light, points[np.newaxis])))
