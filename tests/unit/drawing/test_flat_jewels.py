"""An earring is one golden shape that hangs from its ear."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.flat_jewels import trace_jewels
from toonbooth.drawing.vector import paint
from toonbooth.imaging.pixels import FloatImage

PERSON = np.zeros((120, 120), np.float32)
PERSON[:50] = 1
LAB = np.full((120, 120, 3), (20.0, 0.0, -20.0), np.float32)


def hanging(top: int, *, side: int) -> tuple[FloatImage, FloatImage]:
    """Something dark with a few glints of gold, `side` pixels wide, and the picture with it."""
    mask, lab = np.zeros((120, 120), np.float32), LAB.copy()
    box = (slice(top, top + 40), slice(60, 60 + side))
    mask[box] = 1
    lab[box] = (18.0, 4.0, 10.0)
    lab[top : top + 40 : 2, 60 : 60 + side] = (70.0, 6.0, 45.0)
    return mask, lab


def test_an_earring_is_golden_and_hangs_by_a_wire() -> None:
    mask, lab = hanging(58, side=12)
    where, shapes = trace_jewels(mask, PERSON, lab, unit=0.5)
    assert len(shapes) == 1
    picture = paint(shapes, (120, 120)).astype(int)
    assert picture[75, 66, 0] > picture[75, 66, 2] + 60
    # From the ear down, without a gap.
    assert (where[50:95].max(axis=1) > 0.5).all()


def test_a_speck_and_what_hangs_from_nothing_are_left_out() -> None:
    mask, lab = hanging(58, side=1)
    assert trace_jewels(mask * (np.arange(120)[:, None] < 62), PERSON, lab, unit=0.5)[1] == ()
    mask, lab = hanging(95, side=12)
    assert trace_jewels(mask, PERSON, lab, unit=0.5)[1] == ()
    assert trace_jewels(np.zeros_like(PERSON), PERSON, LAB, unit=0.5)[1] == ()


def test_a_pair_is_of_one_metal() -> None:
    mask, lab = hanging(58, side=12)
    mask[58:98, 20:32] = 1
    lab[58:98, 20:32] = (40.0, 4.0, 0.0)
    _, (left, right) = trace_jewels(mask, PERSON, lab, unit=0.5)
    assert left.inside[0].colour == right.inside[0].colour
