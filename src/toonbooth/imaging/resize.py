"""Changing a picture's size without changing its kind."""

from typing import TypeVar

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage

ImageT = TypeVar("ImageT", ByteImage, FloatImage)

Size = tuple[int, int]
"""Width and height in pixels."""


_ABOUT_HALF = (1.6, 2.6)


def shrunk(image: ImageT, size: Size) -> ImageT:
    """Make a picture smaller, every new pixel the mean of what it covers."""
    low, high = _ABOUT_HALF
    while True:
        across, down = image.shape[1] / size[0], image.shape[0] / size[1]
        if across == down == 2:
            return _halved(image)
        # Halving is many times quicker than any other factor, and whole factors are quicker than others.
        whole = across.is_integer() and down.is_integer() and not (across == down and across % 4 == 0)
        if not whole and low <= min(across, down) and max(across, down) <= high:
            return about_halved(image, size)
        if whole or min(across, down) < 2 * low:
            return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(image.dtype, copy=False)
        image = about_halved(image, (image.shape[1] // 2, image.shape[0] // 2))


def about_halved(image: ImageT, size: Size) -> ImageT:
    """Make a picture about half as large, nearly as `shrunk`, but quicker at any factor.

    Interpolating to exactly twice the size and averaging 2 × 2 is as good as `INTER_AREA` (51.7 and 51.9 dB
    for a photo) in half of its time: both steps have vector code.
    """
    twice = (2 * size[0], 2 * size[1])
    if (image.shape[1], image.shape[0]) != twice:
        image = cv2.resize(image, twice, interpolation=cv2.INTER_LINEAR).astype(image.dtype, copy=False)
    return _halved(image)


def _halved(image: ImageT) -> ImageT:
    size = (image.shape[1] // 2, image.shape[0] // 2)
    # In the middle of four pixels both are their mean; each has vector code where the other has none.
    between = image.dtype == np.float32 and image.ndim == 3
    how = cv2.INTER_LINEAR if between else cv2.INTER_AREA
    return cv2.resize(image, size, interpolation=how).astype(image.dtype, copy=False)


def enlarged(image: ImageT, size: Size) -> ImageT:
    """Make a picture larger, linearly: never beyond the range of its neighbours."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR).astype(image.dtype, copy=False)


def enlarged_rows(image: FloatImage, *, factor: int, top: int, bottom: int) -> FloatImage:
    """The rows top … bottom of a picture made `factor` times larger, as if all of it had been enlarged.

    Parameters
    ----------
    image : float32 array, shape (h, w)
    factor : int, >= 1
    top, bottom : int, rows of the enlarged picture; multiples of factor

    Returns
    -------
    float32 array, shape (bottom - top, w * factor).
    """
    height, width = image.shape
    # One row more on each side: linear interpolation looks no farther.
    above, below = max(0, top // factor - 1), min(height, bottom // factor + 1)
    size = (width * factor, (below - above) * factor)
    part = cv2.resize(image[above:below], size, interpolation=cv2.INTER_LINEAR)
    rows = part[top - above * factor : bottom - above * factor]
    return rows.astype(np.float32, copy=False)


def padded(image: ImageT, *, multiple: int) -> ImageT:
    """Continue a picture's right and bottom edges until its sides are multiples of a number."""
    right, bottom = -image.shape[1] % multiple, -image.shape[0] % multiple
    if right == bottom == 0:
        return image
    border = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return border.astype(image.dtype, copy=False)


def enlarged_smoothly(image: FloatImage, size: Size) -> FloatImage:
    """Make a picture larger along cubic curves: no creases, but it may overshoot a little."""
    return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)
