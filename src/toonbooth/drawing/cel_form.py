"""The form of a face as cel shapes: where its light ends a shadow begins, with an edge and without scraps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.morphology import small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep, soft_steps

_Mask = NDArray[np.bool_]

_EDGE = 0.6
"""Half the L* over which a tone passes into the next."""

_SMALLEST_SHAPE = 1300.0
"""Area in square units under which a brush leaves a shape out."""

_ENOUGH_SKIN = 30


def gather_form(
    form: FloatImage, regions: Regions, head: int, *, step: float, sunny: float, unit: float
) -> tuple[FloatImage, FloatImage]:
    """Gather a face's form into one tone, a shadow and a deep shadow.

    Parameters
    ----------
    form : float32 array, shape (H, W)
        L* from the middle of the person's skin, smoothed.
    regions : of the same size
    head : int
        Which of the heads it is.
    step : float, L*
        Depth of a shadow by hard light. Turning it up models faces more.
    sunny : float, L*
        How much lighter than its middle the face is drawn, because it lies in the sun.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    L* to add to the middle, float32, shape (H, W); and where shadows are, 0 … 1, of the same shape.

    References
    ----------
    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9(1), 1979.
    doi:10.1109/TSMC.1979.4310076
    """
    whole = (form.shape[1], form.shape[0])
    # Half the size is enough for what is this smooth.
    size = (max(1, whole[0] // 2), max(1, whole[1] // 2))
    few, skin, lips = (shrunk(plane, size) for plane in (form, regions.skin, regions.lips))
    x, y, width = (value / 2 for value in regions.heads[head])
    # Hard shadows age people and shine is sweat: the form stays, some of its depth goes.
    bent = np.where(few < 0, np.float32(0.85) * few, np.float32(0.6) * few).astype(np.float32)
    bent = gaussian(bent, sigma=max(0.5, 4 * unit))
    sure = skin > 0.8
    bent = evenly_lit(bent, sure, lips, (x, y, width))
    known = bent[sure]
    edge = _shadow_edge(known)
    dark = known[known < edge]
    # By soft light shadows are light.
    depth = float(np.clip(-1.1 * dark.mean() if len(dark) else 0.0, 5.0, step))
    bent = enlarged(_without_scraps(bent, edge, skin, smallest=_SMALLEST_SHAPE / 4 * unit * unit), whole)
    shadow, deep = _below(bent, edge), _below(bent, edge - 1.15 * depth - 2)
    # One light tone is enough: what shines on it would be a dot.
    lights = np.clip(bent, 0, np.float32(1.2 * step))
    drawn = np.minimum(lights, np.float32(0.6 * step))
    # By even light nothing is lighter than the middle tone but softly: cheeks must not wear discs.
    hint = float(np.clip((sunny - 3) / 6, 0, 1))
    if hint > 0:
        drawn += np.float32(hint) * (soft_steps(lights, step=step, softness=0.1) - drawn)
    drawn += np.float32(0.12) * np.minimum(bent, 0) - np.float32(depth) * (shadow + deep)
    return drawn, shadow


def evenly_lit(
    form: FloatImage, sure: _Mask, lips: FloatImage, head: tuple[float, float, float]
) -> FloatImage:
    """Take out of a face's form what is no shadow: light that falls off towards the chin, and stubble.

    Parameters
    ----------
    form : float32 array, shape (H, W), L* from the middle of the skin
    sure : bool array, shape (H, W)
        Where skin is for sure.
    lips : float32 array, shape (H, W), 0 … 1
    head : x, y of the face's middle and its width, in pixels of `form`
    """
    even = form - _falling(form, sure, head)
    even += np.minimum(np.maximum(-even, 0), np.float32(5) * _muzzle(lips))
    return even


def _below(form: FloatImage, edge: float) -> FloatImage:
    below = smoothstep(form, low=edge + _EDGE, high=edge - _EDGE)
    # Where form is steep the border would be as ragged as the pixels it is counted on.
    return cv2.GaussianBlur(below, (3, 3), 0.8).astype(np.float32, copy=False)


def _shadow_edge(form: FloatImage) -> float:
    """Where a face's light ends and its shadow begins: what parts its L* best in two (Otsu)."""
    counts, edges = np.histogram(form, bins=36, range=(-28.0, 8.0))
    middles = (edges[:-1] + edges[1:]) / 2
    below, sums = np.cumsum(counts)[:-1], np.cumsum(counts * middles)
    above = counts.sum() - below
    apart = (sums[-1] - sums[:-1]) / np.maximum(above, 1) - sums[:-1] / np.maximum(below, 1)
    best = (below * above * np.square(apart)).argmax()
    # Nearer to the middle half of an evenly lit face would lie in shadow.
    return float(np.clip(edges[1 + best], -9.0, -5.5))


def _without_scraps(form: FloatImage, edge: float, skin: FloatImage, *, smallest: float) -> FloatImage:
    """Small shadows, and small lights within shadows, become part of what surrounds them."""
    darker, lighter = np.float32(edge - _EDGE), np.float32(edge + _EDGE)
    form = np.where(_scraps((form < edge) & (skin > 0.1), smallest), np.maximum(form, lighter), form)
    cleaned: FloatImage = np.where(
        _scraps((form > edge) & (skin > 0.5), 3 * smallest), np.minimum(form, darker), form
    )
    return cleaned.astype(np.float32, copy=False)


def _scraps(mask: _Mask, smallest: float) -> _Mask:
    """The small parts of a mask, with their soft borders: else rings of those would be left."""
    found: _Mask = cv2.dilate(small_parts(mask, smallest).view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return found


def _muzzle(lips: FloatImage) -> FloatImage:
    """0 … 1, about mouth and chin: where stubble grows."""
    moments = cv2.moments(lips)
    if moments["m00"] < 1:
        return np.zeros_like(lips)
    x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    across = 4 * float(np.sqrt(moments["mu20"] / moments["m00"]))
    columns = (np.arange(lips.shape[1], dtype=np.float32) - np.float32(x)) / np.float32(1.15 * across)
    rows = (np.arange(lips.shape[0], dtype=np.float32) - np.float32(y + 0.15 * across)) / np.float32(across)
    return smoothstep(np.square(rows)[:, None] + np.square(columns)[None, :], low=1.1, high=0.5)


def _falling(form: FloatImage, sure: _Mask, head: tuple[float, float, float]) -> FloatImage:
    """How much darker a face grows towards its chin, L*, shape (H, 1): light from above is no shadow."""
    x, y, width = head
    rows = ((np.arange(form.shape[0], dtype=np.float32) - np.float32(y)) / np.float32(width))[:, None]
    columns = (np.arange(form.shape[1], dtype=np.float32) - np.float32(x)) / np.float32(width)
    face = sure & (np.abs(rows) < 0.6) & (np.abs(columns) < 0.45)
    counts = face.sum(axis=1, keepdims=True)
    if counts.sum() < _ENOUGH_SKIN:
        return np.zeros_like(rows)
    means = (np.clip(form, -14, 14) * face).sum(axis=1, keepdims=True) / np.maximum(counts, 1)
    away = rows - np.average(rows, weights=counts)
    slope = np.average(away * means, weights=counts) / max(1e-6, np.average(np.square(away), weights=counts))
    fall: FloatImage = np.float32(min(0.0, 0.85 * float(slope))) * np.clip(rows, -0.6, 0.6)
    return fall
