"""The guided filter: makes a soft mask follow the edges of the picture it belongs to."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from toonbooth.imaging.pixels import FloatImage


def guided_filter(
    mask: FloatImage, guide: FloatImage, *, radius_pixels: float, tolerance: float, subsampling: int = 1
) -> FloatImage:
    """Redraw a mask along the edges of a colour picture.

    In every neighbourhood the result is a linear function of the picture's colour, so it can only have edges
    where the picture has them.

    Parameters
    ----------
    mask : float32 array, shape (h, w), range [0, 1]
        May be smaller or larger than the guide; it stands for the same field of view.
    guide : float32 array, shape (H, W, 3), range [0, 1]
    radius_pixels : float, pixels of the guide, > 0
        Half the side of a neighbourhood. Larger values carry edges farther and let fine strands of hair
        through; far too large ones let the mask glow into like-coloured surroundings.
    tolerance : float, squared luminance, > 0
        Variance below which a neighbourhood counts as flat. Larger values ignore fainter edges and blur.
    subsampling : int, >= 1
        Statistics are taken at 1 / subsampling of the size; 4 changes little and is many times faster.

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
    if guide.dtype != np.float32 or guide.ndim != 3 or guide.shape[2] != 3:
        raise ValueError(f"guide must be a float32 colour picture, not {guide.dtype} {guide.shape}")
    if radius_pixels <= 0 or tolerance <= 0 or subsampling < 1:
        raise ValueError("radius_pixels and tolerance must be positive, subsampling at least 1")

    height, width = guide.shape[:2]
    small = (max(1, round(width / subsampling)), max(1, round(height / subsampling)))
    small_guide = guide if subsampling == 1 else cv2.resize(guide, small, interpolation=cv2.INTER_AREA)
    small_mask = mask if mask.shape == (small[1], small[0]) else cv2.resize(mask, small)
    diameter = 2 * max(1, round(radius_pixels / subsampling)) + 1

    def mean(image: FloatImage) -> FloatImage:
        averaged = cv2.blur(image, (diameter, diameter), borderType=cv2.BORDER_REFLECT)
        return averaged.astype(np.float32, copy=False)

    slopes, offset = _fit_colour_lines(np.asarray(small_guide), np.asarray(small_mask), mean, tolerance)
    # Plane by plane: far less memory traffic than one product of colour pictures.
    filtered = _resized(mean(offset), width, height)
    for channel in range(3):
        term = _resized(mean(slopes[channel]), width, height)
        term *= cv2.extractChannel(guide, channel)
        filtered += term
    np.clip(filtered, np.float32(0), np.float32(1), out=filtered)
    return filtered


def _resized(image: FloatImage, width: int, height: int) -> FloatImage:
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return resized.astype(np.float32, copy=False)


def _fit_colour_lines(
    guide: FloatImage, mask: FloatImage, mean: Callable[[FloatImage], FloatImage], tolerance: float
) -> tuple[list[FloatImage], FloatImage]:
    """Per pixel three slopes and an offset, (H, W) each, so that mask ≈ slopes · colour + offset nearby."""
    red, green, blue = (np.ascontiguousarray(guide[..., channel]) for channel in range(3))
    mean_guide = mean(guide)
    mean_red, mean_green, mean_blue = (mean_guide[..., channel] for channel in range(3))
    mean_mask = mean(mask)
    rr = mean(red * red) - mean_red * mean_red + np.float32(tolerance)
    rg = mean(red * green) - mean_red * mean_green
    rb = mean(red * blue) - mean_red * mean_blue
    gg = mean(green * green) - mean_green * mean_green + np.float32(tolerance)
    gb = mean(green * blue) - mean_green * mean_blue
    bb = mean(blue * blue) - mean_blue * mean_blue + np.float32(tolerance)
    covariance = mean(guide * mask[..., np.newaxis]) - mean_guide * mean_mask[..., np.newaxis]

    # The symmetric 3 × 3 systems are solved by their cofactors: many times faster than a batched solver.
    inverse_rr, inverse_rg, inverse_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    inverse_gg, inverse_gb, inverse_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = inverse_rr * rr + inverse_rg * rg + inverse_rb * rb
    c_red, c_green, c_blue = (covariance[..., channel] / determinant for channel in range(3))
    slopes = [
        inverse_rr * c_red + inverse_rg * c_green + inverse_rb * c_blue,
        inverse_rg * c_red + inverse_gg * c_green + inverse_gb * c_blue,
        inverse_rb * c_red + inverse_gb * c_green + inverse_bb * c_blue,
    ]
    offset = mean_mask - slopes[0] * mean_red - slopes[1] * mean_green - slopes[2] * mean_blue
    return slopes, offset
