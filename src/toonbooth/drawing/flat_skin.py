"""Skin as flat shapes: one tone, its shadow and a blush; beards lie on it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_flesh import Flesh, bare_skin
from toonbooth.drawing.pen import Colour, ellipse
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.drawing.skin_surface import Surface
from toonbooth.drawing.vector import Shape, byte_colour, stout
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import Curve, trace_field
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, scaled

_CHIN = np.array([199, 208, 428, 169, 394, 210, 430])
"""The chin and the jaw on both sides of it."""

_AT_EYES = 0.6
_AT_FOLDS = 0.5
"""Share of shade's depth that is left out around eyes, and along the folds between nose and mouth."""

_BEARD = np.array(
    [*facemap.JAW, 234, 127, 116, 123, 187, 206, 98, 97, 2, 326, 327, 426, 411, 352, 345, 356, 454]
)
"""From ear to ear along the jaw and back over cheeks and upper lip."""


FOLDS = (np.array([129, 203, 206, 216]), np.array([358, 423, 426, 436]))
"""From the wings of the nose past the corners of the mouth."""


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


def trace_skin(
    lab: FloatImage,
    surface: Surface,
    regions: Regions,
    face: Face,
    flesh: Flesh,
    look: FlatSkin,
    *,
    scale: float,
) -> Shape:
    """Cut one head's skin into shapes.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    surface, regions : of the same size; `surface.skin` holds only what belongs to this head
    face : in the coordinates of the full picture
    flesh : what it is in the photo and in the drawing
    look : FlatSkin
    scale : float
        Size of `lab` over size of the full picture.
    """
    skin = surface.skin
    bare = bare_skin(skin, regions)
    sure = bare > 0.8
    width = face.width * scale
    middle, paint = flesh.tone[0], flesh.paint

    lightness = planes_of(lab)[0]
    form = _form(lightness, skin, bare, regions, middle=middle, width=width)
    form *= 1 - _kept_calm(skin.shape, regions, face, scale=scale) * (form < 0)
    spread = float(np.clip(np.std(form[sure]), 3.0, 9.0))
    spacing, least = max(2.0, 0.016 * width), max(8.0, 0.0022 * width * width)

    # Shadow on light skin glows; on dark skin it is only darker.
    glowing = float(np.clip((paint[0] - 30) / 40, 0, 1))

    def tone(depth: float) -> Colour:
        warmer = 0.38 * glowing * depth
        return max(6.0, paint[0] - depth), paint[1] + warmer, paint[2] + 0.7 * warmer

    def where(field: FloatImage, level: float, colour: Colour, opacity: float = 1.0) -> Shape:
        curves = trace_field(field, level=level, spacing=spacing, least_area=least)
        return Shape(stout(curves, least=0.045 * width), byte_colour(colour), opacity)

    # Darker skin has deeper tones in smaller steps.
    depth = look.shadow * float(np.clip(paint[0] / 70, 0.55, 1.0))
    inside = [where(-form, 0.7 * spread + 1.0, tone(depth))]
    inside.append(where(-form, 1.5 * spread + 3.0, tone(2.0 * depth)))
    if look.tones >= 4:
        inside.append(where(-form, 2.6 * spread + 5.0, tone(3.1 * depth)))
    if look.tones >= 3:
        lights = min(96.0, paint[0] + 0.45 * depth), paint[1] * 0.9, paint[2] * 0.95
        inside.append(where(form, 0.95 * spread + 1.0, lights))
    inside += _blush(face, paint, look, scale=scale)
    # Shadows that skin and clothes throw on skin have a border of their own.
    cast = skin * (1 - bare) * (1 - surface.stubble) * (1 - smoothstep(regions.features, low=0.05, high=0.3))
    cast *= smoothstep(lightness, low=middle - 11, high=middle - 19)
    # The head's own shadow on the neck sets off the chin, whatever the light.
    under = _under_jaw(skin.shape, face, scale=scale)
    inside.append(where(gaussian(under, sigma=0.012 * width), 0.5, tone(1.35 * depth)))
    inside.append(where(gaussian(cast, sigma=0.014 * width), 0.5, tone(1.9 * depth)))
    inside += _blush(face, paint, look, scale=scale)
    curves = trace_field(skin, level=0.5, spacing=spacing, least_area=2 * least)
    return Shape(curves, byte_colour(paint), 1.0, tuple(inside))


def _form(
    lightness: FloatImage,
    skin: FloatImage,
    bare: FloatImage,
    regions: Regions,
    *,
    middle: float,
    width: float,
) -> FloatImage:
    """How much lighter than its middle tone skin is, L*: the nose counts, eyes, brows and lips don't."""
    seen = skin * (1 - smoothstep(regions.features, low=0.5, high=0.75))
    wide = masked_blur(lightness, bare, sigma=max(1.5, 0.035 * width))
    calm = masked_blur(lightness, seen, sigma=max(0.8, 0.008 * width))
    trust = smoothstep(gaussian(seen, sigma=max(0.8, 0.008 * width)), low=0.05, high=0.45)
    form = wide + (calm - wide) * trust
    # Folds and the side of a nose are slight and narrow, and a likeness lives by them.
    around = masked_blur(lightness, seen, sigma=max(2.0, 0.05 * width))
    form += np.float32(0.8) * (calm - around) * trust
    return gaussian(form - np.float32(middle), sigma=max(0.7, 0.007 * width))


def _kept_calm(shape: tuple[int, ...], regions: Regions, face: Face, *, scale: float) -> FloatImage:
    """How much of its depth shade loses: rings around eyes and furrows beside a mouth add years to a face."""
    points = scaled(face.landmarks, scale)
    width = face.width * scale
    size = (shape[0], shape[1])
    furrows = np.zeros(size, np.float32)
    for fold in FOLDS:
        path = np.round(points[fold] * 16).astype(np.int32)
        thick = max(1, round(0.06 * width))
        cv2.polylines(furrows, [path], isClosed=False, color=(1.0,), thickness=thick, shift=4)
    around = gaussian(regions.eyes, sigma=max(1.0, 0.055 * width))
    calm: FloatImage = np.maximum(
        np.float32(_AT_EYES) * smoothstep(around, low=0.04, high=0.3),
        np.float32(_AT_FOLDS) * gaussian(furrows, sigma=max(1.0, 0.025 * width)),
    )
    return calm


def _under_jaw(shape: tuple[int, ...], face: Face, *, scale: float) -> FloatImage:
    """The place right under a jaw, widest below the chin."""
    points = scaled(face.landmarks, scale)
    up = points[facemap.FOREHEAD_TOP] - points[facemap.CHIN]
    up = (up / max(float(np.hypot(*up)), 1e-3)).astype(np.float32)
    jaw = points[facemap.JAW]
    reach = 0.15 * face.width * scale * np.sin(np.linspace(0, np.pi, len(jaw)))[:, None] ** 1.5
    low = (jaw - up * reach).astype(np.float32)
    size = (shape[0], shape[1])
    outline = np.concatenate([jaw, low[::-1]]).astype(np.float32)
    return polygon_mask(size, outline) * (1 - polygon_mask(size, points[facemap.OVAL]))


def _blush(face: Face, paint: Colour, look: FlatSkin, *, scale: float) -> list[Shape]:
    points = scaled(face.landmarks, scale)
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


def trace_beard(
    lab: FloatImage, person: FloatImage, regions: Regions, face: Face, flesh: Flesh, *, scale: float
) -> tuple[Shape, ...]:
    """Cut a beard or its stubble as one shape with a deeper one in it; nothing where none grows.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    person : float32 array, shape (H, W)
    regions : of the same size
    face : in the coordinates of the full picture
    flesh : what its skin is in the photo and in the drawing
    scale : float
        Size of `lab` over size of the full picture.
    """
    width = face.width * scale
    if width < 16:
        return ()
    points = scaled(face.landmarks, scale)
    middle, red, yellow = flesh.tone
    lightness, a, b = planes_of(lab)
    calm = gaussian(lightness, sigma=max(0.7, 0.016 * width))
    grows = smoothstep(calm, low=middle - 6, high=middle - 13)
    # A tie or a coat below the chin has a hue that no beard has; red is a lip's.
    off = np.maximum(-b, 0) + np.maximum(a - np.float32(max(red, 8.0) + 7), 0)
    grows *= smoothstep(gaussian(off, sigma=0.01 * width), low=7.0, high=3.0)
    zone = gaussian(polygon_mask(lab.shape[:2], points[_BEARD], grow=1.05), sigma=0.025 * width)
    covered = np.maximum(regions.lips, regions.mouth)
    covered = np.maximum(covered, polygon_mask(lab.shape[:2], points[facemap.NOSE_TIP], grow=1.15))
    field = (
        gaussian(grows, sigma=0.012 * width) * zone * person * (1 - smoothstep(covered, low=0.2, high=0.7))
    )
    # A shadow lies on one side; a beard on the chin and on both sides of it.
    sure = field > 0.5
    if _share_at(field, points[_CHIN]) < 0.5 or np.count_nonzero(sure) < 0.04 * width * width:
        return ()
    if _balance(sure, points) < 0.3:
        return ()
    values = lab[sure]
    own = [float(value) for value in np.median(values, axis=0)]
    # Shadow leaves skin its colour and much of its light; hair takes both.
    left_over = float(np.median(np.hypot(values[:, 1], values[:, 2]))) / max(
        float(np.hypot(red, yellow)), 1.0
    )
    if own[0] > (0.8 if left_over < 0.8 else 0.66) * middle or left_over > 0.92:
        return ()
    shift = flesh.paint[0] - middle
    skin_share = float(np.clip((own[0] - 0.35 * middle) / (0.5 * middle), 0, 1))
    colour = (
        own[0] + (0.2 + 0.5 * skin_share) * shift,
        own[1] + skin_share * (flesh.paint[1] - own[1]),
        own[2] + skin_share * (flesh.paint[2] - own[2]),
    )
    spacing, least = max(2.0, 0.016 * width), max(8.0, 0.003 * width * width)

    def grown(level: float, *, softness: float = 3.0) -> tuple[Curve, ...]:
        thick = smoothstep(calm, low=level + softness, high=level - softness) * field
        return trace_field(gaussian(thick, sigma=0.01 * width), level=0.5, spacing=spacing, least_area=least)

    def between(share: float) -> Colour:
        light, red, yellow = (
            thin + share * (full - thin) for thin, full in zip(flesh.paint, colour, strict=True)
        )
        return light, red, yellow

    # From skin to full growth in steps, or stubble looks like a mask that was put on.
    rim = trace_field(field, level=0.5, spacing=spacing, least_area=least)
    inside = [Shape(grown(0.5 * (own[0] + middle - 10)), byte_colour(colour))]
    deep = float(np.percentile(values[:, 0], 22))
    if deep < own[0] - 7:
        tone = (max(6.0, deep + 0.15 * shift), 0.8 * colour[1], 0.8 * colour[2])
        inside.append(Shape(grown(deep + 2, softness=4.0), byte_colour(tone)))
    return (Shape(rim, byte_colour(between(0.5)), 1.0, tuple(inside)),)


def _share_at(field: FloatImage, points: Points) -> float:
    x, y = np.clip(np.round(points).astype(int), 0, np.array(field.shape)[::-1] - 1).T
    return float((field[y, x] > 0.5).mean())


def _balance(mask: NDArray[np.bool_], points: Points) -> float:
    """Area on the lesser side of a face's axis over that on the other."""
    brow, chin = points[facemap.FOREHEAD_TOP], points[facemap.CHIN]
    y, x = np.nonzero(mask)
    side = (x - chin[0]) * (brow[1] - chin[1]) - (y - chin[1]) * (brow[0] - chin[0])
    left = int(np.count_nonzero(side > 0))
    return min(left, len(x) - left) / max(left, len(x) - left, 1)
