"""The border between picture files and arrays: which kind, how large, upright sRGB in, encoded bytes out.

Bad user input shows itself here, as an `ImageError`. What works on pixels is loaded when first asked for: the
gallery's own process reads headers only, and should not pay for numpy, OpenCV and the decoders.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    from toonbooth.imaging.codec.decoding import convert_to_jpeg, decode_photo
    from toonbooth.imaging.codec.encoding import encode_jpeg, encode_png, encode_webp
    from toonbooth.imaging.codec.renditions import make_rendition

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
    "make_rendition",
    "read_xmp",
]

_LOADED_LATE: Final = {
    "convert_to_jpeg": "decoding",
    "decode_photo": "decoding",
    "encode_jpeg": "encoding",
    "encode_png": "encoding",
    "encode_webp": "encoding",
    "make_rendition": "renditions",
}


def __getattr__(name: str) -> object:
    if name not in _LOADED_LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_LATE[name]}"), name)
