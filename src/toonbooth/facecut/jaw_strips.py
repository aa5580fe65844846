"""Strips of a neck along the jaw of a head whose picture is made of plain shapes."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.edges import nearest_in
from toonbooth.facecut.jaw_scraps import around_line
from toonbooth.facecut.outlines import Mask, dilated, fill_polygon
from toonbooth.facecut.ways import normals
from toonbooth.imaging.pixels import FloatImage, to_bytes
from toonbooth.portrait.model import Points

_DEEP: Final = 0.08
"""How far inside a jaw a shape that belongs to the face reaches, face widths."""

_ALL: Final = 0.85
"""What part of a strip lies less deep."""

_BESIDE: Final = 0.06
"""How far outside the jaw's line a cut may end, face widths."""

_PLAIN: Final = 5
"""How much neighbours of one shape differ at most, of 255."""

_SHAPES: Final = 0.74
"""What part of the face beside a jaw is plain in a picture of plain shapes."""

_EDGE: Final = 1.9
"""Pixels that the blurred edge of a shape takes up."""

_LINE: Final = 3.0
"""Pixels from a shape of the face at which there is more than its edge."""

_ENDS: Final = 6
"""Points of the line at either end beside which there are ears."""


def without_strips(image: FloatImage, alpha: FloatImage, jaw: Points, *, unit: float) -> FloatImage:
    """Paint shapes that only run along a jaw over with those of the face.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    alpha : float32 array, shape (H, W), range [0, 1]
        What is cut out.
    jaw : float32 array, shape (N, 2), pixels
        Where the head ends below, from the left ear to the right.
    unit : float, pixels
        The face's width.

    Returns
    -------
    float32 array, shape (H, W, 3), range [0, 1]; the same where the picture isn't made of plain shapes.
    """
    line = jaw[_ENDS:-_ENDS]
    window = around_line(line, 2 * _DEEP * unit, image.shape)
    part = np.ascontiguousarray(image[window])
    line = line - np.array([window[1].start, window[0].start], np.float32)
    size = (part.shape[1], part.shape[0])
    if min(size) < 4:
        return image
    out = normals(line) * np.float32(unit)

    def between(inner: float, outer: float) -> Mask:
        ends = [line - out * np.float32(inner), (line + out * np.float32(outer))[::-1]]
        return fill_polygon(np.concatenate(ends).astype(np.float32), size=size) > 0.5

    seen = alpha[window] > 0.5
    band = between(_DEEP, _BESIDE)
    within = (fill_polygon(line - out * np.float32(_DEEP), size=size) > 0.5) & ~band & seen
    kernel = np.ones((3, 3), np.uint8)
    levels = to_bytes(part)
    red, green, blue = cv2.split(cv2.subtract(cv2.dilate(levels, kernel), cv2.erode(levels, kernel)))
    plain = (cv2.max(cv2.max(red, green), blue) <= _PLAIN) & seen
    if not within.any() or plain[within].mean() < _SHAPES:
        return image
    count, shapes = cv2.connectedComponents(plain.astype(np.uint8), connectivity=4)
    # A shade that goes on beyond the jaw is the face's, all of it.
    beside, everywhere = (np.bincount(shapes[each], minlength=count) for each in (band & plain, plain))
    strip = beside > _ALL * everywhere
    deep = plain & ~strip[shapes]
    if not deep.any():
        return image
    away, near = nearest_in(deep)
    # Rims and lines of a pixel or two are no shapes: all there is at the edge, or far from any.
    strange = (plain & ~deep) | (band & ~deep & ((away > _LINE) & seen | dilated(~seen & band, _EDGE)))
    strips = dilated(strange, _EDGE + 1) & ~deep
    if not strange.any():
        return image
    result = image.copy()
    flat = part.reshape(-1, 3)
    result[window][strips] = flat[near[strips]]
    return result
