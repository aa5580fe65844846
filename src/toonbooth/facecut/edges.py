"""The soft edge at full size: alpha from local colours, and colours without the old background."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.ink import take_in_ink
from toonbooth.facecut.outlines import Mask, eroded
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, mean_around
from toonbooth.imaging.tones import smoothstep

_PURE = 0.02
"""So close to 0 or 1 nobody sees a mixture."""

_RIM_PIXELS = 1.0
"""So far inside the edge of what is opaque, pixels still have some of the background's colour."""

_INK = 0.1
"""What is darker by this than what lies on either side of it is a line, luma."""

_STRAND_PIXELS = 4.0
"""What is farther from anything opaque is a strand, whose colour is its own."""

_CELL_PIXELS = 3.0
"""Local means are taken on a grid on which `reach` is this many cells: smooth anyway, and much cheaper."""


def refine_alpha(
    image: FloatImage,
    coarse: FloatImage,
    *,
    smooth: FloatImage,
    reach_pixels: float,
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

    inside = spread_colours(image, sure_in.astype(np.float32), reach_pixels=reach_pixels)
    outside = spread_colours(image, sure_out.astype(np.float32), reach_pixels=reach_pixels)
    line = inside[band] - outside[band]
    offset = image[band] - outside[band]
    length = np.einsum("nc,nc->n", line, line)
    along = np.einsum("nc,nc->n", offset, line) / (length + np.float32(1e-4))
    beside = offset - np.clip(along, 0, 1)[:, None] * line
    miss = np.einsum("nc,nc->n", beside, beside)
    trust = length / (length + np.float32(0.012)) * np.exp(-miss * np.float32(1 / 0.02))
    # Where every other pixel is a mix of neither, those that are one by chance are scraps of background.
    trust *= _share_nearby(trust, band, reach_pixels)
    colour_alpha = np.clip((along - np.float32(0.08)) * np.float32(1 / 0.84), 0, 1)

    alpha = sure_in.astype(np.float32)
    alpha[band] = trust * colour_alpha + (1 - trust) * coarse[band]
    return take_in_ink(
        image,
        alpha,
        inside=inside,
        outside=outside,
        band=band,
        background=sure_out,
        reach_pixels=reach_pixels / 2,
    )


def _share_nearby(trust: FloatImage, band: Mask, reach_pixels: float) -> FloatImage:
    """How far the neighbourhood of every pixel of the band can be trusted, 0…1."""
    spread = np.zeros(band.shape, np.float32)
    spread[band] = trust
    amount = gaussian(band.astype(np.float32), sigma=reach_pixels)[band]
    share: FloatImage = gaussian(spread, sigma=reach_pixels)[band]
    share /= np.maximum(amount, np.float32(1e-3))
    return smoothstep(share, low=0.55, high=0.8)


def calm(mask: FloatImage, *, sigma_pixels: float, edge_pixels: float) -> FloatImage:
    """Draw the edge of a mask as a calm line: without steps, teeth and spikes.

    Parameters
    ----------
    mask : float32 array, shape (H, W), range [0, 1]
    sigma_pixels : float, pixels, > 0
        Twice this wide is the thinnest thing that stays. Larger values round corners more.
    edge_pixels : float, pixels, > 0
        How wide the line is from 0 to 1.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1].
    """
    calmed = gaussian(mask, sigma=sigma_pixels) - np.float32(0.5)
    calmed *= np.float32(np.sqrt(2 * np.pi) * sigma_pixels / edge_pixels)
    calmed += np.float32(0.5)
    return np.clip(calmed, np.float32(0), np.float32(1), out=calmed)


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
    opaque = alpha > 1 - _PURE
    band = (alpha > _PURE) & ~eroded(opaque, _RIM_PIXELS)
    cleaned = image.copy()
    if not (band.any() and opaque.any()):
        return cleaned
    # Nearly pure pixels only: a mean over mixed ones would be corrected too far.
    front = spread_colours(image, _nearly(alpha), reach_pixels=reach_pixels)[band]
    back = spread_colours(image, _nearly(1 - alpha), reach_pixels=reach_pixels)[band]
    # Just inside the edge most pixels still have some of the background in them, but for a line drawn there.
    pure = eroded(opaque, _RIM_PIXELS)
    darkest = np.minimum(luma_of(front), luma_of(back)) - np.float32(_INK)
    pure[band] = opaque[band] & (luma_of(image[band]) < darkest)
    if not pure.any():
        return cleaned
    distance, nearest = nearest_in(pure)
    share = alpha[band][:, None]
    mixed = np.clip(front + share * (image[band] - share * front - (1 - share) * back), 0, 1)
    # The rim goes on as the head does inside it.
    near = smoothstep(distance[band], low=_STRAND_PIXELS + 2, high=_STRAND_PIXELS)[:, None]
    cleaned[band] = mixed + near * (image.reshape(-1, 3)[nearest[band]] - mixed)
    return cleaned


def nearest_in(mask: Mask) -> tuple[FloatImage, NDArray[np.intp]]:
    """For every pixel, how far the nearest pixel of a mask is, and which, counted row by row."""
    distance, labels = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.zeros(int(labels.max()) + 1, np.intp)
    inside = np.flatnonzero(mask)
    places[labels.reshape(-1)[inside]] = inside
    return np.asarray(distance, dtype=np.float32), places[labels]


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


class EdgeFollower:
    """Smooths maps of any range, but not across the edges of the picture that they belong to.

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. doi:10.1109/TPAMI.2012.213
    """

    def __init__(self, light: FloatImage, *, radius_pixels: float, contrast: float) -> None:
        """
        Parameters
        ----------
        light : float32 array, shape (H, W), range [0, 1]
            The picture's lightness.
        radius_pixels : float, pixels, > 0
            Half the side of the windows. Larger values smooth more.
        contrast : float, lightness, > 0
            Edges well below this are smoothed over.
        """
        self._light = light
        self._radius = max(1, round(radius_pixels))
        self._mean_light = self._mean(light)
        self._variance = self._mean(light * light) - self._mean_light * self._mean_light
        self._variance += np.float32(contrast**2)

    def follow(self, values: FloatImage) -> FloatImage:
        """Smooth a map, float32, shape (H, W)."""
        mean_values = self._mean(values)
        slope = self._mean(self._light * values)
        slope -= self._mean_light * mean_values
        slope /= self._variance
        mean_values -= slope * self._mean_light
        smooth = self._mean(slope)
        smooth *= self._light
        smooth += self._mean(mean_values)
        return smooth

    def _mean(self, image: FloatImage) -> FloatImage:
        return mean_around(image, radius=self._radius)
