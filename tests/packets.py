"""Packets taken apart and put together again, as a careful liar would."""

import base64
import re
import zlib


def read_field(packet: bytes, field: str) -> bytes:
    """The bytes of `geometry`, `matte` or `figure`, or `heads`."""
    found = re.search(rf'{field}="([^"]+)"'.encode(), packet)
    assert found is not None
    return base64.b64decode(found[1])


def with_field(packet: bytes, field: str, value: bytes) -> bytes:
    """The packet with other bytes in a field."""
    text = base64.b64encode(value)
    return re.sub(rf'{field}="[^"]*"'.encode(), f'{field}="'.encode() + text + b'"', packet)


def read_geometry(packet: bytes) -> bytes:
    """The unpacked geometry."""
    return zlib.decompress(read_field(packet, "geometry"))


def with_geometry(packet: bytes, geometry: bytes) -> bytes:
    """The packet with another geometry, packed."""
    return with_field(packet, "geometry", zlib.compress(geometry))
