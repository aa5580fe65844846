"""The structure of a JPEG file: its segments, and the coded data of its scans, up to the image's true end.

ITU-T T.81, annex B.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from toonbooth.imaging.codec.errors import BrokenImageError
from toonbooth.imaging.codec.streams import BLOCK_BYTES, measure, read_at

SOI, EOI, SOS, APP0, APP1, APP2, APP14, COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
SCAN_DATA = 0
"""In place of a marker: the entropy-coded data of a scan, restart markers included."""

# C4, C8 and CC lie among the frame headers and are none: Huffman tables, reserved, arithmetic conditioning.
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FEW_BYTES = 64
_MAX_SEGMENTS = 4096
"""The richest phone files have some 200 (a depth map in extended XMP); but four bytes make a segment, too."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the file: where it begins and how many bytes it has, marker and length included."""

    marker: int
    offset: int
    length: int

    @property
    def payload_offset(self) -> int:
        return self.offset + 4

    @property
    def payload_length(self) -> int:
        return self.length - 4


def walk_segments(source: BinaryIO) -> Iterator[Segment]:
    """Yield every segment and every scan's data between start and end of the image, without those two.

    What follows the end of the image is never looked at.

    Raises
    ------
    BrokenImageError
        If something stands where a marker should, or the file ends before the image does.
    """
    file_bytes = measure(source)
    if read_at(source, 0, 2) != bytes((0xFF, SOI)):
        raise BrokenImageError("no start of image")
    offset = 2
    for _ in range(_MAX_SEGMENTS):
        marker, offset = _read_marker(source, offset)
        if marker == EOI:
            return
        if marker in _STANDALONE:
            offset += 2
            continue
        length = 2 + int.from_bytes(read_at(source, offset + 2, 2), "big")
        if length < 4 or offset + length > file_bytes:
            raise BrokenImageError(f"segment {marker:02x} at {offset} claims {length - 2} bytes")
        yield Segment(marker, offset, length)
        offset += length
        if marker == SOS:
            end = _find_end_of_scan(source, offset)
            yield Segment(SCAN_DATA, offset, end - offset)
            offset = end
    raise BrokenImageError(f"more than {_MAX_SEGMENTS} segments")


def _read_marker(source: BinaryIO, offset: int) -> tuple[int, int]:
    """The marker at `offset`, and where it begins once fill bytes are passed over."""
    prefix, marker = read_at(source, offset, 2)
    if prefix != 0xFF:
        raise BrokenImageError(f"no marker at {offset}")
    if marker == 0xFF:
        offset, marker = _pass_over_fill_bytes(source, offset + 1)
    if marker in {0, SOI}:
        raise BrokenImageError(f"marker {marker:02x} at {offset}")
    return marker, offset


def _pass_over_fill_bytes(source: BinaryIO, offset: int) -> tuple[int, int]:
    """The last 0xFF of a row that `offset` lies in, and the marker after it.

    Ten megabytes of them are a valid file, so they aren't looked at one by one.
    """
    source.seek(offset)
    # Most often there are one or two.
    block_bytes = _FEW_BYTES
    while block := source.read(block_bytes):
        rest = block.lstrip(b"\xff")
        offset += len(block) - len(rest)
        if rest:
            return offset - 1, rest[0]
        block_bytes = min(2 * block_bytes, BLOCK_BYTES)
    raise BrokenImageError("no end of image")


def _find_end_of_scan(source: BinaryIO, offset: int) -> int:
    source.seek(offset)
    last = b""
    while block := source.read(BLOCK_BYTES):
        # A marker may lie across two blocks: its 0xFF is the last byte of the first.
        found = _END_OF_SCAN.search(last + block)
        if found:
            return offset - len(last) + found.start()
        offset += len(block)
        last = block[-1:]
    raise BrokenImageError("no end of image")
