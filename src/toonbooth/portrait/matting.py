"""The person's matte: which pixels of the picture are people."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from toonbooth.imaging.guided import guided_filter
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.models import SELFIE_SEGMENTATION
from toonbooth.portrait.network import Network
from toonbooth.portrait.sampling import Pyramid, Region

_INPUT_SIZE: Final = 256


class PersonMatte:
    """The segmentation network, and the refinement of its small mask to the picture's own edges."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self._network = Network(folder, SELFIE_SEGMENTATION, threads=threads)

    def estimate(self, pyramid: Pyramid) -> FloatImage:
        """(H, W), 1 is person."""
        picture = pyramid.picture
        sampled = pyramid.sample(
            Region.around_all(picture), width=_INPUT_SIZE, height=_INPUT_SIZE, border=cv2.BORDER_REPLICATE
        )
        (mask,) = self._network.run(to_float(sampled))
        return guided_filter(
            np.ascontiguousarray(mask[..., 0]),
            to_float(picture),
            radius_pixels=max(picture.shape[:2]) / 60,
            tolerance=1e-3,
            subsampling=4,
        )
