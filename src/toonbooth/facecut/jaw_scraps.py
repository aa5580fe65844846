"""Scraps of a collar or a bright wall at a jaw: light without the skin's warmth, which no face has there."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.edges import spread_colours
from toonbooth.facecut.outlines import fill_polygon
from toonbooth.facecut.ways import normals, sample
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Points

_STEP: Final = 0.01
_DEPTHS: Final = np.arange(-0.02, 0.151, _STEP, dtype=np.float32)
"""How far inside the jaw's line it is looked at, face widths."""

_DEEPEST: Final = 0.1
"""How far inwards a scrap reaches at most, face widths; what lies deeper is what the face looks like."""

_COLD: Final = (0.14, 0.22)
"""How much less warm than that a scrap is: maybe, and surely."""

_LIGHT: Final = (0.32, 0.42)
"""How light it is, luma: what is darker may be a beard."""

_BEARD: Final = 0.75
"""How dark, beside the lightest of a face's lower end, it is where there is a beard, whose hairs are cold."""

_ENDS: Final = 8
"""Points of the line at either end beside which there are ears and white hair."""

_ROOM, _SOFT, _SPREAD, _BESIDE = 0.015, 0.007, 0.05, 0.15
"""How far around a scrap its colour runs, how soft what is painted over it ends, how far skin is carried, and
what lies beside a jaw, face widths."""

_NOTHING: Final = 0.02
_WHOLE: Final = 1.6
"""What of a scrap's soft edge isn't skin, and how much of it is painted over with it."""


def without_scraps(image: FloatImage, jaw: Points, *, unit: float) -> FloatImage:
    """Paint what is cold and light at a jaw over with the skin beside it.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    jaw : float32 array, shape (N, 2), pixels
        Where the head ends below, from the left ear to the right.
    unit : float, pixels
        The face's width.

    Returns
    -------
    float32 array, shape (H, W, 3), range [0, 1]; the same where the jaw has nothing but the face's colours.
    """
    line = jaw[_ENDS:-_ENDS]
    window = around_line(line, (float(_DEPTHS[-1]) + _BESIDE) * unit, image.shape)
    part, line = (
        np.ascontiguousarray(image[window]),
        line - np.array([window[1].start, window[0].start], np.float32),
    )
    size, soft = (part.shape[1], part.shape[0]), max(0.7, _SOFT * unit)
    out = normals(line) * np.float32(unit)
    light = luma_of(part)
    warmth = gaussian((part[..., 0] - part[..., 2]) / (light + np.float32(0.15)), sigma=soft)
    places = line[:, np.newaxis] - out[:, np.newaxis] * _DEPTHS[:, np.newaxis]
    warm, deep = sample(warmth, places), _DEPTHS > _DEEPEST
    usual = np.median(warm[:, deep], axis=1)
    lit = sample(light, places)
    cold = (_ramp(usual[:, np.newaxis] - warm, _COLD) * _ramp(lit, _LIGHT) > 0.5) & ~deep
    inner = np.median(lit[:, deep], axis=1)
    cold &= (inner > _BEARD * np.percentile(inner, 80))[:, np.newaxis]
    if not cold.any():
        return image
    # From its innermost place outwards all of a scrap.
    innermost = _DEPTHS[len(_DEPTHS) - 1 - np.argmax(cold[:, ::-1], axis=1)]
    reach = np.where(cold.any(axis=1), innermost, _DEPTHS[0]).reshape(-1, 1).astype(np.float32)
    reach = cv2.GaussianBlur(cv2.dilate(reach, np.ones((5, 1), np.uint8)), (1, 9), 0, sigmaY=2) + np.float32(
        _ROOM
    )

    def between(inner: Points, outer: Points) -> FloatImage:
        return fill_polygon(np.concatenate([inner, outer[::-1]]).astype(np.float32), size=size)

    over = gaussian(between(line - out * reach, line + out * np.float32(_BESIDE)), sigma=soft)
    colder = np.float32(np.median(usual)) - warmth
    skin = (
        (over < _NOTHING) & (colder < _COLD[0]) & (between(line, line + out * np.float32(2 * _BESIDE)) < 0.5)
    )
    spread = spread_colours(part, skin.astype(np.float32), reach_pixels=max(2.0, _SPREAD * unit))
    scrap = over * _ramp(colder, (_COLD[0] / 2, _COLD[0])) * _ramp(light, _LIGHT)
    scrap = np.clip(
        gaussian(np.asarray(cv2.dilate(scrap, np.ones((3, 3))), np.float32), sigma=soft) * np.float32(_WHOLE),
        0,
        1,
    )
    result = image.copy()
    result[window] = part + scrap[..., np.newaxis] * (spread - part)
    return result


def around_line(line: Points, room: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns of a picture around a line; never none."""
    starts = np.clip(line.min(axis=0) - room, 0, np.array(shape[1::-1]) - 1).astype(int)
    stops = np.maximum(np.clip(line.max(axis=0) + room, 1, shape[1::-1]).astype(int), starts + 1)
    return slice(int(starts[1]), int(stops[1])), slice(int(starts[0]), int(stops[0]))


def _ramp(values: FloatImage, ends: tuple[float, float]) -> FloatImage:
    low, high = ends
    ramp: FloatImage = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1).astype(np.float32)
    return ramp
