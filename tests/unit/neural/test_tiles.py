"""Pictures of any size through a network of one size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonbooth.imaging.pixels import FloatImage
from toonbooth.neural.tiles import draw_in_tiles

SIZE = (32, 48)


def unchanged(tiles: FloatImage) -> FloatImage:
    return tiles


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 150), width=st.integers(1, 150), overlap=st.integers(0, 15))
def test_what_a_network_leaves_alone_comes_back(height: int, width: int, overlap: int) -> None:
    picture = np.random.default_rng(height * 151 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    before = picture.copy()

    assert np.array_equal(draw_in_tiles(picture, unchanged, size=SIZE, overlap=overlap), before)
    assert np.array_equal(picture, before)


def test_tiles_come_in_batches_of_the_networks_size() -> None:
    shapes: list[tuple[int, ...]] = []

    def note(tiles: FloatImage) -> FloatImage:
        shapes.append(tiles.shape)
        return tiles

    draw_in_tiles(np.zeros((100, 100, 3), np.uint8), note, size=SIZE, overlap=8)

    assert {shape[1:] for shape in shapes} == {(*SIZE, 3)}
    assert sum(shape[0] for shape in shapes) == 12
    assert max(shape[0] for shape in shapes) > 1


@pytest.mark.parametrize("overlap", [4, 12])
def test_tiles_of_different_lightness_fade_into_each_other(overlap: int) -> None:
    lightness = iter(np.tile([0.2, 0.8], 50))

    def colour(tiles: FloatImage) -> FloatImage:
        return np.stack([np.full_like(tile, next(lightness)) for tile in tiles])

    drawn = draw_in_tiles(np.zeros((32, 150, 3), np.uint8), colour, size=SIZE, overlap=overlap)

    steps = np.abs(np.diff(drawn[16, :, 0].astype(int)))
    assert steps.max() <= 0.6 * 255 / overlap + 1
    assert drawn.min() == 51
    assert drawn.max() == 204


def test_overlapping_more_means_more_tiles() -> None:
    counts = []
    for overlap in (0, 8, 15):
        drawn: list[int] = []

        def count(tiles: FloatImage, drawn: list[int] = drawn) -> FloatImage:
            drawn.append(len(tiles))
            return tiles

        draw_in_tiles(np.zeros((200, 200, 3), np.uint8), count, size=SIZE, overlap=overlap)
        counts.append(sum(drawn))
    assert counts == sorted(set(counts))
