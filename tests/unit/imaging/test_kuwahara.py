"""The anisotropic Kuwahara filter keeps edges and melts the rest."""

from __future__ import annotations

import numpy as np
import pytest

from toonbooth.imaging.flow import edge_tangent_flow
from toonbooth.imaging.kuwahara import anisotropic_kuwahara
from toonbooth.imaging.pixels import FloatImage


def edge_with_noise() -> FloatImage:
    grey = np.full((64, 64), 0.3, np.float32)
    grey[:, 32:] = 0.7
    grey += np.random.default_rng(0).normal(0, 0.03, grey.shape).astype(np.float32)
    return np.repeat(grey[..., None], 3, axis=2)


def filtered(image: FloatImage, *, radius: float = 4.0) -> FloatImage:
    grey = np.ascontiguousarray(image[..., 0])
    return anisotropic_kuwahara(image, grey, edge_tangent_flow(grey, scale=2.0), radius=radius)


def test_an_even_picture_stays_as_it_is() -> None:
    image = np.full((20, 30, 3), 0.4, np.float32)
    np.testing.assert_allclose(filtered(image), image, atol=1e-5)


def test_texture_melts_and_the_edge_stays_sharp() -> None:
    image = edge_with_noise()
    calm = filtered(image)
    assert calm[8:-8, 8:24].std() < 0.35 * image[8:-8, 8:24].std()
    across = calm[8:-8, 30:34, 0].mean(axis=0)
    assert across[0] < 0.36
    assert across[-1] > 0.64


def test_a_larger_radius_is_calmer() -> None:
    image = edge_with_noise()
    fine, broad = filtered(image, radius=2.0), filtered(image, radius=6.0)
    assert broad[8:-8, 8:22].std() < 0.8 * fine[8:-8, 8:22].std()


def test_a_mirrored_picture_is_mirrored() -> None:
    image = edge_with_noise()
    mirrored = filtered(np.ascontiguousarray(image[:, ::-1]))[:, ::-1]
    np.testing.assert_allclose(mirrored, filtered(image), atol=0.01)


def test_nothing_leaves_the_range_of_the_picture_and_the_picture_stays() -> None:
    image = edge_with_noise()
    before = image.copy()
    calm = filtered(image)
    assert calm.min() >= image.min()
    assert calm.max() <= image.max()
    np.testing.assert_array_equal(image, before)


def test_wrong_pictures_and_knobs_are_refused() -> None:
    image = edge_with_noise()
    grey = np.ascontiguousarray(image[..., 0])
    flow = edge_tangent_flow(grey, scale=2.0)
    with pytest.raises(ValueError, match="float32 picture"):
        anisotropic_kuwahara(grey, grey, flow, radius=3.0)
    with pytest.raises(ValueError, match="one size"):
        anisotropic_kuwahara(image[:32].copy(), grey, flow, radius=3.0)
    with pytest.raises(ValueError, match="positive"):
        anisotropic_kuwahara(image, grey, flow, radius=0.0)
