"""A photo's texture turned into strokes: averaged along its structures, made crisp across them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np

from toonbooth.imaging.flow import FlowSmoother
from toonbooth.imaging.pixels import ByteImage
from toonbooth.imaging.windows import work_within


def crisp(picture: ByteImage, *, sigma: float, amount: float, reach: int = 1) -> ByteImage:
    """Steepen soft borders until areas meet along clean edges; nothing gets lighter or darker than around it.

    Parameters
    ----------
    picture : uint8 array, shape (H, W) or (H, W, 3)
    sigma : float, pixels, > 0
        Half width of the borders that are steepened.
    amount : float, >= 0
        How much. From about 3 on edges stand like cut paper; 0 changes nothing.
    reach : int, pixels, >= 1
        How far off the colours may be that an edge is made of.

    Returns
    -------
    uint8 array of the same shape, every value within those of its surroundings, so edges have no halo.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    H. P. Kramer, J. B. Bruckner, "Iterations of a non-linear transformation for enhancement of digital
    images", Pattern Recognition 7, 1975. doi:10.1016/0031-3203(75)90013-8
    """
    if sigma <= 0 or amount < 0 or reach < 1:
        raise ValueError("sigma must be positive, amount not negative and reach at least 1")
    side = 2 * crisp_reach(sigma) + 1
    soft = cv2.GaussianBlur(picture, (side, side), sigma)
    steep = cv2.addWeighted(picture, 1 + amount, soft, -amount, 0)
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    cv2.max(steep, cv2.erode(picture, around), steep)
    cv2.min(steep, cv2.dilate(picture, around), steep)
    return steep.astype(np.uint8, copy=False)


def crisp_reach(sigma: float) -> int:
    """How many pixels away `crisp` looks: what lies beyond two and a half standard deviations (1 %) is left
    out."""
    return max(1, round(2.5 * sigma))


def gather_strokes(
    picture: ByteImage, along: FlowSmoother, *, sigma: float, amounts: Sequence[float]
) -> ByteImage:
    """Turn texture into strokes: hair into locks, beards into tufts, cloth into folds.

    Every round averages along the flow and then steepens across it, so that strokes grow longer, fewer and
    clearer.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3), its grain evened out
    along : FlowSmoother of that size
    sigma : float, pixels, > 0
        Half width of the strokes.
    amounts : how much each round steepens
        A small last one leaves edges smooth enough to be enlarged.

    Returns
    -------
    uint8 array of the same shape.

    References
    ----------
    J. E. Kyprianidis, H. Kang, "Image and video abstraction by coherence-enhancing filtering", Computer
    Graphics Forum 30(2), 2011. doi:10.1111/j.1467-8659.2011.01882.x
    """
    for amount in amounts:
        steepen = partial(crisp, sigma=sigma, amount=amount)
        picture = work_within(along.smooth_bytes(picture), along.within, steepen, reach=crisp_reach(sigma))
    return picture
