"""The two kinds of picture and the only two ways from one to the other.

Pictures are RGB, rows then columns. `ByteImage` stands at the border (files, wire), `FloatImage` inside.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

ByteImage = NDArray[np.uint8]
"""uint8, shape (H, W, 3) RGB or (H, W) grey, 0…255."""

FloatImage = NDArray[np.float32]
"""float32, shape (H, W, 3) or (H, W), 0…1 unless a docstring says otherwise (Lab, flow fields)."""


def to_float(image: ByteImage) -> FloatImage:
    """Scale 0…255 to 0…1."""
    return image.astype(np.float32) * np.float32(1 / 255)


def to_bytes(image: FloatImage) -> ByteImage:
    """Scale 0…1 to 0…255, rounding to nearest; what lies outside is clipped."""
    within = np.clip(image, np.float32(0), np.float32(1))
    # All in one pass, to nearest and even, a third of the time of NumPy's four.
    scaled = cv2.convertScaleAbs(within, alpha=255)
    return scaled.reshape(image.shape).astype(np.uint8, copy=False)
