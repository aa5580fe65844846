"""The photos that are measured: NASA's public-domain portrait of Eileen Collins, as a phone would send it."""

import io

import numpy as np
from PIL import Image
from skimage import data

TWELVE_MEGAPIXELS = (4032, 3024)
WORKING_SIZE = (1080, 810)


def make_photo(size: tuple[int, int]) -> bytes:
    """A JPEG, quality 92, of `size` (width, height), with the grain of a sensor (it costs time)."""
    portrait = Image.fromarray(np.asarray(data.astronaut())[:384]).resize(size, Image.Resampling.LANCZOS)
    grain = np.random.default_rng(1).normal(0, 4, (size[1], size[0], 1))
    pixels = np.clip(np.asarray(portrait, dtype=np.float64) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    return file.getvalue()
