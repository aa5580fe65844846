"""Photos that were taken too dark, brought to the light that a drawing needs."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Portrait

_BRIGHTEST = 99.6
"""Percentile that counts as the lightest thing in a picture: eyes, teeth and collars are that small."""

_ENOUGH = 0.62
"""Grey of the lightest thing from which on a photo is light enough; dark rooms without a lamp are darker."""

_WANTED = 0.8
_MOST = 2.4
"""By how much light is multiplied at most."""


def well_lit(portrait: Portrait) -> Portrait:
    """Lighten a photo in which nothing is light; any other comes back as it is.

    Dark skin and dark clothes do not make a photo dark: whatever is white in it tells how much light there
    was.

    References
    ----------
    E. Reinhard, M. Stark, P. Shirley, J. Ferwerda, "Photographic tone reproduction for digital images",
    SIGGRAPH 2002, doi:10.1145/566570.566575: lights that are bent instead of cut off.
    """
    gain = _gain(portrait.picture)
    if gain <= 1:
        return portrait
    steps = np.arange(256, dtype=np.float32) / np.float32(255)
    # Light adds up in a linear scale; there a gain is a gain, and the lightest things bend, not burn.
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4) * gain**2.2
    bent = linear / (1 + np.maximum(linear - 0.6, 0) * 0.6)
    shown = np.where(bent <= 0.0031308, bent * 12.92, 1.055 * np.maximum(bent, 1e-6) ** (1 / 2.4) - 0.055)
    table = np.clip(np.rint(shown * 255), 0, 255).astype(np.uint8)
    picture: ByteImage = cv2.LUT(portrait.picture, table).astype(np.uint8, copy=False)
    return portrait.with_picture(picture)


def _gain(picture: ByteImage) -> float:
    height, width = picture.shape[:2]
    step = max(1, min(height, width) // 200)
    grey = luma(np.ascontiguousarray(picture[::step, ::step]))
    brightest = float(np.percentile(grey, _BRIGHTEST))
    if brightest >= _ENOUGH:
        return 1.0
    # Between dark and dark enough the help fades in.
    share = min(1.0, (_ENOUGH - brightest) / 0.12)
    return 1 + share * (min(_MOST, _WANTED / max(brightest, 1e-3)) - 1)
