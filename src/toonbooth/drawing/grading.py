"""The colours of a painting: planes of light and shadow on skin, warm lights and cool shadows everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_paint import missing_light
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians, percentile
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep, soft_steps

_SHINE = np.float32(16)
"""L* above the middle of a skin from which on its light is glare, of which a painter keeps a part."""

_SEPIA = (5.0, 11.0)
"""a* and b* added to a photo without colours."""

_GLOW = np.float32(36)
"""Chroma from which on what has the hue of skin glows."""

_ENOUGH_SKIN = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How a painting is coloured.

    plane : tones of skin gather on planes this far apart, L*. Turning it up carves the face more.
    saturation : factor on the colours of hair and clothes.
    temperature : how much warmer lights are than shadows, b*; negative turns it round.
    blush : added to a* on cheeks.
    light : how much lighter the side towards the light is, as a share of L*.
    side : -1 light from the left … 1 from the right.
    """

    plane: float
    saturation: float
    temperature: float
    blush: float
    light: float
    side: float


def grade(lab: FloatImage, regions: Regions, look: Grade, *, unit: float) -> FloatImage:
    """Colour a smoothed picture as a painter would.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    regions : of the same size
    look : Grade
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W, 3), L*a*b*.
    """
    lightness, a, b = planes_of(lab)
    around = gaussian(lightness, sigma=12 * unit)
    light: FloatImage = lightness + (lightness - around) * np.float32(0.3)
    # Black cloth and hair open to a dark colour in which folds can be seen.
    light = np.float32(5) + light * np.float32(0.95) + np.float32(3) * smoothstep(lightness, low=40, high=12)
    # A black and white photo gets no colours that it doesn't have.
    strength = float(np.abs(lab[..., 1:]).mean())
    colourful = min(1.0, strength / 4)
    a *= np.float32(look.saturation)
    b *= np.float32(look.saturation)
    temper_warmth(a, b, regions)
    given = np.zeros_like(light)
    for head in range(len(regions.heads)):
        _lay_skin((light, a, b), lab, regions, head, given, look, unit=unit, colourful=colourful)
    light *= 1 + _falling_light(regions, look)
    # Depths are cool, but black hair isn't blue.
    split = np.clip((light - 52) * np.float32(1 / 40), -0.5 + np.float32(0.4) * regions.skin, 1)
    b += np.float32(colourful * look.temperature) * split
    a += np.float32(colourful * 0.25 * look.temperature) * split
    # One without colours is painted in sepia: grey skin beside a coloured ground is a corpse's.
    grey = max(0.0, 1 - strength)
    a += np.float32(grey * _SEPIA[0])
    b += np.float32(grey * _SEPIA[1])
    np.clip(light, 0, 100, out=light)
    return cv2.merge([light, a, b]).astype(np.float32, copy=False)


def _lay_skin(
    drawn: tuple[FloatImage, FloatImage, FloatImage],
    lab: FloatImage,
    everybody: Regions,
    head: int,
    given: FloatImage,
    look: Grade,
    *,
    unit: float,
    colourful: float,
) -> None:
    """Lay one person's skin into the planes L*, a* and b* drawn so far, in place.

    `given` is how much of every place has gone to somebody it is like; that grows, too.
    """
    light, a, b = drawn
    regions = everybody.of_head(head)
    sure = regions.skin > 0.8
    if np.count_nonzero(sure) < _ENOUGH_SKIN:
        return
    lightness, own_a, own_b = planes_of(lab)
    middle, red, yellow = (float(v) for v in medians(lab[sure].T))
    form: FloatImage = lightness - np.float32(middle)
    turned = gaussian(form, sigma=max(0.8, 3 * unit))
    # Hard shadows age people and shine is sweat: both keep their place and lose some depth.
    glare = np.maximum(form - _SHINE, 0)
    bent = np.where(form < 0, np.float32(0.84) * form, np.float32(0.8) * form).astype(np.float32)
    bent -= np.float32(0.5) * glare
    stepped = soft_steps(gaussian(bent, sigma=1.6 * unit), step=look.plane, softness=0.42)
    bent += np.float32(0.55) * (stepped - bent)
    base = (
        middle + lift_of(middle) + 0.5 * missing_light((middle, red, yellow), _eye_white(lightness, regions))
    )
    mask = regions.skin * (1 - regions.features)
    light += (np.float32(base) + bent - light) * mask
    light += (lightness + np.float32(base - middle) - light) * regions.features

    # Warm light, red where light ends and shadow begins, cool in the depth.
    lit = smoothstep(turned, low=1, high=12)
    shadow = smoothstep(turned, low=-2, high=-13)
    deep = smoothstep(turned, low=-14, high=-30)
    hue = min(red, 0.75 * max(yellow, 0.0) + 4.0)
    hue, yellow = with_blood(middle, hue, yellow, colourful)
    calmed = min(1.0, 28.0 / max(float(np.hypot(hue, yellow)), 1.0)) ** 0.75
    # What has the skin's hue is skin that the mask has missed, or passes into it: no border may show between.
    like = np.square((own_a - np.float32(red)) * np.float32(1 / 10))
    like += np.square((own_b - np.float32(yellow)) * np.float32(1 / 12))
    like = np.exp(np.float32(-0.5) * like) * (1 - mask)
    if len(everybody.heads) > 1:
        # What is somebody else's is theirs, however alike.
        like *= 1 - np.maximum(everybody.skin - regions.skin, everybody.features - regions.features)
        # A hand that is like several people is drawn like one of them, not like all in turn.
        like *= 1 - given
        np.maximum(given, like, out=given)
    a -= like * own_a * np.float32(look.saturation - calmed)
    b -= like * own_b * np.float32(look.saturation - calmed)
    light += like * np.float32(base - middle)
    even_a = drawn_in(own_a - np.float32(red)) + np.float32(hue * calmed)
    even_b = drawn_in(own_b - np.float32(yellow)) + np.float32(yellow * calmed)
    even_a += np.float32(colourful) * (
        1 + np.float32(look.blush) * regions.cheeks + np.float32(2.5) * shadow + deep - lit
    )
    even_b += np.float32(colourful) * (2 * lit + 1 + shadow)
    a += (even_a - a) * mask
    b += (even_b - b) * mask
    inside = regions.features * (1 - regions.lips)
    a += (own_a * np.float32(calmed) - a) * inside
    b += (own_b * np.float32(calmed) - b) * inside

    teeth = regions.mouth * smoothstep(own_a, low=red + 4, high=red - 4)
    teeth *= smoothstep(lightness, low=middle - 25, high=middle)
    a *= 1 - np.float32(0.5) * teeth
    b *= 1 - np.float32(0.35) * teeth


def with_blood(middle: float, red: float, yellow: float, colourful: float) -> tuple[float, float]:
    """A skin's a* and b*, as warm as skin is at least: cool light makes it grey, and no painter would."""
    least = float(np.interp(middle, (25, 45, 65, 80, 92), (14, 20, 19, 16, 11)))
    missing = colourful * max(0.0, least - float(np.hypot(red, yellow)))
    return red + 0.6 * missing, yellow + 0.65 * missing


def drawn_in(away: FloatImage) -> FloatImage:
    """Differences of hue within a skin, the smaller the larger they are: necks aren't another person's."""
    drawn: FloatImage = np.float32(0.62) * away / (1 + np.abs(away) * np.float32(1 / 22))
    return drawn


def _eye_white(lightness: FloatImage, regions: Regions) -> float:
    seen = lightness[(regions.eyes > 0.9) & (regions.features > 0.5)]
    return percentile(seen, 92) if len(seen) >= 12 else 0.0


def lift_of(middle: float) -> float:
    """How much lighter skin of a given L* is painted: some in the middle; dark stays dark, light no chalk."""
    return max(0.0, min(0.3 * (68.0 - middle), 0.1 * (middle - 34.0)))


def temper_warmth(a: FloatImage, b: FloatImage, regions: Regions) -> None:
    """Take a lamp's orange glow out of what has the hue of skin, in place; beyond heads of arms alone."""
    if not regions.heads:
        return
    height, width = a.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :]
    near = np.zeros_like(a)
    for x, y, across in regions.heads:
        away = np.square(rows - np.float32(y)) + np.square(columns - np.float32(x))
        away = np.sqrt(away) * np.float32(1 / across)
        np.maximum(near, smoothstep(away.astype(np.float32, copy=False), low=1.6, high=1.1), out=near)
    chroma = cv2.magnitude(a, b).astype(np.float32, copy=False) + np.float32(1e-3)
    towards: FloatImage = (np.float32(0.62) * a + np.float32(0.78) * b) / chroma
    # An orange suit is redder than any skin, and brighter.
    limbs: FloatImage = (np.float32(0.574) * a + np.float32(0.819) * b) / chroma
    limbs = smoothstep(limbs, low=0.978, high=0.992) * smoothstep(chroma, low=78.0, high=68.0)
    near *= smoothstep(towards, low=0.955, high=0.985)
    np.maximum(near, limbs, out=near)
    near *= 1 - regions.lips
    keep = 1 - np.float32(0.6) * near * np.maximum(chroma - _GLOW, 0) / chroma
    a *= keep
    b *= keep


def _falling_light(regions: Regions, look: Grade) -> FloatImage:
    """Light from above and one side, about the largest head, as a share of lightness."""
    height, width = regions.person.shape
    x0, y0, across = max(
        regions.heads, key=lambda head: head[2], default=(width / 2, height / 2, 0.35 * min(height, width))
    )
    x = (np.arange(width, dtype=np.float32)[None, :] - np.float32(x0)) / np.float32(across)
    y = (np.arange(height, dtype=np.float32)[:, None] - np.float32(y0)) / np.float32(across)
    way = np.float32(0.75 * look.side) * x - np.float32(0.35) * y
    field: FloatImage = np.float32(look.light) * np.tanh(way * np.float32(1.1))
    return field
