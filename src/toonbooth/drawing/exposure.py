"""Photos that were taken too dark or in coloured light, brought to the light that a drawing needs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.white_balance import in_white_light
from toonbooth.imaging.colour import from_linear, luma, to_linear
from toonbooth.imaging.pixels import ByteImage
from toonbooth.imaging.ranks import median, percentile
from toonbooth.portrait.model import Face, Points, Portrait

_BRIGHTEST = 99.6
"""Percentile that counts as the lightest thing in a picture: eyes, teeth and collars are that small."""

_ENOUGH = 0.62
"""Grey of the lightest thing from which on a photo is light enough; dark rooms without a lamp are darker."""

_WANTED = 0.8
_MOST = 2.4
"""By how much light is multiplied at most."""

_LIT_FACE, _WANTED_ON_FACES, _MOST_FOR_FACES = 0.53, 0.72, 2.6
"""The same three for the light on faces, measured on some forty of all depths of skin."""

_LIGHTEST_SKIN = 0.55
"""Grey that lightened skin has at most."""


def well_lit(portrait: Portrait) -> Portrait:
    """Lighten a photo in which nothing is light, and take a lamp's colour out; any other comes back as it is.

    Dark skin and dark clothes do not make a photo dark: whatever is white in it tells how much light there
    was.

    References
    ----------
    E. Reinhard, M. Stark, P. Shirley, J. Ferwerda, "Photographic tone reproduction for digital images",
    SIGGRAPH 2002, doi:10.1145/566570.566575: lights that are bent instead of cut off.
    """
    portrait = in_white_light(portrait)
    return _lightened(portrait, _gain(portrait.picture))


def with_lit_faces(portrait: Portrait) -> Portrait:
    """Lighten a photo whose people are dark, whatever light is behind them; any other comes back as it is.

    For styles that draw another background. What shines on a face and the white of its eyes, alike in
    everybody, tell faces in the dark from dark faces. Without faces it is `well_lit`.
    """
    if not portrait.faces:
        return well_lit(portrait)
    portrait = in_white_light(portrait)
    lights = [_light_on(face, portrait.picture) for face in portrait.faces]
    light, skin = np.average(lights, axis=0, weights=[face.width for face in portrait.faces])
    share = float(np.clip((_LIT_FACE - light) / 0.15, 0, 1))
    # However little light there was, skin of any depth is drawn no lighter than this.
    gain = min(_MOST_FOR_FACES, _WANTED_ON_FACES / light, _LIGHTEST_SKIN / skin)
    return _lightened(portrait, 1 + share * (gain - 1))


def _light_on(face: Face, picture: ByteImage) -> tuple[float, float]:
    """Grey, 0.01 … 1, that stands for the light on a face, and that of its skin."""
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    height, width = picture.shape[:2]
    left, top = int(np.clip(low[0], 0, width - 1)), int(np.clip(low[1], 0, height - 1))
    right, bottom = int(np.clip(high[0], left + 1, width)), int(np.clip(high[1], top + 1, height))
    step = max(1, (right - left) // 80)
    grey = luma(np.ascontiguousarray(picture[top:bottom:step, left:right:step]))
    corner = np.array([left, top], np.float32)

    def within(outline: Points, *, grow: float) -> NDArray[np.bool_]:
        return polygon_mask(grey.shape[:2], (outline - corner) / np.float32(step), grow=grow) > 0.5

    oval = grey[within(face.landmarks[facemap.OVAL], grow=0.95)]
    shine = percentile(oval, 97) if oval.size else 1.0
    eyes = [grey[within(eye.contour, grow=1.0)] for eye in (face.left_eye, face.right_eye)]
    whites = np.concatenate(eyes)
    white = percentile(whites, 92) if whites.size >= 8 else shine / 1.15
    skin = median(oval) if oval.size else 1.0
    return max(0.01, (shine + 1.15 * white) / 2), max(0.01, skin)


def _lightened(portrait: Portrait, gain: float) -> Portrait:
    if gain <= 1:
        return portrait
    steps = np.arange(256, dtype=np.float32) / np.float32(255)
    # Light adds up in a linear scale; there a gain is a gain, and the lightest things bend, not burn.
    linear = to_linear(steps) * np.float32(gain**2.2)
    bent = linear / (1 + np.maximum(linear - np.float32(0.6), 0) * np.float32(0.6))
    table = np.clip(np.rint(from_linear(bent) * 255), 0, 255).astype(np.uint8)
    picture: ByteImage = cv2.LUT(portrait.picture, table).astype(np.uint8, copy=False)
    return portrait.with_picture(picture)


def _gain(picture: ByteImage) -> float:
    height, width = picture.shape[:2]
    step = max(1, min(height, width) // 200)
    grey = luma(np.ascontiguousarray(picture[::step, ::step]))
    brightest = percentile(grey, _BRIGHTEST)
    if brightest >= _ENOUGH:
        return 1.0
    # Between dark and dark enough the help fades in.
    share = min(1.0, (_ENOUGH - brightest) / 0.12)
    return 1 + share * (min(_MOST, _WANTED / max(brightest, 1e-3)) - 1)
