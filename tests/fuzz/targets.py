"""What is fed with broken bytes: each takes any, and raises when something isn't as it should be."""

import io
import posixpath
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import numpy as np

from tests import packets
from tests.unit.facecut.heads import Look, one
from toonbooth.gallery.blobs.keys import is_key
from toonbooth.imaging.codec import ImageError, ImageFormat, decode_photo, inspect, read_xmp
from toonbooth.imaging.metadata import remove_private_metadata
from toonbooth.kit.multipart import (
    MalformedMultipartError,
    MultipartEvent,
    MultipartReader,
    NotMultipartError,
    PartData,
)
from toonbooth.portrait.model import HEAD_SIZE, Portrait
from toonbooth.portrait.packet import decode_packet, encode_packet
from toonbooth.studio.errors import ImageUrlNotAllowedError
from toonbooth.studio.origins import read_image_url


def _make_portrait() -> Portrait:
    portrait = one(Look(), unit=16).portrait
    head = np.zeros((HEAD_SIZE[1], HEAD_SIZE[0]), np.float32)
    head[20:-20, 20:-20] = 1
    faces = tuple(replace(face, head=head) for face in portrait.faces)
    return replace(portrait, faces=faces, outlined=True)


_PORTRAIT: Final = _make_portrait()
PACKET: Final = encode_packet(_PORTRAIT)
_SEPARATOR: Final = b"|||"
INSIDES: Final = _SEPARATOR.join(
    (packets.read_geometry(PACKET), *(packets.read_field(PACKET, field) for field in ("figure", "heads")))
)
"""What the fields of `PACKET` hold."""


def read_picture(data: bytes) -> None:
    """A picture or an `ImageError`, and what was cleaned once stays as it is."""
    read_xmp(data)
    try:
        found = inspect(io.BytesIO(data))
        pixels = decode_photo(data, max_side=64)
    except ImageError:
        return
    assert max(pixels.shape[:2]) <= 64
    if found.format in {ImageFormat.HEIF, ImageFormat.AVIF}:
        return  # converted, not cleaned
    cleaned = io.BytesIO()
    try:
        remove_private_metadata(io.BytesIO(data), cleaned, found.format)
    except ImageError:
        return
    again = io.BytesIO()
    remove_private_metadata(io.BytesIO(cleaned.getvalue()), again, found.format)
    assert again.getvalue() == cleaned.getvalue()


def read_packet(data: bytes) -> None:
    """A portrait or nothing."""
    decode_packet(data, _PORTRAIT.picture)


def read_insides(data: bytes) -> None:
    """The same of a packet whose fields are what they seem: wrong are the bytes that they hold."""
    geometry, _, rest = data.partition(_SEPARATOR)
    figure, _, heads = rest.partition(_SEPARATOR)
    packet = packets.with_geometry(PACKET, geometry)
    read_packet(packets.with_field(packets.with_field(packet, "figure", figure), "heads", heads))


def read_multipart(data: bytes) -> None:
    """However a body is cut into pieces, it means the same.

    (What stands before the first boundary the library skips more of when it comes in one piece; it means
    nothing either way.)
    """
    whole = _read_form(data, len(data) or 1)
    for size in (1, 7, 64):
        assert _read_form(data, size) == whole or not data.startswith(b"--b")


def read_path(data: bytes) -> None:
    """A key is a file in its folder, and an address means the same to everybody, or is refused."""
    text = data.decode("latin-1")
    if is_key(text):
        assert posixpath.normpath(text) == text
        assert text.count("/") == 1
        assert not text.startswith("/")
    try:
        url = read_image_url(text)
    except ImageUrlNotAllowedError:
        return
    parts = urlsplit(text)
    assert (parts.scheme, parts.hostname, parts.path) == (url.scheme, url.host, url.path)
    assert parts.username is None
    assert posixpath.normpath(url.path).rstrip("/") == url.path.rstrip("/") or "//" in url.path


def _read_form(data: bytes, size: int) -> list[MultipartEvent] | None:
    """None for a form that is refused, because it is broken or because it never ends."""
    events: list[MultipartEvent] = []
    try:
        reader = MultipartReader("multipart/form-data; boundary=b")
        for start in range(0, len(data), size):
            events += reader.feed(data[start : start + size])
            if reader.ended:
                return _join(events)
    except (MalformedMultipartError, NotMultipartError):
        return None
    return None


def _join(events: list[MultipartEvent]) -> list[MultipartEvent]:
    joined: list[MultipartEvent] = []
    for event in events:
        if isinstance(event, PartData) and joined and isinstance(joined[-1], PartData):
            joined[-1] = PartData(joined[-1].data + event.data)
        elif event != PartData(b""):
            joined.append(event)
    return joined


TARGETS: dict[str, Callable[[bytes], None]] = {
    "picture": read_picture,
    "packet": read_packet,
    "insides": read_insides,
    "multipart": read_multipart,
    "path": read_path,
}
