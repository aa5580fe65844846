"""Where paths go."""

import numpy as np

from toonbooth.imaging.paths import tangents


def test_tangents_are_gradients_along_the_points_of_several_paths() -> None:
    paths = np.random.default_rng(1).random((3, 17, 2)).astype(np.float32)
    assert np.array_equal(tangents(paths), np.gradient(paths, axis=-2))
    assert np.array_equal(tangents(paths[0, :2]), np.gradient(paths[0, :2], axis=0))
