"""Skin as one closed region with smooth edges, whatever lies on it, shines on it or shades it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import Regions, golden_hue, polygon_mask
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, scaled

SMALLEST_DRAWN_FACE = 30.0
"""Width in pixels from which a face has room for drawn features; a smaller one keeps its photo's."""

_ENOUGH_SKIN = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""


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


def close_skin(
    lab: FloatImage,
    regions: Regions,
    faces: tuple[Face, ...],
    *,
    scale: float,
    fringe_roughness: float = 0.0,
    warm_light: bool = False,
) -> Surface:
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
    fringe_roughness : float, L*
        How far hair over a forehead strays from its mean. Turning it up makes skin of shadows there, and of
        hair that the picture has lost the strands of; 0 takes all that is dark and yellow for hair.
    warm_light : whether skin below the brows may be as yellow as blond strands

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
        points = scaled(face.landmarks, scale)
        window = _around(points, closed.shape, beside=0.32 * width, above=0.45 * width, below=0.5 * width)
        corner = np.array([window[1].start, window[0].start], np.float32)
        local, within = points - corner, regions.within(window)
        closed[window], dark = _closed_around(
            closed[window],
            lab[window],
            within,
            local,
            width,
            bearded=beard,
            fringe_roughness=fringe_roughness,
            warm_light=warm_light,
        )
        np.maximum(stubble[window], dark, out=stubble[window])
        sure = (regions.skin[window] > 0.9) & (within.features < 0.05)
        if np.count_nonzero(sure) >= _ENOUGH_SKIN:
            lightness, a, b = (float(value) for value in medians(lab[window][sure].T))
            tones.append((lightness, a, b))
    return Surface(closed, stubble, tuple(tones))


def _soft_zone(shape: tuple[int, ...], outline: Points, *, grow: float, feather: float) -> FloatImage:
    # Wide feathers need few pixels: `gaussian` makes them on a smaller picture.
    return gaussian(polygon_mask((shape[0], shape[1]), outline, grow=grow), sigma=feather)


def _closed_around(
    skin: FloatImage,
    lab: FloatImage,
    regions: Regions,
    points: Points,
    width: float,
    *,
    bearded: float,
    fringe_roughness: float,
    warm_light: bool,
) -> tuple[FloatImage, FloatImage]:
    shape = skin.shape
    oval = polygon_mask(shape, points[facemap.OVAL], grow=0.97)
    sure = (skin > 0.8) & (oval > 0.5)
    if np.count_nonzero(sure) < _ENOUGH_SKIN:
        return skin, np.zeros_like(skin)
    typical = [float(value) for value in medians(lab[sure].T)]
    middle, yellow_of_skin = typical[0], max(typical[2], 4.0)
    inner = _soft_zone(shape, points[facemap.OVAL], grow=0.8, feather=width * 0.02)
    lightness, red, yellow = planes_of(lab)
    calm_light = gaussian(lightness, sigma=0.008 * width)
    # Blond strands and gold are yellower than skin of their redness.
    golden = golden_hue(red, yellow, (typical[1], typical[2]))
    # What is burnt out has no hue that would tell anything.
    burnt = smoothstep(lightness, low=88.0, high=94.0)
    golden *= 1 - burnt
    # Skin that shines or lies in cool light has no red left, like grey hair, but hair isn't smooth.
    mean = gaussian(lightness, sigma=0.015 * width)
    rough = np.sqrt(np.maximum(gaussian(lightness * lightness, sigma=0.015 * width) - mean * mean, 0))
    fleshy = np.maximum(
        smoothstep(red, low=-2.0, high=2.0),
        smoothstep(red, low=-9.0, high=-4.0) * smoothstep(rough, low=7.0, high=4.0),
    )
    np.maximum(fleshy, burnt, out=fleshy)
    pale = smoothstep(lightness, low=middle - 9, high=middle - 2) * fleshy
    face = _soft_zone(shape, points[facemap.OVAL], grow=0.95, feather=width * 0.012)
    # Strands fall over foreheads; below the brows what was found as skin may be skin in warm light.
    strands = golden * _over_brows(shape, points, width) if warm_light else golden
    # What shines, and what cool light makes pale, is skin when it lies on the face.
    skin = np.maximum(skin * (1 - strands), pale * face * (1 - golden))
    bay = smoothstep(gaussian(skin, sigma=0.045 * width), low=0.3, high=0.46)
    shine = smoothstep(lightness, low=middle, high=middle + 6) * fleshy * (1 - golden)
    skin = np.maximum(skin, bay * shine)
    # Over the brows what is clearly darker than skin, and a little yellower, is a fringe; a shadow is redder.
    forehead = _soft_zone(shape, points[_FOREHEAD], grow=1.1, feather=width * 0.01)
    forehead *= 1 - smoothstep(regions.features, low=0.02, high=0.2)
    yellower = yellow - red * np.float32(yellow_of_skin / max(typical[1], 6.0))
    fringe = smoothstep(yellower, low=0.02 * yellow_of_skin, high=0.2 * yellow_of_skin)
    fringe *= smoothstep(calm_light, low=0.86 * middle, high=0.74 * middle)
    if fringe_roughness > 0:
        # A shadow is smooth; hair isn't, unless it is far darker.
        fringe *= np.maximum(
            smoothstep(rough, low=0.7 * fringe_roughness, high=1.3 * fringe_roughness),
            smoothstep(calm_light, low=0.68 * middle, high=0.56 * middle),
        )
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

    filled = regions.bare(filled)
    # Very dark beards are painted like hair; the rest is skin that keeps its tone.
    form = calm_light - np.float32(middle)
    beard *= np.float32(bearded)
    filled *= 1 - beard * smoothstep(form, low=-0.42 * middle, high=-0.58 * middle)
    stubble = beard * smoothstep(form, low=-4.0, high=-13.0)

    crisp = smoothstep(gaussian(filled, sigma=0.011 * width), low=0.3, high=0.7)
    soft = gaussian(filled, sigma=0.014 * width)
    soft_zone = _soft_zone(shape, points[_BEARD_ZONE], grow=1.05, feather=width * 0.05)
    return (crisp + (soft - crisp) * soft_zone).astype(np.float32), stubble


def _over_brows(shape: tuple[int, ...], points: Points, width: float) -> FloatImage:
    up = facemap.upright(points).astype(np.float32) / np.float32(width)
    x, y = points[_BROWS].mean(axis=0)
    columns = (np.arange(shape[1], dtype=np.float32) - np.float32(x)) * up[0]
    rows = (np.arange(shape[0], dtype=np.float32) - np.float32(y)) * up[1]
    return smoothstep(rows[:, None] + columns[None, :], low=-0.05, high=0.05)


_BROWS = np.array([105, 334])
"""The middles of the brows' upper edges."""

_BROW_BAND = np.array([127, 54, 103, 109, 338, 332, 284, 356, 446, 464, 244, 226])
"""From temple to temple between the middle of the forehead and the eyes."""

_FOREHEAD = np.array([162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 334, 296, 9, 66, 105])
"""From the hair to the upper edge of the brows."""

_BEARD_ZONE = np.array([*facemap.JAW, 132, 50, 129, 2, 358, 280, 361])
"""The lower face: from the cheeks down."""


def _around(
    points: Points, shape: tuple[int, ...], *, beside: float, above: float, below: float
) -> tuple[slice, slice]:
    x0, y0 = points.min(axis=0)
    x1, y1 = points.max(axis=0)
    left, top = int(np.clip(x0 - beside, 0, shape[1] - 1)), int(np.clip(y0 - above, 0, shape[0] - 1))
    right, bottom = int(min(shape[1], x1 + beside + 1)), int(min(shape[0], y1 + below + 1))
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))
