"""The anisotropic Kuwahara filter: texture melts into planes of paint along the form, edges stay sharp."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.flow import Flow
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian_exactly

_SECTORS = 8

_NOTHING = np.empty((0, 0), np.uint16)
"""The fractions of pixels, which nearest look-ups have none of."""


def anisotropic_kuwahara(
    image: FloatImage,
    grey: FloatImage,
    flow: Flow,
    *,
    radius: float,
    sharpness: float = 4.0,
    noise: float = 0.012,
) -> FloatImage:
    """Replace every pixel by the means of those of its surroundings that are most even.

    Eight soft windows lie around each pixel, on an ellipse stretched along the flow; each counts the more the
    less it varies. Near an edge only the windows on the pixel's own side count, so that edges get sharper
    while everything else gets calmer.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), any colour space
    grey : float32 array, shape (H, W), range [0, 1]
        What evenness is judged by.
    flow : Flow of the same size
    radius : float, pixels, > 0
        Half the size of the surroundings. Turning it up paints with a broader brush.
    sharpness : float, > 0
        How strongly even windows are preferred. Turning it up gives harder borders between planes.
    noise : float, in units of grey
        Variation below which a window counts as even whatever it does. Turning it up keeps faint texture from
        becoming patches.

    Returns
    -------
    float32 array, shape (H, W, 3).

    Raises
    ------
    ValueError
        If image isn't a float32 colour picture, grey or flow are of another size, or a knob isn't positive.

    References
    ----------
    J. E. Kyprianidis, H. Kang, J. Döllner, "Image and video abstraction by anisotropic Kuwahara filtering",
    Computer Graphics Forum 28(7), 2009. doi:10.1111/j.1467-8659.2009.01574.x
    Soft windows instead of sectors, each blurred once and looked up eight times, after J. E. Kyprianidis,
    A. Semmo, H. Kang, J. Döllner, "Anisotropic Kuwahara filtering with polynomial weighting functions",
    TPCG 2010. doi:10.2312/LocalChapterEvents/TPCG/TPCG10/025-030
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.float32:
        raise ValueError(f"a float32 picture of shape (H, W, 3) is needed, not {image.dtype} {image.shape}")
    if not flow.x.shape == grey.shape == image.shape[:2]:
        raise ValueError("flow, grey and image must be of one size")
    if radius <= 0 or sharpness <= 0 or noise <= 0:
        raise ValueError("radius, sharpness and noise must be positive")
    sigma = 0.42 * radius
    mean = gaussian_exactly(image, sigma=sigma)
    grey_mean = gaussian_exactly(grey, sigma=sigma)
    spread = gaussian_exactly(grey * grey, sigma=sigma)
    spread -= grey_mean * grey_mean
    np.maximum(spread, 0, out=spread)
    # The weight of a window depends on the window alone: worked out once, looked up with its mean.
    weight = np.power(spread * np.float32(1 / (noise * noise)) + 1, np.float32(-0.5 * sharpness))
    # No window may count for nothing, or there would be nothing to divide by.
    np.maximum(weight, np.float32(1e-12), out=weight)
    weighted = cv2.merge([*(cv2.multiply(plane, weight) for plane in cv2.split(mean)), weight])

    height, width = grey.shape
    rows = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
    # Halves are added so that whole numbers are the nearest; outside the picture they don't matter.
    columns = np.arange(width, dtype=np.float32)[None, :] + np.float32(0.5)
    # Stretched along the flow and narrowed across it, by half at most.
    stretch = 1 + np.float32(0.6) * flow.coherence
    along_x, along_y = flow.x * stretch, flow.y * stretch
    across_x, across_y = -flow.y / stretch, flow.x / stretch
    total = np.zeros((height, width, 4), np.float32)
    where = np.empty((height, width, 2), np.int16)
    for sector in range(_SECTORS // 2):
        angle = 2 * np.pi * sector / _SECTORS
        along, across = (np.float32(0.62 * radius * f(angle)) for f in (np.cos, np.sin))
        right = along * along_x + across * across_x
        down = along * along_y + across * across_y
        for combine in (np.add, np.subtract):
            where[..., 0] = combine(columns, right)
            where[..., 1] = combine(rows, down)
            # Windows are blurred already: the nearest pixel will do.
            found = cv2.remap(weighted, where, _NOTHING, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101)
            cv2.add(total, found, total)
    *planes, weights = cv2.split(total)
    return cv2.merge([cv2.divide(plane, weights) for plane in planes]).astype(np.float32, copy=False)
