"""Masks as the bytes of a packet: the person's matte and the faces' heads, as small lossy WebP images."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image

from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import shrunk
from toonbooth.portrait.model import HEAD_SIZE, Face
from toonbooth.portrait.packed_faces import UntrustedError, require


@dataclass(frozen=True, slots=True)
class Fineness:
    """How masks are written: the matte's long side in pixels, the heads' part of their full size, and the
    quality of either WebP file, 0…100. Heads of part 0 aren't written."""

    matte_side: int
    matte_quality: int
    head_part: float
    head_quality: int


FINENESSES: Final = (
    Fineness(640, 60, 1.0, 50),
    Fineness(512, 50, 1.0, 30),
    Fineness(384, 50, 0.5, 40),
    Fineness(256, 50, 0.5, 20),
    Fineness(192, 40, 0.5, 10),
    Fineness(128, 30, 0.25, 10),
    Fineness(64, 10, 0.0, 0),
)
"""Best first; the first that fits the budget is taken."""

_LONGEST_SIDE: Final = max(each.matte_side for each in FINENESSES)
_HEAD_SIZES: Final = {
    (round(HEAD_SIZE[0] * each.head_part), round(HEAD_SIZE[1] * each.head_part)) for each in FINENESSES
}


def pack_matte(matte: FloatImage, fineness: Fineness) -> bytes:
    """A WebP file of a matte, shape (H, W)."""
    height, width = matte.shape
    factor = min(1.0, fineness.matte_side / max(width, height))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return _write(to_bytes(shrunk(matte, size)), fineness.matte_quality)


def unpack_matte(data: bytes, *, size: tuple[int, int]) -> FloatImage:
    """Read a matte for a picture of (width, height).

    Raises
    ------
    UntrustedError
    """
    width, height = _read_size(data)
    require(0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE)
    return _enlarge(_read(data), size)


def pack_heads(faces: Sequence[Face], fineness: Fineness) -> bytes | None:
    """A WebP file of all heads beside each other, black where one wasn't measured; None without any."""
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
    width, height = _read_size(data)
    require(count > 0 and width % count == 0 and (width // count, height) in _HEAD_SIZES)
    tiles = np.split(_read(data), count, axis=1)
    return [_enlarge(tile, HEAD_SIZE) if tile.max() > 127 else None for tile in tiles]


def _write(mask: ByteImage, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(mask).convert("RGB").save(file, "WEBP", quality=quality, method=2)
    return file.getvalue()


def _read_size(data: bytes) -> tuple[int, int]:
    # Pillow allocates the whole canvas when it opens a WebP file, so its size is read before. Only the simple
    # lossy form, which has no canvas apart from its one frame.
    require(len(data) >= 30 and data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8 ")
    width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", data, 26))
    return width, height


def _read(data: bytes) -> ByteImage:
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            require(image.size == _read_size(data))
            return np.asarray(image.convert("L"), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, EOFError, TypeError) as error:
        raise UntrustedError from error


def _enlarge(mask: ByteImage, size: tuple[int, int]) -> FloatImage:
    enlarged = cv2.resize(to_float(mask), size, interpolation=cv2.INTER_CUBIC)
    return np.clip(enlarged, np.float32(0), np.float32(1)).astype(np.float32)
