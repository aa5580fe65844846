"""Pencil lines run along edges, leave out specks, and leave white hair before the light to the paper."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.pencil_lines import PencilLines, pencil_lines, plan_pencil_lines
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.pixels import FloatImage

SHAPE = (96, 96)
NONE: FloatImage = np.zeros(SHAPE, np.float32)
ALL: FloatImage = np.ones(SHAPE, np.float32)


def plan(
    grey: FloatImage,
    *,
    lips: FloatImage = NONE,
    hair: FloatImage = NONE,
    sleek: FloatImage = ALL,
    far: FloatImage = NONE,
) -> PencilLines:
    regions = Regions(ALL, NONE, NONE, NONE, lips, NONE, NONE, NONE, heads=())
    along = FlowSmoother(edge_tangent_flow(grey, scale=1.5), reach=4.0, taps=2)
    return plan_pencil_lines(
        grey, along, regions, (), light_from=1.0, far=far, hair=hair, sleek=sleek, scale=1.0, unit=1.0
    )


def drawn(grey: FloatImage, **masks: FloatImage) -> FloatImage:
    return pencil_lines(plan(grey, **masks), (96, 96), weight=1.0, factor=1)


def line_on(ground: float, line: float, *, length: int) -> FloatImage:
    grey = np.full(SHAPE, ground, np.float32)
    grey[47:49, 48 - length // 2 : 48 + length // 2] = line
    return grey


def test_a_long_line_is_drawn_and_a_speck_is_not() -> None:
    assert drawn(line_on(0.5, 0.3, length=60))[44:52, 40:56].max() > 0.5
    assert drawn(line_on(0.5, 0.3, length=4)).max() == 0


def test_a_line_goes_on_where_its_edge_fades_for_a_moment() -> None:
    broken = line_on(0.5, 0.3, length=60)
    broken[47:49, 47:49] = 0.5
    assert drawn(broken)[44:52, 47:49].max() > 0.3


def test_white_hair_is_left_to_the_paper() -> None:
    dark, white = (drawn(line_on(ground, ground - 0.2, length=60)).sum() for ground in (0.5, 0.95))
    assert white < 0.6 * dark


def test_lips_are_drawn_with_softer_lines() -> None:
    grey = line_on(0.5, 0.3, length=60)
    assert drawn(grey, lips=ALL).sum() < 0.8 * drawn(grey).sum()


def test_fair_locks_on_shoulders_have_no_line_along_each() -> None:
    grey = line_on(0.6, 0.4, length=60)
    locks, cloth = (plan(grey, hair=hair, far=ALL).welcome for hair in (ALL, NONE))
    assert locks.sum() < 0.5 * cloth.sum()


def test_seams_of_black_cloth_count_for_more_than_they_show() -> None:
    seam = line_on(0.1, 0.06, length=60)
    assert plan(seam, far=ALL).response.max() > 2 * plan(seam).response.max()


def test_weave_is_not_drawn_thread_by_thread() -> None:
    threads = np.full(SHAPE, 0.5, np.float32)
    threads[::4] = threads[1::4] = 0.3
    woven, folded = (plan(threads, sleek=sleek, far=ALL).welcome for sleek in (NONE, ALL))
    assert woven.sum() < 0.3 * folded.sum()


def test_a_lone_seam_of_rough_cloth_is_drawn() -> None:
    seam = line_on(0.5, 0.3, length=60)
    rough, smooth = (plan(seam, sleek=sleek, far=ALL).welcome for sleek in (NONE, ALL))
    assert rough.sum() > 0.8 * smooth.sum()
