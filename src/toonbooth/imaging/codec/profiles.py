"""Colours as the file means them, to sRGB, through Little CMS."""

import functools
import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from toonbooth.imaging.pixels import ByteImage

_D50 = (0.9642, 1.0, 0.8249)

# ITU-T H.273 table 2: x and y of red, green, blue; all of them with the white of D65.
_CHROMATICITIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # P3, for want of a D65 one some write this
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_D65_XY = (0.3127, 0.3290)
SRGB_PRIMARIES = 1

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

# IEC 61966-2-1: exponent, scale and offset of the curve, slope and end of its straight foot.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

_COLOUR_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
_PROBE = Image.fromarray(
    np.stack(np.meshgrid(*[np.linspace(0, 255, 5)] * 3), axis=-1).reshape(5, 25, 3).astype(np.uint8)
)
_INVISIBLE_DIFFERENCE = 2
"""Levels of 255 by which profiles that all call themselves sRGB differ."""


def find_profile(icc_profile: bytes | None, colour_primaries: int | None) -> bytes | None:
    """The profile by which a file's colours are to be read; None if they are sRGB or nothing is said."""
    if colour_primaries == SRGB_PRIMARIES:
        return None
    if colour_primaries in _CHROMATICITIES:
        return _build_profile(colour_primaries)
    return icc_profile


def convert_to_srgb(pixels: ByteImage, profile: bytes | None, *, mode: str) -> ByteImage:
    """Convert a picture to sRGB as its profile says.

    A profile that is damaged, or speaks of another kind of colour than the picture has, is taken as none: the
    picture is still there to be seen.

    Parameters
    ----------
    pixels : uint8 array, shape (H, W) for mode L, (H, W, 3) for RGB, (H, W, 4) for CMYK
    profile : an ICC profile, or None for what is usual
    mode : Pillow's name of what the channels are: L, RGB or CMYK

    Returns
    -------
    uint8 array, shape (H, W, 3).
    """
    if profile is not None:
        try:
            return _apply(profile, pixels, mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return _to_rgb(pixels, mode)


def _to_rgb(pixels: ByteImage, mode: str) -> ByteImage:
    return pixels if mode == "RGB" else np.array(_to_image(pixels, mode).convert("RGB"))


def _to_image(pixels: ByteImage, mode: str) -> Image.Image:
    # From bytes, for an array of four channels would be taken as RGBA.
    return Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())


def _apply(profile: bytes, pixels: ByteImage, mode: str) -> ByteImage:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = source.profile.xcolor_space
    if mode == "L" and space == "RGB ":
        pixels, mode = _to_rgb(pixels, mode), "RGB"
    if _COLOUR_SPACES[mode] != space:
        raise ValueError(f"a profile for {space} on a picture of {mode}")
    transform = ImageCms.buildTransform(
        source,
        _srgb(),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if mode == "RGB" and _is_identity(transform):
        return pixels
    return np.array(transform.apply(_to_image(pixels, mode)))


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    """Most profiles in the wild are sRGB under many names; what they do to a few colours tells them."""
    before = np.asarray(_PROBE, dtype=np.int16)
    after = np.asarray(transform.apply(_PROBE), dtype=np.int16)
    return int(np.abs(after - before).max()) <= _INVISIBLE_DIFFERENCE


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@functools.cache
def _build_profile(colour_primaries: int) -> bytes:
    """An ICC profile of the given primaries with the curve of sRGB. ICC.1:2022, 8.3.3: matrix and curves."""
    columns = _adapted_primaries(colour_primaries).T
    curve = b"para" + struct.pack(">IHH5i", 0, 3, 0, *(_fixed(value) for value in _SRGB_CURVE))
    tags = {b"wtpt": _xyz(_D50), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    tags |= {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", offset + len(body), b"", 0x04400000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", *(_fixed(value) for value in _D50))
    return head.ljust(128, b"\0") + table + body


def _adapted_primaries(colour_primaries: int) -> NDArray[np.float64]:
    """(3, 3): XYZ of full red, green and blue as columns, as they look under the D50 that profiles speak of.

    SMPTE RP 177 for the matrix; the chromatic adaptation is Bradford's, as ICC.1 annex E asks.
    """
    xyz = np.array([_xyz_of(*xy) for xy in _CHROMATICITIES[colour_primaries]]).T
    white = _xyz_of(*_D65_XY)
    scaled = xyz * np.linalg.solve(xyz, white)
    gains = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ white)
    adapted: NDArray[np.float64] = np.linalg.solve(_BRADFORD, gains[:, None] * (_BRADFORD @ scaled))
    return adapted


def _xyz_of(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz(value: tuple[float, ...] | NDArray[np.float64]) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *(_fixed(float(part)) for part in value))


def _fixed(value: float) -> int:
    return round(value * 65536)
