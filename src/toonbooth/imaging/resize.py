"""Changing a picture's size without changing its kind."""

from typing import TypeVar

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage

ImageT = TypeVar("ImageT", ByteImage, FloatImage)

Size = tuple[int, int]
"""Width and height in pixels."""


def shrunk(image: ImageT, size: Size) -> ImageT:
    """Make a picture smaller, every new pixel the mean of what it covers."""
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(image.dtype, copy=False)


def enlarged(image: ImageT, size: Size) -> ImageT:
    """Make a picture larger, linearly: never beyond the range of its neighbours."""
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR).astype(image.dtype, copy=False)


def enlarged_smoothly(image: FloatImage, size: Size) -> FloatImage:
    """Make a picture larger along cubic curves: no creases, but it may overshoot a little."""
    return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)
