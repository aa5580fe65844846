"""Ink lines found in a picture: differences of Gaussians, joined along the flow."""

import cv2
import numpy as np

from toonbooth.imaging.flow import FlowSmoother
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep


def darkness_of_lines(grey: FloatImage, *, sigma: float, wide: float = 0.6) -> FloatImage:
    """How much darker each place is than its surroundings, the response that ink is laid on.

    Two differences of Gaussians are added: a narrow one for fine strokes and one of two and a half times its
    width, so that strong broad edges get heavier strokes than fine ones.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
    sigma : float, pixels, > 0
        Half width of the finest strokes.
    wide : float, >= 0
        Share of the broad response. Turning it up makes strong edges heavier.

    Returns
    -------
    float32 array, shape (H, W); 0 on flat and on lighter ground, about 0.1 on a strong edge.

    References
    ----------
    H. Winnemöller, J. E. Kyprianidis, S. C. Olsen, "XDoG: An eXtended difference-of-Gaussians compendium
    including advanced image stylization", Computers & Graphics 36(6), 2012. doi:10.1016/j.cag.2012.03.004
    """
    if grey.ndim != 2 or grey.dtype != np.float32:
        raise ValueError(f"a float32 picture of shape (H, W) is needed, not {grey.dtype} {grey.shape}")
    if sigma <= 0:
        raise ValueError(f"sigma must be positive, not {sigma}")
    response = gaussian(grey, sigma=sigma * 1.6) - gaussian(grey, sigma=sigma)
    if wide > 0:
        broad = gaussian(grey, sigma=sigma * 4.0) - gaussian(grey, sigma=sigma * 2.5)
        response = response + np.float32(wide) * broad
    positive: FloatImage = np.maximum(response, np.float32(0))
    return positive


def ink(response: FloatImage, *, along: FlowSmoother | None, threshold: float, softness: float) -> FloatImage:
    """Lay ink where the response is strong.

    Parameters
    ----------
    response : float32 array, shape (H, W)
        From `darkness_of_lines`, weighted by whoever knows where lines are wanted.
    along : FlowSmoother or None
        Joins strokes along the flow and starves specks that follow none.
    threshold : float, > 0
        Response at which ink is half laid. Turning it up leaves fewer and thinner lines.
    softness : float, in (0, 1]
        Share of the threshold over which ink fades. Turning it up makes pencil of ink.

    Returns
    -------
    float32 array, shape (H, W); 0 is bare paper, 1 is full ink.
    """
    joined = response if along is None else along.smooth(response)
    return smoothstep(joined, low=threshold * (1 - softness), high=threshold * (1 + softness))


def without_specks(lines: FloatImage, *, area: float) -> FloatImage:
    """Take away strokes that cover less than an area, in pixels; 0 keeps all."""
    if area <= 0:
        return lines
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (lines > 0.25).astype(np.uint8), connectivity=8
    )
    keep = np.ones(count, np.float32)
    keep[1:] = stats[1:, cv2.CC_STAT_AREA] >= area
    # What lies below the cut belongs to a stroke's soft rim, or to a speck that never became one.
    kept = keep[labels]
    return lines * np.where(labels > 0, kept, cv2.dilate(kept * (labels > 0), np.ones((3, 3), np.uint8)))
