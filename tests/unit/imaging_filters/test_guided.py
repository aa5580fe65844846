"""The guided filter: what is flat stays, what is soft takes the picture's edge."""

import cv2
import numpy as np
import pytest

from toonbooth.imaging.guided import guided_filter
from toonbooth.imaging.pixels import ByteImage, FloatImage


@pytest.fixture
def two_colours() -> ByteImage:
    """Red left, green right of column 60: equal in luminance but not in colour."""
    picture = np.zeros((80, 120, 3), np.uint8)
    picture[:, :60, 0] = 204
    picture[:, 60:, 1] = 204
    return picture


def soft_mask(centre: float, *, softness: float = 6.0) -> FloatImage:
    across = 1 / (1 + np.exp(-(np.arange(120) - centre) / softness))
    return np.tile(across.astype(np.float32), (80, 1))


@pytest.mark.parametrize("subsampling", [1, 2, 4])
@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_a_flat_mask_stays_flat_whatever_the_picture(
    two_colours: ByteImage, value: float, subsampling: int
) -> None:
    mask = np.full((80, 120), value, np.float32)
    filtered = guided_filter(mask, two_colours, radius_pixels=8, tolerance=1e-3, subsampling=subsampling)
    assert filtered.dtype == np.float32
    np.testing.assert_allclose(filtered, value, atol=1e-3)


@pytest.mark.parametrize("subsampling", [1, 4])
def test_a_soft_edge_near_the_pictures_edge_moves_onto_it(two_colours: ByteImage, subsampling: int) -> None:
    mask = soft_mask(63)
    filtered = guided_filter(mask, two_colours, radius_pixels=16, tolerance=1e-3, subsampling=subsampling)
    jump = filtered[40, 61] - filtered[40, 58]
    assert jump > 3 * (mask[40, 61] - mask[40, 58])


def test_more_tolerance_follows_the_picture_less(two_colours: ByteImage) -> None:
    jumps = []
    for tolerance in (1e-3, 1e-1, 10.0):
        filtered = guided_filter(soft_mask(63), two_colours, radius_pixels=16, tolerance=tolerance)
        jumps.append(float(filtered[40, 60] - filtered[40, 59]))
    assert jumps[0] > jumps[1] > jumps[2]


def test_mirrored_in_mirrored_out(two_colours: ByteImage) -> None:
    mask = soft_mask(63)
    once = guided_filter(mask, two_colours, radius_pixels=8, tolerance=1e-3)
    mirrored = guided_filter(
        np.ascontiguousarray(mask[:, ::-1]),
        np.ascontiguousarray(two_colours[:, ::-1]),
        radius_pixels=8,
        tolerance=1e-3,
    )
    np.testing.assert_allclose(mirrored[:, ::-1], once, atol=1e-4)


@pytest.mark.parametrize("shape", [(80, 120), (333, 270), (131, 402)])
@pytest.mark.parametrize("subsampling", [1, 4])
def test_levels_only_stretch_what_comes_out(shape: tuple[int, int], subsampling: int) -> None:
    rng = np.random.default_rng(5)
    small = rng.integers(0, 256, (12, 15, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)
    down, across = np.indices(shape) - np.reshape(shape, (2, 1, 1)) / 2
    mask = np.clip(1.2 - np.hypot(down, across) / 45, 0, 1).astype(np.float32)

    def filtered(levels: tuple[float, float]) -> FloatImage:
        return guided_filter(
            mask, picture, radius_pixels=9, tolerance=1e-3, subsampling=subsampling, levels=levels
        )

    plain, stretched = filtered((0.0, 1.0)), filtered((0.2, 0.8))
    np.testing.assert_allclose(stretched, np.clip((plain - 0.2) / 0.6, 0, 1), atol=2e-5)
    assert 0.02 < ((stretched > 0) & (stretched < 1)).mean() < 0.9


def test_a_size_that_cannot_be_divided_shifts_nothing() -> None:
    rng = np.random.default_rng(6)
    noise = rng.integers(0, 256, (201, 163, 3), dtype=np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 5), np.uint8)
    mask = np.zeros((201, 163), np.float32)
    mask[:, 80:] = 1
    whole = guided_filter(mask, picture, radius_pixels=9, tolerance=1e-1, subsampling=4)
    cut = guided_filter(mask[:200, :160], picture[:200, :160], radius_pixels=9, tolerance=1e-1, subsampling=4)
    np.testing.assert_allclose(cut[20:-20, 20:-20], whole[20:180, 20:140], atol=1e-4)


def test_a_small_mask_comes_out_in_the_pictures_size_and_nothing_is_modified(two_colours: ByteImage) -> None:
    mask = np.ascontiguousarray(soft_mask(63)[::4, ::4])
    before = mask.copy(), two_colours.copy()
    filtered = guided_filter(mask, two_colours, radius_pixels=8, tolerance=1e-3, subsampling=4)
    assert filtered.shape == (80, 120)
    assert 0 <= filtered.min() <= filtered.max() <= 1
    np.testing.assert_array_equal(mask, before[0])
    np.testing.assert_array_equal(two_colours, before[1])


def test_what_it_cannot_work_with_is_refused(two_colours: ByteImage) -> None:
    mask = soft_mask(60)
    with pytest.raises(ValueError, match="mask must be"):
        guided_filter(two_colours.astype(np.float32), two_colours, radius_pixels=8, tolerance=1e-3)
    with pytest.raises(ValueError, match="guide must be"):
        guided_filter(mask, mask.astype(np.uint8), radius_pixels=8, tolerance=1e-3)
    for levels in ((0.5, 0.5), (-0.1, 1.0), (0.0, 1.1)):
        with pytest.raises(ValueError, match="levels must be"):
            guided_filter(mask, two_colours, radius_pixels=8, tolerance=1e-3, levels=levels)
    for radius_pixels, tolerance, subsampling in ((0, 1e-3, 1), (8, 0, 1), (8, 1e-3, 0)):
        with pytest.raises(ValueError, match="must be positive"):
            guided_filter(
                mask, two_colours, radius_pixels=radius_pixels, tolerance=tolerance, subsampling=subsampling
            )
