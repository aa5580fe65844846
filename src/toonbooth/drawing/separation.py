"""Colour separation for a poster: which flat ink each place gets, where it is dotted, where black."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.flat_inks import flat_plates, higher, margins, near_heads
from toonbooth.drawing.inks import Ink
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_area import SkinTone, closed_skin, measure_skin, shares_of_heads, skin_form
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face


@dataclass(frozen=True, slots=True)
class Separation:
    """What is printed where; all planes (h, w) float32 of one small size.

    plates : one per flat ink, in the order of `Ink` and then one per head's skin; -1 … 1, printed where
        positive.
    dots : 0 … 1, how dense dots are.
    black : pixels from the border of solid black, positive inside, at most 3.
    skins : one per head.
    skin : 0 … 1, all skin, closed.
    near : 1 around heads, 0 elsewhere.
    """

    plates: tuple[FloatImage, ...]
    dots: FloatImage
    black: FloatImage
    skins: tuple[SkinTone, ...]
    skin: FloatImage
    near: FloatImage


def separate(
    lab: FloatImage,
    regions: Regions,
    faces: tuple[Face, ...],
    *,
    scale: float,
    unit: float,
    dottedness: float,
) -> Separation:
    """Give every place its flat ink, its dots and its black.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3), L*a*b*, smoothed
    regions : of the same size
    faces : faces in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.
    unit : float, pixels of `lab`
        A four-hundredth of a face's width.
    dottedness : float, about 1
        Turning it up dots more of the skin.
    """
    skin = closed_skin(lab, regions, faces, scale=scale, unit=unit)
    bare = regions.skin * (1 - smoothstep(regions.features, low=0.05, high=0.4))
    shares = shares_of_heads(regions)
    tones = [measure_skin(lab, bare * share) for share in shares]
    middle = SkinTone(65.0, 14.0, 18.0, 8.0, 68.0)
    known = [tone for tone in tones if tone is not None]
    skins = tuple(tone or (known[0] if known else middle) for tone in tones)

    near = near_heads(regions, skin.shape)
    plates = flat_plates(lab, skin, skins, near, regions, unit=unit)
    skin_plates = [plates[len(Ink)] * share for share in shares] if shares else []
    whole_skin = plates[len(Ink)] if shares else np.zeros_like(skin)
    plates = [*plates[: len(Ink)], *skin_plates]

    calm_features = 1 - smoothstep(regions.features, low=0.05, high=0.4)
    seen = np.maximum(bare, smoothstep(whole_skin, low=0.6, high=0.9) * calm_features)
    black, dots = _cloth_and_hair(planes_of(lab)[0], whole_skin, plates, regions, near, unit=unit)
    for share, tone in zip(shares, skins, strict=True):
        form = skin_form(lab, seen * share, unit=unit) - np.float32(tone.lightness)
        on = whole_skin * share
        tone_of = smoothstep(form, low=-0.25 * tone.spread, high=-2.4 * tone.spread) * np.float32(0.7)
        blush = np.float32(0.2) * regions.cheeks
        dots += on * (np.maximum(np.float32(dottedness) * tone_of, blush) - dots)
        # Only a cast shadow is so dark that the key plate prints it.
        dark = np.float32(-max(33.0, 3.3 * tone.spread)) - form
        black += on * (np.minimum(dark, np.float32(20)) - black)
    return Separation(margins(plates), dots, _distance(black), skins, whole_skin, near)


def _distance(signed: FloatImage) -> FloatImage:
    """Turn a field into pixels from where it is zero, so that its border is equally crisp everywhere."""
    across = cv2.Sobel(signed, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(signed, cv2.CV_32F, 0, 1, scale=0.125)
    steep = gaussian(cv2.magnitude(across, down).astype(np.float32, copy=False), sigma=1.0)
    distance: FloatImage = np.clip(signed / (steep + np.float32(0.25)), -3, 3)
    return distance


def _cloth_and_hair(
    light: FloatImage,
    skin: FloatImage,
    plates: list[FloatImage],
    regions: Regions,
    near: FloatImage,
    *,
    unit: float,
) -> tuple[FloatImage, FloatImage]:
    """Where hair and clothes are black, and how dense their dots are."""
    body = regions.person * (1 - skin)
    wide = masked_blur(light, np.square(body), sigma=max(2.0, 34 * unit))
    around = masked_blur(light, np.square(body), sigma=max(1.0, 11 * unit))
    shaped = gaussian(light + (light - around) * np.float32(1.0), sigma=max(0.6, 1.6 * unit))
    border = np.clip((np.float32(0.52) + np.float32(0.18) * near) * wide + np.float32(6) + 2 * near, 10, 33)
    # Between dark hair and skin there is no third colour.
    beside = smoothstep(gaussian(skin, sigma=max(1.0, 7 * unit)), low=0.04, high=0.3)
    border += np.float32(20) * near * beside * higher(regions, part=0.2) * smoothstep(wide, low=52, high=38)
    black = border - shaped
    light = gaussian(light, sigma=max(1.0, 5 * unit))
    pale = plates[Ink.PAPER] + plates[Ink.GREY]
    reach = np.float32(12) + np.float32(26) * pale
    dots = np.float32(0.55) * np.clip((border + reach + np.float32(4) - light) / reach, 0, 1)
    shade = smoothstep(light, low=92, high=60) * np.float32(0.4)
    dots += plates[Ink.PAPER] * (shade - dots)
    dots *= 1 - plates[Ink.DEEP]
    return black.astype(np.float32, copy=False), dots.astype(np.float32, copy=False)
