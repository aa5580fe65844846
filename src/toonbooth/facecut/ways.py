"""A line pulled sideways onto what a picture shows: samples beside it, and the cheapest way along them."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.paths import tangents
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points


def normals(line: Points) -> Points:
    """Unit vectors across a line, to the right of a walk along it as the picture shows it: (N, 2)."""
    tangent = tangents(line)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + np.float32(1e-6)
    return np.column_stack([-tangent[:, 1], tangent[:, 0]]).astype(np.float32)


def sample(image: FloatImage, points: NDArray[np.float32]) -> FloatImage:
    """The values of a map at points, shape (..., 2), between its pixels; outside it those of its border."""
    x, y = (np.ascontiguousarray(points[..., axis], dtype=np.float32) for axis in (0, 1))
    sampled = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, dtype=np.float32)


def cheapest_way(cost: FloatImage, offsets: FloatImage) -> FloatImage:
    """Find the offset at each point of a line that costs least altogether, by dynamic programming.

    Parameters
    ----------
    cost : float32 array, shape (N, K)
    offsets : float32 array, shape (K,), evenly spaced
        A jump over one of them from a point to the next costs 0.4, over two four times that.

    Returns
    -------
    float32 array, shape (N,), smoothed along the line.
    """
    jump = 0.4 * ((offsets[:, np.newaxis] - offsets) / (offsets[1] - offsets[0])) ** 2
    total = cost[0]
    came_from = np.zeros(cost.shape, np.intp)
    ways = np.empty(jump.shape, np.result_type(cost, jump))
    first = np.arange(len(offsets)) * len(offsets)
    for row in range(1, len(cost)):
        np.add(total, jump, out=ways)
        ways.argmin(axis=1, out=came_from[row])
        total = ways.take(first + came_from[row]) + cost[row]
    best = int(total.argmin())
    chosen = np.zeros((len(cost), 1), np.float32)
    for row in range(len(cost) - 1, -1, -1):
        chosen[row] = offsets[best]
        best = int(came_from[row, best])
    smooth = cv2.GaussianBlur(chosen, (1, 9), 0, sigmaY=2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, dtype=np.float32).reshape(-1)


def stiff_line(values: FloatImage, weights: FloatImage, *, stiffness: float) -> FloatImage:
    """Lay a stiff line through values: where their weights are small it bends least.

    Parameters
    ----------
    values, weights : float32 arrays, shape (N,)
    stiffness : float, >= 0
        Weight of the bends; larger values draw a straighter line.

    Returns
    -------
    float32 array, shape (N,).

    References
    ----------
    P. H. C. Eilers, "A perfect smoother", Analytical Chemistry 75(14), 2003. doi:10.1021/ac034173t
    """
    system = stiffness * _bends_of(len(values))
    system[np.diag_indices(len(values))] += weights
    line: FloatImage = np.linalg.solve(system, weights * values).astype(np.float32)
    return line


@functools.lru_cache(maxsize=8)
def _bends_of(count: int) -> NDArray[np.float64]:
    """What multiplies with a line of so many points from both sides is the sum of its squared bends."""
    bends = np.diff(np.eye(count), n=2, axis=0)
    squares: NDArray[np.float64] = bends.T @ bends
    return squares
