"""Pictures made of shapes: closed curves filled with one colour, painted as pixels or written as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.pen import Colour, rgb_of
from toonbooth.imaging.contours import Curve, spline_polygon
from toonbooth.imaging.pixels import ByteImage
from toonbooth.imaging.resize import Size, shrunk

Rgb = tuple[int, int, int]
"""sRGB, 0…255."""

_SUBPIXEL_BITS = 4

_FINER = 2
"""How many times larger shapes are painted before the picture is shrunk to its size: calm, even edges."""

_FEW = 1
"""Shapes on a shape up to which each is clipped by itself."""

_BAND = 512
"""Rows painted at once."""


def byte_colour(colour: Colour) -> Rgb:
    """L*a*b* as bytes."""
    red, green, blue = (int(value) for value in np.rint(rgb_of(colour) * 255))
    return red, green, blue


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
            curves=tuple(_thinned(curve) for curve in self.curves if _area(curve) >= least_area),
            inside=tuple(shape.simplified(least_area=least_area) for shape in self.inside),
        )


def stout(curves: Iterable[Curve], *, least: float) -> tuple[Curve, ...]:
    """The curves that are no slivers: as wide as a disc of so many pixels, or a strip of half as many."""
    return tuple(
        curve
        for curve in curves
        if 4 * _area(curve) >= least * cv2.arcLength(np.ascontiguousarray(curve), closed=True)
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
    width, height = size
    picture: ByteImage = np.empty((height, width, 3), np.uint8)
    # In bands, so that the enlarged canvas stays small.
    outlines = [_Outline.of(shape) for shape in shapes]
    for top in range(0, height, _BAND):
        bottom = min(top + _BAND, height)
        canvas: ByteImage = np.full((_FINER * (bottom - top), _FINER * width, 3), 255, np.uint8)
        for outline in outlines:
            _paint_on(canvas, outline, (0, _FINER * top))
        picture[top:bottom] = shrunk(canvas, (width, bottom - top))
    return picture


def cover(shape: Shape, size: Size) -> ByteImage:
    """How much of every pixel a shape covers: uint8, shape (H, W), 255 is all of it."""
    width, height = size
    fine = np.zeros((_FINER * height, _FINER * width), np.uint8)
    cv2.fillPoly(
        fine, list(_Outline.of(replace(shape, inside=())).polygons), (255,), cv2.LINE_AA, _SUBPIXEL_BITS
    )
    return shrunk(fine, size)


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


@dataclass(frozen=True, slots=True)
class _Outline:
    """A shape's polygons on the enlarged canvas, in fractions of its pixels, and where they lie."""

    shape: Shape
    polygons: tuple[NDArray[np.int32], ...]
    low: tuple[int, int]
    high: tuple[int, int]
    inside: tuple[_Outline, ...]

    @classmethod
    def of(cls, shape: Shape) -> _Outline:
        fraction = _FINER << _SUBPIXEL_BITS
        # Pixel centres lie at whole numbers, on both canvases.
        shift = np.float32((_FINER - 1) / 2 * (1 << _SUBPIXEL_BITS))
        polygons = tuple(
            np.round(_polygon(curve) * np.float32(fraction) + shift).astype(np.int32)
            for curve in shape.curves
        )
        low, high = (0, 0), (0, 0)
        if polygons:
            boxes = np.array([cv2.boundingRect(polygon) for polygon in polygons])
            ends = boxes[:, :2] + boxes[:, 2:] - 1
            x0, y0 = (int(value) >> _SUBPIXEL_BITS for value in boxes[:, :2].min(axis=0))
            x1, y1 = (int(value) >> _SUBPIXEL_BITS for value in ends.max(axis=0))
            low, high = (x0 - 1, y0 - 1), (x1 + 3, y1 + 3)
        return cls(shape, polygons, low, high, tuple(cls.of(each) for each in shape.inside))


def _paint_on(
    canvas: ByteImage,
    outline: _Outline,
    corner: tuple[int, int],
    *,
    clip: NDArray[np.uint8] | None = None,
) -> None:
    """Paint on a part of the picture whose top left pixel is `corner`, within what `clip` covers of it."""
    shape = outline.shape
    left, top = max(0, outline.low[0] - corner[0]), max(0, outline.low[1] - corner[1])
    right = min(canvas.shape[1], outline.high[0] - corner[0])
    bottom = min(canvas.shape[0], outline.high[1] - corner[1])
    if not outline.polygons or right <= left or bottom <= top:
        return
    corner = (corner[0] + left, corner[1] + top)
    shift = np.array(corner, np.int32) << _SUBPIXEL_BITS
    local = [polygon - shift for polygon in outline.polygons]
    part = canvas[top:bottom, left:right]
    simple = shape.opacity >= 1 and clip is None
    few = shape.opacity >= 1 and len(outline.inside) <= _FEW
    if simple and few:
        cv2.fillPoly(part, local, shape.colour, cv2.LINE_AA, _SUBPIXEL_BITS)
        if not shape.inside:
            return
    cover = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(cover, local, (255,), cv2.LINE_AA, _SUBPIXEL_BITS)
    if clip is not None:
        cv2.min(cover, clip[top:bottom, left:right], dst=cover)
    if few:
        if not simple:
            _fill(part, cover, shape.colour)
        for each in outline.inside:
            _paint_on(part, each, corner, clip=cover)
        return
    # Much is painted the quicker without a clip, on a picture of its own that is laid down at once.
    layer: ByteImage = np.empty((bottom - top, right - left, 3), np.uint8)
    # Several times quicker than numpy spreads three bytes.
    cv2.rectangle(layer, (0, 0), (right - left, bottom - top), shape.colour, cv2.FILLED)
    for each in outline.inside:
        _paint_on(layer, each, corner)
    if shape.opacity >= 1:
        cv2.copyTo(layer, cv2.inRange(cover, (255,), (255,)), part)
    _mix(part, layer, cover, opacity=shape.opacity)


def _mix(part: ByteImage, over: ByteImage | Rgb, cover: NDArray[np.uint8], *, opacity: float) -> None:
    """Lay a picture or a colour on another where that doesn't cover it wholly, in place."""
    # One less than nothing is 255. A truth value for each pixel is searched in a third of the time of a byte.
    partly = cover - np.uint8(1) < np.uint8(254 if opacity >= 1 else 255)
    places = np.flatnonzero(partly)
    if not places.size:
        return
    rows, columns = np.divmod(places, cover.shape[1])
    weight = cover[rows, columns].astype(np.float32)[:, None] * np.float32(opacity / 255)
    under = part[rows, columns].astype(np.float32)
    upper = np.array(over, np.float32) if isinstance(over, tuple) else over[rows, columns]
    part[rows, columns] = np.rint(under + weight * (upper - under)).astype(np.uint8)


def _fill(part: ByteImage, cover: NDArray[np.uint8], colour: Rgb) -> None:
    """Lay a colour on as much of every pixel as is covered, in place."""
    whole = cv2.inRange(cover, (255,), (255,))
    # Out with what was there, in with the colour: quicker than a picture of one colour.
    # (OpenCV takes a scalar for either picture; its types don't say so.)
    none, full = cast("ByteImage", (0, 0, 0)), cast("ByteImage", colour)
    cv2.bitwise_and(part, none, dst=part, mask=whole)
    cv2.bitwise_or(part, full, dst=part, mask=whole)
    # Only the rim needs mixing.
    _mix(part, colour, cover, opacity=1.0)


def _polygon(curve: Curve) -> Curve:
    """As many straight pieces as it takes for nobody to see them."""
    if not len(curve):
        return curve
    longest = float(np.abs(curve - np.concatenate([curve[-1:], curve[:-1]])).max())
    return spline_polygon(curve, samples=int(min(max(longest / 3, 2), 24)))


def _area(curve: Curve) -> float:
    # OpenCV takes no slice of a longer curve.
    return float(cv2.contourArea(np.ascontiguousarray(curve)))


def _thinned(curve: Curve) -> Curve:
    if len(curve) < 24:
        return curve
    doubled = (curve == np.roll(curve, -1, axis=0)).all(axis=1)
    if doubled.any():
        # What makes a corner is needed; of all else every other point does.
        kept = doubled | np.roll(doubled, 1)
        kept[::2] = True
        fewer: Curve = curve[kept]
        return fewer
    return ((curve[0:-1:2] + curve[1::2]) / 2).astype(np.float32)


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
