"""How light it is around dark cloth doesn't tell of hands and pins on it."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.cloth import surroundings
from toonbooth.drawing.regions import Regions

SHAPE = (200, 160)
UNIT = 0.5


def test_a_bright_cuff_does_not_lighten_the_surroundings_of_a_dark_sleeve() -> None:
    none = np.zeros(SHAPE, np.float32)
    regions = Regions(
        none + 1, none, none, none, none, none, none, none, heads=((80.0, 20.0, 40.0),), beards=(0.0,)
    )
    lightness = np.full(SHAPE, 15.0, np.float32)
    lightness[120:160, 60:100] = 90
    lightness[10:30, 20:40] = 90
    around = surroundings(lightness, regions, unit=UNIT)
    assert np.abs(around[110:118, 60:100] - 15).max() < 1
    # Light cloth still stands out from dark, and hair from skin.
    assert around[140, 62] < 75
    assert around[20, 42] > 25
