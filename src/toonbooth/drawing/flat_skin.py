"""Skin as flat shapes: one tone, one of shade, a deeper one under the jaw, a blush; beards lie on it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_flesh import Flesh, bare_skin
from toonbooth.drawing.flat_shade import settle_shade
from toonbooth.drawing.jawline import jaw_path
from toonbooth.drawing.pen import Colour, ellipse
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.drawing.skin_surface import Surface
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.contours import Curve, trace_field
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent, grown
from toonbooth.portrait.model import Face, Points, scaled

_NO_SKIN = 0.02
"""Share of a pixel under which there is none."""

_LEAST_SHADE = 0.02
"""Area in squares of a face's width below which a shade on it is left out."""

_PIT = 0.02
"""Area in squares of a face's width below which a hole in its skin is none."""

_AT_EYES = 0.6
_AT_FOLDS = 0.5
_AT_MOUTH = 0.5
"""Share of shade's depth that is left out around eyes, along the folds between nose and mouth, and around a
mouth, where it would be a beard."""

_AROUND_MOUTH = np.array(
    [165, 164, 391, 426, 436, 432, 422, 424, 418, 421, 200, 201, 194, 204, 202, 212, 216, 206]
)
"""From under the nose past the corners of the mouth to the upper end of the chin."""

_LEVELLED = 0.8
"""How much of the light from above is taken out of a face's form."""

_ENOUGH = 60
"""Pixels of skin below which that isn't measured."""

FOLDS = (np.array([129, 203, 206, 216]), np.array([358, 423, 426, 436]))
"""From the wings of the nose past the corners of the mouth."""


@dataclass(frozen=True, slots=True)
class FlatSkin:
    """How skin is toned.

    shadow : depth of the shadow tone, L*.
    neck : how many times as deep the shade on a neck is, under a jaw.
    blush : opacity of the cheeks' blush.
    """

    shadow: float
    neck: float
    blush: float

    def shade(self, paint: Colour) -> Colour:
        """The one tone that all shade on a face has."""
        return _toned(paint, depth=1.4 * self.shadow)

    def deep_shade(self, paint: Colour) -> Colour:
        """The tone that is farther from the light than a face: a neck's under a jaw."""
        return _toned(paint, depth=self.neck * self.shadow)


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
    width = face.width * scale
    # A person's skin is mostly a small part of a picture.
    found = extent(surface.skin > _NO_SKIN)
    if found is None:
        return Shape((), byte_colour(flesh.paint))
    window = grown(found, round(0.1 * width), surface.skin.shape)
    corner = np.array([window[1].start, window[0].start], np.float32)
    points = scaled(face.landmarks, scale) - corner
    skin, regions = np.ascontiguousarray(surface.skin[window]), regions.within(window)
    bare = bare_skin(skin, regions)
    sure = bare > 0.8
    middle, paint = flesh.tone[0], flesh.paint

    lightness = cv2.extractChannel(lab[window], 0).astype(np.float32, copy=False)
    form = _form(lightness, skin, bare, regions, middle=middle, width=width)
    jaw, up = scaled(jaw_path(face), scale) - corner, facemap.upright(points)
    neck = gaussian(_below_jaw(skin.shape, jaw, up, width=width), sigma=max(0.7, 0.008 * width))
    form -= light_from_above(form, sure, points, width=width) * (1 - neck)
    form *= 1 - _kept_calm(regions, points, width=width) * (form < 0)
    spread = float(np.clip(np.std(form[sure]), 3.0, 9.0))
    spacing, least = max(2.0, 0.022 * width), max(8.0, 0.004 * width * width)

    def where(field: FloatImage, colour: Colour) -> Shape:
        return Shape(trace_field(field, level=0.5, spacing=spacing, least_area=least), byte_colour(colour))

    on_skin, below = skin > 0.5, neck > 0.5
    # Shadows that skin and clothes throw on skin have a border of their own.
    cast = (
        skin
        * (1 - bare)
        * (1 - surface.stubble[window])
        * (1 - smoothstep(regions.features, low=0.05, high=0.3))
    )
    cast *= smoothstep(lightness, low=middle - 11, high=middle - 19)
    lean = np.clip((-form - np.float32(0.75 * spread + 2.0)) * np.float32(0.25), -1, 1)
    np.maximum(lean, 2 * cast - 1, out=lean)
    shade = settle_shade(lean, on_skin & ~below, width=width, least=_LEAST_SHADE)
    # A little farther than the jaw, so that nothing shows between the two.
    shade = np.minimum(shade, np.float32(1.35) - neck)
    inside = [*_blush(face, points, paint, look, width=width), where(shade, look.shade(paint))]
    # A neck is one tone farther from the light than the face, so that a jaw is seen.
    np.maximum(lean, 2 * _under_jaw(skin.shape, jaw, up, width=width) * neck - 1, out=lean)
    shade = settle_shade(lean, on_skin & below, width=width, least=_LEAST_SHADE)
    inside.append(where(np.minimum(shade, neck), look.deep_shade(paint)))
    curves = trace_field(skin, level=0.5, spacing=max(2.0, 0.016 * width), least_area=least)
    curves = tuple(curve for curve in curves if not _is_pit(curve, points[facemap.OVAL], width=width))
    x, y = (float(value) for value in corner)
    return Shape(curves, byte_colour(paint), 1.0, tuple(inside)).moved(scale=1.0, corner=(x, y))


def _toned(paint: Colour, *, depth: float) -> Colour:
    """Skin in shade that is so much darker than light skin, L*."""
    # Darker skin has deeper tones in smaller steps.
    depth *= float(np.clip(paint[0] / 70, 0.55, 1.0))
    # Shadow on light skin glows; on dark skin it is only darker.
    warmer = 0.38 * depth * float(np.clip((paint[0] - 30) / 40, 0, 1))
    return max(6.0, paint[0] - depth), paint[1] + warmer, paint[2] + 0.7 * warmer


def _is_pit(curve: Curve, oval: Points, *, width: float) -> bool:
    """Whether an outline is a hole that a deep shadow has left in a face's skin: too small for a beard."""
    area = cv2.contourArea(curve, oriented=True)
    if not 0 < area < _PIT * width * width:
        return False
    x, y = (float(value) for value in curve.mean(axis=0))
    return cv2.pointPolygonTest(oval, (x, y), measureDist=True) > -0.06 * width


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
    calm = masked_blur(lightness, seen, sigma=max(0.8, 0.018 * width))
    wide = masked_blur(lightness, bare, sigma=max(1.5, 0.05 * width))
    trust = smoothstep(gaussian(seen, sigma=max(0.8, 0.018 * width)), low=0.05, high=0.45)
    return wide + (calm - wide) * trust - np.float32(middle)


def light_from_above(
    form: FloatImage, sure: NDArray[np.bool_], points: Points, *, width: float
) -> FloatImage:
    """How much darker a face is farther down, (H, W), L*, at most 0.

    Light from above is no form: it would draw a beard.
    """
    oval = polygon_mask((form.shape[0], form.shape[1]), points[facemap.OVAL]) > 0.5
    up = facemap.upright(points)
    x, y = points[facemap.OVAL].mean(axis=0)
    columns = np.arange(form.shape[1], dtype=np.float32)[None, :] - x
    rows = np.arange(form.shape[0], dtype=np.float32)[:, None] - y
    height = np.clip((columns * up[0] + rows * up[1]) * np.float32(1 / width), -0.7, 0.7)
    seen = sure & oval
    if np.count_nonzero(seen) < _ENOUGH:
        return np.zeros_like(form)
    slope = float(np.cov(height[seen], form[seen], ddof=0)[0, 1]) / max(float(np.var(height[seen])), 1e-4)
    trend: FloatImage = np.minimum(height, 0) * np.float32(_LEVELLED * max(slope, 0.0))
    return trend


def _kept_calm(regions: Regions, points: Points, *, width: float) -> FloatImage:
    """How much of its depth shade loses: rings around eyes and furrows beside a mouth add years to a face."""
    size = (regions.skin.shape[0], regions.skin.shape[1])
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
    mouth = polygon_mask(size, points[_AROUND_MOUTH], grow=1.06, feather=0.025 * width)
    np.maximum(calm, np.float32(_AT_MOUTH) * mouth, out=calm)
    return calm


def _under_jaw(shape: tuple[int, ...], jaw: Points, up: Points, *, width: float) -> FloatImage:
    """The place right under a jaw, (H, W), widest below the chin."""
    reach = 0.15 * width * np.sin(np.linspace(0, np.pi, len(jaw)))[:, None] ** 1.5
    low = (jaw - up * reach).astype(np.float32)
    outline = np.concatenate([jaw, low[::-1]]).astype(np.float32)
    return polygon_mask((shape[0], shape[1]), outline)


def _below_jaw(shape: tuple[int, ...], jaw: Points, up: Points, *, width: float) -> FloatImage:
    """All that lies lower than a jaw, (H, W)."""
    # Beside its ends there are ears.
    jaw = jaw[len(jaw) // 9 : -(len(jaw) // 9)]
    aside = np.array([-up[1], up[0]], np.float32) * np.float32(3 * width)
    if float((jaw[0] - jaw[-1]) @ aside) < 0:
        aside = -aside
    low = up * np.float32(5 * width)
    outline = [jaw[:1] + aside - low, jaw[:1] + aside, jaw, jaw[-1:] - aside, jaw[-1:] - aside - low]
    return polygon_mask((shape[0], shape[1]), np.concatenate(outline).astype(np.float32))


def _blush(face: Face, points: Points, paint: Colour, look: FlatSkin, *, width: float) -> list[Shape]:
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
