"""Rim light along a jaw and glare on a forehead: skin that has lost its colour to a light."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median, medians
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import around_point
from toonbooth.portrait.model import Face, scaled

_WITHIN, _BEYOND = 0.84, 1.12
"""Sizes of an oval over a face's between which its rim lies."""

_BARE = 0.93
"""Size of an oval over a face's within which nothing white is hair."""

_THIN = 0.03
"""Half the width, in face widths, of the broadest rim; collars and foreheads are broader."""

_KEPT = 10.0
"""By how much, L*, rim light stays lighter than the middle of a skin."""


def find_rim_light(lab: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Find light along cheeks, jaws and necks, and glare on foreheads, much brighter than skin beside it.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    regions : of the same size
    faces : faces in the coordinates of the full picture
    scale : float
        Size of the regions over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W): 1 on such light.
    """
    found = np.zeros(regions.skin.shape, np.float32)
    sure = regions.skin > 0.8
    if np.count_nonzero(sure) < 20:
        return found
    lightness, red, yellow = planes_of(lab)
    chroma = np.hypot(red, yellow)
    # A photo without colours has none.
    own_chroma = max(1.0, median(chroma[sure]))
    pale = smoothstep(chroma, low=0.9 * own_chroma, high=0.65 * own_chroma)
    for face in faces:
        width = face.width * scale
        if width < 20:
            continue
        points = scaled(face.landmarks, scale)
        oval = points[facemap.OVAL]
        middle = oval.mean(axis=0)
        window = around_point(middle, found.shape, reach=0.9 * width)
        local = (oval - np.array([window[1].start, window[0].start])).astype(np.float32)
        light, person, skin = lightness[window], regions.person[window], regions.skin[window]
        own = light[skin > 0.8]
        if len(own) < 20:
            continue
        typical = median(own)
        # What is behind the person counts as dark, or a rim before a window would be no line.
        seen = (light * person).astype(np.float32)
        line = seen - cv2.morphologyEx(seen, cv2.MORPH_OPEN, disk(_THIN * width)).astype(np.float32)
        size = light.shape
        ring = polygon_mask(size, local, grow=_BEYOND, feather=0.02 * width)
        ring *= 1 - polygon_mask(size, local, grow=_WITHIN, feather=0.02 * width)
        up = facemap.upright(points)
        x = np.arange(size[1], dtype=np.float32)[None, :] - local[:, 0].mean()
        y = np.arange(size[0], dtype=np.float32)[:, None] - local[:, 1].mean()
        below: FloatImage = -(x * up[0] + y * up[1]) / np.float32(width)
        ring *= smoothstep(below, low=-0.05, high=0.1)
        rim = smoothstep(line, low=6.0, high=14.0) * smoothstep(light, low=typical + 8, high=typical + 18)
        # Glare on a forehead is skin that has lost its colour, too.
        glare = polygon_mask(size, local, grow=_BARE, feather=0.02 * width)
        # In a photo that is light all over there's little room above skin.
        room = min(1.0, (100 - typical) / 28)
        glare *= smoothstep(light, low=typical + 12 * room, high=typical + 20 * room)
        glare *= 1 - np.maximum(regions.features, regions.mouth)[window]
        np.maximum(found[window], np.maximum(rim * ring, glare) * pale[window], out=found[window])
    if not found.any():
        return found
    wide = cv2.dilate(found, np.ones((3, 3), np.uint8)).astype(np.float32, copy=False)
    return gaussian(wide, sigma=0.8)


def without_glare(lab: FloatImage, rim: FloatImage, skin: FloatImage) -> FloatImage:
    """Take most of its brightness off rim light and give it skin's colour: else it would be foam on a jaw.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    rim : float32 array, shape (H, W), from `find_rim_light`
    skin : float32 array, shape (H, W), 0 … 1
    """
    # One pixel in four tells a skin's colour as well as all of them.
    sure = lab[::2, ::2][skin[::2, ::2] > 0.8]
    x, y, across, down = cv2.boundingRect((rim > 0).astype(np.uint8))
    if not across or not len(sure):
        return lab
    typical, own_red, own_yellow = medians(sure.T)
    kept = typical + np.float32(_KEPT) * np.minimum(1, (100 - typical) / np.float32(28))
    calm = lab.copy()
    window = slice(y, y + down), slice(x, x + across)
    lightness, red, yellow = planes_of(calm[window])
    light = rim[window]
    lightness -= np.float32(0.85) * light * np.maximum(lightness - kept, 0)
    red += np.float32(0.7) * light * (own_red - red)
    yellow += np.float32(0.7) * light * (own_yellow - yellow)
    calm[window] = cv2.merge([lightness, red, yellow])
    return calm
