"""Strokes reach a tone by their number, run where they are told and stay on the sheet."""

from __future__ import annotations

import numpy as np
import pytest

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.strokes import Directions, Hatching, Strokes, draw_strokes, hatch

SIZE = (240, 200)
HATCHING = Hatching(spacing=3.0, length=24.0, lightest=0.05, darkest=0.9, wobble=0.05)


def flat(value: float) -> FloatImage:
    return np.full((100, 120), value, np.float32)


def running(angle: float) -> Directions:
    return Directions(flat(np.cos(2 * angle)), flat(np.sin(2 * angle)))


def set_strokes(tone: FloatImage, angle: float = 0.8, *, even: FloatImage | None = None) -> Strokes:
    return hatch(tone, running(angle), HATCHING, size=SIZE, rng=np.random.default_rng(5), even=even)


def sheet(tone: FloatImage) -> ByteImage:
    return draw_strokes(set_strokes(tone), size=SIZE)


def test_bare_paper_gets_no_strokes() -> None:
    assert len(set_strokes(flat(0.0)).pressure) == 0
    assert not sheet(flat(0.0)).any()


def test_darker_tones_are_more_and_harder_strokes() -> None:
    few, more, most = (set_strokes(flat(value)) for value in (0.2, 0.5, 0.8))
    assert len(few.pressure) < len(more.pressure) < len(most.pressure)
    assert few.pressure.mean() < more.pressure.mean() < most.pressure.mean()
    inks = [sheet(flat(value)).mean() for value in (0.2, 0.5, 0.8)]
    assert inks[0] < 0.5 * inks[1] < 0.5 * inks[2]


@pytest.mark.parametrize("angle", [-1.2, -0.4, 0.0, 0.9, 1.5])
def test_strokes_run_where_the_field_points(angle: float) -> None:
    points = set_strokes(flat(0.6), angle).points
    along = points[:, -1] - points[:, 0]
    away = np.arctan2(along[:, 1], along[:, 0]) - angle
    # A line has no sign: half a turn away is no turn at all.
    away -= np.pi * np.round(away / np.pi)
    assert np.abs(away).max() < 0.35
    assert abs(away.mean()) < 0.03


def test_strokes_bend_with_a_curved_field() -> None:
    y, x = np.mgrid[-50:50, -60:60].astype(np.float32)
    around = 2 * np.arctan2(x, -y)
    field = Directions(np.cos(around).astype(np.float32), np.sin(around).astype(np.float32))
    points = hatch(flat(0.6), field, HATCHING, size=SIZE, rng=np.random.default_rng(1)).points
    centred = points - np.array([120, 100], np.float32)
    radius = np.hypot(centred[..., 0], centred[..., 1])
    far = (radius.min(axis=1) > 30) & (radius.max(axis=1) < 95)
    assert np.ptp(radius[far], axis=1).mean() < 3


def test_even_tone_is_made_of_softer_strokes_and_more_of_them() -> None:
    firm, even = set_strokes(flat(0.25)), set_strokes(flat(0.25), even=flat(1.0))
    assert len(even.pressure) > 1.3 * len(firm.pressure)
    assert even.pressure.mean() < firm.pressure.mean() + 0.05


def test_directions_turn_by_the_angle_given() -> None:
    turned = running(0.3).turned(0.5)
    where = np.array([[5, 5]], np.float32)
    assert turned.angles_at(where, SIZE)[0] == pytest.approx(0.8, abs=1e-5)


def test_a_stroke_is_firmest_in_its_middle() -> None:
    points = np.stack([np.linspace(20, 60, 7), np.full(7, 50.0)], axis=1)[None].astype(np.float32)
    drawn = draw_strokes(Strokes(points, np.ones(1, np.float32)), size=SIZE)
    assert drawn[50, 40] > 1.5 * drawn[50, 22] > 0
    assert drawn[53:].sum() == drawn[:47].sum() == 0


def test_strokes_of_a_light_tone_do_not_clump() -> None:
    points = hatch(flat(0.3), running(0.8), HATCHING, size=(1200, 1000), rng=np.random.default_rng(4)).points[
        :, 3
    ]
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=(20, 16), range=((60, 1140), (60, 940)))
    # Strokes thrown at random would have a variance as large as their mean.
    assert counts.mean() > 5
    assert counts.var() < 0.7 * counts.mean()
