"""Smoothing takes texture and leaves edges."""

import numpy as np
import pytest

from tests.unit.imaging_filters.pictures import coloured, edge, noise
from toonbooth.imaging.resize import shrunk
from toonbooth.imaging.smoothing import (
    flatten,
    gaussian,
    gaussian_exactly,
    guided_planes,
    masked_blur,
)


def test_flattening_takes_noise_and_leaves_the_edge() -> None:
    noisy = coloured(np.clip(edge() + (noise(amount=0.1) - 0.5), 0, 1).astype(np.float32))
    flat = flatten(noisy, passes=2, tone=25.0)
    assert flat[:, 5:25].std() < 0.4 * noisy[:, 5:25].std()
    step = flat[:, 36].mean() - flat[:, 27].mean()
    assert step > 0.45 * 255


def test_more_passes_and_more_tone_flatten_more() -> None:
    noisy = coloured(noise(amount=0.3))
    by_passes = [flatten(noisy, passes=n, tone=25.0).std() for n in (0, 1, 3)]
    by_tone = [flatten(noisy, passes=2, tone=tone).std() for tone in (5.0, 20.0, 60.0)]
    assert by_passes[0] > by_passes[1] > by_passes[2]
    assert by_tone[0] > by_tone[1] > by_tone[2]


def test_a_mirrored_picture_is_flattened_to_the_mirrored_one() -> None:
    picture = coloured(noise(amount=0.4))
    mirrored = flatten(picture[:, ::-1].copy(), passes=2, tone=25.0)[:, ::-1]
    assert np.abs(mirrored.astype(int) - flatten(picture, passes=2, tone=25.0)).max() <= 1


@pytest.mark.parametrize("sigma", [0.8, 2.0, 5.0, 12.0, 30.0])
def test_the_quick_gaussian_is_close_to_the_exact_one(sigma: float) -> None:
    picture = np.zeros((240, 320), np.float32)
    picture[60:180, 100:220] = 1
    np.testing.assert_allclose(
        gaussian(picture, sigma=sigma), gaussian_exactly(picture, sigma=sigma), atol=0.04
    )


def test_no_sigma_changes_nothing() -> None:
    np.testing.assert_array_equal(gaussian(noise(), sigma=0), noise())


def test_a_masked_blur_knows_nothing_of_what_the_mask_hides() -> None:
    picture, mask = edge(), np.zeros((48, 64), np.float32)
    mask[:, :32] = 1
    np.testing.assert_allclose(masked_blur(picture, mask, sigma=3.0)[:, :32], 0.25, atol=0.005)


def test_an_enlarged_plane_gets_its_edges_from_the_guide() -> None:
    guide = edge(96, 128)
    small = shrunk(guide, (64, 48))
    plane = small * np.float32(-40) + np.float32(70)
    large = guided_planes([plane], small, radius=2, contrast=0.02)[0].over(guide)
    np.testing.assert_allclose(large, guide * -40 + 70, atol=1.5)


def test_texture_that_the_plane_has_lost_stays_lost() -> None:
    guide = noise(96, 128, amount=0.2)
    small = shrunk(guide, (64, 48))
    plane = np.full_like(small, 0.5)
    large = guided_planes([plane], small, radius=2, contrast=0.03)[0].over(guide)
    np.testing.assert_allclose(large, 0.5, atol=1e-4)


def test_rows_are_enlarged_as_the_whole_is() -> None:
    guide = noise(96, 128)
    small = shrunk(guide, (64, 48))
    plane = guided_planes([gaussian(small, sigma=1.0)], small, radius=2, contrast=0.03)[0]
    whole = plane.over(guide)
    for top, bottom in ((0, 20), (20, 70), (70, 96)):
        rows = plane.rows_over(guide[top:bottom], factor=2, top=top)
        np.testing.assert_allclose(rows, whole[top:bottom], atol=1e-5)


def test_more_contrast_means_softer_edges() -> None:
    small = edge()
    steepest = [
        np.diff(guided_planes([small], small, radius=3, contrast=c)[0].over(small), axis=1).max()
        for c in (0.02, 0.2, 1.0)
    ]
    assert steepest[0] > steepest[1] > steepest[2]


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        guided_planes([edge()], edge(), radius=0, contrast=0.1)
    with pytest.raises(ValueError, match="size"):
        guided_planes([edge(10, 10)], edge(), radius=1, contrast=0.1)
