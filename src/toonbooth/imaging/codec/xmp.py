"""The metadata packet that a cartoon carries: one APP1 segment. XMP specification part 3, 1.1.3."""

import io

from toonbooth.imaging.codec.errors import BrokenImageError
from toonbooth.imaging.codec.jpeg_segments import APP1, SOS, walk_segments
from toonbooth.imaging.codec.streams import read_at

_SIGNATURE = b"http://ns.adobe.com/xap/1.0/\0"

MAX_XMP_BYTES = 65_533 - len(_SIGNATURE)
"""What one segment holds."""


def read_xmp(data: bytes) -> bytes | None:
    """The XMP packet of a JPEG; None when there is none, it is no JPEG or damaged before its pixels."""
    source = io.BytesIO(data)
    try:
        for segment in walk_segments(source):
            if segment.marker == SOS:
                return None
            if segment.marker == APP1:
                payload = read_at(source, segment.payload_offset, segment.payload_length)
                if payload.startswith(_SIGNATURE):
                    return payload[len(_SIGNATURE) :]
    except BrokenImageError:
        pass
    return None
