"""Reading pictures in tests, with a decoder that isn't ours."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from toonbooth.imaging.pixels import ByteImage


def read_pixels(source: Path | bytes) -> ByteImage:
    """All pixels as RGB, (H, W, 3)."""
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
        return np.asarray(picture.convert("RGB"))


def read_format(source: Path | bytes) -> str | None:
    """What Pillow takes the file for; raises when its pixels cannot be read."""
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
        picture.load()
        return picture.format
