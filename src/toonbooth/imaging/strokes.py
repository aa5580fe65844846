"""Pencil strokes: many short lines that follow a field of directions, traced and drawn all together."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import Size

_SUBPIXEL_BITS = 4
_PRESSURES = 14
"""Greys in which strokes are drawn, all strokes of one grey in one call."""

_HALF_STEPS = 3
"""Segments of a stroke on each side of its middle."""


_PLASTIC = (np.float32(0.7548777), np.float32(0.5698403))
"""Steps of the R2 sequence, from the plastic number: multiples of them fill the unit interval evenly."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Where strokes run, as double angles: those have no sign to jump and may be mixed and interpolated.

    cos2, sin2 : (h, w) float32, cosine and sine of twice the angle; x to the right, y down.
    """

    cos2: FloatImage
    sin2: FloatImage

    def turned(self, radians: FloatImage | float) -> Directions:
        """The same field with every direction turned clockwise."""
        twice = 2 * np.asarray(radians, np.float32)
        cos, sin = np.cos(twice), np.sin(twice)
        return Directions(
            (self.cos2 * cos - self.sin2 * sin).astype(np.float32, copy=False),
            (self.sin2 * cos + self.cos2 * sin).astype(np.float32, copy=False),
        )

    def unit(self) -> Directions:
        """The same directions, as cosine and sine again after they were added up."""
        length = cv2.magnitude(self.cos2, self.sin2).astype(np.float32, copy=False)
        np.maximum(length, np.float32(1e-6), out=length)
        return Directions(self.cos2 / length, self.sin2 / length)

    def angles_at(self, points: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
        """Angles under points of a sheet of that size, radians within ± pi / 2."""
        where = _places(self.cos2.shape, points, size)
        twice = np.arctan2(self.sin2.take(where), self.cos2.take(where))
        half: NDArray[np.float32] = twice * np.float32(0.5)
        return half


@dataclass(frozen=True, slots=True)
class Strokes:
    """Strokes ready to be drawn.

    points : (N, K, 2) float32, x and y in pixels of the sheet.
    pressure : (N,) float32, 0 … 1.
    """

    points: NDArray[np.float32]
    pressure: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hatching:
    """How a layer of strokes is laid.

    spacing : pixels of the sheet between neighbours. Turning it up gives coarser, lighter tone.
    length : pixels of the sheet, mean.
    lightest, darkest : tones at which the first and the last strokes are set: between them tone is reached
        by their number.
    wobble : radians by which hands stray.
    """

    spacing: float
    length: float
    lightest: float
    darkest: float
    wobble: float


def hatch(
    tone: FloatImage,
    directions: Directions,
    hatching: Hatching,
    *,
    size: Size,
    rng: np.random.Generator,
    lengthen: FloatImage | None = None,
    even: FloatImage | None = None,
) -> Strokes:
    """Set strokes so that their number and pressure make a tone.

    Every place has its own threshold: a stroke is set where the tone exceeds it, as in ordered dithering, and
    pressed the harder the more it does.

    Parameters
    ----------
    tone : float32 array, shape (h, w), 0 paper … 1 darkest
    directions : Directions, of any size: it stands for the same field of view
    hatching : Hatching
    size : (width, height) of the sheet in pixels; the same field of view as tone
    rng : numpy.random.Generator
    lengthen : float32 array, of any size, optional
        Factor on the length of strokes; longer ones are set farther apart.
    even : float32 array, of any size, 0 … 1, optional
        Where it is 1, light tones are reached by many soft strokes rather than few firm ones: skin, on which
        lone strokes look like hair.

    References
    ----------
    M. Salisbury, M. T. Wong, J. F. Hughes, D. H. Salesin, "Orientable textures for image-based pen-and-ink
    illustration", SIGGRAPH 1997. doi:10.1145/258734.258890
    M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018 (R2).
    """
    # One stroke to each cell of spacing by half a length: neighbours overlap end to end.
    cell = float(np.sqrt(hatching.spacing * hatching.length * 0.55))
    columns, rows = max(1, round(size[0] / cell)), max(1, round(size[1] / cell))
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    seeds = np.stack([x.ravel(), y.ravel()], axis=1)
    # Neighbours' thresholds differ as much as can be, so strokes of a light tone don't clump.
    ranks = x.ravel() * _PLASTIC[0] + y.ravel() * _PLASTIC[1]
    ranks += np.float32(0.3) * rng.random(len(seeds), dtype=np.float32)
    ranks -= np.floor(ranks)
    seeds += rng.random(seeds.shape, dtype=np.float32)
    seeds *= np.array([size[0] / columns, size[1] / rows], np.float32)
    wanted = _at(tone, seeds, size)
    touched = wanted > hatching.lightest
    seeds, wanted, ranks = seeds[touched], wanted[touched], ranks[touched]

    thresholds = ranks * np.float32(hatching.darkest - hatching.lightest)
    calm = np.zeros(len(seeds), np.float32) if even is None else _at(even, seeds, size)
    thresholds = np.float32(hatching.lightest) + thresholds * (1 - np.float32(0.55) * calm)
    longer = np.ones(len(seeds), np.float32) if lengthen is None else _at(lengthen, seeds, size)
    chosen = wanted > thresholds
    chosen &= rng.random(len(seeds), dtype=np.float32) * longer < 1
    seeds = seeds[chosen]
    stray = rng.standard_normal((3, len(seeds)), dtype=np.float32)
    over = wanted[chosen] - thresholds[chosen]
    soft = 1 - np.float32(0.6) * calm[chosen]
    pressure = np.float32(0.24) * soft + np.float32(0.95) * over + np.float32(0.35) * wanted[chosen]
    pressure *= 1 + np.float32(0.18) * stray[1]
    length = np.float32(hatching.length) * np.clip(1 + np.float32(0.3) * stray[2], 0.45, 1.7)
    length *= longer[chosen]
    step = length / (2 * _HALF_STEPS)
    wobble = np.float32(hatching.wobble) * stray[0]
    start = directions.angles_at(seeds, size) + wobble
    ways = []
    for sign in (-1, 1):
        here, heading = seeds, start
        path: list[NDArray[np.float32]] = []
        for _ in range(_HALF_STEPS):
            if path:
                heading = _nearest_turn(directions.angles_at(here, size) + wobble, heading)
            move = np.stack([np.cos(heading), np.sin(heading)], axis=1) * (sign * step)[:, None]
            here = here + move
            path.append(here)
        ways.append(path)
    points = np.stack([*reversed(ways[0]), seeds, *ways[1]], axis=1)
    return Strokes(points.astype(np.float32), np.clip(pressure, 0.12, 1).astype(np.float32))


def draw_strokes(strokes: Strokes, *, size: Size, pen: int = 1) -> ByteImage:
    """Draw strokes, lighter at both ends, harder pressed ones over softer ones.

    Parameters
    ----------
    strokes : Strokes
    size : (width, height) of the sheet
    pen : int, pixels
        Width of the pencil's point.

    Returns
    -------
    uint8 array, shape (height, width): 0 bare paper, 255 full pressure.
    """
    drawn = np.zeros((size[1], size[0]), np.uint8)
    fixed = np.rint(strokes.points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    level = np.minimum((strokes.pressure * _PRESSURES).astype(np.int32), _PRESSURES - 1)
    for pressure in range(_PRESSURES):
        these = fixed[level == pressure]
        if not len(these):
            continue
        grey = 255 * (pressure + 0.5) / _PRESSURES
        for part, share in ((these, 0.55), (these[:, 1:-1], 1.0)):
            cv2.polylines(
                drawn,
                list(part),
                isClosed=False,
                color=(grey * share,),
                thickness=pen,
                lineType=cv2.LINE_AA,
                shift=_SUBPIXEL_BITS,
            )
    return drawn


def _at(field: FloatImage, points: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    """What a field says under points of a sheet, nearest; beyond its edges what it says there."""
    return field.take(_places(field.shape, points, size))


def _places(shape: tuple[int, ...], points: NDArray[np.float32], size: Size) -> NDArray[np.intp]:
    """Which value of a field lies under each point, counted row by row."""
    height, width = shape
    x = np.clip((points[:, 0] * np.float32(width / size[0])).astype(np.intp), 0, width - 1)
    y = np.clip((points[:, 1] * np.float32(height / size[1])).astype(np.intp), 0, height - 1)
    y *= width
    y += x
    return y


def _nearest_turn(angle: NDArray[np.float32], heading: NDArray[np.float32]) -> NDArray[np.float32]:
    """Directions have no sign: of the two ways along one, the way that goes on."""
    away = angle - heading
    turned: NDArray[np.float32] = angle - np.float32(np.pi) * np.rint(away * np.float32(1 / np.pi))
    return turned
