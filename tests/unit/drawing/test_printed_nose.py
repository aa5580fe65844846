"""A nose on a poster has two nostrils, however faint they are in the photo or however dark its shade."""

from __future__ import annotations

import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.printed_features import print_nose
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.pixels import to_bytes


def test_nostrils_that_are_missing_are_drawn_and_a_blot_gives_way_to_one() -> None:
    face = astronaut_portrait().faces[0]
    bare = np.zeros((256, 256), np.uint8)
    print_nose(bare, face)
    tip = face.landmarks[facemap.NOSE_TIP]
    middle = float(tip[:, 0].mean())
    rows, columns = np.nonzero(bare > 127)
    assert rows.min() > tip[:, 1].min()
    assert rows.max() < tip[:, 1].max() + 2
    assert (columns < middle).any()
    assert (columns > middle).any()
    blot = to_bytes(polygon_mask((256, 256), tip))
    before = np.count_nonzero(blot > 127)
    print_nose(blot, face)
    assert np.count_nonzero(blot > 127) < 0.75 * before
