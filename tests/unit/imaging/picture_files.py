"""Small picture files of every kind, and pieces to plant into them."""

import io
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from toonbooth.imaging.codec import ImageFormat
from toonbooth.imaging.pixels import ByteImage

WIDTH, HEIGHT = 48, 32

# How a picture must be turned to be stored with each orientation. Pillow turns counter-clockwise.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def make_picture(width: int = WIDTH, height: int = HEIGHT) -> ByteImage:
    """A smooth picture, different from every side: red to the right, green down, blue in one corner."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    blue = np.where((x > 0.5) & (y > 0.5), 220.0, 40.0)
    picture: ByteImage = np.rint(np.stack([30 + 200 * x, 30 + 180 * y, blue], axis=-1)).astype(np.uint8)
    return picture


def encode(image: Image.Image | ByteImage, image_format: ImageFormat, **options: object) -> bytes:
    """Encode with Pillow, without loss where the format can."""
    if not isinstance(image, Image.Image):
        image = Image.fromarray(image)
    usual: dict[str, object] = {
        ImageFormat.JPEG: {"quality": 95, "subsampling": 0},
        ImageFormat.PNG: {},
        ImageFormat.WEBP: {"lossless": True},
        ImageFormat.AVIF: {"quality": 95, "subsampling": "4:4:4", "speed": 9},
    }[image_format]  # type: ignore[assignment]
    file = io.BytesIO()
    image.save(file, image_format.value, **{**usual, **options})
    return file.getvalue()


def encode_16_bit_png(pixels: NDArray[np.uint16]) -> bytes:
    """(H, W), (H, W, 3) or (H, W, 4), RGB order; Pillow cannot write 16 bits of colour."""
    if pixels.ndim == 3:
        pixels = pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


def jpeg_segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def webp_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def with_jpeg_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """The segments right behind the start of the image."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def with_png_chunks(png: bytes, *chunks: bytes) -> bytes:
    """The chunks right behind the header."""
    return png[:33] + b"".join(chunks) + png[33:]


def with_webp_chunks(webp: bytes, *chunks: bytes, flags: int = 0) -> bytes:
    """The chunks at the end of an extended WebP, and flags that announce them."""
    assert webp[12:16] == b"VP8X"
    body = webp[12:20] + bytes([webp[20] | flags]) + webp[21:] + b"".join(chunks)
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


def extended_webp(webp: bytes, *, flags: int = 0, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A simple WebP with the extended header that metadata need."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = webp_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sizes) + webp[12:]
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


def png_of_size(width: int, height: int, *, filler_bytes: int = 0) -> bytes:
    """A PNG that claims a size; of its pixels there are `filler_bytes` zeros, packed."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, 2, 0, 0, 0))
    pixels = png_chunk(b"IDAT", _pack_zeros(filler_bytes)) if filler_bytes else b""
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + pixels + png_chunk(b"IEND", b"")


def _pack_zeros(length: int) -> bytes:
    """Packed once for each megabyte and repeated, for 300 of them take seconds."""
    packer = zlib.compressobj(9)
    whole, rest = divmod(length, 1_000_000)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * whole + packer.compress(bytes(rest)) + packer.flush()
