"""The structure of a WebP file: the chunks of its RIFF container. RFC 9649."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from toonbooth.imaging.codec.errors import BrokenImageError
from toonbooth.imaging.codec.streams import measure, read_at

EXTENDED, LOSSY, LOSSLESS, ALPHA = b"VP8X", b"VP8 ", b"VP8L", b"ALPH"
PROFILE, EXIF, ANIMATION, FRAME = b"ICCP", b"EXIF", b"ANIM", b"ANMF"

PROFILE_FLAG, ALPHA_FLAG, EXIF_FLAG, ANIMATION_FLAG = 0x20, 0x10, 0x08, 0x02
"""Of the first byte of the extended header."""

_MAX_CHUNKS = 4096


@dataclass(frozen=True, slots=True)
class Chunk:
    """`kind`, and where its data begin and how many bytes they are, without kind, length and padding."""

    kind: bytes
    offset: int
    length: int


def walk_chunks(source: BinaryIO) -> Iterator[Chunk]:
    """Yield the chunks in order; what follows the container is never looked at.

    Raises
    ------
    BrokenImageError
        If the container or a chunk reaches beyond the file, or there are no end of them.
    """
    head = read_at(source, 0, 12)
    if head[:4] != b"RIFF" or head[8:] != b"WEBP":
        raise BrokenImageError("no RIFF container of a WebP")
    end = 8 + int.from_bytes(head[4:8], "little")
    if end > measure(source):
        raise BrokenImageError("the container reaches beyond the file")
    offset = len(head)
    for _ in range(_MAX_CHUNKS):
        if offset + 8 > end:
            return
        head = read_at(source, offset, 8)
        chunk = Chunk(head[:4], offset + 8, int.from_bytes(head[4:], "little"))
        if chunk.offset + chunk.length > end:
            raise BrokenImageError(f"chunk {chunk.kind!r} claims {chunk.length} bytes")
        yield chunk
        offset = chunk.offset + chunk.length + chunk.length % 2
    raise BrokenImageError(f"more than {_MAX_CHUNKS} chunks")


def read_canvas_size(source: BinaryIO, first: Chunk) -> tuple[int, int]:
    """Width and height from the first chunk of a file.

    Raises
    ------
    BrokenImageError
        If it is of another kind than the first must be, or damaged.
    """
    head = read_at(source, first.offset, min(first.length, 10))
    if first.kind == EXTENDED and len(head) == 10:
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if first.kind == LOSSY and head[3:6] == b"\x9d\x01\x2a" and len(head) == 10:
        # The two upper bits of each only ask for a larger display.
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    if first.kind == LOSSLESS and head[:1] == b"\x2f" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise BrokenImageError(f"the first chunk is {first.kind!r}")
