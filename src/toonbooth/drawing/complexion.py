"""Skin as one clean surface: a closed region, a base tone, one shadow tone, one light tone and a blush."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points

SMALLEST_DRAWN_FACE = 30.0
"""Width in pixels from which a face has room for drawn features; a smaller one keeps its photo's."""

_PORES, _DEEPEST, _KEPT = 1.6, 12.0, 0.75
"""A crease is deeper than the first, L*; it is drawn as deep as the second at most, and at this share."""

_ENOUGH_SKIN = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""


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


@dataclass(frozen=True, slots=True)
class Surface:
    """Where skin is drawn, (H, W) float32 each.

    skin : 1 on skin; its edges are smooth curves.
    stubble : 0 … 1, skin under a beard: it keeps the tone it has.
    tones : L*, a*, b* of everybody's skin in the photo.
    """

    skin: FloatImage
    stubble: FloatImage
    tones: tuple[Colour, ...]


def close_skin(lab: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float) -> Surface:
    """Make one closed region of the skin that was found by its colour.

    What shines on a nose, spectacles, eyes, brows and lips lie on skin and leave no hole in it. Fringes, hats
    and very dark beards stay outside; islands in hair go.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    regions : of the same size
    faces : faces in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.

    Returns
    -------
    Surface; the skin's edges are softer on the lower face, where beards end softly.
    """
    closed: FloatImage = regions.skin.copy()
    stubble = np.zeros_like(closed)
    tones: list[Colour] = []
    for face, beard in zip(faces, regions.beards or (1.0,) * len(faces), strict=True):
        width = face.width * scale
        if face.width < SMALLEST_DRAWN_FACE or width < 12:
            continue
        points: Points = (face.landmarks + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
        window = _around(points, closed.shape, beside=0.32 * width, above=0.45 * width, below=0.5 * width)
        corner = np.array([window[1].start, window[0].start], np.float32)
        local, within = points - corner, regions.within(window)
        closed[window], dark = _closed_around(closed[window], lab[window], within, local, width)
        np.maximum(stubble[window], np.float32(beard) * dark, out=stubble[window])
        sure = (regions.skin[window] > 0.9) & (within.features < 0.05)
        if np.count_nonzero(sure) >= _ENOUGH_SKIN:
            lightness, a, b = (float(value) for value in np.median(lab[window][sure], axis=0))
            tones.append((lightness, a, b))
    return Surface(closed, stubble, tuple(tones))


def _soft_zone(shape: tuple[int, ...], outline: Points, *, grow: float, feather: float) -> FloatImage:
    # Wide feathers need few pixels: `gaussian` makes them on a smaller picture.
    return gaussian(polygon_mask((shape[0], shape[1]), outline, grow=grow), sigma=feather)


def _closed_around(
    skin: FloatImage, lab: FloatImage, regions: Regions, points: Points, width: float
) -> tuple[FloatImage, FloatImage]:
    shape = skin.shape
    oval = polygon_mask(shape, points[facemap.OVAL], grow=0.97)
    sure = (skin > 0.8) & (oval > 0.5)
    if np.count_nonzero(sure) < _ENOUGH_SKIN:
        return skin, np.zeros_like(skin)
    typical = [float(value) for value in np.median(lab[sure], axis=0)]
    middle, yellow_of_skin = typical[0], max(typical[2], 4.0)
    inner = _soft_zone(shape, points[facemap.OVAL], grow=0.8, feather=width * 0.02)
    lightness, red, yellow = planes_of(lab)
    calm_light = gaussian(lightness, sigma=0.008 * width)
    # Blond strands and gold are yellower than skin of their redness.
    golden = smoothstep(
        yellow - red * np.float32(yellow_of_skin / max(typical[1], 6.0)),
        low=0.35 * yellow_of_skin + 3,
        high=0.7 * yellow_of_skin + 5,
    )
    # Skin that shines or lies in cool light has no red left, like grey hair, but hair isn't smooth.
    mean = gaussian(lightness, sigma=0.015 * width)
    rough = np.sqrt(np.maximum(gaussian(lightness * lightness, sigma=0.015 * width) - mean * mean, 0))
    fleshy = np.maximum(
        smoothstep(red, low=-2.0, high=2.0),
        smoothstep(red, low=-9.0, high=-4.0) * smoothstep(rough, low=7.0, high=4.0),
    )
    pale = smoothstep(lightness, low=middle - 9, high=middle - 2) * fleshy
    face = _soft_zone(shape, points[facemap.OVAL], grow=0.95, feather=width * 0.012)
    # What shines, and what cool light makes pale, is skin when it lies on the face.
    skin = np.maximum(skin, pale * face) * (1 - golden)
    bay = smoothstep(gaussian(skin, sigma=0.045 * width), low=0.3, high=0.46)
    shine = smoothstep(lightness, low=middle, high=middle + 6) * fleshy * (1 - golden)
    skin = np.maximum(skin, bay * shine)
    # Over the brows what is clearly darker than skin, and a little yellower, is a fringe; a shadow is redder.
    forehead = _soft_zone(shape, points[_FOREHEAD], grow=1.1, feather=width * 0.01)
    forehead *= 1 - smoothstep(regions.features, low=0.02, high=0.2)
    yellower = yellow - red * np.float32(yellow_of_skin / max(typical[1], 6.0))
    fringe = smoothstep(yellower, low=0.02 * yellow_of_skin, high=0.2 * yellow_of_skin)
    fringe *= smoothstep(calm_light, low=0.86 * middle, high=0.74 * middle)
    skin = skin * (1 - forehead * fringe)
    beard = _soft_zone(shape, points[_BEARD_ZONE], grow=1.04, feather=width * 0.03)
    covered = np.maximum(regions.lips, regions.mouth)
    covered = np.maximum(
        covered, _soft_zone(shape, points[facemap.NOSE_TIP], grow=1.15, feather=width * 0.01)
    )
    beard *= 1 - smoothstep(covered, low=0.1, high=0.6)
    # Beards and cast shadows lie on the face, too.
    skin = np.maximum(skin, beard * polygon_mask(shape, points[facemap.OVAL], grow=0.99))

    # Eyes and lips lie on skin whatever covers their surroundings.
    on_face = np.maximum.reduce([regions.eyes, regions.lips]) * inner * (1 - golden)
    brows = regions.features * (1 - regions.eyes) * (1 - regions.lips) * inner
    brows *= polygon_mask(shape, points[_BROW_BAND]) * (1 - golden)
    filled = np.maximum(skin, smoothstep(np.maximum(on_face, brows), low=0.05, high=0.4))
    filled = np.maximum(filled, cv2.dilate(regions.frames, np.ones((5, 5), np.uint8)) * inner)

    # Holes: enclosed by skin, and no darker than it by much, or too small to be anything.
    outside = (filled < 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    height_, width_ = shape
    for index in range(1, count):
        x, y, across, down, area = (int(v) for v in stats[index])
        enclosed = x > 0 and y > 0 and x + across < width_ and y + down < height_
        if not enclosed or area > 0.12 * width * width:
            continue
        box = (slice(y, y + down), slice(x, x + across))
        these = labels[box] == index
        tone = float(lightness[box][these].mean())
        if area < 0.002 * width * width or tone > middle - 9:
            filled[box] = np.maximum(filled[box], these)
    # Islands of skin colour in hair.
    inside = (filled > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    small = np.zeros(count, np.float32)
    small[1:] = stats[1:, cv2.CC_STAT_AREA] < 0.012 * width * width
    islands = cv2.dilate(small[labels], np.ones((3, 3), np.uint8))
    filled *= 1 - islands

    # Very dark beards are painted like hair; the rest is skin that keeps its tone.
    form = calm_light - np.float32(middle)
    filled *= 1 - beard * smoothstep(form, low=-0.42 * middle, high=-0.58 * middle)
    stubble = beard * smoothstep(form, low=-4.0, high=-13.0)

    crisp = smoothstep(gaussian(filled, sigma=0.011 * width), low=0.3, high=0.7)
    soft = gaussian(filled, sigma=0.014 * width)
    soft_zone = _soft_zone(shape, points[_BEARD_ZONE], grow=1.05, feather=width * 0.05)
    return (crisp + (soft - crisp) * soft_zone).astype(np.float32), stubble


_BROW_BAND = np.array([127, 54, 103, 109, 338, 332, 284, 356, 446, 464, 244, 226])
"""From temple to temple between the middle of the forehead and the eyes."""

_FOREHEAD = np.array([162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 334, 296, 9, 66, 105])
"""From the hair to the upper edge of the brows."""

_BEARD_ZONE = np.array([*facemap.JAW, 132, 50, 129, 2, 358, 280, 361])
"""The lower face: from the cheeks down."""


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
        return _lay_one(lab, surface, regions, tones, unit=unit, colourful=colourful)
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
        laid = _lay_one(lab[window], own, within.of_head(head), tones, unit=unit, colourful=colourful)
        plate[window] += share[..., None] * (laid - plate[window])
    return plate


def _lay_one(
    lab: FloatImage,
    surface: Surface,
    regions: Regions,
    tones: SkinTones,
    *,
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
    middle, measured_red, measured_yellow = (float(v) for v in np.median(few[sure], axis=0))
    calm = masked_blur(few, few_bare, sigma=max(0.8, 2.6 * unit))
    wide = masked_blur(few, few_bare, sigma=max(1.5, 14 * unit))
    trust = smoothstep(gaussian(few_bare, sigma=max(0.8, 2.6 * unit)), low=0.05, high=0.45)[..., None]
    calm = wide + (calm - wide) * trust
    light, red, yellow = planes_of(calm)
    form = light - np.float32(middle)
    spread = float(np.clip(np.std(form[sure]), 2.5, 9.0))
    soft_form = gaussian(form, sigma=max(0.8, 3.0 * unit))
    # One shadow and one light, each a shape with an edge.
    shade = smoothstep(soft_form, low=-0.75 * spread, high=-1.1 * spread)
    glow = smoothstep(soft_form, low=0.95 * spread, high=1.3 * spread)
    # Where half a face lies in the sun, skin is as light as that half, and the other half is its shadow.
    sunny = sunlit(form[sure])
    gentle = np.clip(form, -24, 14 + sunny) * np.float32(0.42)
    base = middle + sunny + lift_of(middle) + underexposure(lab[..., 0], regions)
    drawn = np.float32(base) + gentle - np.float32(tones.shadow) * shade + np.float32(3.5) * glow

    # Light skin looks boiled when it is as red as in photos; dark skin without its red looks grey.
    ruddy = float(np.interp(middle, [45.0, 62.0], [1.02, 0.95]))
    hue_red, hue_yellow = hue_of_skin(measured_red, measured_yellow, colourful=colourful)
    hue_red = ruddy * min(hue_red, 0.85 * hue_yellow + 3.0)
    chroma = float(np.hypot(hue_red, hue_yellow))
    calmer = calm_of(chroma)
    a = (red - np.float32(measured_red)) * np.float32(0.35) + np.float32(hue_red * calmer) + 2 * shade
    b = (yellow - np.float32(measured_yellow)) * np.float32(0.35) + np.float32(hue_yellow * calmer)
    a = np.maximum(a, np.float32(0.9 * hue_red * calmer))
    b = np.maximum(b, np.float32(0.9 * hue_yellow * calmer)) + np.float32(1 + tones.warmth) * shade
    plate = enlarged(cv2.merge([drawn, a, b]).astype(np.float32, copy=False), (width, height))
    kept = np.maximum(surface.stubble, smoothstep(regions.features, low=0.02, high=0.6)) * (skin > 0)
    window = _extent(kept)
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
        plate[window] += kept[window][..., None] * (own - plate[window])
    plate[..., 0] += creases(lab[..., 0], regions.skin * skin * (1 - kept), unit=unit, reach=11.0, kept=1.0)
    # A blush ends before the cheek does, above all on the far side of a turned head.
    within = smoothstep(gaussian(skin, sigma=max(1.0, 9 * unit)), low=0.72, high=0.98)
    blush = regions.cheeks * within * np.float32(tones.blush)
    plate[..., 1] += blush
    plate[..., 0] -= np.float32(0.12) * blush
    toned: FloatImage = plate
    return toned


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
        lifted = lightness + np.float32(0.8 * lift_of(tone[0]))
        wanted = (lifted, a * np.float32(calmer), b * np.float32(calmer))
        planes = [plane + flesh * (skin - plane) for plane, skin in zip(planes, wanted, strict=True)]
    return cv2.merge(planes).astype(np.float32, copy=False)


def like_flesh(lab: FloatImage, tone: Colour) -> FloatImage:
    """0 … 1, (H, W): where a picture, L*a*b*, has the hue of a skin of that tone and about its light."""
    middle, red, yellow = tone
    lightness, a, b = planes_of(lab)
    chroma = np.sqrt(a * a + b * b) + np.float32(1e-3)
    strength = max(float(np.hypot(red, yellow)), 1.0)
    along: FloatImage = a * np.float32(red / strength) + b * np.float32(yellow / strength)
    flesh = smoothstep(along / chroma, low=0.93, high=0.985)
    flesh *= smoothstep(chroma, low=0.4 * strength, high=0.7 * strength)
    flesh *= smoothstep(lightness, low=0.5 * middle, high=0.72 * middle)
    return flesh


def hue_of_skin(red: float, yellow: float, *, colourful: float) -> tuple[float, float]:
    """The nearest hue that skin has by daylight: lamps and screens make it blue, grey or orange.

    Parameters
    ----------
    red, yellow : a*, b* as measured
    colourful : float, 0 … 1
        0 for a black and white photo, whose skin stays grey.
    """
    angle = float(np.arctan2(yellow, red))
    strength = float(np.hypot(red, yellow))
    likely = float(np.clip(angle, 0.8, 1.2))
    # What points the other way says nothing about the skin.
    strength *= max(0.0, float(np.cos(angle - likely)))
    strength = max(strength, 17.0 * colourful)
    return strength * float(np.cos(likely)), strength * float(np.sin(likely))


def creases(
    lightness: FloatImage, bare: FloatImage, *, unit: float, reach: float = 7.0, kept: float = _KEPT
) -> FloatImage:
    """What age and laughter have drawn into skin, L*, 0 or less: folds and wrinkles, no pores, no freckles.

    Parameters
    ----------
    lightness : float32 array, shape (H, W), L*
        The picture, in strokes.
    bare : float32 array, shape (H, W), 0 … 1
        Where skin is.
    unit : float, pixels
        A four-hundredth of a face's width.
    reach : float, units
        Half the width of the widest fold that counts.
    kept : float, 0 … 1
        Share of a fold's depth that is drawn.
    """
    around = gaussian(lightness, sigma=max(1.0, reach * unit))
    depth = np.minimum(gaussian(lightness, sigma=max(0.5, 1.0 * unit)) - around + np.float32(_PORES), 0)
    result: FloatImage = np.maximum(depth, np.float32(-_DEEPEST)) * bare * np.float32(kept)
    return result


def colourfulness(lab: FloatImage) -> float:
    """0 for a black and white picture … 1 for a coloured one: the former stays what it is."""
    return min(1.0, float(np.abs(lab[::4, ::4, 1:]).mean()) / 4)


def calm_of(chroma: float) -> float:
    """Factor on the colours of skin of a given chroma: strong colour looks orange in a drawing."""
    return float(min(1.0, 29.0 / max(chroma, 1.0)) ** 0.8)


def lift_of(middle: float) -> float:
    """How much lighter skin of a given L* is drawn: most in the middle; dark stays dark, light no chalk."""
    return float(np.interp(middle, [42.0, 56.0, 66.0, 72.0, 80.0], [0.3, 2.0, 4.5, 4.5, 1.0]))


def sunlit(form: FloatImage) -> float:
    """How much lighter than its median a face in hard light is drawn, L*; `form` is L* from that median."""
    lit = float(np.percentile(form, 80))
    return 0.5 * lit * float(np.interp(lit, [8.0, 18.0], [0.0, 1.0]))


def underexposure(lightness: FloatImage, regions: Regions) -> float:
    """How much light is missing, in L*: eye whites, alike in everybody, tell dark photos from dark skin."""
    seen = lightness[regions.eyes > 0.9]
    if len(seen) < 12:
        return 0.0
    return float(np.clip((52.0 - float(np.percentile(seen, 92))) * 0.4, 0.0, 7.0))


def _extent(mask: FloatImage) -> tuple[slice, slice] | None:
    x, y, width, height = cv2.boundingRect((mask > 0.01).astype(np.uint8))
    return (slice(y, y + height), slice(x, x + width)) if width and height else None


def _around(
    points: Points, shape: tuple[int, ...], *, beside: float, above: float, below: float
) -> tuple[slice, slice]:
    x0, y0 = points.min(axis=0)
    x1, y1 = points.max(axis=0)
    left, top = int(np.clip(x0 - beside, 0, shape[1] - 1)), int(np.clip(y0 - above, 0, shape[0] - 1))
    right, bottom = int(min(shape[1], x1 + beside + 1)), int(min(shape[0], y1 + below + 1))
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))
