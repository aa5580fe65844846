"""A fourth channel for pictures whose pixels are to be moved: OpenCV moves four in half the time of three.

Its vector code for remapping and affine warps takes whole pixels of 4 bytes or 16; those of three channels it
picks apart. 448 × 352 pixels are warped in 0.36 ms instead of 0.83, to the same values.
"""

from typing import TypeVar, cast

import cv2

from toonbooth.imaging.pixels import ByteImage, FloatImage

Image = TypeVar("Image", bound=ByteImage | FloatImage)


def with_fourth(image: Image) -> Image:
    """A picture of three channels with a fourth that means nothing; any other as it is."""
    if image.ndim == 2 or image.shape[2] != 3:
        return image
    return cast("Image", cv2.cvtColor(image, cv2.COLOR_RGB2RGBA))


def without_fourth(image: Image) -> Image:
    """The three channels of a picture that `with_fourth` gave a fourth."""
    return cast("Image", cv2.cvtColor(image, cv2.COLOR_RGBA2RGB))
