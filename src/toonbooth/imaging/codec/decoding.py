"""From the bytes of a photo to an upright sRGB picture. What decoders throw is translated here only."""

import io
import struct
import zlib

import numpy as np
import pi_heif
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from toonbooth.imaging.codec.encoding import encode_jpeg
from toonbooth.imaging.codec.errors import BrokenImageError, ImageError, ImageTooLargeError
from toonbooth.imaging.codec.exif import UPRIGHT
from toonbooth.imaging.codec.formats import ImageFormat
from toonbooth.imaging.codec.header import MAX_PIXELS, MAX_SIDE, ImageInfo, inspect
from toonbooth.imaging.codec.jpeg_segments import APP1, FRAME_HEADERS, SOS, walk_segments
from toonbooth.imaging.codec.profiles import convert_to_srgb, find_profile
from toonbooth.imaging.codec.scaling import (
    fit,
    reduce_much,
    size_to_start_from,
    size_within,
    turn_upright,
)
from toonbooth.imaging.pixels import ByteImage

# What else an iPhone's file holds has made others refuse good photos; none of it is shown.
pi_heif.options.THUMBNAILS = False
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False

_DECODER_FAILURES = (
    OSError, SyntaxError, ValueError, EOFError, RuntimeError, LookupError, TypeError, ArithmeticError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip

_SEQUENTIAL = frozenset({0xC0, 0xC1})
"""Frame headers of pictures whose every scan is complete: baseline and extended, Huffman-coded."""

_MAX_SCANS = 32
"""Each scan of a JPEG passes over all pixels again, however few bytes it has; encoders write 10 or so."""


def decode_photo(data: bytes, *, max_side: int | None, max_pixels: int = MAX_PIXELS) -> ByteImage:
    """Decode a photo upright, in sRGB, what is transparent on white.

    Parameters
    ----------
    data : the file: JPEG, PNG, WebP, HEIC or AVIF of any colour mode.
    max_side : pixels, or None
        Larger pictures are reduced until their longer side has this length; none is ever enlarged. None keeps
        every pixel.
    max_pixels : pictures with more pixels are refused before any is decoded.

    Returns
    -------
    uint8 array, shape (H, W, 3).

    Raises
    ------
    UnsupportedFormatError, BrokenImageError, ImageTooLargeError, AnimatedImageError
        As `inspect` does; BrokenImageError also if the pixels cannot be decoded to the last one.
    """
    if max_side is not None and max_side < 1:
        raise ValueError("max_side must be positive")
    info = inspect(data, max_pixels=max_pixels)
    try:
        return _decode(data, info, max_side=max_side)
    except ImageError:
        raise
    except _DECODER_FAILURES as error:
        raise BrokenImageError(f"{type(error).__name__}: {error}") from error


def decode_with_transparency(data: bytes, *, max_side: int) -> ByteImage:
    """Decode one of our own transparent pictures, which are upright sRGB PNG or WebP files.

    Returns
    -------
    uint8 array, shape (H, W, 4), alpha not multiplied in; reduced as `decode_photo` does it.

    Raises
    ------
    ImageError
        As `decode_photo`.
    """
    info = inspect(data)
    try:
        target = size_within(info.width, info.height, max_side=max_side)
        image = _open(data, info, (info.width, info.height)).convert("RGBA")
        # Transparent pixels don't lend their colour to others: Pillow weighs them by their alpha.
        return np.array(image.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0))
    except ImageError:
        raise
    except _DECODER_FAILURES as error:
        raise BrokenImageError(f"{type(error).__name__}: {error}") from error


def convert_to_jpeg(data: bytes) -> bytes:
    """The photo as a JPEG that every phone shows: upright, sRGB, on white, nothing but pixels, quality 92.

    Raises
    ------
    ImageError
        As `decode_photo`.
    """
    # Cameras store colour at half resolution, HEIC and AVIF nearly always; more would only cost space.
    return encode_jpeg(decode_photo(data, max_side=None), chroma="4:2:0")


def _decode(data: bytes, info: ImageInfo, *, max_side: int | None) -> ByteImage:
    if info.format is ImageFormat.HEIF:
        # libheif has cut it out and turned it upright already.
        image = _open_heif(data)
        target, orientation = size_within(*image.size, max_side=max_side), UPRIGHT
    else:
        target, orientation = size_within(info.width, info.height, max_side=max_side), info.orientation
        image = _open(data, info, target)
    profile = find_profile(image.info.get("icc_profile"), info.colour_primaries)
    image = _put_on_white(reduce_much(_expand(image), target))
    mode, pixels = image.mode, np.asarray(image)
    del image
    # Colours are converted last, when the fewest pixels are left.
    return turn_upright(convert_to_srgb(fit(pixels, target), profile, mode=mode), orientation)


def _open(data: bytes, info: ImageInfo, target: tuple[int, int]) -> Image.Image:
    """The stored picture, loaded; a JPEG at the smallest scale that its decoder offers above `target`."""
    # The one decoder that is right, rather than any that Pillow knows: `Image.open` reads some JPEGs as MPO.
    image: JpegImageFile | PngImageFile | WebPImageFile | AvifImageFile
    match info.format:
        case ImageFormat.JPEG:
            image = JpegImageFile(io.BytesIO(_cut_out_exif(data)))
        case ImageFormat.PNG:
            image = PngImageFile(io.BytesIO(data))
        case ImageFormat.WEBP:
            image = WebPImageFile(io.BytesIO(data))
        case _:
            image = AvifImageFile(io.BytesIO(data))
    if image.size != (info.width, info.height):
        raise BrokenImageError(f"decoder and header disagree: {image.size}, {info.width} × {info.height}")
    if isinstance(image, JpegImageFile):
        _check_scans(data)
        image.draft(None, size_to_start_from(target, stored=image.size))
        # All in one: wherever a block ends, the decoder would begin that part again.
        image.decodermaxblock = len(data)
    image.load()
    return image


def _open_heif(data: bytes) -> Image.Image:
    file = pi_heif.open_heif(data)
    width, height = file.size
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(width, height, max_pixels=MAX_PIXELS, max_side=MAX_SIDE)
    image: Image.Image = file.to_pillow()
    return image


def _cut_out_exif(data: bytes) -> bytes:
    """Pillow reads a JPEG's EXIF on opening, and warns of what is wrong there; nothing of it is needed."""
    parts, start = [], 0
    for segment in walk_segments(io.BytesIO(data)):
        if segment.marker == SOS:
            break
        if segment.marker == APP1:
            parts.append(data[start : segment.offset])
            start = segment.offset + segment.length
    return b"".join([*parts, data[start:]])


def _check_scans(data: bytes) -> None:
    if _ends_with_its_first_scan(data) or data.count(bytes((0xFF, SOS))) <= _MAX_SCANS:
        return
    # Those in thumbnails and appended pictures don't count; walking tells, and takes longer.
    scans = sum(segment.marker == SOS for segment in walk_segments(io.BytesIO(data)))
    if scans > _MAX_SCANS:
        raise BrokenImageError(f"{scans} scans")


def _ends_with_its_first_scan(data: bytes) -> bool:
    """Whether all colours come in the first scan, none refined later: no decoder looks further."""
    frame = None
    for segment in walk_segments(io.BytesIO(data)):
        if segment.marker in FRAME_HEADERS:
            frame = segment
        if segment.marker == SOS:
            # The number of components: the sixth byte of a frame's header, the first of a scan's.
            return (
                frame is not None
                and frame.marker in _SEQUENTIAL
                and data[frame.payload_offset + 5] == data[segment.payload_offset]
            )
    return False


def _expand(image: Image.Image) -> Image.Image:
    """To one of L, LA, RGB, RGBA and CMYK: no palette, no transparent colour, 8 bits."""
    if image.mode.startswith("I"):
        # 16-bit grey; Pillow's own conversion would clip it.
        return Image.fromarray((np.asarray(image).astype(np.uint32) * 255 // 65535).astype(np.uint8))
    has_transparency = image.has_transparency_data
    if image.mode in {"1", "L", "LA", "La"}:
        wanted = "LA" if has_transparency else "L"
    elif image.mode == "CMYK":
        wanted = "CMYK"
    else:
        wanted = "RGBA" if has_transparency else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _put_on_white(image: Image.Image) -> Image.Image:
    if image.mode not in {"LA", "RGBA"}:
        return image
    opaque_mode = image.mode[:-1]
    paper = Image.new(opaque_mode, image.size, "white")
    paper.paste(image.convert(opaque_mode), mask=image.getchannel("A"))
    return paper
