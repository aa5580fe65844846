"""The few colours that stand for the many of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import FloatImage

_ROUNDS = 6
"""Rounds after which colours hardly move any more."""

_SAMPLES = 9600

_CELL, _MOST_ALIKE, _LEAST_ALIKE = 5.0, 50, 4
"""Side of a cell of colours, and how many samples of one count at most and at least."""


_STRANGE, _FEW = 15.0, 24
"""Difference in hue from which on something is of no known colour, and how many samples make it a colour."""


def gather_colours(
    samples: FloatImage, *, count: int, apart: float, first: FloatImage | None = None
) -> FloatImage:
    """Find the few colours that stand for many: k-means from colours far apart.

    Parameters
    ----------
    samples : float32 array, shape (N, 3), N >= 1
    count : int, >= 1
        How many at most.
    apart : float
        Colours nearer to each other than this become one.
    first : float32 array, shape (M, 3)
        Colours that are among them as they are, if any sample is nearest to them. What is nearest to them but
        plainly of another hue gets a colour of its own, beyond `count`: gold is no skin.

    Returns
    -------
    float32 array, shape (K, 3), 1 <= K <= count.
    """
    colours = [np.median(samples, axis=0)]
    colours[:0] = () if first is None else list(first)
    fixed = len(colours) - 1
    nearest = np.min([np.square(samples - colour).sum(axis=1) for colour in colours], axis=0)
    while len(colours) < count + fixed:
        # Not the very farthest, which is an outlier, but the middle of the farthest part.
        cut = np.quantile(nearest, 0.985)
        far = samples[nearest >= cut]
        if cut < apart * apart or len(far) == 0:
            break
        colours.append(np.median(far, axis=0))
        nearest = np.minimum(nearest, np.square(samples - colours[-1]).sum(axis=1))
    centres, labels = _settled(samples, np.array(colours, np.float32), fixed)
    strange = []
    for index in range(fixed):
        own = samples[labels == index]
        other = own[_astray(own, centres[index]) > _STRANGE]
        if len(other) >= _FEW:
            strange.append(np.median(other, axis=0))
    if strange:
        centres, labels = _settled(samples, np.array([*centres, *strange], np.float32), fixed)
    keep: list[int] = []
    for index in range(len(centres)):
        if (labels == index).any() and all(
            float(np.hypot(*(_weighed(centres[index] - centres[other])))) >= apart for other in keep
        ):
            keep.append(index)
    return centres[keep]


def _settled(samples: FloatImage, centres: FloatImage, fixed: int) -> tuple[FloatImage, NDArray[np.intp]]:
    """Centres moved to the middle of their samples, but for the first few, and whose each sample is."""
    labels: NDArray[np.intp] = np.zeros(len(samples), np.intp)
    for _ in range(_ROUNDS):
        labels = _nearest(samples, centres)
        for index in range(fixed, len(centres)):
            own = samples[labels == index]
            if len(own):
                centres[index] = own.mean(axis=0)
    return centres, labels


def _nearest(samples: FloatImage, centres: FloatImage) -> NDArray[np.intp]:
    labels: NDArray[np.intp] = (np.square(centres).sum(axis=1) - 2 * (samples @ centres.T)).argmin(axis=1)
    return labels


def _astray(samples: FloatImage, colour: FloatImage) -> FloatImage:
    """How far samples lie beside the hue of a colour, or towards grey from it. Shade makes it stronger."""
    chroma = max(float(np.hypot(*colour[1:])), 1e-6)
    red, yellow = (float(value) / chroma for value in colour[1:])
    a, b = (samples - colour)[:, 1:].T
    astray: FloatImage = np.hypot(b * red - a * yellow, np.minimum(a * red + b * yellow, 0))
    return astray


def varied_sample(colours: FloatImage) -> FloatImage:
    """A sample of many colours in which none is too common: a tie is small beside a coat."""
    # An odd step, so that samples don't fall on columns.
    sample = colours[:: max(1, len(colours) // _SAMPLES) | 1]
    cells = np.floor(sample * np.float32(1 / _CELL)).astype(np.int64) + 512
    keys = (cells[:, 0] << 20) + (cells[:, 1] << 10) + cells[:, 2]
    order = np.argsort(keys, kind="stable")
    alike = keys[order]
    begins = np.flatnonzero(np.r_[True, alike[1:] != alike[:-1]])
    sizes = np.diff(np.r_[begins, len(alike)])
    rank = np.arange(len(alike)) - np.repeat(begins, sizes)
    kept = (rank < _MOST_ALIKE) & (np.repeat(sizes, sizes) >= _LEAST_ALIKE)
    varied: FloatImage = sample[order[kept]] if kept.any() else sample
    return varied


def _weighed(difference: FloatImage) -> tuple[float, float]:
    return float(difference[0]), float(np.hypot(difference[1], difference[2]))
