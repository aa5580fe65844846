"""Cel tones: skin in a few soft ones, hair and clothes in steps that keep their folds and shine."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.cel_skin import CelTones, lay_skin
from toonbooth.drawing.cloth import surroundings, without_flecks, without_mottle, woven_cloth
from toonbooth.drawing.flesh import (
    colourfulness,
    ember,
)
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep, soft_steps


def cel_tones(lab: FloatImage, regions: Regions, tones: CelTones, *, unit: float) -> FloatImage:
    """Redraw a smoothed picture in cel tones.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    regions : of the same size
    tones : CelTones
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W, 3), L*a*b*.
    """
    lightness, a, b = planes_of(lab)
    woven = woven_cloth(lightness, regions, unit=unit)
    light = _cloth_and_hair(lightness, regions, woven, tones, unit=unit)
    a, b = (without_flecks(plane, woven, unit=unit) for plane in (a, b))
    chroma = cv2.magnitude(a, b).astype(np.float32, copy=False)
    white = _white(lightness, chroma)
    # Counted in tones the folds of a white shirt would be dirt.
    light += (np.float32(97) - light) * (np.float32(0.5) * white)
    # A black and white photo stays one.
    colourful = colourfulness(lab)
    # Hands, arms and ears beyond the face must not turn more orange than the face.
    bodily = bodily_hue(a, b, chroma)
    a, b = _clean_darks(lightness, a, b, unit=unit)
    stronger = np.float32(1) + np.float32(tones.saturation - 1) * (1 - bodily)
    # Nor may an ear in the shade glow like an ember; wine-red cloth may.
    stronger *= 1 - bodily * (1 - ember(chroma, lightness)) * (1 - woven)
    a *= stronger
    b *= stronger
    # Black turns neither olive nor violet.
    lit = smoothstep(lightness, low=14.0, high=45.0)
    b += np.float32(tones.warmth * colourful) * (1 - bodily) * lit * (1 - white)
    for head in range(len(regions.heads)):
        window = _reach(regions, head)
        if window is not None:
            within = regions.within(window).of_head(head)
            drawn = [plane[window] for plane in (light, a, b)]
            anybodys = regions.skin[window]
            lay_skin(drawn, lab[window], within, anybodys, tones, head=head, unit=unit, colourful=colourful)
    np.clip(light, 0, 100, out=light)
    return cv2.merge([light, a, b]).astype(np.float32, copy=False)


def without_rim(plate: FloatImage, person: FloatImage, *, unit: float) -> FloatImage:
    """Continue a person's colours to their very edge, where the photo has mixed them with the background.

    Parameters
    ----------
    plate : float32 array, shape (H, W, 3)
    person : float32 array, shape (H, W)
        The matte.
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    inside: FloatImage = cv2.erode(person, disk(2.5 * unit)).astype(np.float32, copy=False)
    # What continues colours is smooth: half the size is enough to work it out.
    size = (person.shape[1], person.shape[0])
    half = (max(1, size[0] // 2), max(1, size[1] // 2))
    core, sigma = shrunk(inside, half), max(0.8, 1.3 * unit)
    continued = enlarged(masked_blur(shrunk(plate, half), np.square(core), sigma=sigma), size)
    inside = np.minimum(inside, cv2.blur(inside, (3, 3)))
    # Thin things, all rim and no inside, keep what they are.
    rim = enlarged(smoothstep(gaussian(core, sigma=sigma), low=0.02, high=0.15), size) * (1 - inside)
    return cv2.blendLinear(continued, plate, rim, 1 - rim).astype(np.float32, copy=False)


def bodily_hue(a: FloatImage, b: FloatImage, chroma: FloatImage) -> FloatImage:
    """How much a hue is one that skin has, of whatever depth, 0 … 1."""
    towards = (a * np.float32(0.62) + b * np.float32(0.78)) / (chroma + np.float32(1e-3))
    return smoothstep(towards, low=0.86, high=0.95) * smoothstep(chroma, low=5.0, high=10.0)


def _white(lightness: FloatImage, chroma: FloatImage) -> FloatImage:
    """How white a place is: light and without a colour, 0 … 1."""
    return smoothstep(lightness, low=72, high=90) * smoothstep(chroma, low=9, high=4)


def _clean_darks(
    lightness: FloatImage, a: FloatImage, b: FloatImage, *, unit: float
) -> tuple[FloatImage, FloatImage]:
    """Give dark cloth one hue: in the dark a camera sees stains of every colour."""
    dark = smoothstep(lightness, low=30.0, high=16.0)
    size = (max(1, a.shape[1] // 2), max(1, a.shape[0] // 2))
    few = shrunk(dark, size)
    even_a, even_b = (masked_blur(shrunk(plane, size), few, sigma=max(1.0, 9 * unit)) for plane in (a, b))
    # Made lighter, a dark blue would turn violet.
    even_a *= np.float32(0.95) - np.float32(0.35) * smoothstep(even_b, low=4.0, high=-2.0)
    even_b *= np.float32(0.95)
    dark *= np.float32(0.85)
    whole = (a.shape[1], a.shape[0])
    return a + (enlarged(even_a, whole) - a) * dark, b + (enlarged(even_b, whole) - b) * dark


def _cloth_and_hair(
    lightness: FloatImage, regions: Regions, woven: FloatImage, tones: CelTones, *, unit: float
) -> FloatImage:
    # Folds and strands stand out from their surroundings before the tones are counted, most in the dark.
    around = surroundings(lightness, regions, unit=unit)
    dark = smoothstep(around, low=34, high=14)
    lightness = without_mottle(lightness, woven, unit=unit)
    shaped: FloatImage = lightness + (lightness - around) * (np.float32(0.35) + np.float32(0.75) * dark)
    # Black cloth opens to a dark colour in which folds can be seen.
    opened: FloatImage = np.float32(4) + shaped * np.float32(0.955)
    opened += np.float32(9) * dark * smoothstep(shaped, low=45, high=10)
    stepped = soft_steps(opened, step=tones.step, softness=0.45)
    finer = soft_steps(opened, step=0.5 * tones.step, softness=0.45)
    stepped += (finer - stepped) * dark
    # The border of two tones that lie near each other wanders over cloth as its texture leads it.
    result: FloatImage = opened + (stepped - opened) * (np.float32(0.85) - np.float32(0.55) * woven)
    return result


def _reach(regions: Regions, head: int) -> tuple[slice, slice] | None:
    """The rows and columns in which one head's skin and features lie; None when there are none."""
    x, y, width = regions.heads[head]
    height, across = regions.skin.shape
    left, right = max(0, int(x - 2.2 * width)), min(across, int(x + 2.2 * width))
    top, bottom = max(0, int(y - 1.6 * width)), min(height, int(y + 2.7 * width))
    if left >= right or top >= bottom:
        return None
    near = (slice(top, bottom), slice(left, right))
    covered = np.maximum(regions.skin[near], regions.features[near]) > 0.02
    x0, y0, wide, high = cv2.boundingRect(covered.astype(np.uint8))
    if not wide or not high:
        return None
    return slice(top + y0, top + y0 + high), slice(left + x0, left + x0 + wide)
