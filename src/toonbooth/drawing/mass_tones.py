"""The tones of one material: how light falls on a head of hair or on a cloth, as shapes that nest."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.broad_shapes import Brush, broad_shapes
from toonbooth.drawing.creases import trace_creases
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.vector import Rgb, Shape, byte_colour, stout
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import Curve, trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import shrunk
from toonbooth.imaging.smoothing import masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import Window, extent, grown

_HUE = 1.25
"""How much more a difference in hue counts than one in lightness: grey hair is no blue coat."""

_OPENED = 0.9
"""Exponent by which black opens to a dark colour."""

_BORDER = 0.02
"""How much a material's border counts beside its inside: there its colour is mixed with its neighbour's."""

_ROUNDS = 4
"""Rounds after which levels hardly move any more."""

_SAMPLES = 1200

_WHITE = 75.0
"""L* from which on a cloth is white."""

_SKIN_LIGHT, _SKIN_HUE = 20.0, 9.0
"""Differences in lightness and in hue from skin's paint up to which something is skin."""

_CREASED = 15000.0
"""Area from which on a cloth has creases, in square four-hundredths of a face's width."""


SHADES: tuple[tuple[float, float], ...] = ((0.0, -0.8), (3.0, -5.0), (-3.0, -4.0), (3.0, 3.0))
"""Shade as it is, violet, sea-green and warm."""


@dataclass(frozen=True, slots=True)
class MassTones:
    """How colours are gathered.

    count : how many materials at most.
    apart : least difference in lightness between two tones of one. Turning it up leaves fewer.
    contrast : share of local contrast added before: folds and strands stand out.
    cloth, hair : how many tones each has at most.
    shade : by how much a* and b* move in shade: its colour beside the material's own.
    """

    count: int
    apart: float
    contrast: float
    cloth: int = 3
    hair: int = 3
    shade: tuple[float, float] = (0.0, -0.8)


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely a material is cut; lengths in four-hundredths of a face's width.

    hair : whether it is hair.
    calm : over how much light is evened out.
    around : over how much it is compared.
    spacing : between control points.
    area : of the smallest shape.
    width : of the narrowest.
    steps : least and most difference in lightness between its base and another tone.
    brush, beside, round : see `Brush`.
    seen : difference in lightness at its border from which on a tone is drawn.
    """

    hair: bool
    calm: float
    around: float
    spacing: float
    area: float
    width: float
    steps: tuple[float, float]
    brush: float
    beside: float
    round: float
    seen: float


HAIR = Grain(
    hair=True,
    calm=2.6,
    around=14.0,
    spacing=8.0,
    area=800.0,
    width=9.0,
    steps=(6.0, 15.0),
    brush=3.0,
    beside=6.0,
    round=3.0,
    seen=4.5,
)
CLOTH = Grain(
    hair=False,
    calm=16.0,
    around=45.0,
    spacing=16.0,
    area=6000.0,
    width=28.0,
    steps=(5.0, 13.0),
    brush=12.0,
    beside=13.0,
    round=10.0,
    seen=4.0,
)
"""Strands are fine, and their shine is a tone of theirs, no grey and no skin. Folds are broad."""


def shaped_for_paper(lab: FloatImage) -> FloatImage:
    """Colours as masses are made of them: (H, W, 3), L*, and a* and b* weighed against it."""
    lightness, a, b = planes_of(lab)
    shaped = np.float32(100) * np.power(np.maximum(lightness, 0) * np.float32(0.01), np.float32(_OPENED))
    np.clip(shaped, 6, 98, out=shaped)
    # In the dark a hue is hardly seen, and often wrong.
    seen = np.clip(lightness * np.float32(1 / 25), np.float32(0.8), np.float32(1)) * np.float32(_HUE)
    return cv2.merge([shaped, a * seen, b * seen]).astype(np.float32, copy=False)


def trace_tones(
    shaped: FloatImage,
    own: NDArray[np.bool_],
    core: NDArray[np.bool_],
    tones: MassTones,
    grain: Grain,
    *,
    paint: Colour | None = None,
    unit: float,
) -> tuple[Rgb, tuple[Shape, ...]]:
    """A material's commonest tone, and its others as shapes that nest: each lies within the one before.

    Borders of levels of one smooth plane never meet, so that no chips of a third tone lie between two.

    Parameters
    ----------
    shaped : float32 array, shape (H, W, 3)
        From `shaped_for_paper`.
    own : bool array, shape (H, W)
        Where the material is; somewhere it must be.
    core : bool array, shape (H, W)
        Where its colour can be trusted.
    tones : MassTones
    grain : Grain
    paint : L*a*b*
        What skin is painted in, if it may be skin; it is if it has its hue, and nothing of it is lighter.
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    window, corner = _window(own, margin=int(np.ceil(3 * max(0.8, grain.calm * unit))) + 2)
    inside, core, colours = own[window], core[window], shaped[window]
    creases: tuple[Curve, ...] = ()
    if not grain.hair and np.count_nonzero(core) > _CREASED * unit * unit:
        creases = trace_creases(np.ascontiguousarray(colours[..., 0]), core, unit=unit)
    fewer = 1
    if not grain.hair and min(inside.shape) >= 16:
        # Folds are as broad on a picture half as large.
        halved = [
            cv2.resize(each.astype(np.uint8), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST) > 0
            for each in (inside, core)
        ]
        # Of a few pixels there may be nothing left.
        if halved[0].any():
            fewer, (inside, core) = 2, halved
            colours, unit = shrunk(np.ascontiguousarray(colours), inside.shape[::-1]), unit / 2
    calm, around = max(0.8, grain.calm * unit), max(0.8, grain.around * unit)
    plane = np.ascontiguousarray(colours[..., 0])
    weight = np.maximum(np.float32(_BORDER) * inside, core).astype(np.float32, copy=False)
    light = masked_blur(plane, weight, sigma=calm)
    away = light - masked_blur(plane, weight, sigma=around)
    # In black, folds need more contrast to be seen at all.
    light += away * (np.float32(tones.contrast) + np.float32(0.7) * smoothstep(plane, low=45, high=15))
    counted = core if 4 * np.count_nonzero(core) > np.count_nonzero(inside) else inside
    values, samples = light[counted], colours[counted]
    levels = _levels(values, count=tones.hair if grain.hair else tones.cloth, apart=tones.apart)
    tone_of = np.searchsorted(levels, values)
    present = np.bincount(tone_of, minlength=len(levels) + 1)
    base = int(present.argmax())
    # What is darker than its commonest tone, and what is lighter.
    sides: list[tuple[float, float]] = []
    if base > 0:
        sides.append((-1, levels[base - 1 if 4 * present[base - 1] > present[:base].sum() else 0]))
    skin = None if paint is None else np.array((paint[0], _HUE * paint[1], _HUE * paint[2]), np.float32)
    if base < len(levels) and skin is None:
        near = 4 * present[base + 1] > present[base + 1 :].sum()
        sides.append((1, levels[base if near else len(levels) - 1]))
    # Beyond its borders nothing is seen of a material.
    beyond_it = cv2.dilate(inside.astype(np.uint8), disk(max(2.0, 12 * unit))) == 0
    # In the dark little is seen, and the eye adapts; on white every shade is.
    light_of = float(np.median(values))
    white = grain.hair is False and light_of > _WHITE
    seen = grain.seen * (0.5 if white else 1 - 0.5 * float(np.clip((45 - light_of) / 30, 0, 1)))
    brush = Brush(grain.brush * unit, grain.beside * unit, grain.round * unit, grain.area * unit * unit)
    fields = []
    for side, level in sides:
        tone = ~beyond_it & (side * (light - np.float32(level)) > 0)
        fields.append(broad_shapes(tone, plane, inside, core, brush=brush, seen=seen))
    plain = counted & ~np.logical_or.reduce([field > 0 for field in fields]) if fields else counted
    middle = colours[plain if plain.any() else counted]
    # White is what is lit.
    middle = (middle[middle[:, 0] >= np.median(middle[:, 0])] if white else middle).mean(axis=0)
    if skin is not None and _much_like(middle, skin):
        middle = skin
    shapes: list[Shape] = []
    for (side, level), field in zip(sides, fields, strict=True):
        curves = trace_field(
            field,
            level=0.0,
            spacing=max(2.1, grain.spacing * unit),
            least_area=max(20.0 if grain.hair else 14.0, grain.area * unit * unit),
        )
        curves = stout(curves, least=max(1.6, grain.width * unit))
        beyond = side * (values - level) > 0
        if curves and beyond.any():
            step = float(samples[beyond, 0].mean()) - float(middle[0])
            colour = byte_colour(_toned(middle, side * abs(step), grain.steps, tones.shade))
            shapes.append(Shape(curves, colour).moved(scale=fewer, corner=corner))
    if creases:
        deepest = 1.3 * grain.steps[1]
        deep = byte_colour(_toned(middle, -deepest, (0, deepest), tones.shade))
        shapes.append(Shape(creases, deep).moved(scale=1, corner=corner))
    return byte_colour(_lab(middle)), tuple(shapes)


def _much_like(one: FloatImage, skin: FloatImage) -> bool:
    return abs(float(one[0] - skin[0])) < _SKIN_LIGHT and float(np.hypot(*(one - skin)[1:])) < _SKIN_HUE


def _toned(base: FloatImage, away: float, steps: tuple[float, float], shade: tuple[float, float]) -> Colour:
    """A tone of a material: lighter or darker by a step that is seen and tears nothing apart."""
    low, high = steps
    step = float(np.clip(abs(away), low, high))
    lightness, red, yellow = (float(value) for value in base)
    if away < 0:
        # Shade is deeper, not greyer.
        darker = max(lightness - step, 0.45 * lightness)
        return _lab(np.array([darker, 1.02 * red + shade[0], 0.98 * yellow + shade[1]]))
    # Light on a dark colour is no greyer than it.
    stronger = min((lightness + step + 16) / (lightness + 16), 1.5)
    return _lab(np.array([min(lightness + step, 97.0), stronger * red, stronger * yellow + 0.4]))


def _levels(values: FloatImage, *, count: int, apart: float) -> FloatImage:
    """Cut lightnesses into at most so many groups; fewer where they would be nearer than `apart`."""
    values = values[:: max(1, len(values) // _SAMPLES) | 1]
    low, high = np.quantile(values, [0.03, 0.97])
    for groups in range(count, 1, -1):
        centres: NDArray[np.float64] = np.quantile(values, (np.arange(groups) + 0.5) / groups)
        # Spread out evenly a little: many pixels of one tone must not hide the few of another.
        centres = 0.4 * centres + 0.6 * np.linspace(low, high, 2 * groups + 1)[1::2]
        for _ in range(_ROUNDS):
            label = np.searchsorted((centres[1:] + centres[:-1]) / 2, values)
            number = np.bincount(label, minlength=groups)
            total = np.bincount(label, weights=values, minlength=groups)
            centres = np.where(number > 0, total / np.maximum(number, 1), centres)
        if float(np.diff(centres).min()) >= apart:
            return ((centres[1:] + centres[:-1]) / 2).astype(np.float32)
    return np.zeros(0, np.float32)


def _window(mask: NDArray[np.bool_], *, margin: int) -> tuple[Window, tuple[float, float]]:
    """Rows and columns of what a mask has, with a margin, and their corner x, y."""
    found = extent(mask)
    assert found is not None
    window = rows, columns = grown(found, margin, mask.shape)
    return window, (float(columns.start), float(rows.start))


def _lab(colour: FloatImage) -> Colour:
    return float(colour[0]), float(colour[1]) / _HUE, float(colour[2]) / _HUE
