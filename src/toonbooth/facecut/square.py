"""The avatar square: where it lies, and what fills it beyond the picture's edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.landmarks import CHIN
from toonbooth.imaging.pixels import ByteImage, to_bytes, to_float
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


def place_square(face: Face, head: Box, *, picture_size: tuple[int, int]) -> Square:
    """Lay a square around a head with the eyes on its upper third line.

    Parameters
    ----------
    face : Face
    head : Box
        The head with its hair, pixels.
    picture_size : (width, height)
        The square grows no larger than needed, and shrinks a little to stay inside the picture.

    Returns
    -------
    Square
    """
    left, right = face.left_eye.iris_centre, face.right_eye.iris_centre
    eye_x, eye_y = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
    unit = face.width
    crown = max(eye_y - head.y, 0.5 * unit)
    below = max(float(face.landmarks[CHIN, 1]) - eye_y, 0.5 * unit)
    breadth = min(head.width, 1.9 * unit)
    side = max((crown + 0.12 * unit) / _EYES, 1.3 * below / (1 - _EYES), 1.2 * breadth, 1.9 * unit)
    # Long hair and high hats would make the face tiny.
    side = min(side, 3.0 * unit)
    middle = 0.6 * eye_x + 0.4 * float(np.clip(head.x + head.width / 2, eye_x - unit / 2, eye_x + unit / 2))
    width, height = picture_size
    room = min(2 * middle, 2 * (width - middle), eye_y / _EYES, (height - eye_y) / (1 - _EYES))
    least = max(_LEAST_SIDE * unit, 0.8 * side, min(0.93 * crown / _EYES, side))
    side = max(min(side, room), least)
    whole = max(2, round(side))
    return Square(x=round(middle - whole / 2), y=round(eye_y - whole * _EYES), side=whole)


def crop_square(picture: ByteImage, square: Square) -> ByteImage:
    """Cut a square out of a picture; beyond the edge it is mirrored, ever more blurred.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    square : Square

    Returns
    -------
    uint8 array, shape (side, side, 3).
    """
    height, width = picture.shape[:2]
    columns = np.arange(square.x, square.x + square.side)
    rows = np.arange(square.y, square.y + square.side)
    crop = picture[_reflected(rows, height)][:, _reflected(columns, width)]
    outside_x = np.maximum(np.maximum(-columns, columns - (width - 1)), 0)
    outside_y = np.maximum(np.maximum(-rows, rows - (height - 1)), 0)
    outside = np.maximum(outside_x[np.newaxis], outside_y[:, np.newaxis]).astype(np.float32)
    if not outside.any():
        return crop
    # A second shoulder would draw the eye; what blurs with the distance reads as background.
    sharp = to_float(crop)
    result = sharp
    for relative_sigma in (0.006, 0.02, 0.05):
        sigma = relative_sigma * square.side
        share = np.clip(outside / np.float32(3 * sigma), 0, 1)[..., np.newaxis]
        result = result + share * (gaussian(sharp, sigma=sigma) - result)
    return to_bytes(result)


def _reflected(positions: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    """Positions along an axis, mirrored at both ends of it as often as needed."""
    period = max(2 * (length - 1), 1)
    folded = np.abs(positions) % period
    mirrored: NDArray[np.int_] = np.where(folded < length, folded, period - folded)
    return mirrored
