"""Grey and coloured pictures with known edges, for filters to work on."""

import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes


def edge(height: int = 48, width: int = 64) -> FloatImage:
    """Dark on the left, light on the right."""
    picture = np.full((height, width), 0.25, np.float32)
    picture[:, width // 2 :] = 0.75
    return picture


def noise(height: int = 48, width: int = 64, *, amount: float = 1.0) -> FloatImage:
    """Grey noise around one half, the same every time."""
    random = np.random.default_rng(5).random((height, width), dtype=np.float32)
    return np.float32(0.5) + np.float32(amount) * (random - np.float32(0.5))


def coloured(grey: FloatImage) -> ByteImage:
    """A grey picture in three channels, uint8."""
    return to_bytes(np.dstack([grey] * 3))
