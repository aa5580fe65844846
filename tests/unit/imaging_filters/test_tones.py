"""Tones gather on steps."""

import numpy as np
import pytest

from toonbooth.imaging.pixels import to_bytes
from toonbooth.imaging.tones import ordered_dither, smoothstep, soft_steps

RAMP = np.linspace(0, 100, 2001, dtype=np.float32)


def test_hard_steps_leave_few_tones() -> None:
    stepped = soft_steps(RAMP, step=20.0, softness=0.01)
    assert len(np.unique(stepped.round(1))) < 40
    assert np.abs(stepped - np.rint(RAMP / 20) * 20).mean() < 0.3


@pytest.mark.parametrize("softness", [0.05, 0.4, 1.0])
def test_steps_never_turn_round_and_stay_within_half_a_step(softness: float) -> None:
    stepped = soft_steps(RAMP, step=12.0, softness=softness)
    assert np.diff(stepped).min() >= 0
    assert np.abs(stepped - RAMP).max() <= 6.001


def test_more_softness_is_closer_to_no_steps_at_all() -> None:
    away = [np.abs(soft_steps(RAMP, step=12.0, softness=s) - RAMP).mean() for s in (0.1, 0.5, 1.0)]
    assert away[0] > away[1] > away[2]


def test_the_values_given_are_not_changed() -> None:
    values = RAMP.copy()
    soft_steps(values, step=9.0, softness=0.5)
    smoothstep(values, low=20, high=60)
    np.testing.assert_array_equal(values, RAMP)


def test_smoothstep_goes_from_nothing_to_all_and_can_be_turned_round() -> None:
    up, down = smoothstep(RAMP, low=20, high=60), smoothstep(RAMP, low=60, high=20)
    assert up[RAMP <= 20].max() == 0
    assert up[RAMP >= 60].min() == 1
    np.testing.assert_allclose(up + down, 1, atol=1e-6)


def test_dithered_bytes_keep_the_mean_that_rounding_loses() -> None:
    grey = np.full((16, 20), 100.3 / 255, np.float32)
    dithered = to_bytes(grey + ordered_dither(grey.shape))
    assert set(np.unique(dithered)) == {100, 101}
    assert abs(dithered.mean() - 100.3) < 0.05
    assert (to_bytes(grey) == 100).all()


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="step"):
        soft_steps(RAMP, step=0, softness=0.5)
    with pytest.raises(ValueError, match="softness"):
        soft_steps(RAMP, step=1, softness=0)
