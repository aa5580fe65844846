"""The colour that skin is painted in: a clear tone of a person's own, whatever the light in the photo."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians, percentile
from toonbooth.portrait.model import Face, scaled

_MEASURED = (18.0, 28.0, 38.0, 48.0, 58.0, 66.0, 73.0, 81.0, 90.0)
"""L* of skin in decent light …"""

_PAINTED = (21.0, 31.0, 41.5, 52.5, 63.5, 71.5, 77.0, 83.0, 88.5)
"""… and the L* that it is painted in: paper has no glow of its own, so most tones rise, dark ones least."""

_GOLDEN = 7.0
"""By how much golden skin is painted darker: in bright light it is as light as pale skin, and still brown."""

_ROSY = 0.4
"""How much more light rosy skin gets back."""

_HUE = 55.0
"""Degrees in a*, b*: the middle of all skins. Coloured light moves them off it, most of all towards pink."""


def skin_paint(tone: Colour, eye_white: float) -> Colour:
    """Choose the paint for a skin.

    Parameters
    ----------
    tone : L*, a*, b*
        The skin's lit part in the photo.
    eye_white : float, L*
        The lightest part of the person's eyes; 0 when it isn't seen.

    Returns
    -------
    L*, a*, b*. Lighter skin never gets darker paint than darker skin with the same eyes.
    """
    lightness, red, yellow = tone
    chroma = float(np.hypot(red, yellow))
    hue = float(np.rad2deg(np.arctan2(yellow, max(red, 0.5))))
    lit = float(np.interp(lightness + lost_light(tone, eye_white), _MEASURED, _PAINTED))
    golden = float(np.clip((hue - 45) / 9, 0, 1) * np.clip((chroma - 25) / 5, 0, 1))
    lit -= _GOLDEN * golden * float(np.clip((90 - lit) / 12, 0, 1))
    turned = np.deg2rad(np.clip(_HUE + 0.45 * (hue - _HUE), 48.0, 62.0))
    least = np.interp(lit, (20, 45, 65, 80, 90), (15, 25, 27, 20, 13))
    most = np.interp(lit, (20, 45, 65, 80, 90), (22, 34, 33, 27, 18))
    calm = float(np.clip(chroma, least, most))
    return lit, calm * float(np.cos(turned)), calm * float(np.sin(turned))


def missing_light(tone: Colour, eye_white: float) -> float:
    """By how much a face was photographed too dark, in L*.

    The whites of eyes are alike in everybody: skin that is as light as they are is light skin, and dark only
    in this photo. Dark glasses are darker still and say nothing.

    Parameters
    ----------
    tone : L*, a*, b*
        The skin in the photo.
    eye_white : float, L*
        The lightest part of the person's eyes; 0 when it isn't seen.

    Returns
    -------
    float, 0 … 15.
    """
    lightness, red, yellow = tone
    hue = float(np.rad2deg(np.arctan2(yellow, max(red, 0.5))))
    as_light = float(np.clip((lightness + 12 - eye_white) / 18, 0, 1))
    seen = float(np.clip((eye_white - 0.38 * lightness) / (0.1 * lightness + 1e-3), 0, 1))
    # Dark skin in its own light is golden.
    golden = float(np.clip((hue - 50) / 8, 0, 1))
    most = float(np.interp(lightness, (26, 42, 50, 64), (3, 15, 13, 0)))
    return as_light * seen * (1 - 0.7 * golden) * most


def lost_light(tone: Colour, eye_white: float) -> float:
    """What clear colours give a dark photo back, in L*: `missing_light`, and more where skin is rosy.

    Rosy skin is pale skin, and in the shade it looks tanned.
    """
    _, red, yellow = tone
    hue = float(np.rad2deg(np.arctan2(yellow, max(red, 0.5))))
    rosy = float(np.clip((49 - hue) / 5, 0, 1))
    return missing_light(tone, eye_white) * (1 + _ROSY * rosy)


def lit_tone(lab: FloatImage, sure: FloatImage) -> Colour:
    """The middle of a skin's lit part: hard light must not make the shadow side the tone of all.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    sure : float32 array, shape (H, W)
        More than 0.8 where skin is; some of it must be.
    """
    samples = lab[sure > 0.8]
    cut = percentile(samples[:, 0], 40)
    lightness, red, yellow = (float(v) for v in medians(samples[samples[:, 0] >= cut].T))
    return lightness, red, yellow


def eye_white_of(lab: FloatImage, face: Face, *, scale: float) -> float:
    """L* of the lightest part of a face's eyes, the better lit eye's; 0 when both are closed or tiny.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    face : in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.
    """
    lightness = planes_of(lab)[0]
    best = 0.0
    for eye in (face.left_eye, face.right_eye):
        if eye.openness < 0.1:
            continue
        contour = scaled(eye.contour, scale)
        low = np.clip(np.floor(contour.min(axis=0)).astype(int), 0, None)
        high = np.ceil(contour.max(axis=0)).astype(int) + 1
        part = lightness[low[1] : high[1], low[0] : high[0]]
        if not part.size:
            continue
        inside = polygon_mask(part.shape[:2], contour - low.astype(np.float32), grow=0.95) > 0.6
        if np.count_nonzero(inside) >= 6:
            best = max(best, percentile(part[inside], 92))
    return best
