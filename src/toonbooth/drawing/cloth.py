"""Cloth: its weave is evened out, its folds stay."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep


def without_flecks(plane: FloatImage, woven: FloatImage, *, unit: float) -> FloatImage:
    """Even out a* or b*, (H, W), where `woven` is cloth: yarns of several colours are one in a drawing."""
    below = int(np.argmax(woven.max(axis=1) > 0.05))
    part, share = np.ascontiguousarray(plane[below:]), woven[below:]
    height, width = part.shape
    few = shrunk(part, (max(1, width // 2), max(1, height // 2)))
    even = enlarged(gaussian(few, sigma=max(0.8, 4 * unit)), (width, height))
    much = np.float32(0.85) * share
    calm = plane.copy()
    calm[below:] = cv2.blendLinear(even, part, much, 1 - much)
    return calm


def woven_cloth(
    lightness: FloatImage, unlike_hair: FloatImage, regions: Regions, *, unit: float
) -> FloatImage:
    """Where cloth is, whose weave is to be evened out, (H, W), 0 … 1.

    That is from the shoulders down. Locks that hang there are rougher than any knitwear, and run one way, as
    sequins and fur don't.

    Parameters
    ----------
    lightness : float32 array, shape (H, W), L*
    unlike_hair : float32 array, shape (H / 4, W / 4), 0 … 1
        1 where nothing hangs one way.
    regions : of the same size
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    # What is this smooth is worked out on few pixels.
    height, width = lightness.shape
    size = (max(1, width // 4), max(1, height // 4))
    columns = (np.arange(size[0], dtype=np.float32)[None, :] + np.float32(0.5)) * np.float32(width / size[0])
    rows = (np.arange(size[1], dtype=np.float32)[:, None] + np.float32(0.5)) * np.float32(height / size[1])
    cloth: FloatImage = np.ones(size[::-1], np.float32)
    for x, y, across in regions.heads:
        under = (rows - np.float32(y)) / np.float32(across)
        below = np.maximum(
            smoothstep(under, low=0.75, high=1.15), smoothstep(under, low=0.5, high=0.7) * unlike_hair
        )
        beside = smoothstep(np.abs(columns - np.float32(x)) / np.float32(across), low=1.1, high=1.4)
        cloth *= np.maximum(below, beside)
    around = enlarged(gaussian(shrunk(lightness, size), sigma=3.5 * unit), (width, height))
    rough = shrunk(cv2.absdiff(lightness, around).astype(np.float32, copy=False), size)
    calm = smoothstep(gaussian(rough, sigma=3.5 * unit), low=6.5, high=4.0)
    cloth *= np.maximum(calm, unlike_hair)
    return enlarged(cloth, (width, height))


def bodily_hue(a: FloatImage, b: FloatImage, chroma: FloatImage) -> FloatImage:
    """How much a hue is one that skin has, of whatever depth, 0 … 1."""
    towards = (a * np.float32(0.62) + b * np.float32(0.78)) / (chroma + np.float32(1e-3))
    return smoothstep(towards, low=0.86, high=0.95) * smoothstep(chroma, low=5.0, high=10.0)


def whiteness(lightness: FloatImage, chroma: FloatImage) -> FloatImage:
    """How white a place is: light and without a colour, 0 … 1."""
    return smoothstep(lightness, low=72, high=90) * smoothstep(chroma, low=9, high=4)
