"""Making a decoded picture smaller, well and fast, and turning it upright."""

import math
from typing import Final

import cv2
import numpy as np
from PIL import Image

from toonbooth.imaging.pixels import ByteImage
from toonbooth.imaging.resize import Size, about_halved

_HEADROOM: Final = 1.3
_STRONG_REDUCTIONS: Final = (4, 8)
_NEARLY: Final = 0.92


def size_within(width: int, height: int, *, max_side: int | None) -> Size:
    """The size whose longer side is `max_side`, in the same proportion; the same size if it is no larger."""
    longest = max(width, height)
    if max_side is None or longest <= max_side:
        return width, height
    return max(1, round(width * max_side / longest)), max(1, round(height * max_side / longest))


def size_to_start_from(size: Size, *, stored: Size) -> Size:
    """The least that a decoder's own reduction may leave: nearly the final size would be blurred twice.

    What cameras write may end a little below. A quarter of 4032 pixels, 1008, made 1080 along cubic curves is
    as sharp (high frequencies of four photos: 0.97 to 1.09 of what comes by way of a half), in three quarters
    of the time.
    """
    times_larger = min(stored[0] / size[0], stored[1] / size[1])
    enough = any(_NEARLY <= times_larger / reduction <= 1 for reduction in _STRONG_REDUCTIONS)
    share = _NEARLY if enough else _HEADROOM
    return math.ceil(size[0] * share), math.ceil(size[1] * share)


def reduce_much(image: Image.Image, size: Size) -> Image.Image:
    """Resize to `size` what is far larger, whole blocks of pixels first; what isn't is left to `fit`.

    Transparent pixels don't lend their colour to others.
    """
    if image.width <= 2 * _HEADROOM * size[0] and image.height <= 2 * _HEADROOM * size[1]:
        return image
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=_HEADROOM)


def fit(picture: ByteImage, size: Size) -> ByteImage:
    """Resize to `size` (width, height), which is up to 2.6 times smaller or a little larger."""
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    if width >= size[0] and height >= size[1]:
        return about_halved(picture, size)
    return cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def turn_upright(picture: ByteImage, orientation: int) -> ByteImage:
    """Undo the orientation, 1 to 8 as EXIF numbers it, with which a picture was stored."""
    if orientation >= 5:
        picture = np.swapaxes(picture, 0, 1)
    # Once 5 to 8 are transposed, what is left to do is one or two flips.
    if orientation in {3, 4, 7, 8}:
        picture = picture[::-1]
    if orientation in {2, 3, 6, 7}:
        picture = picture[:, ::-1]
    return np.require(picture, requirements=["C", "W"])
