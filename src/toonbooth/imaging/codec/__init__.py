"""The border between picture files and arrays: which kind, how large, upright sRGB in, encoded bytes out.

Bad user input shows itself here, as an `ImageError`.
"""

from toonbooth.imaging.codec.decoding import convert_to_jpeg, decode_photo
from toonbooth.imaging.codec.encoding import encode_jpeg, encode_png, encode_webp
from toonbooth.imaging.codec.errors import (
    AnimatedImageError,
    BrokenImageError,
    ImageError,
    ImageTooLargeError,
    UnsupportedFormatError,
)
from toonbooth.imaging.codec.formats import HEAD_BYTES, ImageFormat, identify
from toonbooth.imaging.codec.header import MAX_PIXELS, MAX_SIDE, ImageInfo, inspect
from toonbooth.imaging.codec.xmp import MAX_XMP_BYTES, read_xmp

__all__ = [
    "HEAD_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MAX_XMP_BYTES",
    "AnimatedImageError",
    "BrokenImageError",
    "ImageError",
    "ImageFormat",
    "ImageInfo",
    "ImageTooLargeError",
    "UnsupportedFormatError",
    "convert_to_jpeg",
    "decode_photo",
    "encode_jpeg",
    "encode_png",
    "encode_webp",
    "identify",
    "inspect",
    "read_xmp",
]
