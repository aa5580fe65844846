"""Making a decoded picture smaller, well and fast, and turning it upright."""

import math

import numpy as np
from PIL import Image

from toonbooth.imaging.pixels import ByteImage
from toonbooth.imaging.resize import about_halved

_HEADROOM = 1.3


def size_within(width: int, height: int, *, max_side: int | None) -> tuple[int, int]:
    """The size whose longer side is `max_side`, in the same proportion; the same size if it is no larger."""
    longest = max(width, height)
    if max_side is None or longest <= max_side:
        return width, height
    return max(1, round(width * max_side / longest)), max(1, round(height * max_side / longest))


def size_to_start_from(size: tuple[int, int]) -> tuple[int, int]:
    """The least that a decoder's own reduction may leave: nearly the final size would be blurred twice."""
    return math.ceil(size[0] * _HEADROOM), math.ceil(size[1] * _HEADROOM)


def reduce_much(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize to `size` what is far larger, whole blocks of pixels first; what isn't is left to `shrink`.

    Transparent pixels don't lend their colour to others.
    """
    if image.width <= 2 * _HEADROOM * size[0] and image.height <= 2 * _HEADROOM * size[1]:
        return image
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=_HEADROOM)


def shrink(picture: ByteImage, size: tuple[int, int]) -> ByteImage:
    """Resize to `size` (width, height), which is up to 2.6 times smaller, weighing each pixel by its area."""
    height, width = picture.shape[:2]
    return picture if (width, height) == size else about_halved(picture, size)


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
