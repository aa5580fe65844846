"""Between sRGB and CIE L*a*b*, the space in which tones are stepped and colours shifted."""

from typing import Final

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def rgb_to_lab(image: FloatImage) -> FloatImage:
    """Convert sRGB to L*a*b* (D65).

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), sRGB, range [0, 1]

    Returns
    -------
    float32 array, shape (H, W, 3): L* in [0, 100], a* and b* within ±128.

    Raises
    ------
    ValueError
        If image is not a float32 colour picture.

    References
    ----------
    IEC 61966-2-1 (sRGB); CIE 15:2004 (L*a*b*).
    """
    _check_colour(image)
    lab: FloatImage = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32, copy=False)
    return lab


def lab_to_rgb(lab: FloatImage) -> FloatImage:
    """Convert L*a*b* (D65) to sRGB, clipped to the gamut channel by channel.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3): L* in [0, 100], a* and b* within ±128

    Returns
    -------
    float32 array, shape (H, W, 3), sRGB, range [0, 1].

    Raises
    ------
    ValueError
        If lab is not a float32 colour picture.
    """
    _check_colour(lab)
    rgb: FloatImage = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.float32, copy=False)
    return np.clip(rgb, np.float32(0), np.float32(1))


def to_linear(values: FloatImage) -> FloatImage:
    """sRGB, [0, 1], in a scale in which light adds up (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def from_linear(light: FloatImage) -> FloatImage:
    """The sRGB, [0, 1], of light in a linear scale; the way back from `to_linear`."""
    curved = 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, light * 12.92, curved).astype(np.float32)


def bytes_to_lab(picture: ByteImage) -> FloatImage:
    """L*a*b*, float32, of a uint8 sRGB picture, in whole bytes: much quicker, fine enough for masks."""
    # Looked up in a table: factors that differ by channel would take ten times as long.
    return cv2.LUT(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), _LAB_OF_BYTES).astype(np.float32, copy=False)


_LAB_OF_BYTES: Final = (
    np.arange(256, dtype=np.float32)[None, :, None] * np.array([100 / 255, 1, 1], np.float32)
) - np.array([0, 128, 128], np.float32)


def planes_of(image: FloatImage) -> list[FloatImage]:
    """The channels of a picture, each by itself and contiguous: many times quicker to work on one by one."""
    # OpenCV would copy the planes that it makes itself.
    planes = [np.empty(image.shape[:2], np.float32) for _ in range(image.shape[2])]
    cv2.split(image, planes)
    return planes


def tripled(plane: FloatImage) -> FloatImage:
    """A plane as a picture of three equal channels: as a factor five times as quick as `plane[..., None]`."""
    return cv2.merge([plane, plane, plane]).astype(np.float32, copy=False)


def dot(one: FloatImage, other: FloatImage) -> FloatImage:
    """The scalar product of two pictures' colours, (H, W): five times as quick as a sum over the channels."""
    product: FloatImage = cv2.transform(one * other, np.ones((1, 3), np.float32)).astype(
        np.float32, copy=False
    )
    return product


def unmix(
    colours: FloatImage, one: FloatImage, other: FloatImage
) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Take colours for mixtures of two others.

    Parameters
    ----------
    colours, one, other : float32 arrays, shape (H, W, 3)

    Returns
    -------
    How much of the first there is in every pixel, 1 is all; how far its colour is from any mixture; and the
    square of how far the two are apart, plus one; (H, W) float32 each.
    """
    apart, found = one - other, colours - other
    square = dot(apart, apart) + np.float32(1)
    share = dot(found, apart) / square
    stray: FloatImage = np.sqrt(np.maximum(dot(found, found) - np.square(share) * square, np.float32(0)))
    return share, stray, square


def luma(picture: ByteImage) -> FloatImage:
    """The grey picture that lines and edges are sought in: BT.601 luma, gamma-encoded, range [0, 1].

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3), sRGB

    Returns
    -------
    float32 array, shape (H, W), range [0, 1].
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.multiply(grey, np.float32(1 / 255), dtype=np.float32)


def luma_of(colours: FloatImage) -> FloatImage:
    """BT.601 luma of colours in floats, shape (..., 3): float32, shape (...), range [0, 1]."""
    return np.asarray(colours @ _LUMA, dtype=np.float32)


def _check_colour(image: FloatImage) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.float32:
        raise ValueError(f"a float32 picture of shape (H, W, 3) is needed, not {image.dtype} {image.shape}")
