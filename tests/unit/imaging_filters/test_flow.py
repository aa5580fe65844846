"""The flow runs along structures, and smoothing follows it."""

import numpy as np
import pytest

from tests.unit.imaging_filters.pictures import edge, noise
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.pixels import FloatImage, to_bytes
from toonbooth.imaging.smoothing import gaussian


def stripes(angle: float, size: int = 64) -> FloatImage:
    """Waves whose crests run at an angle (radians) to the x axis."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    across = -columns * np.sin(angle) + rows * np.cos(angle)
    waves: FloatImage = (0.5 + 0.4 * np.sin(across * 0.7)).astype(np.float32)
    return waves


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 4, 1.2, np.pi / 2, 2.5])
def test_the_flow_runs_along_the_stripes(angle: float) -> None:
    flow = edge_tangent_flow(stripes(angle), scale=3.0)
    inner = np.s_[12:-12, 12:-12]
    along = np.abs(flow.x[inner] * np.cos(angle) + flow.y[inner] * np.sin(angle))
    assert along.min() > 0.97
    assert flow.coherence[inner].min() > 0.9


def test_tangents_are_unit_vectors_and_flat_ground_has_one_too() -> None:
    for picture in (noise(), np.full((20, 30), 0.5, np.float32)):
        flow = edge_tangent_flow(picture, scale=2.0)
        np.testing.assert_allclose(np.hypot(flow.x, flow.y), 1, atol=1e-5)


def test_a_mirrored_picture_has_the_mirrored_flow() -> None:
    picture = noise()
    flow, mirrored = (
        edge_tangent_flow(picture, scale=2.0),
        edge_tangent_flow(picture[:, ::-1].copy(), scale=2.0),
    )
    # A direction has no sign: compare what a sign can't change.
    np.testing.assert_allclose(mirrored.x[:, ::-1] ** 2, flow.x**2, atol=2e-3)
    np.testing.assert_allclose(mirrored.coherence[:, ::-1], flow.coherence, atol=1e-3)


def test_smoothing_along_stripes_keeps_them_and_takes_noise_away() -> None:
    clean = stripes(0.5)
    noisy = np.clip(clean + (noise(64, 64, amount=0.4) - 0.5), 0, 1).astype(np.float32)
    smoothed = FlowSmoother(edge_tangent_flow(clean, scale=3.0), reach=5.0, taps=3).smooth(noisy)
    inner = np.s_[8:-8, 8:-8]
    assert np.abs(smoothed - clean)[inner].mean() < 0.6 * np.abs(noisy - clean)[inner].mean()
    assert smoothed[inner].std() > 0.85 * clean[inner].std()


def test_farther_reach_smooths_more() -> None:
    flow = edge_tangent_flow(edge(), scale=2.0)
    cloudy = gaussian(noise(), sigma=2.0)
    leftover = [FlowSmoother(flow, reach=reach).smooth(cloudy).std() for reach in (1.0, 3.0, 8.0)]
    assert leftover[0] > leftover[1] > leftover[2]


def test_colour_and_bytes_are_smoothed_as_grey_floats_are() -> None:
    smoother = FlowSmoother(edge_tangent_flow(edge(), scale=2.0), reach=3.0)
    grey = noise()
    colour = smoother.smooth(np.dstack([grey] * 3))
    np.testing.assert_allclose(colour[..., 1], smoother.smooth(grey), atol=1e-5)
    as_bytes = smoother.smooth(np.rint(grey * 255).astype(np.uint8))
    np.testing.assert_allclose(as_bytes / 255, smoother.smooth(grey), atol=0.01)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="scale"):
        edge_tangent_flow(edge(), scale=0)
    with pytest.raises(ValueError, match="float32"):
        edge_tangent_flow(np.zeros((4, 4, 3), np.float32), scale=1)
    flow = edge_tangent_flow(edge(), scale=2.0)
    with pytest.raises(ValueError, match="reach"):
        FlowSmoother(flow, reach=0)
    with pytest.raises(ValueError, match="size"):
        FlowSmoother(flow, reach=1).smooth(np.zeros((3, 3), np.float32))


def test_smoothing_in_bytes_is_the_same_but_for_rounding() -> None:
    picture = to_bytes(noise(48, 64))
    along = FlowSmoother(edge_tangent_flow(stripes(0.5)[:48], scale=3.0), reach=4.0, taps=3)
    difference = along.smooth(picture) - along.smooth_bytes(picture)
    assert np.abs(difference).max() <= 3
    assert abs(float(difference.mean())) < 0.6


def test_smoothing_in_bytes_refuses_another_kind_or_size() -> None:
    along = FlowSmoother(edge_tangent_flow(noise(), scale=2.0), reach=2.0)
    with pytest.raises(ValueError, match="uint8"):
        along.smooth_bytes(np.zeros((3, 4), np.uint8))
