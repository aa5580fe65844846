"""Where the network is in doubt, colours decide: pieces of the background it half believed go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float

# What the network is sure of is believed, whatever its colour: dark clothes before dark walls stay.
_SURE: Final = 0.97
_NOBODY: Final = 0.1
# How far around, and how far inside a silhouette, in face widths. Colours are counted in squares of twice
# the reach: wide enough to know a striped curtain, narrow enough that hair isn't held against a far sleeve.
_REACH: Final = 0.4
_DEPTH: Final = 0.35
_COLOURS: Final = 16
_SAMPLES: Final = 500
# Lightness tells a dark sleeve from a dark curtain, where hues are faint. Colours nearer to each other than
# `_ALIKE` count as each other's.
_WEIGHTS: Final = np.array([1.8, 1, 1], np.float32)
_ALIKE: Final = 7.0
# Colours speak against the mask only where the background's explain a pixel more than twice as well. With
# less, a black jacket's edge went where a part of it was already lost; pieces of curtains go all the same.
_BENEFIT: Final = 2.0
_PERSON: Final = 0.5
# Of the border of a piece, in which the picture's edge is none of the person: from here on it's no scrap. In
# 14 photos scraps had up to 0.67; a wrist, an arm and a jacket that were taken for tables or walls had more.
_BITE: Final = 0.68


def settle_doubt(mask: FloatImage, small: ByteImage, *, face_width: float) -> FloatImage:
    """Believe a mask less where it is in doubt and the colour is the surroundings', not the person's.

    Colours are counted around every doubtful pixel, once in what is surely person and once in what is surely
    not; both counts and the mask give the odds, by Bayes' rule.

    Parameters
    ----------
    mask : float32 array, shape (h, w), range [0, 1]
        How likely every pixel is person.
    small : uint8 array, shape (h', w', 3)
        The picture, of the same field of view; half the mask's size is enough.
    face_width : float, pixels of `small`, > 0

    Returns
    -------
    float32 array, shape (h, w), nowhere above `mask`, the same where `mask` is above 0.97.
    """
    size = (small.shape[1], small.shape[0])
    coarse = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    person = (coarse > _PERSON).astype(np.uint8)
    if not person.any() or person.all():
        return mask
    inward, outward = (cv2.distanceTransform(each, cv2.DIST_L2, 3) for each in (person, 1 - person))
    near = (inward < (_DEPTH + 0.75 * _REACH) * face_width) & (outward < _REACH * face_width)
    doubtful = near & (coarse > _NOBODY) & (coarse < _SURE) & (inward < _DEPTH * face_width)
    if not doubtful.any():
        return mask
    palette = _Palette.of(small, near)
    likeness = _likeness(palette, coarse, doubtful, side=2 * max(1, round(_REACH * face_width)) + 1)
    calm = _blurred_within(likeness, doubtful, sigma=max(0.6, 0.03 * face_width))
    calm = np.asarray(cv2.resize(calm, mask.shape[::-1]), dtype=np.float32)
    odds = np.float32(_BENEFIT) * calm / np.maximum(1 - calm, np.float32(1e-3))
    believed = mask * np.minimum(odds, np.float32(1))
    settled = believed / np.maximum(believed + 1 - mask, np.float32(1e-3))
    settled = np.where(mask < _SURE, np.minimum(mask, settled), mask).astype(np.float32, copy=False)
    return without_bites(settled, mask)


def without_bites(settled: FloatImage, mask: FloatImage) -> FloatImage:
    """Give back what was taken from the middle of somebody: scraps hang on people from outside, and most of
    a scrap's border is background."""
    # With nobody around it, so that the picture's edge counts as border.
    person, before = (_framed(each > _PERSON) for each in (settled, mask))
    taken = (before & ~person).astype(np.uint8)
    count, labels = cv2.connectedComponents(taken, connectivity=8)
    if count < 2:
        return settled
    grown = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.intp)
    # Its border is few pixels of many.
    border = np.flatnonzero((grown > 0) & (taken == 0))
    pieces = grown.ravel()[border]
    around = np.bincount(pieces, minlength=count)
    beside_person = np.bincount(pieces[person.ravel()[border]], minlength=count)
    bitten = beside_person > _BITE * around
    bitten[0] = False
    return np.where(bitten[grown[1:-1, 1:-1]], mask, settled)


def _framed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask with one pixel of nothing around it."""
    framed = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.bool_)
    framed[1:-1, 1:-1] = mask
    return framed


@dataclass(frozen=True, slots=True)
class _Palette:
    """The colours near a silhouette.

    labels : (h, w), which colour every pixel has; `_COLOURS` away from the silhouette.
    alike : (n, n), 0 … 1, how much one colour may be taken for another.
    """

    labels: NDArray[np.uint8]
    alike: FloatImage

    @classmethod
    def of(cls, picture: ByteImage, near: NDArray[np.bool_]) -> _Palette:
        seen = rgb_to_lab(to_float(picture))[near] * _WEIGHTS
        few = np.ascontiguousarray(seen[:: max(1, len(seen) // _SAMPLES)])
        count = min(_COLOURS, len(few))
        # The same picture gets the same matte, always.
        cv2.setRNGSeed(1)
        enough = (cv2.TERM_CRITERIA_COUNT, 3, 0.0)
        start = np.zeros((len(few), 1), np.int32)
        _, _, found = cv2.kmeans(few, count, start, enough, 1, cv2.KMEANS_PP_CENTERS)
        colours = np.asarray(found, dtype=np.float32)
        labels = np.full(near.shape, _COLOURS, np.uint8)
        _, nearest = cv2.batchDistance(seen, colours, cv2.CV_32F, K=1)
        labels[near] = nearest[:, 0]
        apart = np.square(colours[:, None] - colours[None]).sum(axis=2)
        return cls(labels, np.exp(apart / np.float32(-2 * _ALIKE**2)).astype(np.float32))


def _likeness(palette: _Palette, mask: FloatImage, doubtful: NDArray[np.bool_], *, side: int) -> FloatImage:
    """(h, w): 1 where a doubtful pixel has the colours of the person around it, 0 the background's."""
    alike = palette.alike[palette.labels[doubtful]]
    shares = []
    for sure in (mask > _SURE, mask < _NOBODY):
        # One in two: where nothing sure is near, that says nothing about a colour.
        hits, seen = (np.full(len(alike), start, np.float32) for start in (0.5, 1.0))
        for colour in range(alike.shape[1]):
            marked = sure & (palette.labels == colour)
            if not marked.any():
                continue
            # Counted in whole numbers, in half the time.
            counted = cv2.boxFilter(
                marked.view(np.uint8),
                cv2.CV_32S,
                (side, side),
                normalize=False,
                borderType=cv2.BORDER_CONSTANT,
            )[doubtful].astype(np.float32)
            hits += alike[:, colour] * counted
            seen += counted
        shares.append(hits / seen)
    likeness = np.ones_like(mask)
    likeness[doubtful] = shares[0] / (shares[0] + shares[1])
    return likeness


def _blurred_within(values: FloatImage, where: NDArray[np.bool_], *, sigma: float) -> FloatImage:
    """Blur what lies in an area as if nothing else were there; 1 elsewhere."""
    weights = where.astype(np.float32)
    total, weight = (cv2.GaussianBlur(each, (0, 0), sigma) for each in (values * weights, weights))
    return np.where(where, total / np.maximum(weight, np.float32(1e-3)), np.float32(1)).astype(np.float32)
