"""A painter finds hair by its look, combs it away from the face, and leaves strokes along the forms."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing.handling import (
    Subject,
    brush_ways,
    find_beards,
    find_hair,
    find_sleek,
    paint_subject,
)
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.brushwork import BrushDirections
from toonbooth.imaging.pixels import FloatImage

SHAPE = (120, 100)
NONE: FloatImage = np.zeros(SHAPE, np.float32)
ALL: FloatImage = np.ones(SHAPE, np.float32)
FACE = slice(40, 80), slice(35, 65)
CROWN = slice(22, 32), slice(40, 60)
CHEST = slice(104, 118), slice(35, 65)


def regions(beard: float = 0.0) -> Regions:
    skin = NONE.copy()
    skin[FACE] = 1
    return Regions(
        ALL, skin, NONE, NONE, NONE, NONE, NONE, NONE, heads=((50.0, 60.0, 40.0),), beards=(beard,)
    )


def found(grey: FloatImage) -> FloatImage:
    lab = np.stack([100 * grey, 0 * grey, 0 * grey], axis=2).astype(np.float32)
    return find_hair(lab, grey, regions(), unit=0.1)


def test_dark_hair_is_found_around_the_face_and_not_on_the_chest() -> None:
    grey = np.full(SHAPE, 0.15, np.float32)
    grey[FACE] = 0.7
    hair = found(grey)
    assert hair[CROWN].min() > 0.9
    assert hair[FACE].max() == 0
    assert hair[CHEST].max() == 0


def test_rough_hair_as_light_as_skin_is_found_and_a_bald_head_is_none() -> None:
    bald = np.full(SHAPE, 0.7, np.float32)
    assert found(bald)[CROWN].max() < 0.05
    fair = bald.copy()
    fair[:40, ::2] = 0.55
    assert found(fair)[CROWN].min() > 0.9


def test_what_falls_to_the_shoulders_is_hair_if_it_is_coloured_and_rough_as_hair_is() -> None:
    grey = np.full(SHAPE, 0.7, np.float32)
    grey[:100, 20:30] = np.tile(np.array([0.3, 0.4], np.float32), 5)
    grey[:30, 30:70] = np.tile(np.array([0.3, 0.4], np.float32), 20)
    grey[80:100, 66:86] = 0.35
    hair = found(grey)
    assert hair[85:95, 22:28].mean() > 0.8
    assert hair[84:95, 71:80].max() < 0.1


def test_combed_hair_is_sleek_and_curls_are_not() -> None:
    stripes = np.tile(0.5 + 0.2 * np.sin(np.arange(SHAPE[1], dtype=np.float32)), (SHAPE[0], 1))
    noise = np.random.default_rng(1).random(SHAPE, dtype=np.float32)
    assert find_sleek(stripes.astype(np.float32), unit=0.5)[40:80, 40:60].min() > 0.95
    assert find_sleek(noise, unit=0.5).mean() < 0.2


def test_where_nobody_is_there_is_no_hair() -> None:
    nobody = Regions(ALL, NONE, NONE, NONE, NONE, NONE, NONE, NONE, heads=())
    assert not find_hair(np.zeros((*SHAPE, 3), np.float32), NONE, nobody, unit=0.1).any()


def test_the_brush_goes_around_the_face_and_away_from_it_through_hair() -> None:
    flat = np.full(SHAPE, 0.5, np.float32)
    drift = BrushDirections(ALL, NONE)
    skin = brush_ways(flat, ALL, regions(), drift, NONE, NONE, unit=0.1).angles()
    crown = NONE.copy()
    crown[:38] = 1
    combed = brush_ways(flat, ALL, regions(), drift, crown, NONE, unit=0.1).angles()
    assert abs(abs(skin[30, 18]) - np.pi / 2) < 0.3
    assert abs(abs(combed[8, 25]) - np.pi / 2) < 0.1
    assert abs(combed[57, 25]) < 0.05


def test_a_beard_is_dark_hair_on_a_face_that_has_one() -> None:
    lab = np.full((*SHAPE, 3), (70, 10, 15), np.float32)
    lab[74:, :, 0] = 30
    bearded = find_beards(lab, ALL, regions(beard=1.0))
    assert bearded[78, 50] == 1
    assert bearded[:72].max() == 0
    assert bearded[78, :20].max() == 0
    assert bearded[100:].max() == 0
    assert find_beards(lab, ALL, regions()).max() == 0


def test_a_beard_grows_away_from_the_face_whatever_its_curls_do() -> None:
    folds = np.float32(0.3) + np.float32(0.04) * np.sin(np.arange(SHAPE[0], dtype=np.float32) * np.pi / 8)
    across = np.tile(folds[:, None], (1, SHAPE[1]))
    downwards = []
    for beards in (ALL, NONE):
        ways = brush_ways(across, ALL, regions(beard=1.0), BrushDirections(ALL, NONE), ALL, beards, unit=0.2)
        downwards.append(np.abs(np.sin(ways.angles()[43:47, 22:28])).mean())
    assert downwards[0] > 0.8 > 0.4 > downwards[1]


def test_the_brush_goes_down_a_nose_and_not_in_rings_around_it() -> None:
    flat = np.full(SHAPE, 0.5, np.float32)
    ways = brush_ways(flat, ALL, regions(), BrushDirections(ALL, NONE), NONE, NONE, unit=0.1).angles()
    for row in (28, 30, 32):
        assert np.abs(np.sin(ways[row, 25])) > 0.95
    assert np.abs(np.sin(ways[21, 25])) < 0.3


def painted(
    *,
    hair: FloatImage = NONE,
    sleek: FloatImage = ALL,
    beards: FloatImage = NONE,
    glitter: FloatImage = NONE,
    seed: int = 1,
) -> FloatImage:
    lab = np.full((*SHAPE, 3), (50, 0, 0), np.float32)
    subject = Subject(lab, BrushDirections(ALL, NONE), ALL, NONE, NONE, sleek, hair, beards, glitter)
    rng = np.random.default_rng(seed)
    canvas = paint_subject(subject, size=(200, 240), unit=1.0, brush=1.0, rng=rng)
    return canvas[..., 1].astype(np.float32)


def test_hair_lies_along_the_brush_in_finer_strokes_than_cloth() -> None:
    hair, cloth = painted(hair=ALL), painted(hair=NONE)
    along, across = np.abs(np.diff(hair, axis=1)).mean(), np.abs(np.diff(hair, axis=0)).mean()
    assert across > 2 * along
    assert across > 1.5 * np.abs(np.diff(cloth, axis=0)).mean()


def test_curls_are_set_in_shorter_strokes_than_combed_hair() -> None:
    combed, curly = (
        np.abs(np.diff(hair, axis=0)).mean() / np.abs(np.diff(hair, axis=1)).mean()
        for hair in (painted(hair=ALL), painted(hair=ALL, sleek=NONE))
    )
    assert combed > 1.5 * curly


def test_a_beard_is_made_of_shorter_strokes_than_hair() -> None:
    hair, beard = painted(hair=ALL), painted(hair=ALL, beards=ALL)
    assert np.abs(np.diff(beard, axis=1)).mean() > 1.3 * np.abs(np.diff(hair, axis=1)).mean()


def test_glittering_cloth_is_set_with_points_of_light() -> None:
    plain, glittering = painted(), painted(glitter=ALL)
    assert glittering.std() > 1.5 * plain.std()
    assert np.percentile(glittering, 99) > np.percentile(plain, 99) + 10
