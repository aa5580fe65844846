"""The soft edge at full size: alpha from local colours, and colours without the old background."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.facecut.outlines import eroded
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian

_PURE = 0.02
"""So close to 0 or 1 nobody sees a mixture."""

_CELL_PIXELS = 3.0
"""Local means are taken on a grid on which `reach` is this many cells: smooth anyway, and much cheaper."""


def refine_alpha(
    image: FloatImage, coarse: FloatImage, *, smooth: FloatImage, reach_pixels: float
) -> FloatImage:
    """Find a soft edge along the picture's own colours, starting from a coarse mask.

    Near the mask's edge every pixel is taken as a mix of the nearest certain foreground and the nearest
    certain background colour; alpha is where it lies between the two. Where both have the same colour, or
    the pixel lies beside the line between them, the coarse mask decides.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    coarse : float32 array, shape (H, W), range [0, 1]
    smooth : float32 array, shape (H, W), range [0, 1]
        1 where the foreground has no strands, and what the coarse mask holds inside is certain at once.
    reach_pixels : float, pixels, > 0
        How far from the coarse edge strands are sought. Larger values find more loose hair and trust the
        coarse mask less.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1].

    References
    ----------
    Y.-Y. Chuang, B. Curless, D. H. Salesin, R. Szeliski, "A Bayesian approach to digital matting", CVPR 2001.
    doi:10.1109/CVPR.2001.990970 (the colour line between local means).
    """
    sure_in = eroded(coarse > 0.9, reach_pixels / 2) | ((coarse > 0.9) & (smooth > 0.5))
    sure_out = eroded(coarse < 0.1, reach_pixels / 2)
    band = ~(sure_in | sure_out)
    if not (band.any() and sure_in.any() and sure_out.any()):
        return coarse.copy()

    inside = spread_colours(image, sure_in.astype(np.float32), reach_pixels=reach_pixels)[band]
    outside = spread_colours(image, sure_out.astype(np.float32), reach_pixels=reach_pixels)[band]
    line = inside - outside
    offset = image[band] - outside
    length = np.einsum("nc,nc->n", line, line)
    along = np.einsum("nc,nc->n", offset, line) / (length + np.float32(1e-4))
    beside = offset - np.clip(along, 0, 1)[:, None] * line
    miss = np.einsum("nc,nc->n", beside, beside)
    trust = length / (length + np.float32(0.012)) * np.exp(-miss * np.float32(1 / 0.02))
    colour_alpha = np.clip((along - np.float32(0.08)) * np.float32(1 / 0.84), 0, 1)

    alpha = sure_in.astype(np.float32)
    alpha[band] = trust * colour_alpha + (1 - trust) * coarse[band]
    return alpha


def clean_colours(image: FloatImage, alpha: FloatImage, *, reach_pixels: float) -> FloatImage:
    """Take the old background out of the colours of half-transparent pixels.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    alpha : float32 array, shape (H, W), range [0, 1]
    reach_pixels : float, pixels, > 0
        How far away a clean colour may come from; larger values give smoother fringes.

    Returns
    -------
    float32 array, shape (H, W, 3), range [0, 1]: the foreground's own colour; unchanged where alpha
    is nearly 0 or 1.

    References
    ----------
    M. Forte, "Approximate fast foreground colour estimation", ICIP 2021.
    doi:10.1109/ICIP42928.2021.9506164
    """
    band = (alpha > _PURE) & (alpha < 1 - _PURE)
    cleaned = image.copy()
    if not band.any():
        return cleaned
    # Nearly pure pixels only: a mean over mixed ones would be corrected too far.
    front = spread_colours(image, _nearly(alpha), reach_pixels=reach_pixels)[band]
    back = spread_colours(image, _nearly(1 - alpha), reach_pixels=reach_pixels)[band]
    share = alpha[band][:, None]
    cleaned[band] = np.clip(front + share * (image[band] - share * front - (1 - share) * back), 0, 1)
    return cleaned


def _nearly(share: FloatImage) -> FloatImage:
    weights: FloatImage = np.clip((share - np.float32(0.8)) * 5, 0, 1)
    return weights + share * np.float32(1e-4)


def spread_colours(image: FloatImage, weights: FloatImage, *, reach_pixels: float) -> FloatImage:
    """Carry the local mean of weighted pixels everywhere: from near by where there are any, else from afar.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3)
    weights : float32 array, shape (H, W), range [0, 1]
    reach_pixels : float, pixels, > 0
        Radius of the nearest mean. Larger values blur the colours more.

    Returns
    -------
    float32 array, shape (H, W, 3).
    """
    height, width = weights.shape
    cell = max(1.0, reach_pixels / _CELL_PIXELS)
    size = (max(1, round(width / cell)), max(1, round(height / cell)))
    if cell >= _CELL_PIXELS:
        # Halved first: what is averaged over cells anyway needn't be weighted pixel by pixel.
        half = (-(-width // 2), -(-height // 2))
        image, weights = shrunk(image, half), shrunk(weights, half)
    colours, amounts = shrunk(image * weights[..., np.newaxis], size), shrunk(weights, size)
    result, filled = np.zeros_like(colours), np.zeros_like(amounts)
    for sigma in (_CELL_PIXELS / 2, _CELL_PIXELS * 1.5, _CELL_PIXELS * 5):
        near_colours, near_amounts = gaussian(colours, sigma=sigma), gaussian(amounts, sigma=sigma)
        share: FloatImage = (1 - filled) * np.minimum(near_amounts * 12, 1)
        result += (share / (near_amounts + np.float32(1e-6)))[..., np.newaxis] * near_colours
        filled += share
    return enlarged(
        (result / (filled[..., np.newaxis] + np.float32(1e-4))).astype(np.float32), (width, height)
    )


def follow_edges(
    values: FloatImage, light: FloatImage, *, radius_pixels: float, contrast: float
) -> FloatImage:
    """Smooth a map of any range, but not across the edges of the picture it belongs to.

    Parameters
    ----------
    values : float32 array, shape (H, W)
    light : float32 array, shape (H, W), range [0, 1]
        The picture's lightness.
    radius_pixels : float, pixels, > 0
        Half the side of the windows. Larger values smooth more.
    contrast : float, lightness, > 0
        Edges well below this are smoothed over.

    Returns
    -------
    float32 array, shape (H, W).

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. doi:10.1109/TPAMI.2012.213
    """
    side = 2 * max(1, round(radius_pixels)) + 1

    def mean(image: FloatImage) -> FloatImage:
        return np.asarray(cv2.blur(image, (side, side)), dtype=np.float32)

    mean_light, mean_values = mean(light), mean(values)
    variance = mean(light * light) - mean_light * mean_light
    covariance = mean(light * values) - mean_light * mean_values
    slope = np.asarray(covariance / (variance + np.float32(contrast**2)), dtype=np.float32)
    offset: FloatImage = mean_values - slope * mean_light
    smooth: FloatImage = mean(slope) * light + mean(offset)
    return smooth
