"""A picture of what was found in a picture, for people who want to know why a drawing came out as it did."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, to_bytes, to_float
from toonbooth.portrait.model import Eye, Face, Points, Portrait

_BACKGROUND_TINT: Final = np.array([0.16, 0.24, 0.62], dtype=np.float32)
_BOX: Final = (255, 214, 10)
_POINT: Final = (60, 255, 120)
_LIDS: Final = (255, 70, 70)
_IRIS: Final = (40, 220, 255)
_FRACTION_BITS: Final = 4


def draw_debug(portrait: Portrait) -> ByteImage:
    """Draw boxes with scores, landmarks, lids and irises over the picture; background is tinted blue.

    Returns
    -------
    uint8 array, shape (H, W, 3): a new picture of the same size.
    """
    background = (1 - portrait.matte[..., np.newaxis]) * np.float32(0.6)
    canvas = to_bytes(to_float(portrait.picture) * (1 - background) + background * _BACKGROUND_TINT)
    for face in portrait.faces:
        _draw_face(canvas, face)
    return canvas


def _draw_face(canvas: ByteImage, face: Face) -> None:
    thickness = max(1, round(max(canvas.shape[:2]) / 540))
    x0, y0 = face.box.x, face.box.y
    x1, y1 = x0 + face.box.width, y0 + face.box.height
    _draw_polygon(canvas, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), _BOX, thickness)
    dot_radius = face.width / 300
    for x, y in face.landmarks:
        _draw_circle(canvas, (float(x), float(y)), dot_radius, _POINT, filled=True)
    for eye in (face.left_eye, face.right_eye):
        _draw_eye(canvas, eye)
    degrees = np.degrees([face.roll, face.yaw])
    text = f"{face.score:.2f} roll {degrees[0]:.0f} yaw {degrees[1]:.0f}"
    scale = max(0.4, max(canvas.shape[:2]) / 1600)
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    x, y = max(0, round(x0)), max(height + 4, round(y0) - 4)
    cv2.rectangle(canvas, (x, y - height - 4), (x + width, y + 4), (0, 0, 0), cv2.FILLED)
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, _BOX, thickness, cv2.LINE_AA)


def _draw_eye(canvas: ByteImage, eye: Eye) -> None:
    _draw_polygon(canvas, eye.contour, _LIDS, 1)
    _draw_circle(canvas, eye.iris_centre, eye.iris_radius, _IRIS, filled=False)


def _draw_polygon(canvas: ByteImage, points: Points, colour: tuple[int, int, int], thickness: int) -> None:
    fixed = np.rint(points * 2**_FRACTION_BITS).astype(np.int32)
    cv2.polylines(canvas, [fixed], True, colour, thickness, cv2.LINE_AA, _FRACTION_BITS)  # noqa: FBT003


def _draw_circle(
    canvas: ByteImage,
    centre: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int],
    *,
    filled: bool,
) -> None:
    one = 2**_FRACTION_BITS
    x, y = (round(value * one) for value in centre)
    cv2.circle(
        canvas,
        (x, y),
        max(1, round(radius * one)),
        colour,
        cv2.FILLED if filled else 1,
        cv2.LINE_AA,
        _FRACTION_BITS,
    )
