"""Pictures made of shapes: closed curves filled with one colour, painted as pixels or written as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.imaging.contours import Curve, spline_polygon
from toonbooth.imaging.pixels import ByteImage
from toonbooth.imaging.resize import Size

Rgb = tuple[int, int, int]
"""sRGB, 0…255."""

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """Closed curves filled with one colour by the even-odd rule, and what lies on it, cut off at its border.

    curves : control points of closed quadratic B-splines, in pixels.
    colour : sRGB.
    opacity : 0 … 1, of the shape with all that lies on it.
    inside : shapes painted upon it, from back to front.
    """

    curves: tuple[Curve, ...]
    colour: Rgb
    opacity: float = 1.0
    inside: tuple[Shape, ...] = ()

    def moved(self, *, scale: float, corner: tuple[float, float]) -> Shape:
        """The shape `scale` times as large, pixel centres on pixel centres, its origin at `corner`."""
        offset = np.array(corner, np.float32)
        return replace(
            self,
            curves=tuple(
                ((curve + np.float32(0.5)) * np.float32(scale) - np.float32(0.5) + offset).astype(np.float32)
                for curve in self.curves
            ),
            inside=tuple(shape.moved(scale=scale, corner=corner) for shape in self.inside),
        )

    def simplified(self, *, least_area: float) -> Shape:
        """Half the control points of longer curves, and nothing smaller than an area in pixels."""
        return replace(
            self,
            curves=tuple(_thinned(curve) for curve in self.curves if cv2.contourArea(curve) >= least_area),
            inside=tuple(shape.simplified(least_area=least_area) for shape in self.inside),
        )


def paint(shapes: Iterable[Shape], size: Size) -> ByteImage:
    """Paint shapes from back to front, anti-aliased, on white.

    Parameters
    ----------
    shapes : coordinates as in the picture: the centre of the top left pixel is (0, 0)
    size : width and height, pixels

    Returns
    -------
    uint8 array, shape (H, W, 3), sRGB.
    """
    picture: ByteImage = np.full((size[1], size[0], 3), 255, np.uint8)
    for shape in shapes:
        _paint_on(picture, shape, (0, 0))
    return picture


def to_svg(shapes: Sequence[Shape], size: Size) -> str:
    """Write the picture that `paint` paints as an SVG document of paths, in tenths of a pixel."""
    width, height = size
    frame = f'width="{width}" height="{height}" viewBox="-5 -5 {10 * width} {10 * height}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>']
    clips = 0

    def write(shape: Shape) -> None:
        nonlocal clips
        path = "".join(_path(curve) for curve in shape.curves)
        if not path:
            return
        fill = f'fill="#{"".join(f"{channel:02x}" for channel in shape.colour)}"'
        opacity = f' opacity="{shape.opacity:.2f}"' if shape.opacity < 1 else ""
        if not shape.inside:
            lines.append(f'<path {fill}{opacity} fill-rule="evenodd" d="{path}"/>')
            return
        name = f"c{clips}"
        clips += 1
        lines.append(f'<clipPath id="{name}"><path id="p{name}" clip-rule="evenodd" d="{path}"/></clipPath>')
        lines.append(
            f'<g clip-path="url(#{name})"{opacity}><use href="#p{name}" {fill} fill-rule="evenodd"/>'
        )
        for each in shape.inside:
            write(each)
        lines.append("</g>")

    for shape in shapes:
        write(shape)
    lines.append("</svg>\n")
    return "\n".join(lines)


def _paint_on(picture: ByteImage, shape: Shape, corner: tuple[int, int]) -> None:
    """Paint on a part of the picture whose top left pixel is `corner`."""
    if not shape.curves:
        return
    # Three straight pieces for each piece of curve: a tenth of a pixel from it at the usual spacing.
    polygons = [
        np.round((spline_polygon(curve, samples=3) - np.array(corner)) * (1 << _SUBPIXEL_BITS)).astype(
            np.int32
        )
        for curve in shape.curves
    ]
    if shape.opacity >= 1 and not shape.inside:
        cv2.fillPoly(picture, polygons, shape.colour, cv2.LINE_AA, _SUBPIXEL_BITS)
        return
    low = np.min([polygon.min(axis=0) for polygon in polygons], axis=0) // (1 << _SUBPIXEL_BITS) - 1
    high = np.max([polygon.max(axis=0) for polygon in polygons], axis=0) // (1 << _SUBPIXEL_BITS) + 3
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(picture.shape[1], int(high[0])), min(picture.shape[0], int(high[1]))
    if right <= left or bottom <= top:
        return
    cover = np.zeros((bottom - top, right - left), np.uint8)
    shift = np.array([left, top]) * (1 << _SUBPIXEL_BITS)
    local = [(polygon - shift).astype(np.int32) for polygon in polygons]
    cv2.fillPoly(cover, local, (255,), cv2.LINE_AA, _SUBPIXEL_BITS)
    layer: ByteImage = np.empty((bottom - top, right - left, 3), np.uint8)
    layer[...] = np.array(shape.colour, np.uint8)
    for each in shape.inside:
        _paint_on(layer, each, (corner[0] + left, corner[1] + top))
    weight = cover.astype(np.float32) * np.float32(shape.opacity / 255)
    part = np.ascontiguousarray(picture[top:bottom, left:right])
    picture[top:bottom, left:right] = cv2.blendLinear(layer, part, weight, 1 - weight)


def _thinned(curve: Curve) -> Curve:
    # Curves with corners have few points and need them all.
    cornered = bool((np.abs(np.diff(curve, axis=0)).sum(axis=1) == 0).any())
    return curve if len(curve) < 24 or cornered else ((curve[0:-1:2] + curve[1::2]) / 2).astype(np.float32)


def _path(curve: Curve) -> str:
    """A closed quadratic B-spline as the quadratic Bézier curves that it is made of, in tenths of a pixel."""
    joints = np.round((curve + np.roll(curve, -1, axis=0)) * 5).astype(np.int64)
    before = np.roll(joints, 1, axis=0)
    controls = np.round(curve * 10).astype(np.int64)
    # Each piece in coordinates relative to where it starts: they are short. Whole numbers need no points.
    steps = np.concatenate([controls - before, joints - before], axis=1).ravel().tolist()
    numbers = "".join(f"{step}" if step < 0 else f" {step}" for step in steps)
    x, y = before[0].tolist()
    return f"M{x} {y}q{numbers.lstrip()}z"
