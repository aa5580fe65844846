"""Windows of a picture: beside a person half of one is background, on which no work is to be wasted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage

Window = tuple[slice, slice]
"""Rows and columns, with a start and an end."""


def extent(wanted: NDArray[np.bool_]) -> Window | None:
    """The rows and columns within which all lies that is wanted of a picture; None where nothing is."""
    x, y, width, height = cv2.boundingRect(wanted.astype(np.uint8))
    return (slice(y, y + height), slice(x, x + width)) if width and height else None


def around_point(middle: NDArray[np.float32], shape: tuple[int, ...], *, reach: float) -> Window:
    """The window that reaches so far from a point x, y each way, as far as a picture of that shape goes."""
    left, top = (int(min(max(v - reach, 0), n - 1)) for v, n in zip(middle, shape[1::-1], strict=True))
    right, bottom = (int(min(max(v + reach, 1), n)) for v, n in zip(middle, shape[1::-1], strict=True))
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))


def bands_around(wanted: NDArray[np.bool_], *, rows: int) -> Sequence[Window]:
    """Cut what is wanted of a picture into bands.

    What is worked out for a pixel of a band stays near the processor until it is done.

    Parameters
    ----------
    wanted : bool array, shape (H, W)
    rows : int, >= 1
        Of every band but the lowest.

    Returns
    -------
    The bands from the top; each as wide as what is wanted in it, none where nothing is.
    """
    bands = []
    for top in range(0, len(wanted), rows):
        columns = np.flatnonzero(wanted[top : top + rows].any(axis=0))
        if columns.size:
            down = slice(top, min(top + rows, len(wanted)))
            bands.append((down, slice(int(columns[0]), int(columns[-1]) + 1)))
    return bands


def work_within(
    picture: ByteImage, windows: Sequence[Window], work: Callable[[ByteImage], ByteImage], *, reach: int
) -> ByteImage:
    """Work on windows of a picture, and leave the rest as it is.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    windows : Windows of it
    work : gives a part of the picture worked on, of the same size
    reach : int, pixels, >= 0
        How far the work looks around each pixel.

    Returns
    -------
    uint8 array, shape (H, W, 3).
    """
    result = picture.copy()
    for window in windows:
        seen = grown(window, reach, picture.shape)
        result[window] = work(np.ascontiguousarray(picture[seen]))[seen_from(seen, window)]
    return result


def grown(window: Window, reach: int, shape: tuple[int, ...]) -> Window:
    """A window with a margin, as far as a picture of that shape goes."""
    rows, columns = (
        slice(max(0, side.start - reach), min(end, side.stop + reach))
        for side, end in zip(window, shape[:2], strict=True)
    )
    return rows, columns


def seen_from(outer: Window, window: Window) -> Window:
    """The same window counted from the corner of one that holds it."""
    rows, columns = (
        slice(side.start - start.start, side.stop - start.start)
        for side, start in zip(window, outer, strict=True)
    )
    return rows, columns


def times(window: Window, factor: int) -> Window:
    """The same window of a picture that is so many times larger."""
    rows, columns = (slice(side.start * factor, side.stop * factor) for side in window)
    return rows, columns
