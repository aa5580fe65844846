"""The avatar square: where it lies, and what fills it beyond the picture's edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.finishing import Layer, turned_matrix
from toonbooth.facecut.landmarks import CHIN
from toonbooth.imaging.pixels import ByteImage, to_bytes, to_float
from toonbooth.imaging.resize import enlarged_smoothly, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Box, Face

_EYES: Final = 1 / 3
_LEAST_SIDE: Final = 1.55
"""Face widths: tighter squares cut ears off."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square in whole pixels; may reach beyond the picture."""

    x: int
    y: int
    side: int


def cut_square(
    picture: ByteImage, face: Face, head: Layer, *, roll: float = 0.0, size_pixels: int | None = None
) -> CutOut:
    """Cut a square around a head, with the background and the eyes on its upper third line.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    face : Face
    head : Layer
        The head with its hair, as it was cut.
    roll : float, radians
        How far the picture is turned counterclockwise around the head.
    size_pixels : int, optional, > 0
        The square's side; None keeps the picture's own resolution.

    Returns
    -------
    CutOut, without transparency.
    """
    height, width = picture.shape[:2]
    turning, turned_size = turned_matrix(width, height, roll)
    marks = np.array([face.left_eye.iris_centre, face.right_eye.iris_centre, face.landmarks[CHIN]])
    left_eye, right_eye, chin = _carry(marks, turning)
    # Every third pixel tells where the head ends as well as all of them.
    rows, columns = np.nonzero(head.alpha[::3, ::3] > 0.03)
    outline = np.column_stack([3.0 * columns + head.x, 3.0 * rows + head.y]) if len(rows) else marks
    corners = _carry(outline, turning)
    low, high = corners.min(axis=0), corners.max(axis=0)
    square = place_square(
        (left_eye + right_eye) / 2,
        chin_y=float(chin[1]),
        unit=face.width,
        head=Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
        picture_size=turned_size,
    )
    crop = crop_square(picture, square, turning)
    if size_pixels is not None:
        size = (size_pixels, size_pixels)
        resized = (
            shrunk(crop, size)
            if size_pixels <= square.side
            else to_bytes(enlarged_smoothly(to_float(crop), size))
        )
        crop = resized
    return CutOut(crop, np.full(crop.shape[:2], 255, np.uint8), square.x, square.y)


def place_square(
    eyes: NDArray[np.float64], *, chin_y: float, unit: float, head: Box, picture_size: tuple[int, int]
) -> Square:
    """Lay a square around a head with the eyes on its upper third line.

    Parameters
    ----------
    eyes : (x, y) between the eyes, pixels
    chin_y : float, pixels
    unit : float, pixels
        The face's width.
    head : Box
        The head with its hair, pixels.
    picture_size : (width, height)
        The square grows no larger than needed, and shrinks a little to stay inside the picture.

    Returns
    -------
    Square
    """
    eye_x, eye_y = float(eyes[0]), float(eyes[1])
    crown = max(eye_y - head.y, 0.5 * unit)
    below = max(chin_y - eye_y, 0.5 * unit)
    breadth = min(head.width, 1.9 * unit)
    side = max((crown + 0.12 * unit) / _EYES, 1.3 * below / (1 - _EYES), 1.2 * breadth, 1.9 * unit)
    # Long hair and high hats would make the face tiny.
    side = min(side, 3.3 * unit)
    middle = 0.6 * eye_x + 0.4 * float(np.clip(head.x + head.width / 2, eye_x - unit / 2, eye_x + unit / 2))
    width, height = picture_size
    room = min(2 * middle, 2 * (width - middle), eye_y / _EYES, (height - eye_y) / (1 - _EYES))
    # Rather a little beyond the picture than a crown cut off.
    least = max(_LEAST_SIDE * unit, 0.8 * side, min((crown + 0.05 * unit) / _EYES, side))
    side = max(min(side, room), least)
    whole = max(2, round(side))
    return Square(x=round(middle - whole / 2), y=round(eye_y - whole * _EYES), side=whole)


def crop_square(picture: ByteImage, square: Square, turning: NDArray[np.float64]) -> ByteImage:
    """Cut a square out of a turned picture; beyond the edge what is there runs on, ever smoother.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    square : Square
        In pixels of the turned picture.
    turning : (2, 3) float64
        From the picture to the turned one.

    Returns
    -------
    uint8 array, shape (side, side, 3).
    """
    height, width = picture.shape[:2]
    matrix = turning.copy()
    matrix[:, 2] -= [square.x, square.y]
    size = (square.side, square.side)
    turned = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    crop = np.asarray(turned, dtype=np.uint8)
    inverse = cv2.invertAffineTransform(matrix)
    across = np.arange(square.side, dtype=np.float64)
    x, y = (row[0] * across + row[1] * across[:, np.newaxis] + row[2] for row in inverse)
    outside_x = np.maximum(-x, x - (width - 1))
    outside_y = np.maximum(-y, y - (height - 1))
    outside = np.maximum(np.maximum(outside_x, outside_y), 0).astype(np.float32)
    if float(outside.max()) < 0.5:
        return crop
    # Shoulders and backdrops run on; what is fine at the edge would become streaks.
    sharp = to_float(crop)
    result = sharp
    for relative_sigma in (0.003, 0.008):
        sigma = relative_sigma * square.side
        share = np.clip(outside / np.float32(3 * sigma), 0, 1)[..., np.newaxis]
        result = result + share * (gaussian(sharp, sigma=sigma) - result)
    return to_bytes(result)


def _carry(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    carried: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return carried
