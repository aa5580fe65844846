"""Private metadata out of JPEG files: motion photos, thumbnails, places, comments."""

from typing import BinaryIO

from toonbooth.imaging.codec.errors import BrokenImageError
from toonbooth.imaging.codec.exif import EXIF_SIGNATURE, UPRIGHT, build_exif, read_orientation
from toonbooth.imaging.codec.jpeg_segments import (
    APP0,
    APP1,
    APP2,
    APP14,
    EOI,
    FRAME_HEADERS,
    SCAN_DATA,
    SOI,
    SOS,
    Segment,
    walk_segments,
)
from toonbooth.imaging.codec.streams import read_at, read_blocks

# Huffman tables, arithmetic conditioning, scan header and data, quantisation, line count, restart interval,
# hierarchy: what a decoder needs for the pixels.
_KEPT = FRAME_HEADERS | {0xC4, 0xCC, SOS, SCAN_DATA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF}

_ICC_SIGNATURE = b"ICC_PROFILE\0"
_ADOBE_BYTES = 12


def clean_jpeg(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a JPEG up to its true end with JFIF and Adobe headers, colour profile and orientation only."""
    has_frame = has_scan = has_exif = False
    target.write(bytes((0xFF, SOI)))
    for segment in walk_segments(source):
        if segment.marker in _KEPT:
            has_frame |= segment.marker in FRAME_HEADERS
            has_scan |= segment.marker == SCAN_DATA
            _copy(source, target, segment)
        elif has_scan:
            # What stands after the first pixels says nothing about how to show them.
            continue
        elif segment.marker == APP1 and not has_exif:
            payload = _read(source, segment)
            # Of two EXIF segments the first counts, as in `inspect`.
            has_exif = payload.startswith(EXIF_SIGNATURE)
            if has_exif and (orientation := read_orientation(payload)) != UPRIGHT:
                _write(target, APP1, EXIF_SIGNATURE + build_exif(orientation))
        elif segment.marker in {APP0, APP2, APP14}:
            kept = _clean_application_data(segment.marker, _read(source, segment))
            if kept:
                _write(target, segment.marker, kept)
    if not (has_frame and has_scan):
        raise BrokenImageError("no frame or no scan")
    target.write(bytes((0xFF, EOI)))


def _clean_application_data(marker: int, payload: bytes) -> bytes:
    """What of it tells how to show the pixels; nothing if it is about something else."""
    if marker == APP0 and payload.startswith(b"JFIF\0") and len(payload) >= 12:
        # Version and pixel shape; then a thumbnail of 0 × 0.
        return payload[:12] + b"\0\0"
    if marker == APP2 and payload.startswith(_ICC_SIGNATURE):
        return payload
    if marker == APP14 and payload.startswith(b"Adobe") and len(payload) >= _ADOBE_BYTES:
        return payload[:_ADOBE_BYTES]
    return b""


def _read(source: BinaryIO, segment: Segment) -> bytes:
    return read_at(source, segment.payload_offset, segment.payload_length)


def _write(target: BinaryIO, marker: int, payload: bytes) -> None:
    target.write(bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload)


def _copy(source: BinaryIO, target: BinaryIO, segment: Segment) -> None:
    target.writelines(read_blocks(source, segment.offset, segment.length))
