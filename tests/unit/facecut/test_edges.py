"""Soft edges, clean colours and smoothing that stops at edges."""

import numpy as np
import pytest

from toonbooth.facecut.edges import EdgeFollower, calm, clean_colours, refine_alpha, spread_colours
from toonbooth.imaging.pixels import FloatImage

HAIR = np.array([0.25, 0.15, 0.1], np.float32)
WALL = np.array([0.7, 0.8, 0.9], np.float32)


def ramp(*, start: int, end: int, size: int = 80) -> FloatImage:
    """Foreground on the left, background on the right, a linear edge between two columns."""
    alpha = np.clip((end - np.arange(size, dtype=np.float32)) / (end - start), 0, 1)
    return np.repeat(alpha[np.newaxis], 40, axis=0).astype(np.float32)


def mixed(alpha: FloatImage) -> FloatImage:
    return (alpha[..., np.newaxis] * HAIR + (1 - alpha[..., np.newaxis]) * WALL).astype(np.float32)


def nothing_smooth(like: FloatImage) -> FloatImage:
    return np.zeros_like(like)


@pytest.mark.parametrize("error", [-4, 0, 4])
def test_the_real_edge_is_found_where_the_coarse_one_is_a_little_off(error: int) -> None:
    truth = ramp(start=36, end=44)
    coarse = ramp(start=39 + error, end=41 + error)
    refined = refine_alpha(mixed(truth), coarse, smooth=nothing_smooth(truth), reach_pixels=14)
    assert np.abs(refined - truth).max() < 0.12
    assert np.abs(refined - truth).mean() < 0.5 * max(np.abs(coarse - truth).mean(), 0.02)


def test_where_both_sides_look_alike_the_coarse_edge_stays() -> None:
    coarse = ramp(start=38, end=42)
    flat = np.broadcast_to(HAIR, (*coarse.shape, 3)).astype(np.float32)
    refined = refine_alpha(flat, coarse, smooth=nothing_smooth(coarse), reach_pixels=10)
    assert np.abs(refined - coarse).max() < 0.02


def test_what_has_no_strands_is_certain_up_to_its_coarse_edge() -> None:
    coarse = ramp(start=38, end=42)
    picture = mixed(ramp(start=28, end=30))
    refined = refine_alpha(picture, coarse, smooth=np.ones_like(coarse), reach_pixels=20)
    assert (refined[coarse > 0.9] == 1).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mask_without_an_edge_comes_back(value: float) -> None:
    coarse = np.full((30, 30), value, np.float32)
    picture = np.random.default_rng(1).random((30, 30, 3)).astype(np.float32)
    assert (refine_alpha(picture, coarse, smooth=coarse, reach_pixels=5) == coarse).all()


def test_half_transparent_pixels_get_the_foregrounds_colour_back() -> None:
    alpha = ramp(start=34, end=46)
    picture = mixed(alpha)
    cleaned = clean_colours(picture, alpha, reach_pixels=8)
    edge = (alpha > 0.2) & (alpha < 1)
    assert np.abs(cleaned[edge] - HAIR).max() < 0.12
    assert np.abs(picture[edge] - HAIR).max() > 0.4
    assert (cleaned[alpha == 1] == picture[alpha == 1]).all()


def test_no_rim_of_the_background_is_left_where_alpha_is_a_pixel_too_generous() -> None:
    truth, generous = ramp(start=39, end=41), ramp(start=40, end=42)
    cleaned = clean_colours(mixed(truth), generous, reach_pixels=8)
    assert np.abs(cleaned[generous > 0.05] - HAIR).max() < 0.1


def test_a_line_drawn_along_the_edge_keeps_its_colour_and_loses_the_backgrounds() -> None:
    alpha = ramp(start=39, end=41)
    picture = mixed(alpha)
    ink = np.clip(3 - np.abs(np.arange(80, dtype=np.float32) - 37.5), 0, 1)[np.newaxis, :, np.newaxis]
    picture = (picture * (1 - ink)).astype(np.float32)
    cleaned = clean_colours(picture, alpha, reach_pixels=8)
    assert cleaned[:, 37:39].max() < 0.02
    assert cleaned[:, 40].max() < 0.1


@pytest.mark.parametrize("tooth", [1, 3])
def test_teeth_and_spikes_are_smoothed_away(tooth: int) -> None:
    mask = np.zeros((60, 60), np.float32)
    mask[:, :30] = 1
    mask[:: tooth * 2, 30:34] = 1
    mask[20:22, 30:50] = 1
    edge = (calm(mask, sigma_pixels=4, edge_pixels=2) > 0.5).sum(axis=1)
    assert np.ptp(edge) <= 2


def test_a_straight_edge_stays_where_it_is() -> None:
    mask = ramp(start=39, end=41)
    assert np.abs(calm(mask, sigma_pixels=4, edge_pixels=2) - mask).max() < 0.15


def test_scraps_of_a_restless_background_are_left_out() -> None:
    coarse = ramp(start=38, end=42)
    picture = mixed(coarse)
    noise = np.random.default_rng(3).random((10, 20, 3)).astype(np.float32)
    picture[:, 41:] = np.kron(noise, np.ones((4, 2, 1), np.float32))[:, :39]
    refined = refine_alpha(picture, coarse, smooth=nothing_smooth(coarse), reach_pixels=12)
    assert refined[:, 44:].max() < 0.3


def test_colours_spread_from_near_by_first() -> None:
    picture = np.zeros((60, 60, 3), np.float32)
    picture[:, :20], picture[:, 40:] = (1, 0, 0), (0, 0, 1)
    weights = np.zeros((60, 60), np.float32)
    weights[:, :20] = weights[:, 40:] = 1
    spread = spread_colours(picture, weights, reach_pixels=4)
    assert spread[30, 22, 0] > 0.9
    assert spread[30, 37, 2] > 0.9


def test_noise_is_smoothed_but_not_across_an_edge_of_the_picture() -> None:
    light = np.repeat((np.arange(60) < 30).astype(np.float32)[np.newaxis], 60, axis=0) * np.float32(0.8)
    noise = np.random.default_rng(2).normal(0, 1, light.shape).astype(np.float32)
    values = (np.where(light > 0.4, 5, -5) + noise).astype(np.float32)
    smooth = EdgeFollower(light, radius_pixels=4, contrast=0.05).follow(values)
    assert np.abs(smooth[:, 26:29] - 5).mean() < 0.5
    assert np.abs(smooth[:, 31:34] + 5).mean() < 0.5
    assert smooth[10:50, 5:25].std() < 0.4 * values[10:50, 5:25].std()
