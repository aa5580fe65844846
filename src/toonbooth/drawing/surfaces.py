"""What the skin's colour alone doesn't tell: rim light on a jaw is skin, a beard and short hair are hair."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.beards import beard_evidence
from toonbooth.drawing.flat_flesh import with_shadows
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.drawing.skin_holes import (
    Neighbourhood,
    reddish_gaps,
    rim_light,
    ruddy_ears,
    shaded_chin,
    skin_holes,
)
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage, to_bytes, to_float
from toonbooth.imaging.ranks import median
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import around_point
from toonbooth.portrait.model import Face, Points, scaled

_BEARD_DETAIL, _HAIR_DETAIL = 0.7, 0.4
"""How much of their own fine drawing beards and the hair of a head keep, against 1 in eyes and mouth."""


def settle_surfaces(
    regions: Regions,
    lab: FloatImage,
    grey: FloatImage,
    faces: tuple[Face, ...],
    *,
    scale: float,
    chins: bool = True,
) -> Regions:
    """Count rim light beside a face as skin, and let beards and hair keep their strands.

    Parameters
    ----------
    regions : Regions
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    grey : float32 array, shape (H, W), range [0, 1]
        The picture as it is.
    faces : faces in the coordinates of the full picture
    scale : float
        Size of the regions over size of the full picture.
    chins : whether shaven chins in the shade, and thin light from behind on jaws, are skin, too

    Returns
    -------
    Regions with another skin, other features, and beards.
    """
    skin, features = regions.skin.copy(), regions.features.copy()
    beards = []
    for face in faces:
        width = face.width * scale
        if width < 20:
            beards.append(1.0)
            continue
        points = scaled(face.landmarks, scale)
        middle = points[facemap.OVAL].mean(axis=0)
        near = around_point(middle, regions.skin.shape, reach=1.15 * width)
        local = points - np.array([near[1].start, near[0].start], np.float32)
        within, light, red = regions.within(near), lab[near][..., 0], lab[near][..., 1]
        bare = (within.skin > 0.9) & (within.features < 0.05)
        beards.append(beard_evidence(light, grey[near], bare, local))
        shine, strands = _shine_and_strands(
            within, light, red, grey[near], local, width=width, bearded=beards[-1], chins=chins
        )
        np.maximum(skin[near], shine, out=skin[near])
        np.maximum(features[near], strands, out=features[near])
    # Found on few pixels and led by the picture's edges, its border is ragged.
    skin = regions.bare(gaussian(skin, sigma=0.8))
    return replace(regions, skin=skin, features=features, beards=tuple(beards))


def settle_skin(
    regions: Regions, lab: FloatImage, grey: FloatImage, faces: tuple[Face, ...], *, scale: float
) -> Regions:
    """Count rim light and flash as skin, and a neck in the shadow of its chin, unless that is a beard.

    All is as in `settle_surfaces`, but features stay what they were.
    """
    settled = settle_surfaces(regions, lab, grey, faces, scale=scale, chins=False)
    shaven = tuple(face for face, beard in zip(faces, settled.beards, strict=True) if beard < 0.5)
    skin = with_shadows(settled.skin, lab, regions.person, shaven, scale=scale)
    return replace(regions, skin=skin, beards=settled.beards)


def _shine_and_strands(
    regions: Regions,
    light: FloatImage,
    red: FloatImage,
    grey: FloatImage,
    points: Points,
    *,
    width: float,
    bearded: float,
    chins: bool,
) -> tuple[FloatImage, FloatImage]:
    """Around one face: skin that shines too much to be told for skin, and detail that hair keeps."""
    whole = (light.shape[1], light.shape[0])
    # Half the size is enough to tell where they are.
    size = (max(1, whole[0] // 2), max(1, whole[1] // 2))
    skin, taken, person, frames, light, red, grey = (
        shrunk(np.ascontiguousarray(plane), size)
        for plane in (regions.skin, regions.features, regions.person, regions.frames, light, red, grey)
    )
    points, width = points * np.float32(0.5) - np.float32(0.25), width / 2
    sure = skin > 0.8
    if np.count_nonzero(sure) < 20:
        nothing = np.zeros(whole[::-1], np.float32)
        return nothing, nothing
    typical = median(light[sure])
    seen = Neighbourhood.around(points, width, skin=skin, light=light, taken=taken, person=person)
    below = seen.below
    columns = np.arange(size[0], dtype=np.float32)[None, :] - points[facemap.OVAL, 0].mean()

    # From the cheekbones down, whatever shines at the face's edge; beside the chin a collar begins there.
    face = polygon_mask(size[::-1], points[facemap.OVAL], feather=0.012 * width)
    wide = polygon_mask(size[::-1], points[facemap.OVAL], grow=1.06, feather=0.02 * width)
    wide += (face - wide) * smoothstep(below, low=0.25, high=0.4)
    shine = wide * smoothstep(below, low=0.0, high=0.1)
    shine *= smoothstep(light, low=typical + 6, high=typical + 14) * person * (1 - taken)

    # Within the face whatever shines and is smooth: flash takes the colour off foreheads.
    inner = polygon_mask(size[::-1], points[facemap.OVAL], grow=0.93, feather=0.02 * width)
    sigma = max(0.7, 0.02 * width)
    mean = gaussian(light, sigma=sigma)
    rough = np.sqrt(np.maximum(gaussian(light * light, sigma=sigma) - mean * mean, 0))
    flash = inner * smoothstep(light, low=typical + 1, high=typical + 6) * (1 - taken)
    np.maximum(shine, flash * smoothstep(rough, low=7.0, high=4.0), out=shine)
    # So is what shines in a bay of the skin, up to the hair, as long as it has any of skin's red.
    bay = smoothstep(gaussian(skin, sigma=0.04 * width), low=0.25, high=0.42) * person * (1 - taken)
    bay *= smoothstep(light, low=typical, high=typical + 6) * smoothstep(red, low=1.0, high=4.0)
    np.maximum(shine, bay * smoothstep(rough, low=6.0, high=3.5), out=shine)
    # Between what shines and the rest of the skin there is skin.
    bright = (shine > 0.5).astype(np.uint8)
    if bright.any():
        seam = disk(0.02 * width)
        joined = cv2.morphologyEx(to_bytes(np.maximum(skin, shine)), cv2.MORPH_CLOSE, seam)
        near = cv2.dilate(bright, seam)
        np.maximum(shine, to_float(joined.astype(np.uint8, copy=False)) * near * (1 - taken), out=shine)
    np.maximum(shine, reddish_gaps(np.maximum(skin, shine), red, seen, typical=typical), out=shine)
    np.maximum(shine, skin_holes(np.maximum(skin, shine), face, seen), out=shine)
    redness = max(4.0, median(red[sure]))
    if chins:
        np.maximum(shine, ruddy_ears(np.maximum(skin, shine), red * np.float32(1 / redness), seen), out=shine)
    if chins and bearded < 0.5:
        at_its_light = red / np.clip(light * np.float32(redness / typical), 0.3 * redness, redness)
        np.maximum(shine, shaded_chin(np.maximum(skin, shine), face, at_its_light, seen), out=shine)
        np.maximum(shine, rim_light(np.maximum(skin, shine), seen), out=shine)

    lower = polygon_mask(size[::-1], points[_BEARD_ZONE], grow=1.12, feather=0.03 * width)
    beard = lower * smoothstep(np.float32(100) * grey, low=typical - 9, high=typical - 20)
    head = smoothstep(np.abs(columns) * np.float32(1 / width), low=0.95, high=0.8)
    head = head * smoothstep(below, low=0.05, high=-0.1) * (1 - np.maximum(skin, shine))
    strands = np.maximum(np.float32(_BEARD_DETAIL * bearded) * beard, np.float32(_HAIR_DETAIL) * head)
    strands *= person * (1 - frames)
    return enlarged(gaussian(shine, sigma=0.008 * width), whole), enlarged(strands, whole)


_BEARD_ZONE = np.concatenate([facemap.JAW[3:-3], np.array([50, 206, 98, 2, 327, 426, 280])])
"""Jaw from ear to ear, and back under the cheeks and the nose."""
