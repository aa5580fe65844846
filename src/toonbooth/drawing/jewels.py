"""Earrings in a drawing: told from everything else before strokes melt them, and added to a calm outline."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.colour import bytes_to_lab
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import Size, padded, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent, grown
from toonbooth.portrait.model import Portrait

_FINE = 4.0
"""Half the width of the finest thing whose colour can be seen, in four-hundredths of a face's width."""

_AROUND = 14.0
"""How far around earrings colours get, in the same unit."""

_CALM = 2.5
"""Over how much an earring's outline is smoothed, in the same unit."""


def set_apart(portrait: Portrait) -> Portrait:
    """Carry the colours of earrings over their hooks and a little beyond their edges.

    Whatever a style does to a picture to find its strokes and planes, it then mixes nothing of the background
    into an earring; and what is too fine to have a colour in the photo has the earring's.

    Parameters
    ----------
    portrait : Portrait
        Comes back as it is when nobody wears what hangs free.
    """
    jewels, face = portrait.jewels, portrait.main_face
    if jewels is None or face is None:
        return portrait
    unit = face.width / 400
    seen = extent(jewels > 0.1)
    if seen is None:
        return portrait
    window = grown(seen, round(2 * _AROUND * unit) + 2, jewels.shape)
    picture = portrait.picture.copy()
    picture[window] = _spread(picture[window], jewels[window], portrait.matte[window], unit=unit)
    return portrait.with_picture(picture)


def _spread(seen: ByteImage, jewels: FloatImage, matte: FloatImage, *, unit: float) -> ByteImage:
    core = cv2.erode(jewels, disk(max(2.0, _FINE * unit))).astype(np.float32, copy=False)
    own = seen.astype(np.float32)
    near, far = (masked_blur(own, core, sigma=max(1.0, share * _AROUND * unit)) for share in (0.3, 1.5))
    known = smoothstep(gaussian(core, sigma=max(1.0, 0.3 * _AROUND * unit)), low=0.01, high=0.1)
    spread = cv2.blendLinear(near, far, known, 1 - known)
    body = np.clip(matte - jewels, 0, 1)
    around = cv2.dilate(jewels, disk(_AROUND * unit)).astype(np.float32, copy=False)
    weight = around * (1 - np.maximum(core, body))
    return to_bytes(cv2.blendLinear(spread, own, weight, 1 - weight) * np.float32(1 / 255))


def matte_and_jewels(
    portrait: Portrait, *, multiple: int, size: Size, unit: float
) -> tuple[FloatImage, FloatImage]:
    """The matte without earrings and the earrings, each as small as a study.

    Parameters
    ----------
    portrait : Portrait
    multiple : int
        What the sides of the picture are padded to multiples of.
    size : width and height of the study
    unit : float, pixels of the study
        A four-hundredth of a face's width.

    Returns
    -------
    Two float32 arrays, shape (h, w), range [0, 1]. Outlines are calmed without earrings, which would be lost
    or grow together with a neck; they have calm edges already, and are added to what comes of that.
    """
    matte = shrunk(padded(portrait.matte, multiple=multiple), size)
    if portrait.jewels is None:
        return matte, np.zeros_like(matte)
    jewels = shrunk(padded(portrait.jewels, multiple=multiple), size)
    calm = smoothstep(gaussian(jewels, sigma=max(0.7, _CALM * unit)), low=0.2, high=0.6)
    return np.clip(matte - jewels, 0, 1), calm


def without_jewels(skin: FloatImage, jewels: FloatImage) -> FloatImage:
    """Skin, (h, w), in which no earring is a lobe that colours deny."""
    return skin * (1 - jewels) if jewels.any() else skin


def with_sharp_jewels(lab: FloatImage, small: ByteImage, jewels: FloatImage) -> FloatImage:
    """A picture in strokes, L*a*b*, that has earrings as the small picture, uint8, has them.

    Strokes melt what is thin.
    """
    window = extent(jewels > 0.1)
    if window is None:
        return lab
    sharp = lab.copy()
    weight = np.ascontiguousarray(jewels[window])
    own = bytes_to_lab(np.ascontiguousarray(small[window]))
    sharp[window] = cv2.blendLinear(own, np.ascontiguousarray(lab[window]), weight, 1 - weight)
    return sharp
