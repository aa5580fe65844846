"""Reading a binary file piece by piece, so that a header is read without the file behind it."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from toonbooth.imaging.codec.errors import BrokenImageError

BLOCK_BYTES = 64 * 1024


def measure(source: BinaryIO) -> int:
    """How many bytes the file has."""
    return source.seek(0, os.SEEK_END)


def read_at(source: BinaryIO, offset: int, length: int) -> bytes:
    """Exactly `length` bytes from `offset`.

    Raises
    ------
    BrokenImageError
        If the file ends before.
    """
    source.seek(offset)
    data = source.read(length)
    if len(data) != length:
        raise BrokenImageError(f"the file ends within {length} bytes from {offset}")
    return data


def read_blocks(source: BinaryIO, offset: int, length: int) -> Iterator[bytes]:
    """The same in blocks of at most `BLOCK_BYTES`."""
    end = offset + length
    while offset < end:
        block = read_at(source, offset, min(BLOCK_BYTES, end - offset))
        yield block
        offset += len(block)
