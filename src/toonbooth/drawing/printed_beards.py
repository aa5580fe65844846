"""Beards on a poster: solid black where they are dense, black dots where they thin out, skin under both."""

from __future__ import annotations

import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.beards import beard_evidence
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, scaled

_BELIEVED = (0.25, 0.6)
"""Evidence from which on a beard is printed, and from which on all of it."""

_SMALLEST = 50.0
"""Width in pixels below which a face shows no beard that could be told from shade."""

_UPPER = (132, 207, 206, 98, 2, 327, 426, 427, 361)
"""Landmarks along the upper border of where a beard grows, from one ear lobe over the lip to the other."""

_THINNEST, _SOLID = 0.1, 0.46
"""By how much darker than skin, as a share of its L*, a beard is where it ends, and where it is solid."""

_DENSEST = 0.7
"""Tone of dots beside what is solid: beyond it dots run together."""


def find_beards(
    light: FloatImage, grey: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float
) -> FloatImage:
    """How dense a beard grows, 0 … 1; from `solid` on it hides all skin.

    Parameters
    ----------
    light : float32 array, shape (H, W), L*, smoothed
    grey : float32 array, shape (H, W), range [0, 1]
        The picture with its texture.
    regions : of the same size
    faces : in the coordinates of the full picture
    scale : float
        Size of `light` over size of the full picture.
    """
    found = np.zeros_like(light)
    size = (light.shape[0], light.shape[1])
    for face in faces:
        width = face.width * scale
        if width < _SMALLEST:
            continue
        points = scaled(face.landmarks, scale)
        sure = (regions.skin > 0.8) & (polygon_mask(size, points[facemap.OVAL]) > 0.5)
        if not sure.any():
            continue
        low, high = _BELIEVED
        likely = float(np.clip((beard_evidence(light, grey, sure, points) - low) / (high - low), 0, 1))
        if likely == 0:
            continue
        depth = 1 - light * np.float32(1 / max(float(np.median(light[sure])), 1.0))
        depth = gaussian(depth.astype(np.float32, copy=False), sigma=max(0.7, 0.008 * width))
        dense = np.clip((depth - np.float32(_THINNEST)) * np.float32(1 / (_SOLID - _THINNEST)), 0, 2)
        place = _place(size, points, width)
        # Below the chin only what is as dark as a beard still is one.
        hanging = _hanging(size, points, width) * smoothstep(dense, low=0.8, high=1.1)
        np.maximum(found, np.float32(likely) * np.maximum(place, hanging) * dense, out=found)
    return found * regions.person


def solid(beards: FloatImage) -> FloatImage:
    """How far within its solid part a beard is, as L* below the border of black."""
    within: FloatImage = (beards - np.float32(1)) * np.float32(30)
    return within


def dotted(beards: FloatImage) -> FloatImage:
    """The tone of a beard's dots, 0 … 1."""
    tone: FloatImage = np.minimum(beards * np.float32(0.75), np.float32(_DENSEST))
    return tone


def _place(size: tuple[int, int], points: Points, width: float) -> FloatImage:
    """Where beards grow: between nose, ear lobes and chin, without the lips."""
    outline = np.concatenate([points[facemap.JAW[1:-1]], points[list(_UPPER)]])
    place = polygon_mask(size, outline.astype(np.float32), feather=0.025 * width)
    lips = polygon_mask(size, points[facemap.LIPS_OUTER], grow=1.06, feather=0.008 * width)
    return place * (1 - lips)


def _hanging(size: tuple[int, int], points: Points, width: float) -> FloatImage:
    """Where a beard may hang below the chin."""
    down = -facemap.upright(points)
    jaw = points[facemap.JAW[4:-4]]
    outline = np.concatenate([jaw, (jaw + down * np.float32(0.16 * width))[::-1]])
    return polygon_mask(size, outline.astype(np.float32), feather=0.02 * width)
