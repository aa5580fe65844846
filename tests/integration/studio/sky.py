"""A picture of nobody."""

import io

import numpy as np
from PIL import Image


def make_sky_jpeg() -> bytes:
    """A blue gradient, 480 × 320."""
    ramp = np.linspace(120, 240, 320)[:, np.newaxis, np.newaxis] * np.array([0.6, 0.8, 1.0])
    sky = np.broadcast_to(ramp, (320, 480, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(sky).save(file, "JPEG")
    return file.getvalue()
