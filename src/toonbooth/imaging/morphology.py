"""Kernels for growing and shrinking masks."""

import cv2
import numpy as np
from numpy.typing import NDArray


def disk(radius_pixels: float) -> NDArray[np.uint8]:
    """A round kernel for morphology, at least 3 × 3."""
    size = 2 * max(1, round(radius_pixels)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), dtype=np.uint8)
