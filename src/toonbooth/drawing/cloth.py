"""Cloth: its weave is evened out, its folds stay."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size, enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, guided_planes, masked_blur
from toonbooth.imaging.tones import smoothstep

_HAIR_TEXTURE, _CLOTH_TEXTURE = 0.1, 0.16
"""Differences, in hundredths of L*, that are locks in hair and folds in cloth; fainter ones go."""

_DARK, _LIGHT = 25.0, 45.0
"""L* of what is dark for certain, and of what isn't."""


def without_mottle(lightness: FloatImage, woven: FloatImage, *, unit: float) -> FloatImage:
    """Even out what is fainter than a fold: counted in tones it would become specks.

    Parameters
    ----------
    lightness : float32 array, shape (H, W), L*
    woven : float32 array, shape (H, W), 0 … 1
        From `woven_cloth`.
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    grey = lightness * np.float32(0.01)
    contrast = np.float32(_HAIR_TEXTURE) + np.float32(_CLOTH_TEXTURE - _HAIR_TEXTURE) * woven
    (even,) = guided_planes([lightness], grey, radius=max(1, round(9 * unit)), contrast=contrast)
    return even.over(grey)


def surroundings(lightness: FloatImage, regions: Regions, *, unit: float) -> FloatImage:
    """How light it is around every place, in L*; around dark cloth only what is dark as well counts.

    Beside a hand or a pin dark cloth would else be far darker than its surroundings, and get a black halo.

    Parameters
    ----------
    lightness : float32 array, shape (H, W), L*
    regions : of the same size
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    # What is this smooth is worked out on few pixels.
    size = (lightness.shape[1], lightness.shape[0])
    few = shrunk(lightness, (max(1, size[0] // 2), max(1, size[1] // 2)))
    sigma = max(0.6, 7 * unit)
    around = gaussian(few, sigma=sigma)
    dark = smoothstep(few, low=_LIGHT, high=_DARK)
    alike = masked_blur(few, dark, sigma=sigma)
    cloth = enlarged(_below_heads(regions, size), (few.shape[1], few.shape[0]))
    return enlarged(around + cloth * dark * np.minimum(alike - around, 0), size)


def without_flecks(plane: FloatImage, woven: FloatImage, *, unit: float) -> FloatImage:
    """Even out a* or b*, (H, W), where `woven` is cloth: yarns of several colours are one in a drawing."""
    below = int(np.argmax(woven.max(axis=1) > 0.05))
    part, share = np.ascontiguousarray(plane[below:]), woven[below:]
    height, width = part.shape
    few = shrunk(part, (max(1, width // 2), max(1, height // 2)))
    even = enlarged(gaussian(few, sigma=max(0.8, 4 * unit)), (width, height))
    calm = plane.copy()
    calm[below:] += (even - part) * (np.float32(0.85) * share)
    return calm


def woven_cloth(lightness: FloatImage, regions: Regions, *, unit: float) -> FloatImage:
    """Where cloth is, whose weave is to be evened out, (H, W), 0 … 1.

    That is from the shoulders down; locks that hang there, and sequins, are rougher than any knitwear.
    """
    # What is this smooth is worked out on few pixels.
    height, width = lightness.shape
    cloth = _below_heads(regions, (width, height))
    size = (cloth.shape[1], cloth.shape[0])
    around = enlarged(gaussian(shrunk(lightness, size), sigma=3.5 * unit), (width, height))
    rough = shrunk(cv2.absdiff(lightness, around).astype(np.float32, copy=False), size)
    cloth *= smoothstep(gaussian(rough, sigma=3.5 * unit), low=6.5, high=4.0)
    return enlarged(cloth, (width, height))


def _below_heads(regions: Regions, size: Size) -> FloatImage:
    """What is below or beside all heads, of a picture of a width and height, on a quarter of its sides."""
    width, height = size
    few = (max(1, width // 4), max(1, height // 4))
    columns = (np.arange(few[0], dtype=np.float32)[None, :] + np.float32(0.5)) * np.float32(width / few[0])
    rows = (np.arange(few[1], dtype=np.float32)[:, None] + np.float32(0.5)) * np.float32(height / few[1])
    cloth: FloatImage = np.ones(few[::-1], np.float32)
    for x, y, across in regions.heads:
        below = smoothstep((rows - np.float32(y)) / np.float32(across), low=0.75, high=1.15)
        beside = smoothstep(np.abs(columns - np.float32(x)) / np.float32(across), low=1.1, high=1.4)
        cloth *= np.maximum(below, beside)
    return cloth
