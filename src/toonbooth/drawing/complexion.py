"""Skin as one clean surface: a base tone, one shadow tone, one light tone and a blush."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.cel_form import evenly_lit
from toonbooth.drawing.flesh import (
    calm_of,
    colourfulness,
    creases,
    hue_of_skin,
    lift_of,
    like_flesh,
    sunlit,
    teeth_in,
    unbleach_lips,
    underexposure,
)
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_surface import Surface
from toonbooth.imaging.colour import planes_of, tripled
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent, grown

_ENOUGH_SKIN = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""


_TEETH = (0.5, 3.5)
"""a* and b* of teeth: ivory is yellow beside skin that is drawn lighter than it was."""

_BLOTCH = 0.085
"""Half the width of the widest blotch on a skin, face widths."""

_GLARE = 84.0
"""L* from which teeth grow lighter by about half."""


@dataclass(frozen=True, slots=True)
class SkinTones:
    """How skin is toned.

    shadow : depth of the shadow tone, L*. Turning it up models the face more.
    blush : added to a* on the cheeks.
    warmth : added to b* in shadows.
    side : -1 light from the left … 1 from the right.
    """

    shadow: float
    blush: float
    warmth: float
    side: float


def lay_skin(
    lab: FloatImage, surface: Surface, regions: Regions, tones: SkinTones, *, unit: float
) -> FloatImage:
    """Tone the skin.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    surface : Surface
        From `close_skin`.
    regions : of the same size
    tones : SkinTones
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W, 3), L*a*b*: skin everywhere; only where `skin` is it means something.
    """
    colourful = colourfulness(lab)
    if len(regions.heads) < 2:
        return _lay_one(lab, surface, regions, tones, head=0, unit=unit, colourful=colourful)
    # Everybody's skin is toned by itself.
    plate = lab.copy()
    height, width = surface.skin.shape
    for head, (x, y, across) in enumerate(regions.heads):
        window = (
            slice(max(0, int(y - 1.6 * across)), max(1, min(height, int(y + 2.7 * across)))),
            slice(max(0, int(x - 2.2 * across)), max(1, min(width, int(x + 2.2 * across)))),
        )
        within = regions.within(window)
        share = within.share_of(head)
        own = Surface(surface.skin[window] * share, surface.stubble[window], surface.tones)
        mine = within.of_head(head)
        laid = _lay_one(lab[window], own, mine, tones, head=head, unit=unit, colourful=colourful)
        plate[window] += tripled(share) * (laid - plate[window])
    return plate


def _lay_one(
    lab: FloatImage,
    surface: Surface,
    regions: Regions,
    tones: SkinTones,
    *,
    head: int,
    unit: float,
    colourful: float,
) -> FloatImage:
    skin = surface.skin
    bare = regions.skin * (1 - smoothstep(regions.features, low=0.02, high=0.3)) * skin
    height, width = skin.shape
    size = (max(1, width // 2), max(1, height // 2))
    few, few_bare = shrunk(lab, size), shrunk(bare, size)
    sure = few_bare > 0.8
    if np.count_nonzero(sure) < _ENOUGH_SKIN:
        return lab
    middle, measured_red, measured_yellow = (float(v) for v in medians(few[sure].T))
    calm = masked_blur(few, few_bare, sigma=max(0.8, 2.6 * unit))
    wide = masked_blur(few, few_bare, sigma=max(1.5, 14 * unit))
    trust = smoothstep(gaussian(few_bare, sigma=max(0.8, 2.6 * unit)), low=0.05, high=0.45)
    calm = wide + (calm - wide) * tripled(trust)
    light, red, yellow = planes_of(calm)
    form = light - np.float32(middle)
    if regions.heads:
        x, y, across = (value / 2 for value in regions.heads[head])
        form = evenly_lit(form, sure, shrunk(regions.lips, size), (x, y, across))
        form = _without_blotches(form, sure, shrunk(regions.features, size), (x, y, across))
    spread = float(np.clip(np.std(form[sure]), 2.5, 9.0))
    soft_form = gaussian(form, sigma=max(0.8, 3.0 * unit))
    # One shadow and one light: shapes with edges so soft that a forehead that slopes has no step.
    shade = smoothstep(soft_form, low=-0.5 * spread, high=-1.5 * spread)
    glow = smoothstep(soft_form, low=0.7 * spread, high=1.6 * spread)
    # Where half a face lies in the sun, skin is as light as that half, and the other half is its shadow.
    sunny = sunlit(form[sure])
    gentle = np.clip(form, -24, 14 + sunny) * np.float32(0.42)
    base = (
        middle
        + sunny
        + 1.3 * lift_of(middle, measured_yellow)
        + underexposure(lab[..., 0], regions, (middle, measured_red, measured_yellow))
    )
    drawn = np.float32(base) + gentle - np.float32(tones.shadow) * shade + np.float32(3.5) * glow

    # Light skin looks boiled when it is as red as in photos; dark skin without its red looks grey.
    ruddy = float(np.interp(middle, [45.0, 62.0], [1.04, 0.99]))
    hue_red, hue_yellow = hue_of_skin(measured_red, measured_yellow, lightness=middle, colourful=colourful)
    hue_red *= ruddy
    chroma = float(np.hypot(hue_red, hue_yellow))
    calmer = calm_of(chroma)
    a = (red - np.float32(measured_red)) * np.float32(0.35) + np.float32(hue_red * calmer) + 2 * shade
    b = (yellow - np.float32(measured_yellow)) * np.float32(0.35) + np.float32(hue_yellow * calmer)
    a = np.maximum(a, np.float32(0.9 * hue_red * calmer))
    b = np.maximum(b, np.float32(0.9 * hue_yellow * calmer)) + np.float32(1 + tones.warmth) * shade
    plate = enlarged(cv2.merge([drawn, a, b]).astype(np.float32, copy=False), (width, height))
    kept = np.maximum(surface.stubble, smoothstep(regions.features, low=0.02, high=0.6)) * (skin > 0)
    window = extent(kept > 0.01)
    if window is not None:
        # Eyes, brows and lips stand out of the skin around them as they do in the photo: hard light that the
        # skin has lost would be a patch about them.
        own = lab[window].copy()
        around = enlarged(calm, (width, height))[window]
        moved = plate[window] - around
        # In the shade things differ less than they do in the light that they are drawn in.
        darker = np.minimum(own[..., 0] - around[..., 0], 0)
        moved[..., 0] += darker * np.clip(moved[..., 0] / np.maximum(around[..., 0], 10), 0, np.float32(0.7))
        # The darker a thing, the less colour the light has given it that is to be taken away.
        moved[..., 1:] *= np.clip(own[..., :1] * np.float32(1 / max(middle, 1.0)), 0, np.float32(1.2))
        own += moved
        # Light on the hair beside a brow's end is no part of the brow.
        excess = np.maximum(own[..., 0] - plate[window][..., 0] - np.float32(10), 0)
        excess *= 1 - np.maximum(regions.eyes, regions.lips)[window]
        own[..., 0] -= np.float32(0.8) * excess
        own[..., 1:] += tripled(smoothstep(excess, low=0.0, high=12.0))[..., 1:] * (
            plate[window][..., 1:] - own[..., 1:]
        )
        plate[window] += tripled(kept[window]) * (own - plate[window])
        light, a, b = planes_of(plate[window])
        tone = (base, hue_red * calmer, hue_yellow * calmer)
        unbleach_lips((light, a, b), regions.lips[window], regions.mouth[window], tone)
        plate[window] = cv2.merge([light, a, b])
    _whiten_teeth(plate, lab, regions.mouth * (skin > 0), middle=middle, red=measured_red, unit=unit)
    plate[..., 0] += creases(lab[..., 0], regions.skin * skin * (1 - kept), unit=unit, reach=11.0, kept=1.0)
    # A blush ends before the cheek does, above all on the far side of a turned head.
    within = smoothstep(gaussian(skin, sigma=max(1.0, 9 * unit)), low=0.72, high=0.98)
    blush = regions.cheeks * within * np.float32(tones.blush)
    plate[..., 1] += blush
    plate[..., 0] -= np.float32(0.12) * blush
    toned: FloatImage = plate
    return toned


def _without_blotches(
    form: FloatImage, sure: NDArray[np.bool_], features: FloatImage, head: tuple[float, float, float]
) -> FloatImage:
    """Take shallow hollows out of a face's form that lie on forehead and cheeks, away from all features.

    Parameters are those of `evenly_lit`; `features` is 1 on eyes, brows, nose and lips.
    """
    x, y, width = head
    rows = (np.arange(form.shape[0], dtype=np.float32) - np.float32(y)) / np.float32(width)
    columns = (np.arange(form.shape[1], dtype=np.float32) - np.float32(x)) / np.float32(width)
    plain = smoothstep(np.square(rows / 0.8)[:, None] + np.square(columns / 0.42)[None, :], low=1.0, high=0.8)
    plain *= smoothstep(rows, low=0.2, high=0.1)[:, None]
    # A nose's ridge has its shade.
    plain *= np.maximum(
        smoothstep(np.abs(columns), low=0.12, high=0.2)[None, :],
        smoothstep(rows, low=-0.2, high=-0.3)[:, None],
    )
    plain *= smoothstep(gaussian(features, sigma=0.03 * width), low=0.12, high=0.03)
    window = extent(plain > 0.01)
    if window is None:
        return form
    window = grown(window, round(2 * _BLOTCH * width) + 1, form.shape)
    # Shadows that run in from hair or from a jaw stay: beyond skin all is dark.
    near = np.where(sure[window], form[window], np.float32(-99))
    hollow = np.maximum(cv2.morphologyEx(near, cv2.MORPH_CLOSE, disk(_BLOTCH * width)) - near, 0)
    even = form.copy()
    even[window] += plain[window] * sure[window] * hollow * smoothstep(hollow, low=11.0, high=6.0)
    return even


def _whiten_teeth(
    plate: FloatImage, lab: FloatImage, mouth: FloatImage, *, middle: float, red: float, unit: float
) -> None:
    """Give teeth one light tone without a colour, hardly divided, in place."""
    window = extent(mouth > 0.01)
    if window is None:
        return
    part = plate[window]
    teeth = teeth_in(lab[window], mouth[window], middle=middle, red=red)
    light, a, b = planes_of(part)
    # The rims between them stay as a hint; stains and shine go.
    even = masked_blur(light, teeth, sigma=max(1.0, 7 * unit))
    light += teeth * (np.float32(0.55) * (even - light) + 3)
    a += teeth * np.float32(0.8) * (np.float32(_TEETH[0]) - a)
    b += teeth * np.float32(0.8) * (np.float32(_TEETH[1]) - b)
    # In clear light they must neither glare nor melt into one slab.
    glare = np.minimum(np.maximum(light - np.float32(_GLARE), 0), 24)
    light -= teeth * np.float32(0.45) * glare
    plate[window] = cv2.merge([np.minimum(light, np.float32(96)), a, b])


def as_flesh(drawn: FloatImage, lab: FloatImage, surface: Surface) -> FloatImage:
    """Give ears, hands and whatever else has the colour of somebody's skin that skin's calm colour.

    Parameters
    ----------
    drawn : float32 array, shape (H, W, 3), L*a*b*
        The picture as hair and clothes are drawn.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    surface : Surface
    """
    planes = planes_of(drawn)
    lightness, a, b = planes_of(lab)
    for tone in surface.tones:
        flesh = like_flesh(lab, tone)
        calmer = calm_of(float(np.hypot(tone[1], tone[2])))
        lifted = lightness + np.float32(0.8 * lift_of(tone[0], tone[2]))
        wanted = (lifted, a * np.float32(calmer), b * np.float32(calmer))
        planes = [plane + flesh * (skin - plane) for plane, skin in zip(planes, wanted, strict=True)]
    return cv2.merge(planes).astype(np.float32, copy=False)
