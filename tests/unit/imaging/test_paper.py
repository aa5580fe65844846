"""Paper is grainy, even, and the same wherever it is cut."""

from __future__ import annotations

import numpy as np
import pytest

from toonbooth.imaging.paper import paper_grain


@pytest.mark.parametrize("size", [(32, 20), (700, 40), (1300, 1100)])
def test_grain_covers_any_sheet_and_darkens_none(size: tuple[int, int]) -> None:
    grain = paper_grain(size, coarseness=1.0, rng=np.random.default_rng(2))
    assert grain.shape == (size[1], size[0])
    assert grain.dtype == np.float32
    assert abs(float(grain.mean())) < 0.3
    assert 0.7 < float(grain.std()) < 1.3


def test_it_repeats_without_a_seam() -> None:
    grain = paper_grain((1024, 64), coarseness=1.5, rng=np.random.default_rng(2))
    np.testing.assert_array_equal(grain[:, :512], grain[:, 512:])
    across = np.abs(np.diff(grain, axis=1)).mean(axis=0)
    assert across[511] < 1.6 * np.median(across)


def test_coarser_paper_has_larger_tooth() -> None:
    fine, coarse = (
        paper_grain((400, 400), coarseness=value, rng=np.random.default_rng(3)) for value in (0.7, 2.0)
    )
    assert np.abs(np.diff(coarse)).mean() < 0.8 * np.abs(np.diff(fine)).mean()
