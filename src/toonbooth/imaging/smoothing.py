"""Smoothing that keeps edges, at half resolution, and the way back to full resolution."""

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import enlarged, enlarged_smoothly, shrunk


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

    Parameters
    ----------
    image : float32 array, shape (H, W) or (H, W, 3)
    mask : float32 array, shape (H, W), range [0, 1]
    sigma : float, pixels, > 0

    Returns
    -------
    float32 array, shape of image. Outside the mask it continues what is inside; far away it tends to zero
    over zero and is filled with the mask's mean.
    """
    weight = np.maximum(mask, np.float32(1e-4))
    total = gaussian(weight, sigma=sigma)
    if image.ndim == 3:
        return np.dstack([gaussian(image[..., c] * weight, sigma=sigma) / total for c in range(3)])
    return gaussian(image * weight, sigma=sigma) / total


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
        return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.float32, copy=False)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = shrunk(image, size)
    # Shrinking and enlarging blur by themselves: about a third of a small pixel each.
    rest = max((sigma / shrink) ** 2 - 0.3, 0.1)
    small = cv2.GaussianBlur(small, (0, 0), float(np.sqrt(rest))).astype(np.float32, copy=False)
    return enlarged_smoothly(small, (width, height))


def enlarge_guided(
    plate: FloatImage, guide_small: FloatImage, guide: FloatImage, *, radius: int, contrast: float
) -> FloatImage:
    """Bring a smooth picture to full size with the crisp edges of a guide, without the guide's texture.

    Each small window explains the plate as a straight line over the guide; the lines' coefficients are
    enlarged and applied to the full guide. Where the plate has lost a texture the slope is near zero, and the
    texture stays lost; where both share an edge the slope brings it back sharp.

    Parameters
    ----------
    plate : float32 array, shape (h, w, 3) or (h, w)
    guide_small : float32 array, shape (h, w), range [0, 1]
    guide : float32 array, shape (H, W), range [0, 1]
        The same picture at full size.
    radius : int, small pixels, >= 1
        Half side of the windows. Turning it up carries edges further and softens what isn't in the guide.
    contrast : float, > 0
        Differences of the guide well below this count as texture.

    Returns
    -------
    float32 array, shape (H, W, 3) or (H, W), range of the plate.

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013. doi:10.1109/TPAMI.2012.213
    K. He, J. Sun, "Fast guided filter", 2015. arXiv:1505.00996
    """
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(image: FloatImage) -> FloatImage:
        return cv2.boxFilter(image, -1, side, borderType=cv2.BORDER_REFLECT_101).astype(
            np.float32, copy=False
        )

    height, width = guide.shape
    guide_mean = mean(guide_small)
    variance = mean(guide_small * guide_small) - guide_mean * guide_mean
    scale: FloatImage = np.float32(1) / (variance + np.float32(contrast * contrast))
    channels = (
        [plate] if plate.ndim == 2 else [np.ascontiguousarray(plate[..., c]) for c in range(plate.shape[2])]
    )
    result: list[FloatImage] = []
    for channel in channels:
        channel_mean = mean(channel)
        slope: FloatImage = np.multiply(
            mean(guide_small * channel) - guide_mean * channel_mean, scale, dtype=np.float32
        )
        offset: FloatImage = channel_mean - slope * guide_mean
        slope_large = enlarged(mean(slope), (width, height))
        offset_large = enlarged(mean(offset), (width, height))
        result.append(slope_large * guide + offset_large)
    return result[0] if plate.ndim == 2 else cv2.merge(result).astype(np.float32, copy=False)
