"""Faces as the bytes of a packet: every point in 16 bits, and what a face must look like to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import HAIRLINE_LENGTH, LANDMARK_COUNT, Box, Eye, Face, Points

_EYE_POINTS: Final = 16
_POINT_COUNT: Final = LANDMARK_COUNT + 2 * _EYE_POINTS + 2 + 2
"""Landmarks, two eye contours, two irises, two corners of the box."""
_NUMBER_COUNT: Final = 7
"""Score; radius and openness of either eye; roll; yaw."""
FACE_BYTES: Final = 2 * (2 * _POINT_COUNT + LANDMARK_COUNT + _NUMBER_COUNT)

_REACH: Final = 0.25
"""How far beyond the picture a point may lie, relative to its width and height."""


_HAIRLINE_STEPS: Final = 200
"""To a face width."""
_NO_HAIRLINE: Final = -128


class UntrustedError(Exception):
    """What was read can't be what `encode_packet` wrote."""


def require(condition: bool) -> None:  # noqa: FBT001
    """Go on only with what can be trusted.

    Raises
    ------
    UntrustedError
    """
    if not condition:
        raise UntrustedError


@dataclass(frozen=True, slots=True)
class _Scale:
    """Between pixels and 16 bits, for a picture of some size."""

    width: int
    height: int

    def pack(self, points: NDArray[np.floating]) -> NDArray[np.uint16] | None:
        relative = (points / [self.width, self.height] + _REACH) / (1 + 2 * _REACH)
        if not (np.isfinite(relative).all() and relative.min() >= 0 and relative.max() <= 1):
            return None
        return np.rint(relative * 0xFFFF).astype("<u2")

    def unpack(self, values: NDArray[np.uint16]) -> Points:
        relative = values.astype(np.float64) / 0xFFFF * (1 + 2 * _REACH) - _REACH
        return (relative * [self.width, self.height]).astype(np.float32)

    @property
    def long_side(self) -> int:
        return max(self.width, self.height)


def pack_face(face: Face, width: int, height: int) -> bytes | None:
    """`FACE_BYTES` bytes; None for a face that isn't finite or lies too far outside the picture."""
    scale = _Scale(width, height)
    box, eyes = face.box, (face.left_eye, face.right_eye)
    points = scale.pack(
        np.concatenate(
            [
                face.landmarks,
                *(eye.contour for eye in eyes),
                np.array([eye.iris_centre for eye in eyes]),
                np.array([(box.x, box.y), (box.x + box.width, box.y + box.height)]),
            ]
        ).astype(np.float64)
    )
    numbers = [face.score]
    for eye in eyes:
        numbers += [eye.iris_radius / scale.long_side, eye.openness / 4]
    numbers += [face.roll / np.pi, face.yaw / np.pi]
    depth = np.asarray(face.depth, dtype=np.float64) / scale.long_side
    if points is None or not (np.isfinite(numbers).all() and np.isfinite(depth).all()):
        return None
    rest = np.rint(np.clip(np.concatenate([depth, numbers]), -1, 1) * 0x7FFF).astype("<i2")
    packed: bytes = points.tobytes() + rest.tobytes()
    return packed


def unpack_face(packed: bytes, width: int, height: int) -> Face:
    """Read a face, for a picture of this size.

    Raises
    ------
    UntrustedError
        When no face looks like that.
    """
    scale = _Scale(width, height)
    points = scale.unpack(np.frombuffer(packed, "<u2", 2 * _POINT_COUNT).reshape(-1, 2))
    rest = np.frombuffer(packed, "<i2", offset=4 * _POINT_COUNT).astype(np.float32) / np.float32(0x7FFF)
    parts = np.cumsum([LANDMARK_COUNT, _EYE_POINTS, _EYE_POINTS, 2])
    landmarks, left_contour, right_contour, irises, corners = np.split(points, parts)
    score, left_radius, left_openness, right_radius, right_openness, roll, yaw = (
        float(number) for number in rest[LANDMARK_COUNT:]
    )

    def eye(contour: Points, iris: Points, radius: float, openness: float) -> Eye:
        return Eye(contour, (float(iris[0]), float(iris[1])), radius * scale.long_side, openness * 4)

    (x0, y0), (x1, y1) = corners.tolist()
    face = Face(
        box=Box(x0, y0, x1 - x0, y1 - y0),
        score=score,
        landmarks=landmarks,
        depth=rest[:LANDMARK_COUNT] * np.float32(scale.long_side),
        left_eye=eye(left_contour, irises[0], left_radius, left_openness),
        right_eye=eye(right_contour, irises[1], right_radius, right_openness),
        roll=roll * np.pi,
        yaw=yaw * np.pi,
    )
    require(_is_plausible(face, width, height))
    return face


def pack_hairlines(faces: Sequence[Face]) -> bytes | None:
    """`HAIRLINE_LENGTH` bytes for each face; None when none was measured."""
    if all(face.hairline is None for face in faces):
        return None
    unknown = np.full(HAIRLINE_LENGTH, _NO_HAIRLINE, np.int8)
    packed = [
        unknown
        if face.hairline is None
        else np.rint(np.clip(face.hairline * _HAIRLINE_STEPS, -127, 127)).astype(np.int8)
        for face in faces
    ]
    return np.concatenate(packed).tobytes()


def unpack_hairlines(packed: bytes, count: int) -> list[FloatImage | None]:
    """Read the hairlines of `count` faces; None for one that wasn't measured.

    Raises
    ------
    UntrustedError
    """
    require(len(packed) == count * HAIRLINE_LENGTH)
    rows = np.frombuffer(packed, np.int8).reshape(count, HAIRLINE_LENGTH)
    return [
        None if row.min() == _NO_HAIRLINE else row.astype(np.float32) / np.float32(_HAIRLINE_STEPS)
        for row in rows
    ]


def _is_plausible(face: Face, width: int, height: int) -> bool:
    """Whether a face could have been measured: its parts lie where the others say, in the picture."""
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    extent = high - low
    box = face.box
    if min(box.width, box.height) < 1 or extent.min() < 1:
        return False
    ratio = extent / np.array([box.width, box.height])
    centre = (low + high) / 2
    off_centre = np.abs(centre - box.centre) / np.array([box.width, box.height])
    eyes = (face.left_eye, face.right_eye)
    near_low, near_high = low - extent / 4, high + extent / 4
    return bool(
        0 <= face.score <= 1
        and ((ratio > 0.4) & (ratio < 2.5)).all()
        and (off_centre < 0.5).all()
        and (high > 0).all()
        and (low < [width, height]).all()
        and all(((eye.contour > near_low) & (eye.contour < near_high)).all() for eye in eyes)
        and all(((eye.iris_centre > near_low) & (eye.iris_centre < near_high)).all() for eye in eyes)
        and all(0 < eye.iris_radius < extent[0] and eye.openness >= 0 for eye in eyes)
        # The mesh's own ends: forehead above chin and left above right, in the head's upright frame.
        and _stands(face)
    )


def _stands(face: Face) -> bool:
    across = face.landmarks[263] - face.landmarks[33]
    down = face.landmarks[152] - face.landmarks[10]
    along = np.array([np.cos(face.roll), np.sin(face.roll)])
    return bool(across @ along > 0 and down @ np.array([-along[1], along[0]]) > 0)
