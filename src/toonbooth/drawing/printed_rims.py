"""Light from behind along the jaws, ears and necks of a poster: skin, though it looks like white hair."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.printed_hair import head_windows
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_holes import Neighbourhood, rim_light
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Face

_ENOUGH = 20
"""Pixels of sure skin below which nothing is known of its light."""


def find_rims(
    skin: FloatImage, light: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float
) -> FloatImage:
    """Find light from behind that isn't skin yet: float32 array, shape (H, W), 0 … 1.

    `skin` and `light`, the L* of the smoothed picture, are float32 arrays of that shape, `regions` have it,
    and faces are `scale` times smaller there than they say.
    """
    rims = np.zeros_like(skin)
    for head, points, width in head_windows(faces, skin.shape, scale=scale):
        size = (head[1].stop - head[1].start, head[0].stop - head[0].start)
        half = (max(1, size[0] // 2), max(1, size[1] // 2))
        few, few_light, taken, person = (
            shrunk(np.ascontiguousarray(plane[head]), half)
            for plane in (skin, light, regions.features, regions.person)
        )
        if np.count_nonzero(few > 0.8) < _ENOUGH:
            continue
        here = points * np.float32(0.5) - np.float32(0.25)
        seen = Neighbourhood.around(here, width / 2, skin=few, light=few_light, taken=taken, person=person)
        rim = rim_light(few, seen, cut=True)
        if rim.any():
            np.maximum(rims[head], enlarged(gaussian(rim, sigma=0.7), size), out=rims[head])
    return rims
