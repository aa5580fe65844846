"""The structure of a PNG file: its chunks from the header to the end.

W3C, Portable Network Graphics, third edition.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from toonbooth.imaging.codec.errors import BrokenImageError
from toonbooth.imaging.codec.streams import measure, read_at

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER, PALETTE, DATA, END = b"IHDR", b"PLTE", b"IDAT", b"IEND"
EXIF, ANIMATION, COLOUR_CODES = b"eXIf", b"acTL", b"cICP"

_MAX_CHUNKS = 20_000
"""10 MB in the smallest pieces that encoders cut (libpng 8 KB, some 1 KB) are half of that."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`kind`, and where its data begin and how many bytes they are, without length, kind and checksum."""

    kind: bytes
    offset: int
    length: int

    @property
    def is_critical(self) -> bool:
        return not self.kind[0] & 0x20


def walk_chunks(source: BinaryIO) -> Iterator[Chunk]:
    """Yield every chunk, the header first and the end last; what follows is never looked at.

    Raises
    ------
    BrokenImageError
        If a chunk reaches beyond the file, the order is impossible or the end is missing. Checksums are not
        looked at.
    """
    file_bytes = measure(source)
    if read_at(source, 0, len(SIGNATURE)) != SIGNATURE:
        raise BrokenImageError("no PNG signature")
    offset = len(SIGNATURE)
    for number in range(_MAX_CHUNKS):
        head = read_at(source, offset, 8)
        chunk = Chunk(head[4:], offset + 8, int.from_bytes(head[:4], "big"))
        offset = chunk.offset + chunk.length + 4
        if offset > file_bytes or not chunk.kind.isalpha():
            raise BrokenImageError(f"chunk {chunk.kind!r} at {chunk.offset} claims {chunk.length} bytes")
        if (chunk.kind == HEADER) != (number == 0):
            # Decoders differ on which of two headers counts; the one that was checked must be the one used.
            raise BrokenImageError("the header isn't the first chunk, or there are two")
        yield chunk
        if chunk.kind == END:
            return
    raise BrokenImageError(f"more than {_MAX_CHUNKS} chunks")
