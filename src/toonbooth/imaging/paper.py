"""Drawing paper: the grain that a pencil catches on."""

import cv2
import numpy as np

from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size
from toonbooth.imaging.smoothing import gaussian_exactly

_TILE = 512


def paper_grain(size: Size, *, coarseness: float, rng: np.random.Generator) -> FloatImage:
    """The height of paper, place by place.

    Parameters
    ----------
    size : (width, height), pixels
    coarseness : float, pixels, > 0
        Size of the tooth. Turning it up gives rougher paper.
    rng : numpy.random.Generator

    Returns
    -------
    float32 array, shape (height, width): mean 0, standard deviation 1; it repeats every 512 pixels, which
    nobody sees in noise.
    """
    # Blurred, it is as normal as normal noise, and five times as quick to make.
    noise = rng.random((_TILE, _TILE), dtype=np.float32)
    noise -= np.float32(0.5)
    margin = int(np.ceil(6 * coarseness)) + 1
    wrapped = np.pad(noise, margin, mode="wrap")
    # Fibres show in two sizes: tooth and, fainter, clouds of it.
    grain = gaussian_exactly(wrapped, sigma=0.7 * coarseness)
    grain = grain / grain.std() + np.float32(0.6) * _unit(gaussian_exactly(wrapped, sigma=1.9 * coarseness))
    tile = _unit(grain[margin:-margin, margin:-margin])
    width, height = size
    right, bottom = max(0, width - _TILE), max(0, height - _TILE)
    sheet = cv2.copyMakeBorder(tile[:height, :width], 0, bottom, 0, right, cv2.BORDER_WRAP)
    return sheet.astype(np.float32, copy=False)


def _unit(image: FloatImage) -> FloatImage:
    centred: FloatImage = image - image.mean()
    return (centred / max(1e-6, float(centred.std()))).astype(np.float32)
