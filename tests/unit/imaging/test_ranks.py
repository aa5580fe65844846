"""Medians and percentiles are those that NumPy finds."""

import numpy as np
import pytest

from toonbooth.imaging.ranks import median, medians, percentile


@pytest.mark.parametrize("count", [1, 2, 3, 10, 257, 4000])
def test_ranks_are_those_that_numpy_finds(count: int) -> None:
    rng = np.random.default_rng(count)
    colours = np.round(100 * rng.random((count, 3)), 1).astype(np.float32)
    assert median(colours) == float(np.median(colours))
    assert np.array_equal(medians(colours.T), np.median(colours, axis=0))
    for share in (0, 8, 30, 97, 100):
        assert percentile(colours, share) == pytest.approx(float(np.percentile(colours, share)), rel=1e-6)


def test_nothing_has_no_median_and_no_percentiles() -> None:
    nothing = np.zeros((0, 3), np.float32)
    assert np.isnan(median(nothing))
    assert np.isnan(medians(nothing.T)).tolist() == [True, True, True]
    assert np.isnan(percentile(nothing, 50))
