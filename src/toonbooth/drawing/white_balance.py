"""Photos that were taken in coloured light, brought towards the white light that a drawing is made in."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import from_linear, lab_to_rgb, rgb_to_lab, to_linear
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.ranks import median, medians
from toonbooth.portrait.model import Eye, Face, Portrait

_WHITE_OF_EYES: Final = np.array([9.0, 8.0], np.float32)
"""a* and b* of the white of an eye in white light: lids and the skin around shine into it."""

_SKIN: Final = np.array([14.0, 18.0], np.float32)
"""a* and b* of skin in white light, near enough: the depth of a skin hardly moves them."""

_ORDINARY, _COLOURED = 14.0, 22.0
"""How far from those the white of eyes lies in light that is still, and that is no longer, called white."""

_TAKEN_BACK = 0.7
"""Share of the colour that is taken out: candlelight stays warm."""

_GREY: Final = 5.0
"""Chroma of skin and eyes in a photo without colours; skin in blue light is grey, and eyes are blue."""

_WIDE_ENOUGH: Final = (90.0, 150.0)
"""Widths of faces, pixels, between which their eyes come to be told from the lids around them."""

_LEAST_PIXELS: Final = 24
_CLOSED: Final = 0.1
_MOST: Final = 2.2
"""By how much a channel of the light, in a linear scale, is turned up or down at most."""


def in_white_light(portrait: Portrait) -> Portrait:
    """Take the colour of a lamp out of a photo; one taken in ordinary light comes back as it is.

    The white of eyes is alike in everybody and tells the light's colour. It is believed where the skin
    agrees: make-up and closed lids colour the one and not the other. A photo without colours gets none.

    References
    ----------
    M. Males, A. Hedi, M. Grgic, "Colour balancing using sclera colour", IET Image Processing 12(3), 2018:
    the white of eyes as what ought to be white.
    """
    seen = [(face.width, colours) for face in portrait.faces if (colours := _look(face, portrait.picture))]
    if not seen:
        return portrait
    widths = [width for width, _ in seen]
    white = np.average([colours[0] for _, colours in seen], axis=0, weights=widths)
    skin = np.average([colours[1] for _, colours in seen], axis=0, weights=widths)
    away = white[1:] - _WHITE_OF_EYES
    if max(np.hypot(*skin[1:]), np.hypot(*white[1:])) < _GREY:
        return portrait
    distance = float(np.hypot(*away))
    agreed = float(np.dot(skin[1:] - _SKIN, away)) / max(distance, 1e-3)
    share = float(np.interp(distance, (_ORDINARY, _COLOURED), (0, 1)) * np.interp(agreed, (4, 14), (0, 1)))
    share *= float(np.interp(max(widths), _WIDE_ENOUGH, (0, 1)))
    if share <= 0:
        return portrait
    wanted = white.copy()
    wanted[1:] -= np.float32(_TAKEN_BACK * share) * away
    gains = to_linear(_rgb(wanted)) / np.maximum(to_linear(_rgb(white)), np.float32(1e-3))
    light = to_linear(np.linspace(0, 1, 256, dtype=np.float32))[:, None] * np.clip(gains, 1 / _MOST, _MOST)
    table = np.clip(np.rint(from_linear(light) * 255), 0, 255).astype(np.uint8)
    picture: ByteImage = cv2.LUT(portrait.picture, table[None]).astype(np.uint8, copy=False)
    return portrait.with_picture(picture)


def _look(face: Face, picture: ByteImage) -> tuple[FloatImage, FloatImage] | None:
    """L*a*b* of the white of a face's eyes and of its skin; None where no eye is open and large enough."""
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    height, width = picture.shape[:2]
    left, top = (int(max(0, each)) for each in low)
    right, bottom = int(min(width, high[0] + 1)), int(min(height, high[1] + 1))
    if right - left < 8 or bottom - top < 8:
        return None
    whites = [lab for eye in (face.left_eye, face.right_eye) if (lab := _white_of(eye, picture)) is not None]
    if sum(map(len, whites)) < _LEAST_PIXELS:
        return None
    step = max(1, (right - left) // 48)
    part = np.ascontiguousarray(picture[top:bottom:step, left:right:step])
    corner = np.array([left, top], np.float32)
    oval = (face.landmarks[facemap.OVAL] - corner) / np.float32(step)
    inside = polygon_mask(part.shape[:2], oval.astype(np.float32), grow=0.8) > 0.5
    if not inside.any():
        return None
    skin = medians(_lab_of(part[inside]).T).astype(np.float32)
    return medians(np.concatenate(whites).T).astype(np.float32), skin


def _white_of(eye: Eye, picture: ByteImage) -> FloatImage | None:
    """L*a*b*, (N, 3), of the lighter half of an eye beside its iris; None for one that is closed."""
    if eye.openness < _CLOSED:
        return None
    height, width = picture.shape[:2]
    low, high = eye.contour.min(axis=0), eye.contour.max(axis=0)
    left, top = (int(max(0, each)) for each in low)
    right, bottom = int(min(width, high[0] + 2)), int(min(height, high[1] + 2))
    if right <= left or bottom <= top:
        return None
    corner = np.array([left, top], np.float32)
    inside = polygon_mask((bottom - top, right - left), eye.contour - corner) > 0.5
    rows, columns = np.nonzero(inside)
    x, y = eye.iris_centre
    beside = np.hypot(columns + left - x, rows + top - y) > 1.15 * eye.iris_radius
    pixels = picture[rows[beside] + top, columns[beside] + left]
    if not len(pixels):
        return None
    lab = _lab_of(pixels)
    lighter: FloatImage = lab[lab[:, 0] >= median(lab[:, 0])]
    return lighter


def _lab_of(pixels: ByteImage) -> FloatImage:
    """(N, 3) uint8 sRGB to (N, 3) L*a*b*."""
    lab: FloatImage = rgb_to_lab(pixels[None].astype(np.float32) / np.float32(255))[0]
    return lab


def _rgb(colour: FloatImage) -> FloatImage:
    """(3,) L*a*b* to (3,) sRGB, [0, 1]."""
    rgb: FloatImage = lab_to_rgb(colour.astype(np.float32).reshape(1, 1, 3))[0, 0]
    return rgb
