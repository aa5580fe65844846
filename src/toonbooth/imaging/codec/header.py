"""What a picture file says of itself, read without its pixels; what must not be decoded is refused here."""

import io
from dataclasses import dataclass
from typing import BinaryIO

from toonbooth.imaging.codec import jpeg_segments, png_chunks, webp_chunks
from toonbooth.imaging.codec.errors import (
    AnimatedImageError,
    BrokenImageError,
    ImageTooLargeError,
    UnsupportedFormatError,
)
from toonbooth.imaging.codec.exif import EXIF_SIGNATURE, UPRIGHT, read_orientation
from toonbooth.imaging.codec.formats import HEAD_BYTES, ImageFormat, identify
from toonbooth.imaging.codec.heif_boxes import read_heif_header
from toonbooth.imaging.codec.streams import read_at

MAX_PIXELS = 50_000_000

MAX_SIDE = 16_384
"""Pixels. What WebP can hold, and half of what OpenCV can warp; within 50 megapixels only strips of more than
5 : 1 are longer, and those are no portraits."""

_MAX_EXIF_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the header of a picture says.

    width, height : pixels, as stored, before it is turned upright.
    orientation : EXIF's number 1 to 8 for how to turn it; for HEIC and AVIF from their own properties.
    colour_primaries : ITU-T H.273 code (1 is sRGB's, 9 BT.2020's, 12 Display P3's) where the container states
        one in place of an ICC profile.
    """

    format: ImageFormat
    width: int
    height: int
    orientation: int
    colour_primaries: int | None = None


def inspect(source: bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS, max_side: int = MAX_SIDE) -> ImageInfo:
    """Read the header of a picture and refuse what must not be decoded.

    A file is read in small pieces (of an AVIF the coded data too) and left at no particular place.

    Parameters
    ----------
    source : the whole file, or the file opened for reading; it must be seekable.
    max_pixels : width times height; more is refused.
    max_side : pixels; a longer side is refused.

    Raises
    ------
    UnsupportedFormatError
        If the content is none of `ImageFormat`, or a rare kind of it that no phone or browser shows.
    BrokenImageError
        If the header is damaged, or nothing follows it.
    ImageTooLargeError
        If it has more pixels than allowed.
    AnimatedImageError
        If it has more than one frame.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    stream.seek(0)
    image_format = identify(stream.read(HEAD_BYTES))
    if image_format is None:
        raise UnsupportedFormatError
    limits = _Limits(max_pixels, max_side)
    match image_format:
        case ImageFormat.JPEG:
            info = _inspect_jpeg(stream, limits)
        case ImageFormat.PNG:
            info = _inspect_png(stream, limits)
        case ImageFormat.WEBP:
            info = _inspect_webp(stream, limits)
        case ImageFormat.HEIF | ImageFormat.AVIF:
            info = _inspect_heif(stream, limits, image_format)
    return info


@dataclass(frozen=True, slots=True)
class _Limits:
    max_pixels: int
    max_side: int

    def check(self, width: int, height: int) -> None:
        if width < 1 or height < 1:
            raise BrokenImageError(f"{width} × {height} pixels")
        if width * height > self.max_pixels or max(width, height) > self.max_side:
            raise ImageTooLargeError(width, height, max_pixels=self.max_pixels, max_side=self.max_side)


def _inspect_jpeg(source: BinaryIO, limits: _Limits) -> ImageInfo:
    orientation: int | None = None
    size: tuple[int, int] | None = None
    for segment in jpeg_segments.walk_segments(source):
        if segment.marker == jpeg_segments.APP1 and orientation is None:
            payload = read_at(source, segment.payload_offset, segment.payload_length)
            if payload.startswith(EXIF_SIGNATURE):
                orientation = read_orientation(payload)
        elif segment.marker in jpeg_segments.FRAME_HEADERS:
            if size is not None or segment.payload_length < 6:
                raise BrokenImageError("two frame headers, or a short one")
            frame = read_at(source, segment.payload_offset, 6)
            size = int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big")
            limits.check(*size)
            if frame[0] != 8:
                raise UnsupportedFormatError(
                    f"JPEGs of {frame[0]} bits aren't taken. Please send a usual one."
                )
        elif segment.marker == jpeg_segments.SOS:
            break
    else:
        raise BrokenImageError("no scan")
    if size is None:
        raise BrokenImageError("no frame header before the first scan")
    return ImageInfo(ImageFormat.JPEG, *size, orientation or UPRIGHT)


def _inspect_png(source: BinaryIO, limits: _Limits) -> ImageInfo:
    width = height = 0
    orientation: int | None = None
    primaries: int | None = None
    has_pixels = False
    for chunk in png_chunks.walk_chunks(source):
        if chunk.kind == png_chunks.HEADER:
            header = read_at(source, chunk.offset, 8)
            width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
            limits.check(width, height)
        elif chunk.kind == png_chunks.ANIMATION and not has_pixels:
            if int.from_bytes(read_at(source, chunk.offset, 4), "big") > 1:
                raise AnimatedImageError
        elif chunk.kind == png_chunks.EXIF and orientation is None:
            orientation = read_orientation(read_at(source, chunk.offset, min(chunk.length, _MAX_EXIF_BYTES)))
        elif chunk.kind == png_chunks.COLOUR_CODES and chunk.length == 4:
            primaries = read_at(source, chunk.offset, 1)[0]
        elif chunk.kind == png_chunks.DATA:
            has_pixels = True
    if not has_pixels:
        raise BrokenImageError("a header without pixels")
    return ImageInfo(ImageFormat.PNG, width, height, orientation or UPRIGHT, primaries)


def _inspect_webp(source: BinaryIO, limits: _Limits) -> ImageInfo:
    size: tuple[int, int] | None = None
    orientation: int | None = None
    flags = 0
    has_pixels = False
    for chunk in webp_chunks.walk_chunks(source):
        if size is None:
            size = webp_chunks.read_canvas_size(source, chunk)
            limits.check(*size)
            if chunk.kind == webp_chunks.EXTENDED:
                flags = read_at(source, chunk.offset, 1)[0]
        if chunk.kind == webp_chunks.FRAME or flags & webp_chunks.ANIMATION_FLAG:
            # One of a single frame too: it is no photo, and decoders treat it as a film.
            raise AnimatedImageError
        if chunk.kind in {webp_chunks.LOSSY, webp_chunks.LOSSLESS}:
            has_pixels = True
        elif chunk.kind == webp_chunks.EXIF and flags & webp_chunks.EXIF_FLAG and orientation is None:
            orientation = read_orientation(read_at(source, chunk.offset, min(chunk.length, _MAX_EXIF_BYTES)))
    if size is None or not has_pixels:
        raise BrokenImageError("a header without pixels")
    return ImageInfo(ImageFormat.WEBP, *size, orientation or UPRIGHT)


def _inspect_heif(source: BinaryIO, limits: _Limits, image_format: ImageFormat) -> ImageInfo:
    header = read_heif_header(source)
    limits.check(header.width, header.height)
    limits.check(*header.largest)
    if header.is_sequence:
        raise AnimatedImageError
    return ImageInfo(image_format, header.width, header.height, header.orientation, header.colour_primaries)
