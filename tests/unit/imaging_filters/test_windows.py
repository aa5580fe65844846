"""Work that is only wanted in places gives there what it would have given everywhere."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from tests.unit.imaging_filters.pictures import noise
from toonbooth.imaging.coherence import crisp, crisp_reach
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.windows import bands_around, work_within


def test_bands_hold_all_that_is_wanted_and_end_where_it_does() -> None:
    wanted = np.zeros((50, 40), np.bool_)
    wanted[3:30, 10:20] = True
    wanted[29, 35] = True
    bands = bands_around(wanted, rows=20)
    assert bands == [(slice(0, 20), slice(10, 20)), (slice(20, 40), slice(10, 36))]
    rest = wanted.copy()
    for band in bands:
        rest[band] = False
    assert not rest.any()


def test_a_picture_worked_on_in_windows_is_the_same_there_and_untouched_elsewhere() -> None:
    grey = np.rint(noise(60, 80) * 255).astype(np.uint8)
    picture = cv2.merge([grey, 255 - grey, grey]).astype(np.uint8, copy=False)
    windows = [(slice(0, 25), slice(30, 80)), (slice(25, 60), slice(11, 40))]
    work = partial(crisp, sigma=1.2, amount=3.0)
    whole, parts = work(picture), work_within(picture, windows, work, reach=crisp_reach(1.2))
    outside = np.ones(grey.shape, np.bool_)
    for window in windows:
        np.testing.assert_array_equal(parts[window], whole[window])
        outside[window] = False
    np.testing.assert_array_equal(parts[outside], picture[outside])
    assert (whole[outside] != picture[outside]).any()


def test_a_flow_smooths_only_within_its_windows() -> None:
    grey = noise(64, 64)
    flow = edge_tangent_flow(grey, scale=2.0)
    window = (slice(8, 40), slice(20, 64))
    everywhere, there = FlowSmoother(flow, reach=4.0), FlowSmoother(flow, reach=4.0, within=[window])
    as_bytes = np.rint(grey * 255).astype(np.uint8)
    np.testing.assert_allclose(there.smooth(grey)[window], everywhere.smooth(grey)[window], atol=1e-6)
    np.testing.assert_array_equal(
        there.smooth_bytes(as_bytes)[window], everywhere.smooth_bytes(as_bytes)[window]
    )
    np.testing.assert_array_equal(there.smooth(grey)[:8], grey[:8])
    np.testing.assert_array_equal(there.smooth_bytes(as_bytes)[:, :20], as_bytes[:, :20])
