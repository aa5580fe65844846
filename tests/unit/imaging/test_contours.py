"""Contours lie where a field crosses a level, to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toonbooth.imaging.contours import spline_polygon, trace_field
from toonbooth.imaging.pixels import FloatImage


def disc(radius: float, *, size: int = 80, centre: tuple[float, float] = (40.3, 38.6)) -> FloatImage:
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    inside: FloatImage = (radius - np.hypot(x - centre[0], y - centre[1])).astype(np.float32)
    return inside


@pytest.mark.parametrize("radius", [8.0, 13.4, 27.2])
def test_a_disc_is_traced_to_a_quarter_of_a_pixel(radius: float) -> None:
    (curve,) = trace_field(disc(radius), level=0.0, spacing=2.5, least_area=4)
    polygon = spline_polygon(curve, samples=4)
    distance = np.hypot(polygon[:, 0] - 40.3, polygon[:, 1] - 38.6)
    assert np.abs(distance - radius).max() < 0.25


def test_small_islands_and_holes_are_left_out() -> None:
    field = np.maximum(disc(20), disc(2.5, centre=(8.0, 8.0)))
    field = np.minimum(field, -disc(2.5))
    assert len(trace_field(field, level=0.0, spacing=2, least_area=40)) == 1
    assert len(trace_field(field, level=0.0, spacing=2, least_area=1)) == 3


def test_a_square_that_was_blurred_has_its_corners_back_when_asked() -> None:
    field = np.zeros((80, 80), np.float32)
    field[20:60, 20:60] = 1
    field = cv2.GaussianBlur(field, (0, 0), 2.0).astype(np.float32)
    corner = np.array([59.5, 59.5])

    def gap(*, cornered: bool) -> float:
        (curve,) = trace_field(field, level=0.5, spacing=3, least_area=4, cornered=cornered)
        return float(np.hypot(*(spline_polygon(curve, samples=4) - corner).T).min())

    assert gap(cornered=True) < 0.5 < gap(cornered=False)


def test_a_disc_has_no_corners() -> None:
    (curve,) = trace_field(disc(27.2), level=0.0, spacing=3, least_area=4, cornered=True)
    assert (np.hypot(*np.diff(curve, axis=0).T) > 1).all()


def test_what_reaches_the_pictures_border_goes_on_beyond_it() -> None:
    (curve,) = trace_field(np.ones((30, 40), np.float32), level=0.5, spacing=2, least_area=4)
    mask = np.zeros((30, 40), np.uint8)
    polygon = np.round(spline_polygon(curve, samples=3)).astype(np.int32)
    cv2.fillPoly(mask, [polygon], (1,))
    assert mask.all()


def test_nothing_above_the_level_is_nothing() -> None:
    assert trace_field(np.zeros((30, 40), np.float32), level=0.5, spacing=2, least_area=4) == ()


def test_a_spacing_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="spacing"):
        trace_field(np.ones((4, 4), np.float32), level=0.5, spacing=0, least_area=1)
