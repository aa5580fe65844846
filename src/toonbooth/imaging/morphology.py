"""Masks: kernels for growing and shrinking them, and their connected parts."""

import cv2
import numpy as np
from numpy.typing import NDArray


def disk(radius_pixels: float) -> NDArray[np.uint8]:
    """A round kernel for morphology, at least 3 × 3."""
    size = 2 * max(1, round(radius_pixels)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), dtype=np.uint8)


def small_parts(mask: NDArray[np.bool_], area_pixels: float, *, connectivity: int = 4) -> NDArray[np.bool_]:
    """The connected parts of a mask that are smaller than an area."""
    count, found = cv2.connectedComponents(mask.view(np.uint8), connectivity=connectivity)
    labels = np.asarray(found, np.int32)
    # Counted within the mask only: OpenCV's statistics of all parts take three times as long.
    small = np.bincount(labels[mask], minlength=count) < area_pixels
    small[0] = False
    return small.take(labels)


def parts_touching(mask: NDArray[np.bool_], seed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of a mask that share a pixel with a seed."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    kept = np.zeros(count, dtype=np.bool_)
    kept[labels[seed & mask]] = True
    kept[0] = False
    return np.asarray(kept.take(np.asarray(labels, np.int32)))
