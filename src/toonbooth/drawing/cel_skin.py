"""Skin in cel tones: one colour, one shadow and a deep one, whatever the light was."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.cel_form import gather_form
from toonbooth.drawing.flesh import (
    creases,
    hue_of_skin,
    lift_of,
    sunlit,
    teeth_in,
    unbleach_lips,
    underexposure,
)
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, guided_planes
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent

_ENOUGH_SKIN = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""


@dataclass(frozen=True, slots=True)
class CelTones:
    """How tones are gathered.

    step : distance between tones of clothes and hair, L*. Turning it up leaves fewer.
    skin_step : the same for skin.
    saturation : factor on the colours of hair and clothes.
    warmth : added to b* everywhere; positive is warmer.
    blush : added to a* on the cheeks.
    """

    step: float
    skin_step: float
    saturation: float
    warmth: float
    blush: float


def lay_skin(
    drawn: list[FloatImage],
    lab: FloatImage,
    regions: Regions,
    anybodys: FloatImage,
    tones: CelTones,
    *,
    head: int,
    unit: float,
    colourful: float,
) -> None:
    """Lay one person's skin into a picture that is drawn as hair and clothes, in place.

    Parameters
    ----------
    drawn : L*, a* and b*, float32 arrays, shape (H, W) each; written to
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    regions : of the same size, with that person's skin and features only
    anybodys : float32 array, shape (H, W)
        All skin.
    tones : CelTones
    head : int
        Which of the heads it is.
    unit : float, pixels
        A four-hundredth of a face's width.
    colourful : float, 0 … 1
        0 for a black and white photo.
    """
    light, a, b = drawn
    planes = planes_of(lab)
    lightness = planes[0]
    sure = regions.skin > 0.8
    if np.count_nonzero(sure) < _ENOUGH_SKIN:
        return
    calm_light, calm_a, calm_b = _calm(planes, radius=max(2.0, 8 * unit))
    # Every fourth pixel tells a median as well as all do.
    few = np.flatnonzero(sure)[::4]
    middle, measured_red, yellow = (median(plane.take(few)) for plane in planes)
    form: FloatImage = calm_light - np.float32(middle)
    sunny = sunlit(form.take(few))
    bent, shadow = gather_form(form, regions, head, step=tones.skin_step, sunny=sunny, unit=unit)
    raised = lift_of(middle, yellow) + underexposure(lightness, regions, (middle, measured_red, yellow))
    # Where half a face lies in the sun, skin is as light as that half, and the other half is its shadow.
    base = middle + raised + sunny
    mask = regions.skin * (np.float32(1) - regions.features)
    bent += creases(lightness, regions.skin, unit=unit)
    light += (np.float32(base) + bent - light) * mask

    # One hue for all skin: blotches go, warmth gathers in the shadows.
    red, gold = hue_of_skin(measured_red, yellow, lightness=middle, colourful=colourful)
    chroma = float(np.hypot(red, gold))
    calmed = min(1.0, 33.0 / max(chroma, 1.0)) ** 0.75
    elsewhere = regions.person * (1 - anybodys)
    _tame_glow((a, b), planes, elsewhere, hue=(measured_red, yellow), middle=middle)
    even_a = (calm_a - np.float32(measured_red)) * np.float32(0.2) + np.float32(red * calmed)
    even_b = (calm_b - np.float32(yellow)) * np.float32(0.2) + np.float32(gold * calmed)
    # Shine has lost its colour in the photo; in a drawing it would be a grey stain.
    even_a = np.maximum(even_a, np.float32(0.92 * red * calmed))
    even_b = np.maximum(even_b, np.float32(0.92 * gold * calmed))
    even_a += np.float32(colourful) * (4 * shadow + np.float32(tones.blush) * regions.cheeks)
    even_b += np.float32(3 * colourful) * shadow
    a += (even_a - a) * mask
    b += (even_b - b) * mask
    window = extent(regions.features > 0.01)
    if window is not None:
        skin = _SkinHue((middle, measured_red, yellow), red * calmed, gold * calmed)
        near, within = [plane[window] for plane in drawn], regions.within(window)
        _lay_features(near, lab[window], within, skin, raised)
        unbleach_lips(near, within.lips, within.mouth, (base, skin.red, skin.gold))


@dataclass(frozen=True, slots=True)
class _SkinHue:
    """A person's skin: L*, a*, b* as measured, and the a* and b* that it is drawn in."""

    measured: Colour
    red: float
    gold: float


def _lay_features(
    drawn: list[FloatImage], lab: FloatImage, regions: Regions, skin: _SkinHue, raised: float
) -> None:
    """Lay eyes, brows, lips and teeth, `raised` by so much L*, into the planes drawn so far, in place."""
    light, a, b = drawn
    lightness, own_a, own_b = planes_of(lab)
    middle, red, yellow = skin.measured
    light += (lightness + np.float32(raised) - light) * regions.features
    inside = regions.features * (1 - regions.lips)
    # The darker a thing, the less colour the light has given it that is to be taken away.
    share = np.clip(lightness * np.float32(1 / max(middle, 1.0)), 0, np.float32(1.2))
    # Burnt out skin between brows and lids would be a white stain there.
    burnt = smoothstep(lightness, low=middle - 2, high=middle + 8) * (1 - regions.eyes)
    for plane, own, measured, wanted in ((a, own_a, red, skin.red), (b, own_b, yellow, skin.gold)):
        moved = own + np.float32(wanted - measured) * share
        moved += burnt * np.maximum(np.float32(0.92 * wanted) - moved, 0)
        np.add(plane, (moved - plane) * inside, out=plane)

    teeth = teeth_in(lab, regions.mouth, middle=middle, red=red)
    light += 3 * teeth
    a *= 1 - np.float32(0.55) * teeth
    b *= 1 - np.float32(0.4) * teeth


def _tame_glow(
    drawn: tuple[FloatImage, FloatImage],
    planes: list[FloatImage],
    elsewhere: FloatImage,
    *,
    hue: tuple[float, float],
    middle: float,
) -> None:
    """Skin too bright or too warm to be told for skin must not glow orange beside it, in place."""
    lightness, a, b = planes
    chroma = cv2.magnitude(a, b) + np.float32(1e-3)
    length = max(1e-3, float(np.hypot(*hue)))
    alike = (a * np.float32(hue[0] / length) + b * np.float32(hue[1] / length)) / chroma
    glow = smoothstep(alike, low=0.93, high=0.985) * elsewhere
    glow *= smoothstep(lightness, low=middle - 15, high=middle - 5)
    calm = np.minimum(np.float32(1.05), np.float32(28) / chroma)
    for plane, own in zip(drawn, (a, b), strict=True):
        np.add(plane, (own * calm - plane) * glow, out=plane)


def _calm(planes: list[FloatImage], *, radius: float) -> list[FloatImage]:
    """Smooth L* along its own edges, a* and b* across them: few pixels are enough for it."""
    height, width = planes[0].shape
    size = (max(1, width // 2), max(1, height // 2))
    light, a, b = (shrunk(plane, size) for plane in planes)
    (calm,) = guided_planes(
        [light], light * np.float32(0.01), radius=max(1, round(radius / 2)), contrast=0.045
    )
    hues = (enlarged(gaussian(plane, sigma=0.4 * radius), (width, height)) for plane in (a, b))
    return [calm.over(planes[0] * np.float32(0.01)), *hues]
