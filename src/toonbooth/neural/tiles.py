"""Drawing a picture of any size with a network of a fixed one: tiles that fade into each other."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float

Draw = Callable[[FloatImage], FloatImage]
"""float32 (N, height, width, 3), 0…1, to the same."""

_TILES_AT_ONCE: Final = 8


def draw_in_tiles(picture: ByteImage, draw: Draw, *, size: tuple[int, int], overlap: int) -> ByteImage:
    """Draw a picture tile by tile.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    draw : what draws a batch of tiles
    size : height and width of a tile, pixels; a smaller picture is continued by its mirror image
    overlap : pixels, >= 0, < half of a tile
        How far neighbours reach into each other at least. Turning it up hides seams and costs time.

    Returns
    -------
    uint8 array of the same shape. Where `draw` changes nothing, neither does this.
    """
    height, width = picture.shape[:2]
    below, right = max(0, size[0] - height), max(0, size[1] - width)
    if below or right:
        picture = np.asarray(
            cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REFLECT), dtype=np.uint8
        )
    rows = _place(picture.shape[0], size[0], overlap)
    columns = _place(picture.shape[1], size[1], overlap)
    canvas = np.zeros(picture.shape, np.float32)
    places = [(row, column) for row in rows for column in columns]
    for start in range(0, len(places), _TILES_AT_ONCE):
        batch = places[start : start + _TILES_AT_ONCE]
        tiles = [
            to_float(picture[top : top + size[0], left : left + size[1]]) for (top, _), (left, _) in batch
        ]
        for ((top, down), (left, across)), drawn in zip(batch, draw(np.stack(tiles)), strict=True):
            weight = np.outer(down, across)[..., np.newaxis]
            canvas[top : top + size[0], left : left + size[1]] += drawn * weight
    return to_bytes(canvas[:height, :width])


def _place(length: int, tile: int, overlap: int) -> list[tuple[int, NDArray[np.float32]]]:
    """Where tiles begin along one side, and how much each of its pixels counts there; at every pixel the
    weights of all tiles are 1 together.
    """
    count = max(1, ceil((length - overlap) / (tile - overlap)))
    starts = np.rint(np.linspace(0, length - tile, count)).astype(int)
    ramp = np.minimum(np.arange(tile), np.arange(tile)[::-1]) + 1
    # Ends of the whole picture don't matter: where nobody else counts, little is all.
    fade = np.minimum(ramp / max(1, overlap), 1)
    total = np.zeros(length)
    for start in starts:
        total[start : start + tile] += fade
    return [
        (int(start), (fade / total[start : start + tile]).astype(np.float32)) for start in starts.tolist()
    ]
