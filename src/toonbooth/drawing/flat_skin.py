"""Skin as flat shapes: one tone, its shadow, a beard's tone and a blush."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.complexion import Surface, calm_of, lift_of
from toonbooth.drawing.masses import byte_colour
from toonbooth.drawing.pen import Colour, ellipse
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.vector import Shape
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points

_ENOUGH = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""

_CHIN = np.array([199, 208, 428, 169, 394, 210, 430])
"""The chin and the jaw on both sides of it."""


@dataclass(frozen=True, slots=True)
class FlatSkin:
    """How skin is toned.

    shadow : depth of the shadow tone, L*.
    tones : how many tones there are: 2 is base and shadow, 3 adds a light, 4 a deeper shadow.
    blush : opacity of the cheeks' blush.
    """

    shadow: float
    tones: int
    blush: float


@dataclass(frozen=True, slots=True)
class SkinOf:
    """One head's skin: its shapes and the tone it is drawn in."""

    shapes: tuple[Shape, ...]
    paint: Colour


def trace_skin(
    lab: FloatImage, surface: Surface, regions: Regions, face: Face, look: FlatSkin, *, scale: float
) -> SkinOf | None:
    """Cut one head's skin into shapes; None where no skin can be told.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    surface, regions : of the same size; `surface.skin` holds only what belongs to this head
    face : in the coordinates of the full picture
    look : FlatSkin
    scale : float
        Size of `lab` over size of the full picture.
    """
    skin = surface.skin
    bare = regions.skin * (1 - smoothstep(regions.features, low=0.02, high=0.3)) * skin
    sure = bare > 0.8
    if np.count_nonzero(sure) < _ENOUGH:
        return None
    width = face.width * scale
    middle, red, yellow = (float(value) for value in np.median(lab[sure], axis=0))
    hue_red = min(red, 0.85 * yellow + 4.0)
    calmer = calm_of(float(np.hypot(hue_red, yellow)))
    lift = lift_of(middle)
    paint = (middle + lift, hue_red * calmer, yellow * calmer)

    lightness = planes_of(lab)[0]
    wide = masked_blur(lightness, bare, sigma=max(1.5, 0.035 * width))
    calm = masked_blur(lightness, bare, sigma=max(0.8, 0.009 * width))
    trust = smoothstep(gaussian(bare, sigma=max(0.8, 0.009 * width)), low=0.05, high=0.45)
    form = gaussian(wide + (calm - wide) * trust - np.float32(middle), sigma=max(0.7, 0.009 * width))
    spread = float(np.clip(np.std(form[sure]), 3.0, 9.0))
    spacing, least = max(2.0, 0.018 * width), max(8.0, 0.0018 * width * width)

    def tone(depth: float) -> Colour:
        strength = depth / max(paint[0], 20)
        return max(6.0, paint[0] - depth), paint[1] + 14 * strength, paint[2] + 6 * strength

    def where(field: FloatImage, level: float, colour: Colour, opacity: float = 1.0) -> Shape:
        curves = trace_field(field, level=level, spacing=spacing, least_area=least)
        return Shape(curves, byte_colour(colour), opacity)

    # Darker skin has deeper tones in smaller steps.
    depth = look.shadow * float(np.clip(paint[0] / 70, 0.55, 1.0))
    inside = [where(-form, 0.75 * spread + 1.0, tone(depth))]
    if look.tones >= 4:
        inside.append(where(-form, 1.9 * spread + 3.0, tone(1.9 * depth)))
    if look.tones >= 3:
        lights = min(96.0, paint[0] + 0.45 * depth), paint[1] * 0.9, paint[2] * 0.95
        inside.append(where(form, 0.95 * spread + 1.0, lights))
    inside += _blush(face, paint, look, scale=scale)
    inside += _beard(
        lab,
        surface,
        paint,
        shift=lift,
        middle=middle,
        spacing=spacing,
        least=least,
        width=width,
        chin=(face.landmarks[_CHIN] + np.float32(0.5)) * np.float32(scale),
    )
    curves = trace_field(skin, level=0.5, spacing=spacing, least_area=2 * least)
    return SkinOf((Shape(curves, byte_colour(paint), 1.0, tuple(inside)),), paint)


def _blush(face: Face, paint: Colour, look: FlatSkin, *, scale: float) -> list[Shape]:
    points: Points = (face.landmarks + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
    width = face.width * scale
    colour = byte_colour((0.95 * paint[0], paint[1] + 13, paint[2] + 3))
    shapes = []
    for cheek, away in ((facemap.LEFT_CHEEK, 1.3 + 3 * face.yaw), (facemap.RIGHT_CHEEK, 1.3 - 3 * face.yaw)):
        near = float(np.clip(away, 0, 1))
        if near < 0.3:
            continue
        x, y = (float(value) for value in points[cheek])
        oval = ellipse((x, y), (0.1 * width * near, 0.065 * width), turn=face.roll)[::4]
        shapes.append(Shape((oval,), colour, look.blush * near))
    return shapes


def _beard(
    lab: FloatImage,
    surface: Surface,
    paint: Colour,
    *,
    shift: float,
    middle: float,
    spacing: float,
    least: float,
    width: float,
    chin: Points,
) -> list[Shape]:
    """A beard through which skin shows: its own tone, and a darker one where it is thickest."""
    # Folds and cast shadows are narrow; beards are broad.
    stubble = gaussian(surface.stubble, sigma=0.03 * width) * surface.skin
    sure = stubble > 0.5
    if np.count_nonzero(sure) < 0.05 * width * width:
        return []
    # A shadow lies on one side; a beard on the chin and on both sides of it.
    x, y = np.clip(np.round(chin).astype(int), 0, np.array(stubble.shape)[::-1] - 1).T
    if float((stubble[y, x] > 0.35).mean()) < 0.6:
        return []
    values = lab[sure]
    own = np.median(values, axis=0)
    colour = (float(own[0]) + 0.5 * shift, 0.5 * (float(own[1]) + paint[1]), 0.5 * (float(own[2]) + paint[2]))
    shapes = [
        Shape(
            trace_field(stubble, level=0.5, spacing=spacing, least_area=2 * least), byte_colour(colour), 0.85
        )
    ]
    deep = float(np.percentile(values[:, 0], 25))
    if deep < middle - 14:
        depth = stubble * smoothstep(gaussian(planes_of(lab)[0], sigma=spacing), low=deep + 6, high=deep - 2)
        thick = trace_field(depth, level=0.5, spacing=spacing, least_area=2 * least)
        shapes.append(Shape(thick, byte_colour((deep + 0.3 * shift, colour[1], colour[2])), 0.85))
    return shapes
