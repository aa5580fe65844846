"""Eyes drawn anew: white, iris in the person's own colour, pupil, light, lids and lashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.eyes import lightness_of_iris
from toonbooth.drawing.features import ink_of
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, Pen, curve, ellipse
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians, percentile
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye, Points

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""

CREASES = (np.array([113, 247, 30, 29, 27, 28, 56, 190]), np.array([342, 467, 260, 259, 257, 258, 286, 414]))
"""Where the upper lid folds, from the outer corner inwards: left eye, right eye."""

_LASHES: Colour = (9.0, 5.0, 3.0)
_DARK_BROWN: Colour = (24.0, 9.0, 12.0)


@dataclass(frozen=True, slots=True)
class EyeTones:
    """What both eyes of a person have in common.

    iris : its colour.
    white : L* of the white.
    lashes : 0 … 1, from lashes that hardly show to painted ones.
    """

    iris: Colour
    white: float
    lashes: float


def eye_tones(
    whole: Likeness, parts: Sequence[Likeness], eyes: Sequence[Eye], *, hue: FloatImage
) -> EyeTones:
    """Look at a person's eyes; `parts` are what is around each of them, `hue` their irises' a* and b*."""
    pairs = [(part, eye) for part, eye in zip(parts, eyes, strict=True) if eye.openness >= _CLOSED]
    lashes = float(np.mean([_lashes(part, eye) for part, eye in pairs])) if pairs else 0.5
    white = float(np.mean([_whiteness(part, eye) for part, eye in pairs])) if pairs else whole.paint[0]
    # Its lower half is drawn lit from within: the rest is darker than an iris is on average.
    lightness = 0.92 * iris_colour(whole, tuple(eyes))[0]
    return EyeTones((lightness, float(hue[0]), float(hue[1])), white, lashes)


def _lashes(seen: Likeness, eye: Eye) -> float:
    """How dark the upper lid's edge is: lashes that hardly show must not become make-up."""
    contour = seen.contour(eye)
    across = float(np.hypot(*(contour[8] - contour[0])))
    path = curve(contour[1:8], samples=24)
    offsets = np.linspace(-0.05, 0.12, 9, dtype=np.float32) * np.float32(across)
    places = (path[None] + offsets[:, None, None] * seen.up).reshape(-1, 2).astype(np.float32)
    lightness = seen.at(np.ascontiguousarray(seen.lab[..., 0]), places).reshape(len(offsets), -1)
    edge = float(np.median(lightness.min(axis=0))) / max(float(np.median(seen.around)), 1.0)
    return float(np.interp(edge, [0.12, 0.4], [1.0, 0.0]))


def draw_eye(
    pen: Pen, seen: Likeness, eye: Eye, crease: NDArray[np.int64], tones: EyeTones, *, light_from: float
) -> None:
    """Draw one eye; `crease` are the landmarks where its upper lid folds."""
    contour = seen.contour(eye)
    across = float(np.hypot(*(contour[8] - contour[0])))
    if across < 4:
        return
    _draw_makeup(pen, seen, contour)
    # Before the lashes: where the lid is narrow its fold lies on them.
    _draw_crease(pen, seen, seen.points[crease], across)
    if eye.openness < _CLOSED:
        _draw_closed(pen, contour)
    else:
        _draw_open(pen, seen, eye, contour, tones, light_from=light_from)


def iris_colour(whole: Likeness, eyes: tuple[Eye, ...]) -> Colour:
    """The one colour of a person's irises, from all that can be seen of them."""
    pale, weights, brightest = [], [], 0.0
    for eye in eyes:
        radius = eye.iris_radius
        if eye.openness < _CLOSED or radius < 1.5:
            continue
        seen = whole.around_point(eye.iris_centre, reach=1.6 * radius)
        opening = polygon_mask(seen.size, seen.contour(eye))
        x = (
            np.arange(seen.size[1], dtype=np.float32)[None, :]
            + seen.corner[0]
            - np.float32(eye.iris_centre[0])
        ) / radius
        y = (
            np.arange(seen.size[0], dtype=np.float32)[:, None]
            + seen.corner[1]
            - np.float32(eye.iris_centre[1])
        ) / radius
        distance = np.sqrt(x * x + y * y)
        # Away from pupil, lid and glints.
        ring = (opening > 0.95) & (distance > 0.42) & (distance < 0.85) & (y > -0.45)
        white = (opening > 0.95) & (distance > 1.2)
        samples = seen.lab[ring]
        if len(samples) < 5:
            continue
        samples = samples[samples[:, 0] <= percentile(samples[:, 0], 80)]
        whites = seen.lab[white]
        cast = np.array([70.0, 3.0, 4.0])
        if len(whites) > 5:
            cast = medians(whites.T)
            brightest = max(brightest, percentile(whites[:, 0], 80))
        iris = medians(samples.T)
        pale.append([iris[0] / max(cast[0], 30.0), iris[1] - 0.5 * cast[1], iris[2] - 0.5 * cast[2]])
        weights.append(len(samples))
    if not pale:
        return _DARK_BROWN
    lightness, a, b = (float(v) for v in np.average(np.array(pale), axis=0, weights=np.array(weights, float)))
    light = lightness_of_iris(lightness, a)
    # In the dark all eyes are.
    light *= float(np.clip((brightest - 32) / 18, 0, 1))
    # There are no pink and no violet irises.
    a = min(a, 0.8 * max(b, 0.0))
    # Grey eyes are seen as blue ones.
    b -= 1.5 * light
    strength = float(np.hypot(a, b))
    wanted = np.clip(1.25 * strength, 6.0, 19.0) / max(strength, 1.0)
    clear = (float(np.clip(26 + 34 * lightness, 33, 52)), a * wanted, b * wanted)
    red, yellow = (max(a, 5.0) + 4.0, max(b, 7.0) + 7.0) if b > -3 else (5.0, 9.0)
    dark = (25.0 + 6 * lightness, min(red, 13.0), min(yellow, 20.0))
    return (
        dark[0] + (clear[0] - dark[0]) * light,
        dark[1] + (clear[1] - dark[1]) * light,
        dark[2] + (clear[2] - dark[2]) * light,
    )


def _draw_open(
    pen: Pen, seen: Likeness, eye: Eye, contour: Points, tones: EyeTones, *, light_from: float
) -> None:
    roll = seen.face.roll
    up = seen.up
    right = np.array([-up[1], up[0]], np.float32)
    across = float(np.hypot(*(contour[8] - contour[0])))
    upper, lower = (
        curve(contour[:9], samples=33),
        curve(np.concatenate([contour[8:], contour[:1]]), samples=33),
    )
    outline = np.concatenate([upper, lower[1:-1]])
    opening = polygon_mask(seen.size, outline, feather=0.4)
    tall = max(float(((upper - lower[::-1]) @ up).max()), 0.05 * across)

    # Whites are as light as the light on the face, never paper, and shaded under the lid.
    white = (min(tones.white, _lightest_white(pen, seen, contour)), 0.2 * seen.paint[1], 0.25 * seen.paint[2])
    _dry_the_lower_lid(pen, seen, lower, tall=tall, radius=eye.iris_radius)
    pen.fill(outline, colour=white, clip=opening)
    shade = (white[0] - 26, 4.0, 1.0)
    pen.stroke(
        upper - up * 0.06 * tall,
        widths=(0.1 * tall, 0.34 * tall, 0.34 * tall, 0.16 * tall),
        colour=shade,
        strength=0.75,
        soft=0.07 * tall,
        clip=opening,
    )
    inner = contour[8]
    pen.fill(
        ellipse((float(inner[0]), float(inner[1])), (0.07 * across, 0.05 * across), turn=roll),
        colour=(seen.paint[0] - 4, seen.paint[1] + 10, seen.paint[2]),
        strength=0.75,
        soft=0.02 * across,
        clip=opening,
    )

    centre = np.array(eye.iris_centre, np.float32) - seen.corner
    radius = max(1.05 * eye.iris_radius, 0.2 * across)
    narrow = float(np.clip(np.cos(seen.face.yaw * 0.8), 0.75, 1.0))

    def disc(size: float, *, dx: float = 0.0, dy: float = 0.0) -> Points:
        x, y = centre + right * dx * radius - up * dy * radius
        return ellipse((float(x), float(y)), (size * radius * narrow, size * radius), turn=roll)

    lightness, a, b = colour = tones.iris
    rim = (max(6.0, lightness * 0.42), a * 0.7, b * 0.6)
    fine = max(0.3, 0.05 * radius)
    pen.fill(disc(1.0), colour=rim, soft=fine, clip=opening)
    pen.fill(disc(0.84), colour=colour, soft=2 * fine, clip=opening)
    glow = (min(86.0, lightness + 14), a * 1.1, b * 1.1)
    iris = opening * polygon_mask(seen.size, disc(0.84), feather=2 * fine)
    pen.fill(
        disc(0.5, dx=-0.12 * light_from, dy=0.42), colour=glow, strength=0.8, soft=0.16 * radius, clip=iris
    )
    pen.fill(disc(0.42), colour=(5.0, 1.0, 0.0), soft=fine, clip=opening)
    pen.fill(
        disc(1.0, dy=-0.95),
        colour=(max(4.0, lightness * 0.25), a * 0.5, b * 0.4),
        strength=0.6,
        soft=0.18 * radius,
        clip=iris,
    )
    # Never under the lid, and no glitter where an eye is narrow.
    beside = (upper - centre) @ right - np.float32(0.34 * light_from * radius)
    lid = float((upper - centre)[np.abs(beside).argmin()] @ up) / radius
    wide = tall / radius
    pen.fill(
        disc(0.2 * float(np.clip(wide / 1.5, 0.65, 1)), dx=0.34 * light_from, dy=-min(0.36, lid - 0.34)),
        colour=(98.0, 0.0, 0.0),
        soft=fine,
        clip=opening,
    )
    pen.fill(
        disc(0.09, dx=-0.38 * light_from, dy=0.4),
        colour=(96.0, 0.0, 0.0),
        strength=0.45 * float(np.clip((wide - 1.0) / 0.4, 0, 1)),
        soft=fine,
        clip=opening,
    )

    full = 0.45 + 0.55 * tones.lashes
    faint = ink_of(seen.paint, depth=0.68)
    lash = tuple(thin + (thick - thin) * tones.lashes for thin, thick in zip(faint, _LASHES, strict=True))
    outer = contour[0] - contour[8]
    outward = outer / max(float(np.hypot(*outer)), 1e-3)
    wing = contour[0] + (outward * 0.07 * across + up * 0.02 * across) * tones.lashes
    edge = upper + up * 0.02 * across * full
    pen.stroke(
        np.concatenate([wing[None], edge]) if tones.lashes > 0.3 else edge,
        widths=[full * width * across for width in (0.01, 0.105, 0.1, 0.08, 0.04)],
        colour=(lash[0], lash[1], lash[2]),
    )
    pen.stroke(
        lower[3:-1] - up * 0.01 * across,
        widths=(0.012 * across, 0.028 * across, 0.035 * across),
        colour=ink_of(seen.paint, depth=0.55),
        strength=0.75,
    )


def _whiteness(seen: Likeness, eye: Eye) -> float:
    """L* of the white: the photo's own, a little brightened; eyes in the shade don't glare."""
    opening = polygon_mask(seen.size, seen.contour(eye))
    own = seen.lab[..., 0][(opening > 0.9) & (seen.lab[..., 1] < seen.tone[1])]
    light = 48 + 0.5 * seen.paint[0]
    if len(own) >= 6:
        light = 0.3 * light + 0.7 * (percentile(own, 85) + 7)
    return float(np.clip(light, min(seen.paint[0] - 1, 79), 87))


def _lightest_white(pen: Pen, seen: Likeness, contour: Points) -> float:
    """L* that the white of an eye may have beside the skin drawn about it: in the shade it doesn't glow."""
    about = polygon_mask(seen.size, contour, grow=2.0) - polygon_mask(seen.size, contour, grow=1.35)
    drawn = pen.window[(about > 0.5) & (seen.frames < 0.1)]
    if len(drawn) < 12:
        return 87.0
    skin = percentile(rgb_to_lab(np.ascontiguousarray(drawn[None]))[..., 0], 75)
    # Eyes stand out of dark skin more than out of light skin.
    return skin + float(np.interp(skin, (30, 50, 78), (32, 13, 4)))


def _dry_the_lower_lid(pen: Pen, seen: Likeness, lower: Points, *, tall: float, radius: float) -> None:
    """Take away what sparkles along the lower lid: in a drawing a wet edge is a white line under the eye."""
    below = lower - seen.up * np.float32(0.95 * radius)
    band = polygon_mask(
        seen.size,
        np.concatenate([lower + seen.up * np.float32(0.2 * tall), below[::-1]]),
        feather=0.15 * radius,
    )
    x, y, across, down = cv2.boundingRect((band > 0.01).astype(np.uint8))
    if not across:
        return
    box = (slice(y, y + down), slice(x, x + across))
    part = pen.window[box]
    dull = cv2.morphologyEx(part, cv2.MORPH_OPEN, disk(0.3 * radius))
    dull = cv2.GaussianBlur(dull, (0, 0), max(0.6, 0.15 * radius))
    part += band[box][..., None] * (np.minimum(dull, part) - part)


def _draw_makeup(pen: Pen, seen: Likeness, contour: Points) -> None:
    """What is nearly black around an eye stays: thick lashes, a liner's wing."""
    zone = polygon_mask(seen.size, contour, grow=1.5, feather=0.008 * seen.width) * (1 - seen.frames)
    depth = gaussian(seen.around - seen.lab[..., 0], sigma=0.005 * seen.width) / np.maximum(seen.around, 20)
    own = np.empty_like(seen.lab)
    own[...] = np.array(_LASHES, np.float32)
    pen.lay(own, zone * smoothstep(depth.astype(np.float32), low=0.5, high=0.72) * np.float32(0.85))


def _draw_closed(pen: Pen, contour: Points) -> None:
    across = float(np.hypot(*(contour[8] - contour[0])))
    upper, lower = (
        curve(contour[:9], samples=25),
        curve(np.concatenate([contour[8:], contour[:1]]), samples=25),
    )
    path = ((upper + lower[::-1]) / 2).astype(np.float32)
    pen.stroke(path, widths=(0.03 * across, 0.1 * across, 0.1 * across, 0.04 * across), colour=_LASHES)


def _draw_crease(pen: Pen, seen: Likeness, path: Points, across: float) -> None:
    line, strength = seen.trace(path[1:], reach=0.012)
    pressure: FloatImage = np.float32(0.25) + np.float32(0.75) * smoothstep(strength, low=0.004, high=0.03)
    pen.stroke(
        line,
        widths=(0.015 * across, 0.04 * across, 0.035 * across, 0.01 * across),
        colour=ink_of(seen.paint, depth=0.45),
        strength=0.75,
        pressure=pressure,
        clip=seen.skin,
    )
