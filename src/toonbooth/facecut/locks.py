"""Hair inside a bare face's contour: what at its rim is much darker or yellower than the skin farther in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.edges import spread_colours
from toonbooth.facecut.landmarks import (
    BETWEEN_EYES,
    CHIN,
    LEFT_BROW,
    LEFT_EYE,
    LIPS,
    NOSE,
    RIGHT_BROW,
    RIGHT_EYE,
)
from toonbooth.facecut.outlines import Mask, dilated, eroded, fill_polygon, grow, opened
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import percentile
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.portrait.model import Points

_RIM: Final = 0.14
"""How far inside the contour hair is sought, face widths; what lies deeper is what the skin looks like."""

_FAR: Final = 0.1
"""How far that is carried at once, face widths."""

_DARK: Final = 0.62
"""How light hair is beside that at most."""

_YELLOW: Final = 0.085
"""How much yellower fair hair is at least: green less blue, relative to its light."""

_THIN: Final = 0.016
"""Radius, face widths: what is thinner are frames of glasses, and lines."""

_CRUMB: Final = 0.006
"""The same for fair locks, which are no thinner than that."""

_AROUND_FEATURES: Final = 0.03
"""How far around eyes and brows what is dark is theirs, face widths."""

_BLACKER: Final = 0.7
"""How light hair is beside a brow that it hangs over."""

_ROOM: Final = 0.02
"""How far around hair its soft edge goes, face widths."""

_LIPS: Final = 1.4
"""How much larger than the mesh's a mouth may be."""

_GREY: Final = 0.15
"""Added to what is divided by, lest black has a hue."""

_LIGHTEST: Final = 1.1
"""How light beside the skin fair hair is at most; beyond there is light on skin."""

_FACE_PIXELS: Final = 160.0
"""Larger faces are looked at in a smaller picture."""


def find_locks(
    image: FloatImage, bare: FloatImage, landmarks: Points, *, unit: float, glasses: bool
) -> FloatImage:
    """Find hair at the rim of a face.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    bare : float32 array, shape (H, W), range [0, 1]
        What lies within the face's contour.
    landmarks : float32 array, shape (468, 2), pixels of `image`
    unit : float, pixels
        The face's width.
    glasses : bool
        Whether the face wears any.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; nothing of a beard, a brow, an eye or glasses.
    """
    height, width = bare.shape
    scale = min(1.0, _FACE_PIXELS / unit)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small, inside = (image, bare) if scale == 1 else (shrunk(image, size), shrunk(bare, size))
    across, down = size[0] / width, size[1] / height
    points = ((landmarks + np.float32(0.5)) * np.array([across, down], np.float32) - np.float32(0.5)).astype(
        np.float32
    )
    found = _find(small, inside > 0.5, points, unit * scale, glasses=glasses).astype(np.float32)
    return found if scale == 1 else np.clip(enlarged(found, (width, height)), 0, 1)


def _find(image: FloatImage, bare: Mask, landmarks: Points, unit: float, *, glasses: bool) -> Mask:
    size = (image.shape[1], image.shape[0])

    def around(rings: Iterable[Sequence[int]]) -> Mask:
        filled = np.zeros(bare.shape, np.bool_)
        for ring in rings:
            hull = cv2.convexHull(landmarks[list(ring)]).reshape(-1, 2).astype(np.float32)
            filled |= fill_polygon(hull, size=size) > 0.5
        return filled

    eye, brow = around((LEFT_EYE, RIGHT_EYE)), around((LEFT_BROW, RIGHT_BROW))
    eyes, brows = (dilated(each, _AROUND_FEATURES * unit) for each in (eye, brow))
    mouth = fill_polygon(grow(landmarks[list(LIPS)], _LIPS), size=size) > 0
    deep = eroded(bare, _RIM * unit)
    inner = deep & ~(eyes | brows | mouth)
    if not inner.any():
        return np.zeros_like(bare)
    skin = spread_colours(image, inner.astype(np.float32), reach_pixels=max(2.0, _FAR * unit))
    light, usual = luma_of(image), luma_of(skin)
    yellow, skins_yellow = (
        (each[..., 1] - each[..., 2]) / (lightness + np.float32(_GREY))
        for each, lightness in ((image, light), (skin, usual))
    )
    # Beside a brow what is darker than its darkest is hair; and what is yellow, but hardly darker than skin.
    of_brow = np.float32(percentile(light[brow], 20) if brow.any() else 0)
    darkest = np.where(brows, np.minimum(_DARK * usual, _BLACKER * of_brow), _DARK * usual)
    palest = np.where(brows | eyes, (of_brow + usual) / 2, 0)
    up = landmarks[BETWEEN_EYES] - landmarks[CHIN]
    # Below there are beards; and beside the eyes of some the frames of glasses.
    end = landmarks[[*LEFT_BROW, *RIGHT_BROW]].mean(axis=0) if glasses else landmarks[NOSE]
    rows, columns = np.ogrid[: size[1], : size[0]]
    above = (columns - end[0]) * up[0] + (rows - end[1]) * up[1] > 0
    dark = opened(light < darkest, _THIN * unit) & above
    fair = opened((yellow > skins_yellow + np.float32(_YELLOW)) & (light < _LIGHTEST * usual), _CRUMB * unit)
    fair &= (light > palest) & ~mouth
    if glasses:
        fair &= above
    return dilated((dark & ~eyes | fair & ~eye) & ~(deep | brow), _ROOM * unit)
