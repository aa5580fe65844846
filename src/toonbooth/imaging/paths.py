"""Paths: points in a row, (…, N, 2)."""

import numpy as np
from numpy.typing import NDArray


def tangents(path: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where a path or several, (…, N, 2) with N >= 2, go at each point: half of the way from the last point
    to the next.

    That is `np.gradient` along the points, in a third of the time: paths are short.
    """
    along = np.empty_like(path)
    np.subtract(path[..., 2:, :], path[..., :-2, :], out=along[..., 1:-1, :])
    along[..., 1:-1, :] *= np.float32(0.5)
    along[..., 0, :] = path[..., 1, :] - path[..., 0, :]
    along[..., -1, :] = path[..., -1, :] - path[..., -2, :]
    return along
