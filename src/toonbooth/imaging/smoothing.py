"""Smoothing that keeps edges, at half resolution, and the way back to full resolution."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import enlarged, enlarged_rows, enlarged_smoothly, shrunk

_FEW = 4
"""Radius up to which whole sums, which have vector code, are quicker than running ones."""


def flatten(picture: ByteImage, *, passes: int, tone: float, reach: int = 5, median: int = 3) -> ByteImage:
    """Even out texture into areas of one colour, keeping their borders.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    passes : int, >= 0
        How often the bilateral filter runs. More gives larger, flatter areas.
    tone : float, in 1/255
        Differences well below this vanish, those well above stay. Turning it up loses faint shapes.
    reach : int, pixels
        Diameter of the bilateral filter.
    median : int, odd, pixels
        Diameter of the median filter that first removes specks; 1 leaves them.

    Returns
    -------
    uint8 array of the same shape.

    References
    ----------
    H. Winnemöller, S. C. Olsen, B. Gooch, "Real-time video abstraction", ACM TOG 25(3), 2006.
    doi:10.1145/1141911.1142018
    """
    flat = cv2.medianBlur(picture, median) if median > 1 else picture
    for _ in range(passes):
        flat = cv2.bilateralFilter(flat, reach, tone, reach / 2)
    return flat.astype(np.uint8, copy=False)


def masked_blur(image: FloatImage, mask: FloatImage, *, sigma: float) -> FloatImage:
    """Blur inside a mask as if nothing lay outside it.

    See `blur_and_share`, which also tells how near the mask is.
    """
    return blur_and_share(image, mask, sigma=sigma)[0]


def blur_and_share(image: FloatImage, mask: FloatImage, *, sigma: float) -> tuple[FloatImage, FloatImage]:
    """Blur inside a mask as if nothing lay outside it.

    Parameters
    ----------
    image : float32 array, shape (H, W) or (H, W, 3)
    mask : float32 array, shape (H, W), range [0, 1]
    sigma : float, pixels, > 0

    Returns
    -------
    float32 array, shape of image. Outside the mask it continues what is inside; far away it tends to zero
    over zero and is filled with the mask's mean. And the mask blurred, shape (H, W): how near it is.
    """
    weight = np.clip(mask, np.float32(1e-4), np.float32(1))
    total = gaussian(weight, sigma=sigma)
    planes = [image] if image.ndim == 2 else planes_of(image)
    blurred = [
        gaussian(np.multiply(plane, weight, dtype=np.float32), sigma=sigma) / total for plane in planes
    ]
    merged = blurred[0] if image.ndim == 2 else cv2.merge(blurred).astype(np.float32, copy=False)
    return merged, total


def gaussian(image: FloatImage, *, sigma: float) -> FloatImage:
    """Gaussian blur whose time hardly grows with sigma: wide ones run on a smaller picture.

    Parameters
    ----------
    image : float32 array, shape (H, W) or (H, W, 3)
    sigma : float, pixels; 0 returns the picture as it is

    Returns
    -------
    float32 array of the same shape.
    """
    if sigma <= 0:
        return image
    height, width = image.shape[:2]
    shrink = int(min(sigma / 3, min(height, width) / 8))
    if shrink < 2:
        return gaussian_exactly(image, sigma=sigma)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = shrunk(image, size)
    # Shrinking and enlarging blur by themselves: about a third of a small pixel each.
    rest = max((sigma / shrink) ** 2 - 0.3, 0.1)
    small = cv2.GaussianBlur(small, (0, 0), float(np.sqrt(rest))).astype(np.float32, copy=False)
    return enlarged_smoothly(small, (width, height))


def gaussian_exactly(image: FloatImage, *, sigma: float) -> FloatImage:
    """Gaussian blur at full resolution, cut off at three standard deviations (99.7 %).

    Every pixel depends on its own surroundings alone, so a picture may be blurred in parts that overlap.
    """
    side = 2 * int(np.ceil(3 * sigma)) + 1
    blurred = cv2.GaussianBlur(image, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)
    return blurred.astype(np.float32, copy=False)


def mean_around(image: FloatImage, *, radius: int) -> FloatImage:
    """The mean of the square around every pixel, (H, W); `radius` pixels are half the square's side."""
    side = 2 * radius + 1
    if radius > _FEW:
        averaged = cv2.boxFilter(image, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT_101)
    else:
        taps = np.full(side, 1 / side, np.float32)
        averaged = cv2.sepFilter2D(image, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REFLECT_101)
    return averaged.astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True)
class GuidedPlane:
    """A smooth plane written as a straight line over its guide, window by window: slope × guide + offset.

    slope, offset : (h, w) float32.
    """

    slope: FloatImage
    offset: FloatImage

    def over(self, guide: FloatImage) -> FloatImage:
        """The plane at the size of a larger guide, with the guide's crisp edges."""
        size = (guide.shape[1], guide.shape[0])
        large = enlarged(self.slope, size) * guide
        large += enlarged(self.offset, size)
        return large

    def rows_over(self, guide: FloatImage, *, factor: int, top: int) -> FloatImage:
        """The same for some rows of a guide that is `factor` times larger, the first of them row `top`."""
        bottom = top + guide.shape[0]
        large = enlarged_rows(self.slope, factor=factor, top=top, bottom=bottom)
        large *= guide
        large += enlarged_rows(self.offset, factor=factor, top=top, bottom=bottom)
        return large


def guided_planes(
    planes: Sequence[FloatImage], guide: FloatImage, *, radius: int, contrast: float | FloatImage
) -> list[GuidedPlane]:
    """Prepare smooth planes to be enlarged with a guide's crisp edges but without its texture.

    Where a plane has lost a texture the slope is near zero, and the texture stays lost; where plane and guide
    share an edge the slope brings it back sharp. Applied to the guide itself it is the guided filter.

    Parameters
    ----------
    planes : float32 arrays, shape (h, w), any range
    guide : float32 array, shape (h, w), range [0, 1]
        The picture that the planes were made from, at their size.
    radius : int, pixels, >= 1
        Half side of the windows. Turning it up carries edges further and softens what isn't in the guide.
    contrast : float or float32 array, shape (h, w), > 0
        Differences of the guide well below this, place by place, count as texture.

    Returns
    -------
    As many GuidedPlanes. Enlarged, they may overshoot their range a little at edges.

    Raises
    ------
    ValueError
        If radius or contrast isn't positive, or planes and guide differ in size.

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. doi:10.1109/TPAMI.2012.213
    K. He, J. Sun, "Fast guided filter", 2015. arXiv:1505.00996
    """
    if radius < 1 or np.min(contrast) <= 0:
        raise ValueError("radius and contrast must be positive")
    if any(plane.shape != guide.shape for plane in planes):
        raise ValueError("planes and guide must be of one size")

    def mean(image: FloatImage) -> FloatImage:
        return mean_around(image, radius=radius)

    guide_mean = mean(guide)
    varying = mean(guide * guide)
    varying -= guide_mean * guide_mean
    spread = varying + np.square(np.asarray(contrast, np.float32))
    result = []
    for plane in planes:
        # The guide's own means are known.
        itself = plane is guide
        plane_mean = guide_mean.copy() if itself else mean(plane)
        slope = varying.copy() if itself else mean(guide * plane)
        if not itself:
            slope -= guide_mean * plane_mean
        slope /= spread
        plane_mean -= slope * guide_mean
        result.append(GuidedPlane(mean(slope), mean(plane_mean)))
    return result
