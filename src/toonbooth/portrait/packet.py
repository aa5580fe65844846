"""A portrait's geometry as an XMP packet that travels inside the cartoon's own file.

Detectors that were trained on photos often miss faces in drawings; what was measured on the photo doesn't.
But the file has been out in the world when it comes back, so reading is strict: every count and size is
checked before anything is allocated, and geometry that doesn't fit the picture is ignored.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Face, Portrait
from toonbooth.portrait.packed_faces import (
    FACE_BYTES,
    UntrustedError,
    pack_face,
    pack_hairlines,
    require,
    unpack_face,
    unpack_hairlines,
)
from toonbooth.portrait.packed_masks import FINENESSES, pack_heads, pack_matte, unpack_heads, unpack_matte

MAX_PACKET_BYTES: Final = 60_000
"""One JPEG segment holds under 65,536 bytes, its own header included."""

MAX_FACES: Final = 10

NAMESPACE: Final = "http://ns.toonbooth.example/portrait/1/"

_VERSION: Final = 1
_HEAD: Final = struct.Struct("<HHHH")  # version, width, height, faces
_PRINT_SIDE: Final = 16
_MAX_GEOMETRY_BYTES: Final = _HEAD.size + _PRINT_SIDE**2 + MAX_FACES * FACE_BYTES

_FIELD: Final = re.compile(
    rb'toonbooth:(geometry|matte|figure|heads|hairlines)\s*(?:=\s*"|>)\s*([A-Za-z0-9+/=]{4,60000})\s*["<]'
)

_TEMPLATE: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:toonbooth="{namespace}"'
    ' toonbooth:geometry="{geometry}" toonbooth:{mask}="{matte}"{measured}/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


def encode_packet(portrait: Portrait) -> bytes:
    """Write faces, heads and matte as an XMP document of at most `MAX_PACKET_BYTES`.

    Parameters
    ----------
    portrait : Portrait
        Of more than `MAX_FACES` faces the most prominent are kept, from left to right. A face of which a
        point lies farther outside than a quarter of the picture is left out.

    Returns
    -------
    bytes, UTF-8. The same portrait gives the same bytes.

    Raises
    ------
    ValueError
        If a side of the picture is longer than 65,535 pixels.
    """
    height, width = portrait.picture.shape[:2]
    if not 0 < max(height, width) <= 0xFFFF:
        raise ValueError(f"a picture of {width} × {height} pixels can't be described")
    described = [(face, pack_face(face, width, height)) for face in _most_prominent(portrait)]
    faces = [face for face, packed in described if packed is not None]
    packed = b"".join(packed for _, packed in described if packed is not None)
    plain = _HEAD.pack(_VERSION, width, height, len(faces)) + _print_of(portrait.picture).tobytes() + packed
    geometry = _to_base64(zlib.compress(plain, 9))
    hairlines = _to_field("hairlines", pack_hairlines(faces))
    for fineness in FINENESSES:
        packet = _TEMPLATE.format(
            namespace=NAMESPACE,
            geometry=geometry,
            mask="figure" if portrait.outlined else "matte",
            matte=_to_base64(pack_matte(portrait.matte, fineness)),
            measured=hairlines + _to_field("heads", pack_heads(faces, fineness)),
        ).encode()
        if len(packet) <= MAX_PACKET_BYTES:
            return packet
    raise AssertionError("ten faces and the smallest matte fit by construction")


def decode_packet(xmp: bytes, picture: ByteImage) -> Portrait | None:
    """Read what `encode_packet` wrote, as geometry of the picture it came with.

    Parameters
    ----------
    xmp : bytes
        Whatever the file carried; nothing in it is trusted.
    picture : uint8 array, shape (H, W, 3)
        May have been resized since, but neither cropped, turned, mirrored nor painted over.

    Returns
    -------
    Portrait with this picture, geometry scaled to its size, or None when the packet is not ours, damaged, or
    doesn't belong to this picture. Never raises for what `xmp` holds.
    """
    try:
        return _decode(xmp, picture)
    except UntrustedError:
        return None


def _decode(xmp: bytes, picture: ByteImage) -> Portrait:
    # No XML parser sees it: what isn't in the one form that we write, is not ours. A DTD never is.
    require(len(xmp) <= 0xFFFF and b"<!" not in xmp and NAMESPACE.encode() in xmp)
    fields = _FIELD.findall(xmp)
    values = dict(fields)
    require(len(values) == len(fields) and b"geometry" in values)
    # What a drawing knows of its people takes the place of what was guessed on the photo.
    require((b"figure" in values) != (b"matte" in values))
    mask = b"figure" if b"figure" in values else b"matte"
    plain = _inflate(_from_base64(values[b"geometry"]))
    require(len(plain) >= _HEAD.size + _PRINT_SIDE**2)
    version, width, height, count = _HEAD.unpack_from(plain)
    faces_at = _HEAD.size + _PRINT_SIDE**2
    require(version == _VERSION and count <= MAX_FACES and len(plain) == faces_at + count * FACE_BYTES)
    require(_same_aspect((width, height), picture))
    require(_looks_like(plain[_HEAD.size : faces_at], picture))

    size = (picture.shape[1], picture.shape[0])
    matte = unpack_matte(_from_base64(values[mask]), size=size)
    starts = range(faces_at, len(plain), FACE_BYTES)
    faces = [unpack_face(plain[start : start + FACE_BYTES], *size) for start in starts]
    if b"heads" in values:
        heads = unpack_heads(_from_base64(values[b"heads"]), count)
        faces = [replace(face, head=head) for face, head in zip(faces, heads, strict=True)]
    if b"hairlines" in values:
        hairlines = unpack_hairlines(_from_base64(values[b"hairlines"]), count)
        faces = [replace(face, hairline=line) for face, line in zip(faces, hairlines, strict=True)]
    faces.sort(key=lambda face: face.box.centre[0])
    return Portrait(picture, tuple(faces), matte, outlined=mask == b"figure")


def _most_prominent(portrait: Portrait) -> Iterator[Face]:
    chosen: list[Face] = []
    rest = portrait
    while len(chosen) < MAX_FACES and (face := rest.main_face) is not None:
        chosen.append(face)
        rest = replace(rest, faces=tuple(other for other in rest.faces if other is not face))
    return iter(sorted(chosen, key=lambda face: face.box.centre[0]))


def _print_of(picture: ByteImage) -> ByteImage:
    """What the picture looks like at 16 × 16: enough to tell a turned or replaced picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    # Whole numbers are half the work, as long as they suffice.
    few = grey.size < 2**31 // 255
    sums = cv2.integral(grey, sdepth=cv2.CV_32S if few else cv2.CV_64F)
    rows, columns = (np.arange(_PRINT_SIDE + 1) * side // _PRINT_SIDE for side in grey.shape)
    tiles = np.diff(np.diff(sums[np.ix_(rows, columns)], axis=0), axis=1)
    areas = np.maximum(np.diff(rows)[:, np.newaxis] * np.diff(columns), 1)
    means: ByteImage = np.rint(tiles / areas).astype(np.uint8)
    return means


def _looks_like(recorded: bytes, picture: ByteImage) -> bool:
    before = np.frombuffer(recorded, np.uint8).astype(np.int16)
    difference = np.abs(_print_of(picture).reshape(-1).astype(np.int16) - before)
    return bool(difference.mean() <= 4 and difference.max() <= 24)


def _same_aspect(recorded: tuple[int, int], picture: ByteImage) -> bool:
    """Whether the picture can be the recorded one resized, each side rounded to whole pixels."""
    width, height = recorded
    if min(width, height) < 1:
        return False
    slack = 1.5 * max(width / height, height / width)
    longer = max(picture.shape[1] / width, picture.shape[0] / height, 1)
    apart = abs(picture.shape[1] * height - picture.shape[0] * width)
    return bool(apart <= slack * longer * min(width, height))


def _to_field(name: str, data: bytes | None) -> str:
    return "" if data is None else f' toonbooth:{name}="{_to_base64(data)}"'


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UntrustedError from error


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, _MAX_GEOMETRY_BYTES + 1)
    except zlib.error as error:
        raise UntrustedError from error
    require(inflater.eof and not inflater.unused_data and len(plain) <= _MAX_GEOMETRY_BYTES)
    return plain
