"""The guided filter: what is flat stays, what is soft takes the picture's edge."""

import numpy as np
import pytest

from toonbooth.imaging.guided import guided_filter
from toonbooth.imaging.pixels import FloatImage


@pytest.fixture
def two_colours() -> FloatImage:
    """Red left, green right of column 60: equal in luminance but not in colour."""
    picture = np.zeros((80, 120, 3), np.float32)
    picture[:, :60, 0] = 0.8
    picture[:, 60:, 1] = 0.8
    return picture


def soft_mask(centre: float, *, softness: float = 6.0) -> FloatImage:
    across = 1 / (1 + np.exp(-(np.arange(120) - centre) / softness))
    return np.tile(across.astype(np.float32), (80, 1))


@pytest.mark.parametrize("subsampling", [1, 2, 4])
@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_a_flat_mask_stays_flat_whatever_the_picture(
    two_colours: FloatImage, value: float, subsampling: int
) -> None:
    mask = np.full((80, 120), value, np.float32)
    filtered = guided_filter(mask, two_colours, radius_pixels=8, tolerance=1e-3, subsampling=subsampling)
    assert filtered.dtype == np.float32
    np.testing.assert_allclose(filtered, value, atol=1e-3)


@pytest.mark.parametrize("subsampling", [1, 4])
def test_a_soft_edge_near_the_pictures_edge_moves_onto_it(two_colours: FloatImage, subsampling: int) -> None:
    mask = soft_mask(63)
    filtered = guided_filter(mask, two_colours, radius_pixels=16, tolerance=1e-3, subsampling=subsampling)
    jump = filtered[40, 61] - filtered[40, 58]
    assert jump > 3 * (mask[40, 61] - mask[40, 58])


def test_more_tolerance_follows_the_picture_less(two_colours: FloatImage) -> None:
    jumps = []
    for tolerance in (1e-3, 1e-1, 10.0):
        filtered = guided_filter(soft_mask(63), two_colours, radius_pixels=16, tolerance=tolerance)
        jumps.append(float(filtered[40, 60] - filtered[40, 59]))
    assert jumps[0] > jumps[1] > jumps[2]


def test_mirrored_in_mirrored_out(two_colours: FloatImage) -> None:
    mask = soft_mask(63)
    once = guided_filter(mask, two_colours, radius_pixels=8, tolerance=1e-3)
    mirrored = guided_filter(
        np.ascontiguousarray(mask[:, ::-1]),
        np.ascontiguousarray(two_colours[:, ::-1]),
        radius_pixels=8,
        tolerance=1e-3,
    )
    np.testing.assert_allclose(mirrored[:, ::-1], once, atol=1e-4)


def test_a_small_mask_comes_out_in_the_pictures_size_and_nothing_is_modified(two_colours: FloatImage) -> None:
    mask = np.ascontiguousarray(soft_mask(63)[::4, ::4])
    before = mask.copy(), two_colours.copy()
    filtered = guided_filter(mask, two_colours, radius_pixels=8, tolerance=1e-3, subsampling=4)
    assert filtered.shape == (80, 120)
    assert 0 <= filtered.min() <= filtered.max() <= 1
    np.testing.assert_array_equal(mask, before[0])
    np.testing.assert_array_equal(two_colours, before[1])


def test_what_it_cannot_work_with_is_refused(two_colours: FloatImage) -> None:
    mask = soft_mask(60)
    with pytest.raises(ValueError, match="mask must be"):
        guided_filter(two_colours, two_colours, radius_pixels=8, tolerance=1e-3)
    with pytest.raises(ValueError, match="guide must be"):
        guided_filter(mask, mask, radius_pixels=8, tolerance=1e-3)
    for radius_pixels, tolerance, subsampling in ((0, 1e-3, 1), (8, 0, 1), (8, 1e-3, 0)):
        with pytest.raises(ValueError, match="must be positive"):
            guided_filter(
                mask, two_colours, radius_pixels=radius_pixels, tolerance=tolerance, subsampling=subsampling
            )
