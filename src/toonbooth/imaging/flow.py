"""The direction in which a picture's structures run, and smoothing along it.

The field is the smoothed structure tensor's minor eigenvector: hair, folds and contours are followed, never
crossed. Directions have no sign, so mirrored pictures give mirrored fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from toonbooth.imaging.moving import with_fourth, without_fourth
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import enlarged
from toonbooth.imaging.windows import Window


@dataclass(frozen=True, slots=True)
class Flow:
    """Unit tangents of a picture, pixel by pixel.

    x, y : (H, W) float32, components of the tangent; (1, 0) where nothing has a direction.
    coherence : (H, W) float32, 0 (no direction) … 1 (one direction only).
    """

    x: FloatImage
    y: FloatImage
    coherence: FloatImage

    def resized(self, width: int, height: int) -> "Flow":
        """The same field over a picture of another size, interpolated without regard to sign."""
        size = (width, height)
        # The double angle has no sign to jump, so it may be interpolated.
        cos2 = enlarged(self.x * self.x - self.y * self.y, size)
        sin2 = enlarged(np.float32(2) * self.x * self.y, size)
        x, y = _half_angle(cos2, sin2)
        return Flow(x, y, enlarged(self.coherence, size))


def edge_tangent_flow(grey: FloatImage, *, scale: float) -> Flow:
    """Find the direction in which structures run.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
    scale : float, pixels, > 0
        Standard deviation over which directions are averaged. Turning it up makes strokes longer and calmer
        and forgets small structures.

    Returns
    -------
    Flow of the same size.

    Raises
    ------
    ValueError
        If grey is not a two-dimensional float32 array, or scale <= 0.

    References
    ----------
    H. Kang, S. Lee, C. K. Chui, "Coherent line drawing", NPAR 2007. doi:10.1145/1274871.1274878
    J. E. Kyprianidis, J. Döllner, "Image abstraction by structure adaptive filtering", TPCG 2008.
    doi:10.2312/LocalChapterEvents/TPCG/TPCG08/051-058
    """
    if grey.ndim != 2 or grey.dtype != np.float32:
        raise ValueError(f"a float32 picture of shape (H, W) is needed, not {grey.dtype} {grey.shape}")
    if scale <= 0:
        raise ValueError(f"scale must be positive, not {scale}")
    across = cv2.Scharr(grey, cv2.CV_32F, 1, 0)
    down = cv2.Scharr(grey, cv2.CV_32F, 0, 1)
    blur = (0, 0)
    xx = cv2.GaussianBlur(across * across, blur, scale)
    xy = cv2.GaussianBlur(across * down, blur, scale)
    yy = cv2.GaussianBlur(down * down, blur, scale)
    # Double angle of the gradient; the tangent stands across it, which turns the double angle's sign.
    cos2, sin2 = cv2.subtract(yy, xx), cv2.scaleAdd(xy, -2.0, np.zeros_like(xy))
    anisotropy = cv2.magnitude(cos2, sin2)
    coherence = anisotropy / (xx + yy + np.float32(1e-4))
    x, y = _half_angle(cos2, sin2)
    return Flow(x, y, np.minimum(coherence, np.float32(1)))


def _half_angle(cos2: MatLike, sin2: MatLike) -> tuple[FloatImage, FloatImage]:
    # OpenCV's angle is exact to a third of a degree, and zero where there is no direction.
    angle = cv2.phase(cos2, sin2) * np.float32(0.5)
    x, y = cv2.polarToCart(np.ones_like(angle), angle)
    return x.astype(np.float32, copy=False), y.astype(np.float32, copy=False)


_Sources = tuple[MatLike, MatLike]
"""Where every pixel comes from, as `cv2.remap` takes it."""


class FlowSmoother:
    """Averages pictures along a flow; the steps are worked out once and serve every picture of that size."""

    def __init__(
        self, flow: Flow, *, reach: float, taps: int = 2, within: Sequence[Window] | None = None
    ) -> None:
        """
        Parameters
        ----------
        flow : Flow
        reach : float, pixels, > 0
            How far along the flow, each way, pixels still count. Turning it up makes silkier, longer strokes.
        taps : int, >= 1
            Samples each way. More is smoother and slower.
        within : windows beside which pictures stay as they are; None for nowhere
        """
        if reach <= 0 or taps < 1:
            raise ValueError("reach must be positive and taps at least 1")
        self._shape = flow.x.shape
        height, width = self._shape
        self.within = [(slice(0, height), slice(0, width))] if within is None else within
        self._steps: list[tuple[float, _Sources]] = []
        for tap in range(1, taps + 1):
            distance = reach * tap / taps
            weight = float(np.exp(-0.5 * (1.5 * tap / taps) ** 2))
            self._steps += [(weight, _sources(flow, way)) for way in (distance, -distance)]
        self._total = 1.0 + sum(weight for weight, _ in self._steps)

    def smooth(self, image: ByteImage | FloatImage) -> FloatImage:
        """Average a picture, uint8 or float32, one or three channels, along the flow.

        Returns
        -------
        float32 array of the same shape and range.
        """
        if image.shape[:2] != self._shape:
            raise ValueError(f"the flow is of size {self._shape}, the picture of size {image.shape[:2]}")
        four = with_fourth(image)
        result = four.astype(np.float32)
        for window in self.within:
            total = np.multiply(four[window], np.float32(1 / self._total), dtype=np.float32)
            for weight, sources in self._steps:
                moved = np.asarray(_moved(four, sources, window), np.float32)
                cv2.scaleAdd(moved, weight / self._total, total, total)
            result[window] = total
        return result if result.shape == image.shape else without_fourth(result)

    def smooth_bytes(self, image: ByteImage) -> ByteImage:
        """The same in whole bytes: a level less exact, and much quicker.

        Parameters
        ----------
        image : uint8 array, shape (H, W) or (H, W, N), N <= 4

        Returns
        -------
        uint8 array of the same shape.
        """
        if image.shape[:2] != self._shape or image.dtype != np.uint8:
            raise ValueError(f"a uint8 picture of size {self._shape} is needed, not {image.dtype}")
        four = with_fourth(image)
        result = four.copy()
        for window in self.within:
            mean, counted = four[window], 1.0
            for (weight, there), (_, back) in zip(self._steps[::2], self._steps[1::2], strict=True):
                ahead, behind = (_moved(four, sources, window) for sources in (there, back))
                pair = cv2.addWeighted(ahead, 0.5, behind, 0.5, 0)
                share = 2 * weight / (counted + 2 * weight)
                mean = cv2.addWeighted(mean, 1 - share, pair, share, 0).astype(np.uint8, copy=False)
                counted += 2 * weight
            result[window] = mean
        return result if result.shape == image.shape else without_fourth(result)


def _moved(image: ByteImage | FloatImage, sources: _Sources, window: Window) -> MatLike:
    """A window of a picture, its pixels taken from wherever they come from."""
    x, y = (each[window] for each in sources)
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def _sources(flow: Flow, way: float) -> _Sources:
    """The column and the row that every pixel comes from when all go so far along a flow."""
    height, width = flow.x.shape
    x, y = flow.x * np.float32(way), flow.y * np.float32(way)
    x += np.arange(width, dtype=np.float32)[None, :]
    y += np.arange(height, dtype=np.float32)[:, None]
    return x, y
