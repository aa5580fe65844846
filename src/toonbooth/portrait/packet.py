"""A portrait's geometry as an XMP packet that travels inside the cartoon's own file.

Detectors that were trained on photos often miss faces in drawings; what was measured on the photo doesn't.
But the file has been out in the world when it comes back, so reading is strict: every count and size is
checked before anything is allocated, and geometry that doesn't fit the picture is ignored.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.portrait.model import LANDMARK_COUNT, Box, Eye, Face, Points, Portrait

MAX_PACKET_BYTES: Final = 60_000
"""One JPEG segment holds under 65,536 bytes, its own header included."""

MAX_FACES: Final = 10

NAMESPACE: Final = "http://ns.toonbooth.example/portrait/1/"

_VERSION: Final = 1
_HEAD: Final = struct.Struct("<HHHH")  # version, width, height, faces
_PRINT_SIDE: Final = 16
_EYE_POINTS: Final = 16
_POINT_COUNT: Final = LANDMARK_COUNT + 2 * _EYE_POINTS + 2 + 2
"""Landmarks, two eye contours, two irises, two corners of the box."""
_NUMBER_COUNT: Final = 7
"""Score; radius and openness of either eye; roll; yaw."""
_FACE_BYTES: Final = 2 * (2 * _POINT_COUNT + LANDMARK_COUNT + _NUMBER_COUNT)
_MAX_GEOMETRY_BYTES: Final = _HEAD.size + _PRINT_SIDE**2 + MAX_FACES * _FACE_BYTES

_REACH: Final = 0.25
"""How far beyond the picture a point may lie, relative to its width and height."""

_MATTE_QUALITIES: Final = ((640, 60), (512, 50), (384, 50), (256, 50), (192, 40), (128, 30), (64, 10))
"""Long side in pixels and WebP quality, best first; the first that fits the budget is taken."""

_FIELD: Final = re.compile(rb'toonbooth:(geometry|matte)\s*(?:=\s*"|>)\s*([A-Za-z0-9+/=]{4,60000})\s*["<]')

_TEMPLATE: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:toonbooth="{namespace}"'
    ' toonbooth:geometry="{geometry}" toonbooth:matte="{matte}"/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


class _UntrustedError(Exception):
    """What was read can't be what `encode_packet` wrote."""


def encode_packet(portrait: Portrait) -> bytes:
    """Write faces and matte as an XMP document of at most `MAX_PACKET_BYTES`.

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
    faces = [_pack_face(face, width, height) for face in _most_prominent(portrait)]
    packed = [face for face in faces if face is not None]
    plain = _HEAD.pack(_VERSION, width, height, len(packed)) + _print_of(portrait.picture).tobytes()
    geometry = base64.b64encode(zlib.compress(plain + b"".join(packed), 9)).decode("ascii")
    for side, quality in _MATTE_QUALITIES:
        matte = base64.b64encode(_encode_matte(portrait.matte, side=side, quality=quality)).decode("ascii")
        packet = _TEMPLATE.format(namespace=NAMESPACE, geometry=geometry, matte=matte).encode()
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
    except _UntrustedError:
        return None


def _decode(xmp: bytes, picture: ByteImage) -> Portrait:
    # No XML parser sees it: what isn't in the one form that we write, is not ours. A DTD never is.
    _require(len(xmp) <= 0xFFFF and b"<!" not in xmp and NAMESPACE.encode() in xmp)
    fields = _FIELD.findall(xmp)
    _require(len(fields) == 2)
    values = dict(fields)
    _require(len(values) == 2)
    plain = _inflate(_from_base64(values[b"geometry"]))
    _require(len(plain) >= _HEAD.size + _PRINT_SIDE**2)
    version, width, height, count = _HEAD.unpack_from(plain)
    faces_at = _HEAD.size + _PRINT_SIDE**2
    _require(version == _VERSION and count <= MAX_FACES and len(plain) == faces_at + count * _FACE_BYTES)
    _require(_same_aspect((width, height), picture))
    _require(_looks_like(plain[_HEAD.size : faces_at], picture))

    size = (picture.shape[1], picture.shape[0])
    matte = _decode_matte(_from_base64(values[b"matte"]), size=size)
    starts = range(faces_at, len(plain), _FACE_BYTES)
    faces = tuple(_unpack_face(plain[start : start + _FACE_BYTES], *size) for start in starts)
    return Portrait(picture, tuple(sorted(faces, key=lambda face: face.box.centre[0])), matte)


def _require(condition: bool) -> None:  # noqa: FBT001
    if not condition:
        raise _UntrustedError


def _most_prominent(portrait: Portrait) -> Iterator[Face]:
    chosen: list[Face] = []
    rest = portrait
    while len(chosen) < MAX_FACES and (face := rest.main_face) is not None:
        chosen.append(face)
        rest = replace(rest, faces=tuple(other for other in rest.faces if other is not face))
    return iter(sorted(chosen, key=lambda face: face.box.centre[0]))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Between pixels and 16 bits, for a picture of some size."""

    width: int
    height: int

    def pack(self, points: NDArray[np.floating]) -> NDArray[np.uint16] | None:
        relative = (points / [self.width, self.height] + _REACH) / (1 + 2 * _REACH)
        if not (np.isfinite(relative).all() and relative.min() >= 0 and relative.max() <= 1):
            return None
        return np.rint(relative * 0xFFFF).astype("<u2")

    def unpack(self, values: NDArray[np.uint16]) -> Points:
        relative = values.astype(np.float64) / 0xFFFF * (1 + 2 * _REACH) - _REACH
        return (relative * [self.width, self.height]).astype(np.float32)

    @property
    def long_side(self) -> int:
        return max(self.width, self.height)


def _pack_face(face: Face, width: int, height: int) -> bytes | None:
    scale = _Scale(width, height)
    box, eyes = face.box, (face.left_eye, face.right_eye)
    points = scale.pack(
        np.concatenate(
            [
                face.landmarks,
                *(eye.contour for eye in eyes),
                np.array([eye.iris_centre for eye in eyes]),
                np.array([(box.x, box.y), (box.x + box.width, box.y + box.height)]),
            ]
        ).astype(np.float64)
    )
    numbers = [face.score]
    for eye in eyes:
        numbers += [eye.iris_radius / scale.long_side, eye.openness / 4]
    numbers += [face.roll / np.pi, face.yaw / np.pi]
    depth = np.asarray(face.depth, dtype=np.float64) / scale.long_side
    if points is None or not (np.isfinite(numbers).all() and np.isfinite(depth).all()):
        return None
    rest = np.rint(np.clip(np.concatenate([depth, numbers]), -1, 1) * 0x7FFF).astype("<i2")
    packed: bytes = points.tobytes() + rest.tobytes()
    return packed


def _unpack_face(packed: bytes, width: int, height: int) -> Face:
    scale = _Scale(width, height)
    points = scale.unpack(np.frombuffer(packed, "<u2", 2 * _POINT_COUNT).reshape(-1, 2))
    rest = np.frombuffer(packed, "<i2", offset=4 * _POINT_COUNT).astype(np.float32) / np.float32(0x7FFF)
    parts = np.cumsum([LANDMARK_COUNT, _EYE_POINTS, _EYE_POINTS, 2])
    landmarks, left_contour, right_contour, irises, corners = np.split(points, parts)
    score, left_radius, left_openness, right_radius, right_openness, roll, yaw = (
        float(number) for number in rest[LANDMARK_COUNT:]
    )

    def eye(contour: Points, iris: Points, radius: float, openness: float) -> Eye:
        return Eye(contour, (float(iris[0]), float(iris[1])), radius * scale.long_side, openness * 4)

    (x0, y0), (x1, y1) = corners.tolist()
    face = Face(
        box=Box(x0, y0, x1 - x0, y1 - y0),
        score=score,
        landmarks=landmarks,
        depth=rest[:LANDMARK_COUNT] * np.float32(scale.long_side),
        left_eye=eye(left_contour, irises[0], left_radius, left_openness),
        right_eye=eye(right_contour, irises[1], right_radius, right_openness),
        roll=roll * np.pi,
        yaw=yaw * np.pi,
    )
    _require(_is_plausible(face, width, height))
    return face


def _is_plausible(face: Face, width: int, height: int) -> bool:
    """Whether a face could have been measured: its parts lie where the others say, in the picture."""
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    extent = high - low
    box = face.box
    if min(box.width, box.height) < 1 or extent.min() < 1:
        return False
    ratio = extent / np.array([box.width, box.height])
    centre = (low + high) / 2
    off_centre = np.abs(centre - box.centre) / np.array([box.width, box.height])
    eyes = (face.left_eye, face.right_eye)
    near_low, near_high = low - extent / 4, high + extent / 4
    return bool(
        0 <= face.score <= 1
        and ((ratio > 0.4) & (ratio < 2.5)).all()
        and (off_centre < 0.5).all()
        and (high > 0).all()
        and (low < [width, height]).all()
        and all(((eye.contour > near_low) & (eye.contour < near_high)).all() for eye in eyes)
        and all(((eye.iris_centre > near_low) & (eye.iris_centre < near_high)).all() for eye in eyes)
        and all(0 < eye.iris_radius < extent[0] and eye.openness >= 0 for eye in eyes)
        # The mesh's own ends: forehead above chin and left above right, in the head's upright frame.
        and _stands(face)
    )


def _stands(face: Face) -> bool:
    across = face.landmarks[263] - face.landmarks[33]
    down = face.landmarks[152] - face.landmarks[10]
    along = np.array([np.cos(face.roll), np.sin(face.roll)])
    return bool(across @ along > 0 and down @ np.array([-along[1], along[0]]) > 0)


def _print_of(picture: ByteImage) -> ByteImage:
    """What the picture looks like at 16 × 16: enough to tell a turned or replaced picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_PRINT_SIDE, _PRINT_SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8)


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


def _encode_matte(matte: FloatImage, *, side: int, quality: int) -> bytes:
    height, width = matte.shape
    factor = min(1.0, side / max(width, height))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = to_bytes(np.asarray(cv2.resize(matte, size, interpolation=cv2.INTER_AREA), dtype=np.float32))
    file = io.BytesIO()
    Image.fromarray(small).convert("RGB").save(file, "WEBP", quality=quality, method=2)
    return file.getvalue()


def _decode_matte(data: bytes, *, size: tuple[int, int]) -> FloatImage:
    # Pillow allocates the whole canvas when it opens a WebP file, so its size is read here first. Only the
    # simple lossy form, which has no canvas apart from its one frame.
    _require(len(data) >= 30 and data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8 ")
    width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", data, 26))
    longest = max(longest_side for longest_side, _ in _MATTE_QUALITIES)
    _require(0 < width <= longest and 0 < height <= longest)
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            _require(image.size == (width, height))
            small = np.asarray(image.convert("L"), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, EOFError, TypeError) as error:
        raise _UntrustedError from error
    matte = cv2.resize(to_float(small), size, interpolation=cv2.INTER_CUBIC)
    return np.clip(matte, np.float32(0), np.float32(1)).astype(np.float32)


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise _UntrustedError from error


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, _MAX_GEOMETRY_BYTES + 1)
    except zlib.error as error:
        raise _UntrustedError from error
    _require(inflater.eof and not inflater.unused_data and len(plain) <= _MAX_GEOMETRY_BYTES)
    return plain
