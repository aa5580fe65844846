"""Brush strokes: paths along a field of directions, painted as tapered ribbons of one colour each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import Size
from toonbooth.imaging.smoothing import gaussian

_SUBPIXEL_BITS = 4
_LONG = 7.0
"""Strokes longer than this many widths bend along more points."""

_PROFILE = np.array([0.1, 0.62, 0.92, 1.0, 0.9, 0.66, 0.12], np.float32)
"""Half width of a stroke from its start to its end over its half width in the middle."""


@dataclass(frozen=True, slots=True)
class BrushDirections:
    """Which way the brush goes, as the cosine and sine of twice the angle: directions have no sign.

    cos2, sin2 : (H, W) float32; their length is how decided the direction is.
    """

    cos2: FloatImage
    sin2: FloatImage

    def mixed(self, other: BrushDirections, share: FloatImage) -> BrushDirections:
        """Directions that pass into others; `share` is 1 where the others count alone."""
        mine, theirs = self.unit(), other.unit()
        return BrushDirections(
            mine.cos2 + (theirs.cos2 - mine.cos2) * share, mine.sin2 + (theirs.sin2 - mine.sin2) * share
        )

    def unit(self) -> BrushDirections:
        """The same directions, all equally decided."""
        length: FloatImage = np.sqrt(self.cos2 * self.cos2 + self.sin2 * self.sin2).astype(np.float32)
        np.maximum(length, np.float32(1e-12), out=length)
        length = np.reciprocal(length)
        return BrushDirections(self.cos2 * length, self.sin2 * length)

    def angles(self) -> FloatImage:
        """Radians, clockwise from the x axis, within ± pi / 2."""
        half: FloatImage = cv2.phase(self.cos2, self.sin2).astype(np.float32, copy=False)
        half *= np.float32(0.5)
        return half


def brush_directions(
    grey: FloatImage, *, scale: float, drift: BrushDirections, steadiness: float
) -> BrushDirections:
    """Directions along the forms of a picture, and along a drift where it has none.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
    scale : float, pixels, > 0
        Over which directions are gathered. Turning it up makes neighbouring strokes agree.
    drift : BrushDirections, shape (H, W)
        Where the brush goes on even ground.
    steadiness : float, > 0
        Squared slope (of grey, per pixel) at which form and drift weigh the same. Turning it up ignores faint
        forms.

    References
    ----------
    A. Hertzmann, "Painterly rendering with curved brush strokes of multiple sizes", SIGGRAPH 1998.
    doi:10.1145/280814.280951
    """
    across = cv2.Scharr(grey, cv2.CV_32F, 1, 0, scale=1 / 32)
    down = cv2.Scharr(grey, cv2.CV_32F, 0, 1, scale=1 / 32)
    cos2 = gaussian((down * down - across * across).astype(np.float32, copy=False), sigma=scale)
    sin2 = gaussian((-2 * across * down).astype(np.float32, copy=False), sigma=scale)
    cos2 += np.float32(steadiness) * drift.cos2
    sin2 += np.float32(steadiness) * drift.sin2
    return BrushDirections(cos2, sin2)


@dataclass(frozen=True, slots=True)
class Brush:
    """A brush and how it is used.

    width : pixels of the sheet.
    length : strokes' mean length over their width.
    coverage : area of all strokes over the area painted; 1 leaves gaps, 2 covers nearly all.
    tolerance : a stroke ends where the colour under it differs by this much, L*a*b*.
    variety : by how much light colours differ from stroke to stroke, L*; dark ones differ less.
    colourful : how much of that is hue; 0 varies lightness alone.
    """

    width: float
    length: float
    coverage: float
    tolerance: float
    variety: float
    colourful: float = 1.0


@dataclass(frozen=True, slots=True)
class BrushStrokes:
    """Strokes ready to be painted, in the order in which they are painted.

    outlines : (N, 2K, 2) int32, in sixteenths of a pixel.
    colours : (N, 3) float32, L*a*b*.
    heights : (N,) float32, 0 … 1, how thick the paint is.
    """

    outlines: NDArray[np.int32]
    colours: NDArray[np.float32]
    heights: NDArray[np.float32]


def lay_strokes(
    colours: FloatImage,
    directions: BrushDirections,
    wanted: FloatImage,
    brush: Brush,
    *,
    size: Size,
    rng: np.random.Generator,
) -> BrushStrokes:
    """Set the strokes of one brush over a picture.

    Parameters
    ----------
    colours : float32 array, shape (h, w, 3), L*a*b*
        What is to be painted.
    directions : BrushDirections, any size
    wanted : float32 array, shape (h, w), 0 … 1
        Share of the strokes that are set; 0 where this brush has no business.
    brush : Brush
    size : (width, height) of the sheet in pixels; the same field of view
    rng : numpy.random.Generator

    References
    ----------
    A. Hertzmann, "Painterly rendering with curved brush strokes of multiple sizes", SIGGRAPH 1998.
    doi:10.1145/280814.280951
    """
    height, width = wanted.shape
    half_steps = 3 if brush.length <= _LONG else 6
    scale = np.array([width / size[0], height / size[1]], np.float32)
    area = brush.width * brush.width * brush.length * 0.85
    cell = float(np.sqrt(area / brush.coverage))
    # Seeds are set only around where strokes are wanted.
    x0, y0, across, down = cv2.boundingRect((wanted > 0).astype(np.uint8))
    corner = np.array([x0, y0], np.float32) / scale
    extent = np.array([across, down], np.float32) / scale
    columns, rows = (max(1, round(float(side) / cell)) for side in extent)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    seeds = np.stack([x.ravel(), y.ravel()], axis=1)
    seeds += rng.random(seeds.shape, dtype=np.float32)
    seeds *= (extent / np.array([columns, rows], np.float32)).astype(np.float32)
    seeds += corner
    lots = rng.random(len(seeds), dtype=np.float32)
    stray = rng.standard_normal((5, len(seeds)), dtype=np.float32)
    order = rng.permutation(len(seeds))
    order = order[lots[order] < _under(wanted, seeds[order], scale)]
    seeds, stray = seeds[order], stray[:, order]

    angles = directions.angles()
    turned = np.array([angles.shape[1] / size[0], angles.shape[0] / size[1]], np.float32)
    longer = np.clip(1 + np.float32(0.3) * stray[2], 0.5, 1.7)
    step = np.float32(brush.width * brush.length / (2 * half_steps)) * longer
    wobble = np.float32(0.09) * stray[3]
    own = _under(colours, seeds, scale)
    start = _under(angles, seeds, turned) + wobble
    ways = []
    for sign in (-1, 1):
        here, heading, path, going = seeds, start, [], np.ones(len(seeds), np.float32)
        for _ in range(half_steps):
            move = np.stack([np.cos(heading), np.sin(heading)], axis=1) * (sign * step * going)[:, None]
            there = here + move
            unlike = np.abs(_under(colours, there, scale) - own).sum(axis=1) > brush.tolerance
            # A stroke that meets another colour stops short of it, by stages, so that its end is rounded.
            going = going * np.where(unlike, np.float32(0.12), np.float32(1))
            here = np.where(unlike[:, None], here + move * np.float32(0.12), there)
            path.append(here)
            turn = _under(angles, here, turned) + wobble - heading
            heading = heading + turn - np.float32(np.pi) * np.rint(turn * np.float32(1 / np.pi))
        ways.append(path)
    points = np.stack([*reversed(ways[0]), seeds, *ways[1]], axis=1)

    along = np.gradient(points, axis=1)
    along /= np.maximum(np.hypot(along[..., 0], along[..., 1]), np.float32(1e-3))[..., None]
    # A stroke that was stopped on both sides is a dab, no wider than long.
    reach = np.hypot(*(points[:, -1] - points[:, 0]).T)
    half = np.minimum(
        np.float32(0.5 * brush.width) * np.clip(1 + np.float32(0.22) * stray[4], 0.5, 1.5), 0.3 * reach + 0.35
    )
    ends = np.linspace(0, len(_PROFILE) - 1, 2 * half_steps + 1)
    profile = np.interp(ends, np.arange(len(_PROFILE)), _PROFILE).astype(np.float32)
    normal = np.stack([-along[..., 1], along[..., 0]], axis=2) * (half[:, None] * profile)[..., None]
    outlines = np.concatenate([points + normal, (points - normal)[:, ::-1]], axis=1)
    fixed = np.rint((outlines - np.float32(0.5)) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    # Painters turn a colour more than they lighten it: what is lighter beside darker looks like a crease.
    spread = np.stack(
        [
            np.float32(0.7) * stray[0],
            np.float32(0.6 * brush.colourful) * stray[1],
            np.float32(0.7 * brush.colourful) * stray[2],
        ],
        axis=1,
    )
    heights = np.clip(0.5 + np.float32(0.22) * stray[3], 0, 1)
    # In the dark the same difference looks larger, and on white cloth each stroke is a crease.
    varied = np.float32(brush.variety) * np.clip(own[:, :1] * np.float32(1 / 45), 0.35, 1)
    varied *= 1 - np.float32(0.6) * np.clip((own[:, :1] - 80) * np.float32(1 / 12), 0, 1)
    return BrushStrokes(fixed, own + np.clip(spread, -2, 2) * varied, heights)


def paint_strokes(canvas: ByteImage, strokes: BrushStrokes) -> None:
    """Paint strokes onto a canvas, in place.

    Parameters
    ----------
    canvas : uint8 array, shape (H, W, 4)
        sRGB, and the thickness of the paint.
    strokes : BrushStrokes
    """
    if not len(strokes.outlines):
        return
    rgb = cv2.cvtColor(strokes.colours[None].astype(np.float32, copy=False), cv2.COLOR_LAB2RGB)[0]
    paint = np.clip(np.column_stack([rgb, strokes.heights]) * 255, 0, 255).tolist()
    for outline, colour in zip(strokes.outlines, paint, strict=True):
        cv2.fillPoly(canvas, [outline], colour, cv2.LINE_AA, _SUBPIXEL_BITS)


def _under(field: FloatImage, points: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """The field's value under every point, nearest; beyond its edges those of the edge."""
    height, width = field.shape[:2]
    x = np.clip((points[:, 0] * scale[0]).astype(np.int32), 0, width - 1)
    y = np.clip((points[:, 1] * scale[1]).astype(np.int32), 0, height - 1)
    values: NDArray[np.float32] = field[y, x]
    return values
