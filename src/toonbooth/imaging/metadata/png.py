"""Private metadata out of PNG files: text, times, EXIF, and what editors leave behind the end."""

import itertools
import zlib
from collections.abc import Iterable
from typing import BinaryIO

from toonbooth.imaging.codec.errors import BrokenImageError
from toonbooth.imaging.codec.exif import UPRIGHT, build_exif, read_orientation
from toonbooth.imaging.codec.png_chunks import (
    DATA,
    END,
    EXIF,
    HEADER,
    PALETTE,
    SIGNATURE,
    Chunk,
    walk_chunks,
)
from toonbooth.imaging.codec.streams import read_at, read_blocks

_CRITICAL = frozenset({HEADER, PALETTE, DATA, END})

# How to show the pixels, and the most bytes that each kind can need; more than that hides something.
_RENDERING = {
    b"tRNS": 256,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"cICP": 4,
    b"mDCV": 24,
    b"cLLI": 8,
    b"sBIT": 4,
    b"bKGD": 6,
    b"pHYs": 9,
}
_PROFILE = b"iCCP"
_OUR_NAME = b"icc"
_MAX_PROFILE_NAME_BYTES = 79
_MAX_EXIF_BYTES = 64 * 1024


def clean_png(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a PNG with the chunks that pixels and their colours need, and orientation, only."""
    target.write(SIGNATURE)
    has_pixels = has_exif = False
    for chunk in walk_chunks(source):
        if chunk.kind in _CRITICAL or chunk.length <= _RENDERING.get(chunk.kind, -1):
            has_pixels |= chunk.kind == DATA
            _copy(source, target, chunk)
        elif chunk.kind == _PROFILE:
            _copy_profile(source, target, chunk)
        elif chunk.kind == EXIF and not has_exif:
            has_exif = True
            exif = read_at(source, chunk.offset, min(chunk.length, _MAX_EXIF_BYTES))
            if (orientation := read_orientation(exif)) != UPRIGHT:
                rebuilt = build_exif(orientation)
                _write(target, EXIF, len(rebuilt), [rebuilt])
        elif chunk.is_critical:
            raise BrokenImageError(f"{chunk.kind!r} is unknown, yet no decoder may pass over it")
    if not has_pixels:
        raise BrokenImageError("no pixels")


def _copy(source: BinaryIO, target: BinaryIO, chunk: Chunk) -> None:
    checksum = _write(target, chunk.kind, chunk.length, read_blocks(source, chunk.offset, chunk.length))
    _check(source, chunk, checksum)


def _copy_profile(source: BinaryIO, target: BinaryIO, chunk: Chunk) -> None:
    """Copy a colour profile under a name of our own: people and programs write anything there."""
    head = read_at(source, chunk.offset, min(chunk.length, _MAX_PROFILE_NAME_BYTES + 1))
    name, found, _ = head.partition(b"\0")
    if not found:
        return
    checksum = zlib.crc32(_PROFILE)
    for block in read_blocks(source, chunk.offset, chunk.length):
        checksum = zlib.crc32(block, checksum)
    _check(source, chunk, checksum)
    length = chunk.length - len(name)
    blocks = read_blocks(source, chunk.offset + len(name), length)
    _write(target, _PROFILE, len(_OUR_NAME) + length, itertools.chain([_OUR_NAME], blocks))


def _check(source: BinaryIO, chunk: Chunk, checksum: int) -> None:
    if checksum != int.from_bytes(read_at(source, chunk.offset + chunk.length, 4), "big"):
        raise BrokenImageError(f"wrong checksum of {chunk.kind!r} at {chunk.offset}")


def _write(target: BinaryIO, kind: bytes, length: int, blocks: Iterable[bytes]) -> int:
    """Write a chunk piece by piece; returns its checksum."""
    target.write(length.to_bytes(4, "big") + kind)
    checksum = zlib.crc32(kind)
    for block in blocks:
        target.write(block)
        checksum = zlib.crc32(block, checksum)
    target.write(checksum.to_bytes(4, "big"))
    return checksum
