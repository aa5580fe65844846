"""Where in a head's frame its head is: measured on the photo once, and found again in its drawings."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.edges import follow_edges
from toonbooth.facecut.frame import UNIT_PIXELS, HeadFrame, frame_head
from toonbooth.facecut.head import find_head
from toonbooth.facecut.landmarks import OVAL
from toonbooth.facecut.outlines import dilated, eroded, fill_polygon, grow
from toonbooth.facecut.people import claim_person
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.model import HEAD_SIZE, Face, Portrait

MAX_MEASURED: Final = 4
"""Of a crowd only the most prominent are measured beforehand; the others when they are cut."""

_U: Final = float(UNIT_PIXELS)
_SNAP: Final = 0.03
"""How far, in face widths, an outline moves to the drawing's own edges."""


def measure_heads(portrait: Portrait) -> Portrait:
    """Note on every prominent face which part of the photo is its head, for cutting its drawings.

    Parameters
    ----------
    portrait : Portrait
        Of a photo.

    Returns
    -------
    Portrait, the same but for `Face.head`.
    """
    rest = portrait
    chosen: list[Face] = []
    while len(chosen) < MAX_MEASURED and (main := rest.main_face) is not None:
        chosen.append(main)
        rest = replace(rest, faces=tuple(face for face in rest.faces if face is not main))
    faces = tuple(
        replace(face, head=_measure(portrait, face, frame_head(face))) if face in chosen else face
        for face in portrait.faces
    )
    return replace(portrait, faces=faces)


def find_head_area(portrait: Portrait, face: Face, frame: HeadFrame) -> FloatImage:
    """What of a head's frame is its head: as it was measured on the photo, drawn to the edges of this
    picture, or else measured here: float32, shape (H, W), 0…1."""
    if face.head is None or not _is_plausible(face.head, frame, face):
        return _measure(portrait, face, frame)
    light = cv2.cvtColor(frame.picture_in(portrait.picture), cv2.COLOR_RGB2GRAY)
    return _snap(face.head, to_float(np.asarray(light, dtype=np.uint8)))


def _measure(portrait: Portrait, face: Face, frame: HeadFrame) -> FloatImage:
    view = frame.picture_in(portrait.picture)
    landmarks = frame.points_in(face.landmarks)
    head = find_head(view, frame.map_in(portrait.matte), landmarks, yaw=face.yaw)
    others = [frame.points_in(other.landmarks) for other in portrait.faces if other is not face]
    inside = fill_polygon(head.skull, size=frame.size)
    area: FloatImage = np.maximum(inside, head.hair) * head.person * claim_person(view, landmarks, others)
    return area


def _is_plausible(area: FloatImage, frame: HeadFrame, face: Face) -> bool:
    """Whether an area that came in a file holds the face, and no more than a head with much hair."""
    if area.shape != (HEAD_SIZE[1], HEAD_SIZE[0]):
        return False
    core = fill_polygon(grow(frame.points_in(face.landmarks[list(OVAL)]), 0.8), size=frame.size) > 0.5
    visible = core & (frame.map_in(np.ones_like(area)) > 0.5)
    held = float((area[visible] > 0.5).mean()) if visible.any() else 0.0
    return held > 0.9 and float(area.sum()) < 0.8 * area.size


def _snap(area: FloatImage, light: FloatImage) -> FloatImage:
    """Move an area's outline, by a few pixels, to the edges of the drawing."""
    odds = np.clip(8 * (area - np.float32(0.5)), -3, 3)
    odds = follow_edges(odds, light, radius_pixels=_SNAP * _U, contrast=0.03)
    snapped = 1 / (1 + np.exp(-2 * odds))
    inside = area > 0.5
    rim = dilated(inside, _SNAP * _U) & ~eroded(inside, _SNAP * _U)
    near = cv2.GaussianBlur(rim.astype(np.float32), (0, 0), 1.0)
    return (area + near * (snapped - area)).astype(np.float32)
