"""Where in a head's frame its head is: measured on the photo once, and found again in its drawings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from toonbooth.facecut.chin import trace_chin
from toonbooth.facecut.earrings import drawn_earrings, hanging_earrings, recall_earrings
from toonbooth.facecut.frame import UNIT_PIXELS, HeadFrame, frame_head
from toonbooth.facecut.head import find_head
from toonbooth.facecut.jaw import JawRun, follow_jaw, jaw_line
from toonbooth.facecut.landmarks import CHIN, OVAL
from toonbooth.facecut.outlines import dilated, fill_polygon, grow
from toonbooth.facecut.people import claim_person, find_foreign
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import HEAD_SIZE, Face, Portrait

MAX_MEASURED: Final = 6
"""Of a crowd only the most prominent are measured beforehand; the others when they are cut."""


def measure_heads(portrait: Portrait) -> Portrait:
    """Note on every prominent face which part of the photo is its head, for cutting its drawings.

    Parameters
    ----------
    portrait : Portrait
        Of a photo.

    Returns
    -------
    Portrait, the same but for `Face.head` and `Face.hairline`.
    """
    rest = portrait
    chosen: list[Face] = []
    while len(chosen) < MAX_MEASURED and (main := rest.main_face) is not None:
        chosen.append(main)
        rest = replace(rest, faces=tuple(face for face in rest.faces if face is not main))
    faces: list[Face] = []
    for face in portrait.faces:
        if any(face is each for each in chosen):
            frame = frame_head(face)
            found = _measure(portrait, face, frame, frame.picture_in(portrait.picture))
            area = _ended_at_jaw(portrait, face, frame, found)
            faces.append(replace(face, head=area, hairline=found.hairline))
        else:
            faces.append(face)
    return replace(portrait, faces=tuple(faces))


@dataclass(frozen=True, slots=True)
class _Measured:
    """What was measured on a picture: `HeadArea` without the jaw, and the person in the frame."""

    area: FloatImage
    person: FloatImage
    hairline: FloatImage
    earrings: FloatImage | None


@dataclass(frozen=True, slots=True)
class HeadArea:
    """What of a head's frame is its head, when it is the person at all.

    area : float32, shape (H, W), 0…1.
    jaws : where it ends at the jaw.
    chin : how far outside its usual place that is, as `trace_chin` found it.
    hairline : where the face's contour lies, as `facecut.contour` has it; None when nobody knows.
    earrings : float32, shape (H, W), 0…1: what is person whatever the matte says; None for nothing.
    """

    area: FloatImage
    jaws: list[JawRun]
    chin: FloatImage
    hairline: FloatImage | None
    earrings: FloatImage | None = None


def find_head_area(portrait: Portrait, face: Face, frame: HeadFrame) -> HeadArea:
    """Find a head: as it was measured on the photo, or else measured on this picture; its jaw in either case
    along the line that this picture shows."""
    matte = frame.map_in(portrait.matte)
    if face.head is not None and _is_plausible(face.head, frame, face, view_of=portrait):
        area, known_earrings = face.head, recall_earrings(face.head, matte, frame.points_in(face.landmarks))
        hairline, earrings = face.hairline, None
        if known_earrings is not None and portrait.outlined:
            earrings = hanging_earrings(matte, known_earrings)
            area = np.maximum(area, earrings)
        elif known_earrings is not None:
            earrings = drawn_earrings(frame.picture_in(portrait.picture), matte, known_earrings)
            gone = known_earrings if earrings is None else np.maximum(known_earrings - earrings, 0)
            # With the last of what they hung by.
            area = np.where(
                dilated(gone > 0.3, 0.02 * UNIT_PIXELS) & (earrings is None), 0, area * (1 - gone)
            )
            area = area.astype(np.float32)
    else:
        found = _measure(portrait, face, frame, frame.picture_in(portrait.picture))
        area, hairline, earrings = found.area, found.hairline, found.earrings
    chin, jaws = _trace_jaws(portrait, face, frame, area, matte)
    return HeadArea(area, jaws, chin, hairline, earrings)


def _measure(portrait: Portrait, face: Face, frame: HeadFrame, view: ByteImage) -> _Measured:
    landmarks = frame.points_in(face.landmarks)
    # Below the picture's edge there is nothing to look at.
    height, width = portrait.picture.shape[:2]
    edge = float(frame.points_in(np.array([(0, height), (width, height)], np.float32))[:, 1].max())
    rows = int(np.clip(edge, landmarks[CHIN, 1] + UNIT_PIXELS / 2, frame.size[1]))
    matte = frame.map_in(portrait.matte)
    others = [frame.points_in(other.landmarks) for other in portrait.faces if other is not face]
    foreign = find_foreign(view, matte, landmarks, others, yaw=face.yaw)
    head = find_head(view[:rows], matte[:rows], landmarks, yaw=face.yaw, foreign=foreign[:rows])
    area: FloatImage = fill_polygon(head.skull, size=frame.size)
    area[:rows] = np.maximum(area[:rows], head.hair)
    earrings = None
    if portrait.jewels is not None:
        hanging = frame.map_in(portrait.jewels)
        if (hanging > 0.5).any():
            earrings = hanging
            area = np.maximum(area, earrings)
    area *= claim_person(view, landmarks, others)
    area[foreign] = 0
    return _Measured(area, matte, head.hairline, earrings)


def _ended_at_jaw(portrait: Portrait, face: Face, frame: HeadFrame, found: _Measured) -> FloatImage:
    """A photo's head, ended along the jaw that is seen at the photo's own size."""
    area = found.area
    for run in _trace_jaws(portrait, face, frame, area, found.person)[1]:
        area = np.maximum(area, fill_polygon(run.strip, size=frame.size))
        area = area * (1 - fill_polygon(run.dropped, size=frame.size))
    return area if found.earrings is None else np.maximum(area, found.earrings)


def _trace_jaws(
    portrait: Portrait, face: Face, frame: HeadFrame, area: FloatImage, person: FloatImage
) -> tuple[FloatImage, list[JawRun]]:
    """The jaw's line, as `trace_chin` finds it, and where it ends the head."""
    chin = trace_chin(portrait.picture, face, frame, area * person)
    line = frame.points_in(jaw_line(face.landmarks, face.width, face.yaw, chin))
    return chin, follow_jaw(area, frame.points_in(face.landmarks), line)


def _is_plausible(area: FloatImage, frame: HeadFrame, face: Face, *, view_of: Portrait) -> bool:
    """Whether an area that came in a file holds the face, and no more than a head with much hair."""
    if area.shape != (HEAD_SIZE[1], HEAD_SIZE[0]):
        return False
    core = fill_polygon(grow(frame.points_in(face.landmarks[list(OVAL)]), 0.8), size=frame.size) > 0.5
    visible = core & (frame.map_in(np.ones_like(view_of.matte)) > 0.5)
    held = float((area[visible] > 0.5).mean()) if visible.any() else 0.0
    return held > 0.9 and float(area.sum()) < 0.8 * area.size
