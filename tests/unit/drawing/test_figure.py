"""What a style says of its people's silhouette is where the drawing has it."""

import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, landscape
from toonbooth.drawing.figure import figure_above, figure_within
from toonbooth.drawing.styles import STYLES
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.model import Portrait

PERSON = bust(320, 256)


def drawn(style: str, portrait: Portrait = PERSON, seed: int = 3) -> Portrait:
    return STYLES[style].draw(portrait, np.random.default_rng(seed))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_tells_where_its_people_end(style: str) -> None:
    drawing = drawn(style)
    assert drawing.outlined
    assert drawing.matte.shape == PERSON.matte.shape
    assert drawing.matte.dtype == np.float32
    figure, person = drawing.matte > 0.5, PERSON.matte > 0.5
    assert (figure & person).sum() / (figure | person).sum() > 0.95


@pytest.mark.parametrize("style", STYLES)
def test_where_nobody_is_nobody_has_a_silhouette(style: str) -> None:
    drawing = drawn(style, landscape())
    assert not drawing.outlined
    assert not drawing.matte.any()


@pytest.mark.parametrize("style", ["comic", "avatar", "pop"])
def test_the_ink_around_a_figure_belongs_to_it_and_nothing_beyond(style: str) -> None:
    drawing = drawn(style)
    # Of a crown on a plain ground: down each column, how light it is so far below where the figure begins.
    light = luma(drawing.picture)
    tops = {column: _first_crossing(drawing.matte[:, column]) for column in range(112, 144)}

    def at(depth: float) -> float:
        rows = np.arange(light.shape[0])
        return float(np.mean([np.interp(top + depth, rows, light[:, x]) for x, top in tops.items()]))

    assert at(0.8) < at(-2) - 0.1
    assert abs(at(-2) - at(-6)) < 0.03
    half = (at(-2) + at(0.8)) / 2
    assert at(-0.7) > half > at(0.5)


def _first_crossing(column: FloatImage) -> float:
    below = int(np.argmax(column > 0.5))
    before, after = float(column[below - 1]), float(column[below])
    return below - 1 + (0.5 - before) / (after - before)


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_an_edge_keeps_its_place_when_it_is_enlarged(factor: int) -> None:
    # A straight slanting edge of the large picture, seen from the small one.
    rows, columns = np.mgrid[:40, :30].astype(np.float32)
    large = (rows + 0.5) * factor - 0.5
    edge = 60 + 0.3 * ((columns + 0.5) * factor - 0.5)
    size = (30 * factor - 1, 40 * factor - 2)
    figure = to_float(figure_within(((large - edge) / factor).astype(np.float32), size, factor=factor))
    assert figure.shape == size[::-1]
    for column in (10, 40):
        assert _first_crossing(figure[:, column]) == pytest.approx(60 + 0.3 * column, abs=0.1)


def test_a_field_is_a_figure_where_it_is_more_than_half() -> None:
    field = np.tile(np.linspace(0, 1, 21, dtype=np.float32)[:, None], (1, 4))
    figure = to_float(figure_above(field, (8, 42), factor=2))
    assert _first_crossing(figure[:, 3]) == pytest.approx(20.5, abs=0.1)


def test_a_closeups_silhouette_is_laid_back_with_it() -> None:
    small = bust(130, 104)
    large = drawn("comic", small)
    person = small.matte > 0.5
    figure = large.matte > 0.5
    assert (figure & person).sum() / (figure | person).sum() > 0.93
