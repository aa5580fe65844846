"""Private metadata out of WebP files: EXIF, XMP and chunks that nobody knows."""

from typing import BinaryIO

from toonbooth.imaging.codec.errors import AnimatedImageError, BrokenImageError
from toonbooth.imaging.codec.exif import UPRIGHT, build_exif, read_orientation
from toonbooth.imaging.codec.streams import read_at, read_blocks
from toonbooth.imaging.codec.webp_chunks import (
    ALPHA,
    ALPHA_FLAG,
    ANIMATION,
    EXIF,
    EXIF_FLAG,
    EXTENDED,
    FRAME,
    LOSSLESS,
    LOSSY,
    PROFILE,
    PROFILE_FLAG,
    Chunk,
    walk_chunks,
)

_MAX_EXIF_BYTES = 64 * 1024
_EXTENDED_BYTES = 10


def clean_webp(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a WebP with its pixels, colour profile and orientation only."""
    # Of each kind the first counts, as for decoders.
    chunks: dict[bytes, Chunk] = {}
    for chunk in walk_chunks(source):
        chunks.setdefault(chunk.kind, chunk)
    if FRAME in chunks or ANIMATION in chunks:
        raise AnimatedImageError
    pixels = next((chunk for kind, chunk in chunks.items() if kind in {LOSSY, LOSSLESS}), None)
    if pixels is None:
        raise BrokenImageError("no pixels")
    if EXTENDED not in chunks:
        _write(source, target, [pixels])
        return
    extended = bytearray(read_at(source, chunks[EXTENDED].offset, _EXTENDED_BYTES))
    flags = extended[0]
    exif = _rebuild_exif(source, chunks.get(EXIF) if flags & EXIF_FLAG else None)
    kept = [pixels]
    if ALPHA in chunks and pixels.kind == LOSSY:
        kept.insert(0, chunks[ALPHA])
    has_profile = bool(flags & PROFILE_FLAG) and PROFILE in chunks
    if has_profile:
        kept.insert(0, chunks[PROFILE])
    # Flags, and three bytes that are reserved: nothing may ride along in them.
    extended[0] = flags & ALPHA_FLAG | (PROFILE_FLAG if has_profile else 0) | (EXIF_FLAG if exif else 0)
    extended[1:4] = bytes(3)
    _write(source, target, kept, before=_encode(EXTENDED, bytes(extended)), after=exif)


def _rebuild_exif(source: BinaryIO, chunk: Chunk | None) -> bytes:
    """The chunk that states the orientation alone; nothing if the picture is upright."""
    if chunk is None:
        return b""
    orientation = read_orientation(read_at(source, chunk.offset, min(chunk.length, _MAX_EXIF_BYTES)))
    return b"" if orientation == UPRIGHT else _encode(EXIF, build_exif(orientation))


def _encode(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def _write(
    source: BinaryIO, target: BinaryIO, chunks: list[Chunk], *, before: bytes = b"", after: bytes = b""
) -> None:
    length = 4 + len(before) + sum(8 + chunk.length + chunk.length % 2 for chunk in chunks) + len(after)
    target.write(b"RIFF" + length.to_bytes(4, "little") + b"WEBP" + before)
    for chunk in chunks:
        target.write(chunk.kind + chunk.length.to_bytes(4, "little"))
        target.writelines(read_blocks(source, chunk.offset, chunk.length))
        target.write(bytes(chunk.length % 2))
    target.write(after)
