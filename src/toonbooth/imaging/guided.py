"""The guided filter: makes a soft mask follow the edges of the picture it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Final, TypeVar

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage

# Side of the squares that are either computed or known beforehand, in pixels of the statistics.
_TILE: Final = 16
_MIXED: Final = 2
_SUM_OF_CHANNELS: Final = np.ones((1, 3), np.float32)

_Image = TypeVar("_Image", ByteImage, FloatImage)


def guided_filter(
    mask: FloatImage,
    guide: ByteImage,
    *,
    radius_pixels: float,
    tolerance: float,
    subsampling: int = 1,
    levels: tuple[float, float] = (0.0, 1.0),
) -> FloatImage:
    """Redraw a mask along the edges of a colour picture.

    In every neighbourhood the result is a linear function of the picture's colour, so it can only have edges
    where the picture has them.

    Parameters
    ----------
    mask : float32 array, shape (h, w), range [0, 1]
        May be smaller or larger than the guide; it stands for the same field of view. The fastest has
        ceil(H / subsampling) rows and ceil(W / subsampling) columns, each pixel standing for a square of
        the guide's.
    guide : uint8 array, shape (H, W, 3)
    radius_pixels : float, pixels of the guide, > 0
        Half the side of a neighbourhood. Larger values carry edges farther and let fine strands of hair
        through; far too large ones let the mask glow into like-coloured surroundings.
    tolerance : float, squared luminance (0…1), > 0
        Variance below which a neighbourhood counts as flat. Larger values ignore fainter edges and blur.
    subsampling : int, >= 1
        Statistics are taken at 1 / subsampling of the size; 4 changes little and is many times faster.
    levels : (black, white), 0 <= black < white <= 1
        The result is stretched so that black becomes 0 and white 1, as with a photo editor's levels. Moved
        inwards they cut off what the filter leaves of doubt, and less has to be computed.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1].

    Raises
    ------
    ValueError
        If mask or guide have another form, or a parameter is out of range.

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided Image Filtering", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 35(6), 2013. doi:10.1109/TPAMI.2012.213
    K. He, J. Sun, "Fast Guided Filter", 2015. doi:10.48550/arXiv.1505.00996
    """
    if mask.dtype != np.float32 or mask.ndim != 2:
        raise ValueError(f"mask must be a two-dimensional float32 array, not {mask.dtype} {mask.shape}")
    if guide.dtype != np.uint8 or guide.ndim != 3 or guide.shape[2] != 3:
        raise ValueError(f"guide must be an uint8 colour picture, not {guide.dtype} {guide.shape}")
    if radius_pixels <= 0 or tolerance <= 0 or subsampling < 1:
        raise ValueError("radius_pixels and tolerance must be positive, subsampling at least 1")
    black, white = levels
    if not 0 <= black < white <= 1:
        raise ValueError(f"levels must be two rising numbers in 0…1, not {levels}")

    height, width = guide.shape[:2]
    padded = _pad(guide, subsampling)
    colours = _reduce(padded, subsampling).astype(np.float32) * np.float32(1 / 255)
    if mask.shape != colours.shape[:2]:
        enlarged = np.asarray(cv2.resize(mask, (width, height)), dtype=np.float32)
        mask = _reduce(_pad(enlarged, subsampling), subsampling)
    taps = np.full(2 * max(1, round(radius_pixels / subsampling)) + 1, 1, np.float32)
    taps /= taps.size

    def mean(plane: FloatImage) -> FloatImage:
        averaged = cv2.sepFilter2D(plane, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REFLECT)
        return np.asarray(averaged, dtype=np.float32)

    planes = [np.ascontiguousarray(colours[..., channel]) for channel in range(3)]
    slopes, offset = _fit_colour_lines(planes, mask, mean, tolerance)
    stretch = np.float32(1 / (white - black))
    slopes = [mean(slope) * stretch for slope in slopes]
    offset = (mean(offset) - np.float32(black)) * stretch
    result = np.empty((height, width), np.float32)
    _apply_colour_lines(slopes, offset, padded, subsampling, result)
    return result


def _pad(image: _Image, step: int) -> _Image:
    """Repeat the last row and column until both sides are multiples of `step`."""
    below, beside = -image.shape[0] % step, -image.shape[1] % step
    if below == beside == 0:
        return image
    padded = cv2.copyMakeBorder(image, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return padded.astype(image.dtype, copy=False)


def _reduce(image: _Image, factor: int) -> FloatImage:
    """Average squares of `factor` pixels. Halving has vector code, so as much as possible is done by it."""
    while factor > 1:
        step = 2 if factor % 2 == 0 else factor
        size = (image.shape[1] // step, image.shape[0] // step)
        reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        image = reduced.astype(image.dtype, copy=False)
        factor //= step
    return image.astype(np.float32, copy=False)


def _fit_colour_lines(
    guide: list[FloatImage], mask: FloatImage, mean: Callable[[FloatImage], FloatImage], tolerance: float
) -> tuple[list[FloatImage], FloatImage]:
    """Per pixel three slopes and an offset, (H, W) each, so that mask ≈ slopes · colour + offset nearby."""
    red, green, blue = guide
    mean_red, mean_green, mean_blue = mean_guide = [mean(plane) for plane in guide]
    mean_mask = mean(mask)
    rr = mean(red * red) - mean_red * mean_red + np.float32(tolerance)
    rg = mean(red * green) - mean_red * mean_green
    rb = mean(red * blue) - mean_red * mean_blue
    gg = mean(green * green) - mean_green * mean_green + np.float32(tolerance)
    gb = mean(green * blue) - mean_green * mean_blue
    bb = mean(blue * blue) - mean_blue * mean_blue + np.float32(tolerance)

    # The symmetric 3 × 3 systems are solved by their cofactors: many times faster than a batched solver.
    inverse_rr, inverse_rg, inverse_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    inverse_gg, inverse_gb, inverse_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = inverse_rr * rr + inverse_rg * rg + inverse_rb * rb
    c_red, c_green, c_blue = (
        (mean(plane * mask) - mean_plane * mean_mask) / determinant
        for plane, mean_plane in zip(guide, mean_guide, strict=True)
    )
    slopes = [
        inverse_rr * c_red + inverse_rg * c_green + inverse_rb * c_blue,
        inverse_rg * c_red + inverse_gg * c_green + inverse_gb * c_blue,
        inverse_rb * c_red + inverse_gb * c_green + inverse_bb * c_blue,
    ]
    offset = mean_mask - slopes[0] * mean_red - slopes[1] * mean_green - slopes[2] * mean_blue
    return slopes, offset


def _apply_colour_lines(
    slopes: list[FloatImage], offset: FloatImage, guide: ByteImage, scale: int, result: FloatImage
) -> None:
    """Fill the result with slopes · colour + offset, cut to 0…1. Tiles in which that is 0 or 1 whatever the
    colours, most of a portrait's, cost next to nothing."""
    tiles = _classify_tiles(slopes, offset)
    # One more pixel on every side, so that each tile is interpolated as if all were one.
    slope_pixels, offset = (
        np.asarray(cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_REPLICATE), dtype=np.float32)
        for image in (np.dstack(slopes) * np.float32(1 / 255), offset)
    )
    for row, states in enumerate(tiles):
        down = slice(row * _TILE, min((row + 1) * _TILE, offset.shape[0] - 2))
        column = 0
        for state, run in groupby(states):
            tiles_across = len(list(run))
            across = slice(column * _TILE, min((column + tiles_across) * _TILE, offset.shape[1] - 2))
            column += tiles_across
            place = tuple(slice(side.start * scale, side.stop * scale) for side in (down, across))
            target = result[place]
            if state != _MIXED:
                target[:] = state
                continue
            around = tuple(slice(side.start, side.stop + 2) for side in (down, across))
            terms = _enlarge(slope_pixels[around], scale)
            terms *= guide[place].astype(np.float32)
            value = np.asarray(cv2.transform(terms, _SUM_OF_CHANNELS), dtype=np.float32)
            value += _enlarge(offset[around], scale)
            value = value[: target.shape[0], : target.shape[1]]
            np.clip(value, np.float32(0), np.float32(1), out=target)


def _classify_tiles(slopes: list[FloatImage], offset: FloatImage) -> list[list[int]]:
    """Per tile: 0 or 1 where that comes out whatever colours the guide has there, else mixed."""
    lowest, highest = offset.copy(), offset.copy()
    for slope in slopes:
        lowest += np.minimum(slope, np.float32(0))
        highest += np.maximum(slope, np.float32(0))
    # Interpolation reaches one pixel into the neighbouring tiles.
    reach = np.ones((3, 3), np.uint8)
    lowest = np.asarray(cv2.erode(lowest, reach), dtype=np.float32)
    highest = np.asarray(cv2.dilate(highest, reach), dtype=np.float32)
    starts = [np.arange(0, length, _TILE) for length in offset.shape]
    low = np.minimum.reduceat(np.minimum.reduceat(lowest, starts[0], axis=0), starts[1], axis=1)
    high = np.maximum.reduceat(np.maximum.reduceat(highest, starts[0], axis=0), starts[1], axis=1)
    states: list[list[int]] = np.where(high <= 0, 0, np.where(low >= 1, 1, _MIXED)).tolist()
    return states


def _enlarge(image: FloatImage, factor: int) -> FloatImage:
    """Interpolate between pixels, and drop the outermost, which only were to be interpolated with."""
    size = (image.shape[1] * factor, image.shape[0] * factor)
    enlarged = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    inner = enlarged[factor:-factor, factor:-factor]
    return np.ascontiguousarray(inner, dtype=np.float32)
