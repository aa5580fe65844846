"""Brush strokes follow their directions, stop at other colours and cover what they should."""

from __future__ import annotations

import numpy as np

from toonbooth.imaging.brushwork import (
    Brush,
    BrushDirections,
    BrushStrokes,
    brush_directions,
    lay_strokes,
    paint_strokes,
)
from toonbooth.imaging.pixels import ByteImage, FloatImage

SIZE = (120, 90)
BRUSH = Brush(width=8.0, length=5.0, coverage=2.0, tolerance=10.0, variety=0.0)


def across() -> BrushDirections:
    return BrushDirections(np.ones((45, 60), np.float32), np.zeros((45, 60), np.float32))


def halves() -> FloatImage:
    lab = np.zeros((45, 60, 3), np.float32)
    lab[:, :30, 0], lab[:, 30:, 0] = 20, 80
    return lab


def laid(colours: FloatImage, wanted: FloatImage, brush: Brush = BRUSH) -> BrushStrokes:
    return lay_strokes(colours, across(), wanted, brush, size=SIZE, rng=np.random.default_rng(3))


def canvas() -> ByteImage:
    return np.zeros((SIZE[1], SIZE[0], 4), np.uint8)


def test_strokes_run_along_their_directions() -> None:
    strokes = laid(np.full((45, 60, 3), 50, np.float32), np.ones((45, 60), np.float32))
    extent = np.ptp(strokes.outlines, axis=1) / 16
    assert np.median(extent[:, 0]) > 3 * np.median(extent[:, 1])


def test_strokes_cover_the_sheet() -> None:
    sheet = canvas()
    paint_strokes(sheet, laid(np.full((45, 60, 3), 50, np.float32), np.ones((45, 60), np.float32)))
    assert (sheet[8:-8, 8:-8, 0] > 0).mean() > 0.75


def test_strokes_end_where_another_colour_begins() -> None:
    strokes = laid(halves(), np.ones((45, 60), np.float32))
    dark = strokes.colours[:, 0] < 50
    assert strokes.outlines[dark][..., 0].max() / 16 < 66
    assert strokes.outlines[~dark][..., 0].min() / 16 > 54


def test_no_stroke_is_set_where_none_is_wanted() -> None:
    wanted = np.zeros((45, 60), np.float32)
    strokes = laid(halves(), wanted)
    assert len(strokes.outlines) == 0
    sheet = canvas()
    paint_strokes(sheet, strokes)
    assert not sheet.any()


def test_variety_makes_neighbours_differ() -> None:
    even, wanted = np.full((45, 60, 3), 50, np.float32), np.ones((45, 60), np.float32)
    assert laid(even, wanted).colours.std() == 0
    varied = Brush(width=8.0, length=5.0, coverage=2.0, tolerance=10.0, variety=3.0)
    assert 2 < laid(even, wanted, varied).colours[:, 0].std() < 4


def test_strokes_on_white_differ_less_than_on_colours() -> None:
    brush = Brush(width=8.0, length=5.0, coverage=2.0, tolerance=10.0, variety=4.0)
    spreads = []
    for lightness in (60, 94):
        colours = np.zeros((45, 60, 3), np.float32)
        colours[..., 0] = lightness
        spreads.append(float(laid(colours, np.ones((45, 60), np.float32), brush).colours[:, 0].std()))
    assert spreads[1] < 0.5 * spreads[0]


def test_a_brush_without_hues_varies_lightness_alone() -> None:
    even, wanted = np.full((45, 60, 3), 50, np.float32), np.ones((45, 60), np.float32)
    grey = Brush(width=8.0, length=5.0, coverage=2.0, tolerance=10.0, variety=3.0, colourful=0.0)
    colours = laid(even, wanted, grey).colours
    assert colours[:, 0].std() > 1
    assert (colours[:, 1:] == 50).all()


def test_long_strokes_bend_along_more_points() -> None:
    even, wanted = np.full((45, 60, 3), 50, np.float32), np.ones((45, 60), np.float32)
    long = Brush(width=4.0, length=20.0, coverage=2.0, tolerance=10.0, variety=0.0)
    assert laid(even, wanted, long).outlines.shape[1] > laid(even, wanted).outlines.shape[1]


def test_directions_follow_edges_and_drift_elsewhere() -> None:
    grey = np.zeros((40, 40), np.float32)
    grey[:, 20:] = 1
    diagonal = BrushDirections(np.zeros((40, 40), np.float32), np.ones((40, 40), np.float32))
    angles = brush_directions(grey, scale=1.5, drift=diagonal, steadiness=1e-5).angles()
    assert abs(angles[20, 20] - np.pi / 2) < 0.05
    assert abs(angles[20, 3] - np.pi / 4) < 0.05


def test_mixed_directions_pass_from_one_to_the_other() -> None:
    upright = BrushDirections(-np.ones((45, 60), np.float32), np.zeros((45, 60), np.float32))
    share = np.zeros((45, 60), np.float32)
    share[:, 30:] = 1
    angles = across().mixed(upright, share).angles()
    assert abs(np.sin(angles[10, 5])) < 0.05
    assert abs(angles[10, 50] - np.pi / 2) < 0.05
