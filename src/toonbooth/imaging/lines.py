"""Ink lines found in a picture by differences of Gaussians."""

import cv2
import numpy as np

from toonbooth.imaging.morphology import small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian_exactly


def line_response(grey: FloatImage, *, sigma: float) -> FloatImage:
    """How much darker each place is than its surroundings: what ink is laid on.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
    sigma : float, pixels, > 0
        Half width of the strokes that answer most. Turning it up finds broader, fewer ones.

    Returns
    -------
    float32 array, shape (H, W): about 0.1 on the dark side of a strong edge, 0 on flat ground, negative on
    the light side.

    Raises
    ------
    ValueError
        If grey is not a two-dimensional float32 array, or sigma <= 0.

    References
    ----------
    H. Winnemöller, J. E. Kyprianidis, S. C. Olsen, "XDoG: An eXtended difference-of-Gaussians compendium
    including advanced image stylization", Computers & Graphics 36(6), 2012. doi:10.1016/j.cag.2012.03.004
    """
    if grey.ndim != 2 or grey.dtype != np.float32:
        raise ValueError(f"a float32 picture of shape (H, W) is needed, not {grey.dtype} {grey.shape}")
    if sigma <= 0:
        raise ValueError(f"sigma must be positive, not {sigma}")
    # Two Gaussians a factor of 1.6 apart come closest to the Laplacian that the eye answers with.
    response = gaussian_exactly(grey, sigma=sigma * 1.6)
    response -= gaussian_exactly(grey, sigma=sigma)
    return response


def line_reach(sigma: float) -> int:
    """How many pixels away `line_response` looks."""
    return int(np.ceil(3 * 1.6 * sigma)) + 1


def long_enough(response: FloatImage, *, threshold: float, area: float) -> FloatImage:
    """Mark everything but specks: strokes under the given area, and what surrounds them.

    Parameters
    ----------
    response : float32 array, shape (H, W)
    threshold : float
        Response from which on a stroke counts as one.
    area : float, pixels
        Strokes smaller than this are specks. Turning it up leaves only long lines.

    Returns
    -------
    float32 array, shape (H, W); 0 on specks, 1 elsewhere.
    """
    strokes = response > threshold
    specks = small_parts(strokes, area, connectivity=8)
    around = cv2.dilate(specks.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    # A stroke that stays must not lose its end to a speck beside it.
    return 1 - (around & (specks | ~strokes)).astype(np.float32)
