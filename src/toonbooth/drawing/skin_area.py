"""Skin as an area to print: its tone, its closed shape, its form; colours continued to a person's edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median, medians, percentile
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, scaled

_ENOUGH_SKIN = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""


@dataclass(frozen=True, slots=True)
class SkinTone:
    """One head's skin, as it is in the photo: its middle as L*, a*, b*, the spread of its L*, and L* of its
    lit part."""

    lightness: float
    red: float
    yellow: float
    spread: float
    lit: float


def measure_skin(lab: FloatImage, skin: FloatImage) -> SkinTone | None:
    """The tone of one head's skin; None where too little of it is seen."""
    sure = skin > 0.8
    if np.count_nonzero(sure) < _ENOUGH_SKIN:
        return None
    samples = lab[sure]
    lightness, red, yellow = (float(v) for v in medians(samples.T))
    low, high = (float(v) for v in np.percentile(samples[:, 0], (12, 88)))
    lit = percentile(samples[:, 0], 65)
    return SkinTone(lightness, red, yellow, float(np.clip((high - low) / 2, 4.0, 14.0)), lit)


def closed_skin(
    lab: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float, unit: float
) -> FloatImage:
    """Skin without the holes that shine, eyes, brows and lips leave; beards, hair and hats stay outside.

    Returns
    -------
    float32 array, shape (h, w); its borders are smooth curves.
    """
    filled = regions.skin.copy()
    for face in faces:
        width = face.width * scale
        if width < 8:
            continue
        points = scaled(face.landmarks, scale)
        oval = polygon_mask(filled.shape, points[facemap.OVAL], grow=1.0, feather=0.02 * width)
        sure = (regions.skin > 0.8) & (oval > 0.5)
        if np.count_nonzero(sure) < _ENOUGH_SKIN:
            continue
        middle = median(lab[..., 0][sure])
        light = smoothstep(lab[..., 0], low=middle - 22, high=middle - 12)
        np.maximum(filled, oval * light * regions.person, out=filled)
        inner = polygon_mask(filled.shape, points[facemap.OVAL], grow=0.84, feather=0.02 * width)
        np.maximum(filled, inner * smoothstep(regions.features, low=0.05, high=0.3), out=filled)
        _fill_holes(filled, lab[..., 0], darkest=middle - 10, area=0.15 * width * width)
    return smoothstep(gaussian(regions.bare(filled), sigma=max(0.8, 3.0 * unit)), low=0.3, high=0.7)


def _fill_holes(mask: FloatImage, lightness: FloatImage, *, darkest: float, area: float) -> None:
    """Fill what a mask encloses: all that is tiny, and what is light, in place."""
    outside = (mask < 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    if count > 2000:
        return
    height, width = mask.shape
    for index in range(1, count):
        x, y, across, down, size = (int(v) for v in stats[index])
        if x == 0 or y == 0 or x + across == width or y + down == height or size > area:
            continue
        box = (slice(y, y + down), slice(x, x + across))
        hole = labels[box] == index
        if size < 0.012 * area or float(lightness[box][hole].mean()) > darkest:
            mask[box][hole] = 1


def skin_form(
    lab: FloatImage, bare: FloatImage, seen: FloatImage, *, unit: float
) -> tuple[FloatImage, FloatImage]:
    """L* of skin as a smooth surface that runs on under eyes, brows and lips; and the same with folds raised.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3), L*a*b*
    bare : float32 array, shape (h, w)
        Skin whose tone can be trusted wherever it is missing nearby.
    seen : float32 array, shape (h, w), nowhere less than `bare`
        Skin that is as dark as it looks: the nose, too.
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    height, width = bare.shape
    size = (max(1, width // 2), max(1, height // 2))
    few = shrunk(np.ascontiguousarray(lab[..., 0]), size)
    weight, shown = np.square(shrunk(bare, size)), np.square(shrunk(seen, size))
    near = masked_blur(few, shown, sigma=max(0.8, 2.4 * unit))
    around = masked_blur(few, shown, sigma=max(1.2, 12 * unit))
    wide = masked_blur(few, weight, sigma=max(1.5, 16 * unit))
    trust = smoothstep(gaussian(shown, sigma=max(0.8, 2.4 * unit)), low=0.05, high=0.4)
    form = wide + (near - wide) * trust
    raised = form + np.float32(0.7) * (near - around) * trust
    whole = (width, height)
    return (
        enlarged(form.astype(np.float32, copy=False), whole),
        enlarged(raised.astype(np.float32, copy=False), whole),
    )


def continued(lab: FloatImage, person: FloatImage, *, unit: float) -> FloatImage:
    """Continue a person's colours to their edge, where the photo has mixed them with the background.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3)
    person : float32 array, shape (h, w)
        The matte.
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    inside = cv2.erode(person, disk(4.0 * unit)).astype(np.float32, copy=False)
    height, width = person.shape
    half = (max(1, width // 2), max(1, height // 2))
    core = np.square(shrunk(inside, half))
    sigma = max(0.8, 2.0 * unit)
    filled = enlarged(masked_blur(shrunk(lab, half), core, sigma=sigma), (width, height))
    # Thin things, all rim and no inside, keep what they are.
    rim = enlarged(smoothstep(gaussian(core, sigma=sigma), low=0.02, high=0.15), (width, height))
    rim *= 1 - inside
    return cv2.blendLinear(filled, lab, rim, 1 - rim).astype(np.float32, copy=False)
