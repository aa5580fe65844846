"""The median and the percentiles of measured values.

NumPy's own work along any axis, by any of thirteen methods, and look for what is no number: on the few
thousand pixels that are asked about here that takes longer than sorting out the pixels does.
"""

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.float32]) -> float:
    """The value of which as many are above as below; as `np.median`, to the last bit.

    Parameters
    ----------
    values : float32 array of any shape, all of them numbers; of none, the median is none either
    """
    return float(medians(values.reshape(-1)))


def medians(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The medians along the last axis: of colours, (N, 3), those of `colours.T`.

    Parameters
    ----------
    rows : float32 array, shape (…, N), all of them numbers

    Returns
    -------
    float32 array, shape (…).
    """
    count = rows.shape[-1]
    if not count:
        return np.full(rows.shape[:-1], np.nan, np.float32)
    upper = count // 2
    if count % 2:
        return np.asarray(np.partition(rows, upper)[..., upper])
    ranked = np.partition(rows, (upper - 1, upper))
    return np.asarray((ranked[..., upper - 1] + ranked[..., upper]) * np.float32(0.5))


def percentile(values: NDArray[np.float32], share: float) -> float:
    """The value under which a share of all lies, linear between two of them; as `np.percentile`.

    Parameters
    ----------
    values : float32 array of any shape, all of them numbers; of none, the percentiles are none either
    share : float, 0 … 100
    """
    if not values.size:
        return float("nan")
    last = values.size - 1
    place = share / 100 * last
    below = int(place)
    above = min(below + 1, last)
    ranked = np.partition(values.reshape(-1), (below, above))
    low, high, part = ranked[below], ranked[above], np.float32(place - below)
    # From the nearer of the two, as NumPy has it: else the last bit would differ.
    value = low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)
    return float(value)
