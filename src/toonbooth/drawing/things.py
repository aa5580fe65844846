"""Small things that strokes melt: watches, pins, buttons, badges, microphones, patterns of ties."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from toonbooth.drawing.strokework import Detail
from toonbooth.drawing.study import FACE_WIDTH, Study
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import masked_blur
from toonbooth.imaging.windows import times
from toonbooth.portrait.model import Points

_LOST = 2.3
"""By how much more, in 1/255 on average, a picture differs from its strokes on a thing than around it."""

_ROUGH = 3.0
"""From which difference on a place is rough; where all of a broad place is, it's weave, hair or sequins."""

_CALM, _MOST = 3.4, 4.0
"""How much it differs around a thing at most, and the most that tells."""

_AREAS = (0.0015, 0.45)
"""Squared face widths that a thing covers at least and at most."""

_LONGEST = 7.0
"""How many times longer than thick: what is longer is an edge."""

_HEAD = 1.45
"""Face widths from the middle of a face within which nothing is a thing: hair, beards, collars are there."""

# Lengths in units, four-hundredths of a face's width.
_NEAR, _AROUND = 5.0, 70.0
"""What is looked at at once, and how far around it."""

_GAP, _THIN, _EDGE, _BROAD = 5.0, 11.0, 7.0, 95.0
"""Half the widest gap within a thing, half the width of edges and folds, how far a thing is from a
person's edge, and half the width from which on what is rough is broad."""


def find_things(seen: Study) -> list[Detail]:
    """Find small things with a drawing of their own, and what strokes have lost of them.

    Returns
    -------
    One detail per thing, for a drawing `seen.factor` times larger than the study.
    """
    if not seen.faces:
        return []
    unit, whole = seen.unit, np.zeros(seen.person.shape, np.uint8)
    cv2.drawContours(whole, _outlines(seen), -1, 255, cv2.FILLED)
    if not whole.any():
        return []
    whole = cv2.dilate(whole, disk(_GAP * unit)).astype(np.uint8, copy=False)
    share = cv2.GaussianBlur(whole, (0, 0), max(0.8, 0.6 * _GAP * unit)).astype(np.uint8, copy=False)
    parts, _ = cv2.findContours(share, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [_lost_of(seen, cv2.boundingRect(part), share) for part in parts]


def _outlines(seen: Study) -> list[NDArray[np.int32]]:
    """The outlines of things, (N, 1, 2), in pixels of the study."""
    unit, (width, height) = seen.unit, seen.size
    before, after = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (seen.small, seen.strokes))
    side = 2 * max(1, round(_NEAR * unit)) + 1
    lost = cv2.boxFilter(cv2.absdiff(before, after), cv2.CV_32F, (side, side)).astype(np.float32, copy=False)
    few = (max(1, width // 4), max(1, height // 4))
    little = cv2.resize(lost, few, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    broad = _broad(little, unit=unit / 4)
    np.minimum(little, np.float32(_MOST), out=little)
    around = masked_blur(little, shrunk(seen.person, few), sigma=max(1.0, _AROUND * unit / 4))
    around += np.float32(100) * broad.astype(np.float32)
    around = enlarged(around, seen.size)
    on = ((lost > around + np.float32(_LOST)) & (around < _CALM)).astype(np.uint8)
    within = cv2.erode((seen.person > 0.9).astype(np.uint8), disk(max(2.0, _EDGE * unit)))
    on &= within.astype(np.uint8, copy=False)
    on = cv2.morphologyEx(on, cv2.MORPH_CLOSE, disk(max(1.0, _GAP * unit))).astype(np.uint8, copy=False)
    on = cv2.morphologyEx(on, cv2.MORPH_OPEN, disk(max(1.5, _THIN * unit))).astype(np.uint8, copy=False)
    outlines, _ = cv2.findContours(on, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    heads = [((face.landmarks.mean(axis=0) * seen.scale), face.width * seen.scale) for face in seen.faces]
    return [np.asarray(outline, np.int32) for outline in outlines if _of_a_thing(outline, heads, unit=unit)]


def _of_a_thing(outline: MatLike, heads: Sequence[tuple[Points, float]], *, unit: float) -> bool:
    face = FACE_WIDTH * unit
    x, y, across, down = cv2.boundingRect(outline)
    # An outline runs through the middle of pixels.
    area, around = cv2.contourArea(outline), cv2.arcLength(outline, closed=True)
    area += around / 2
    least, most = (share * face * face for share in _AREAS)
    if not (least < area < most and max(across, down) * around < 2 * _LONGEST * area):
        return False
    middle = (x + across / 2, y + down / 2)
    return all(float(np.hypot(*(middle - centre))) > _HEAD * width for centre, width in heads)


def _broad(lost: FloatImage, *, unit: float) -> ByteImage:
    """Where strokes lose something all over: weave, sequins, hair."""
    rough = (lost > _ROUGH).astype(np.uint8)
    for how, reach in (
        (cv2.MORPH_CLOSE, _BROAD / 4),
        (cv2.MORPH_OPEN, _BROAD),
        (cv2.MORPH_DILATE, _BROAD / 2),
    ):
        rough = cv2.morphologyEx(rough, how, disk(reach * unit)).astype(np.uint8, copy=False)
    return rough


def _lost_of(seen: Study, box: Sequence[int], share: ByteImage) -> Detail:
    left, top, across, down = box
    few = (slice(top, top + down), slice(left, left + across))
    window = times(few, seen.factor)
    # A median takes noise away and leaves edges.
    fine = cv2.medianBlur(np.ascontiguousarray(seen.picture[window]), 3).astype(np.uint8, copy=False)
    wanted = seen.person[few] * share[few] * np.float32(1 / 255)
    return Detail.of(window, fine, seen.strokes[few], wanted)
