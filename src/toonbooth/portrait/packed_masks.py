"""Masks as the bytes of a packet: the person's matte and the faces' heads, as small grey JPEG files.

WebP files of them would be half as long and take fifteen times as long to write.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image

from toonbooth.imaging.codec import ImageError, ImageFormat, decode_photo, identify
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import shrunk
from toonbooth.portrait.model import HEAD_SIZE, Face
from toonbooth.portrait.packed_faces import UntrustedError, require


@dataclass(frozen=True, slots=True)
class Fineness:
    """How masks are written: the matte's long side in pixels, the heads' part of their full size, and the
    quality of either file, 1…100. Heads of part 0 aren't written."""

    matte_side: int
    matte_quality: int
    head_part: float
    head_quality: int


FINENESSES: Final = (
    Fineness(640, 75, 1.0, 70),
    Fineness(512, 70, 1.0, 50),
    Fineness(384, 70, 0.5, 60),
    Fineness(256, 60, 0.5, 50),
    Fineness(192, 50, 0.5, 30),
    Fineness(128, 40, 0.25, 40),
    Fineness(64, 30, 0.0, 1),
)
"""Best first; the first that fits the budget is taken."""

_LONGEST_SIDE: Final = max(each.matte_side for each in FINENESSES)
_HEAD_SIZES: Final = {
    (round(HEAD_SIZE[0] * each.head_part), round(HEAD_SIZE[1] * each.head_part)) for each in FINENESSES
}


def pack_matte(matte: FloatImage, fineness: Fineness) -> bytes:
    """The file of a matte, shape (H, W)."""
    height, width = matte.shape
    factor = min(1.0, fineness.matte_side / max(width, height))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return _write(shrunk(to_bytes(matte), size), fineness.matte_quality)


def unpack_matte(data: bytes, *, size: tuple[int, int]) -> FloatImage:
    """Read a matte for a picture of (width, height).

    Raises
    ------
    UntrustedError
    """
    mask = _read(data, max_pixels=_LONGEST_SIDE**2)
    require(max(mask.shape) <= _LONGEST_SIDE)
    return _enlarge(mask, size)


def pack_heads(faces: Sequence[Face], fineness: Fineness) -> bytes | None:
    """The file of all heads beside each other, black where one wasn't measured; None without any."""
    if fineness.head_part == 0 or all(face.head is None for face in faces):
        return None
    size = (round(HEAD_SIZE[0] * fineness.head_part), round(HEAD_SIZE[1] * fineness.head_part))
    nothing = np.zeros((HEAD_SIZE[1], HEAD_SIZE[0]), np.float32)
    heads = [shrunk(nothing if face.head is None else face.head, size) for face in faces]
    return _write(to_bytes(np.hstack(heads)), fineness.head_quality)


def unpack_heads(data: bytes, count: int) -> list[FloatImage | None]:
    """Read the heads of `count` faces; None for one that wasn't measured.

    Raises
    ------
    UntrustedError
    """
    mask = _read(data, max_pixels=count * HEAD_SIZE[0] * HEAD_SIZE[1])
    height, width = mask.shape
    require(count > 0 and width % count == 0 and (width // count, height) in _HEAD_SIZES)
    tiles = np.split(mask, count, axis=1)
    return [_enlarge(tile, HEAD_SIZE) if tile.max() > 127 else None for tile in tiles]


def _write(mask: ByteImage, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()


def _read(data: bytes, *, max_pixels: int) -> ByteImage:
    try:
        require(identify(data) is ImageFormat.JPEG)
        return np.ascontiguousarray(decode_photo(data, max_side=None, max_pixels=max_pixels)[..., 0])
    except ImageError as error:
        raise UntrustedError from error


def _enlarge(mask: ByteImage, size: tuple[int, int]) -> FloatImage:
    enlarged = cv2.resize(to_float(mask), size, interpolation=cv2.INTER_CUBIC)
    return np.clip(enlarged, np.float32(0), np.float32(1)).astype(np.float32)
