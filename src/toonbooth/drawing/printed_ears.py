"""Ears on a poster: skin, however red or dark they are, unless hair hides them."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.printed_hair import SHADE, SMALLEST, head_windows, hued_planes, skin_and_hair
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.morphology import small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, scaled

_SIDES = ((127, 234, 93, 132), (356, 454, 323, 361))
"""Landmarks from temple to lobe beside each ear."""

_REACH = 0.24
"""How far an ear stands off from those at most, face widths."""

_LEAST = 0.012
"""Area of what is seen of an ear at least, over the square of the face's width."""

_CLEARLY = 1.35
"""How many times farther from hair than from skin, in squares, an ear's colour is at least."""


def with_ears(
    skin: FloatImage, lab: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float
) -> FloatImage:
    """Add ears to skin: what is beside a face, and has more of its skin than of its hair.

    Parameters
    ----------
    skin : float32 array, shape (H, W), 0 … 1
    lab : float32 array, shape (H, W, 3), L*a*b*, smoothed
    regions : of the same size
    faces : in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.
    """
    more = skin.copy()
    for head, points, width in head_windows(faces, skin.shape, scale=scale):
        ears = _ears(more[head], lab[head], regions.within(head), points, width)
        np.maximum(more[head], ears, out=more[head])
    return more


def _ears(skin: FloatImage, lab: FloatImage, regions: Regions, points: Points, width: float) -> FloatImage:
    """The ears of one head, in a window around it."""
    size = (skin.shape[0], skin.shape[1])
    planes = hued_planes(lab)
    known = skin_and_hair(skin, planes, regions.features, regions.person, points, width)
    if known is None:
        return np.zeros(size, np.float32)
    own, other = known
    light = planes[0]
    oval = polygon_mask(size, points[facemap.OVAL])
    as_skin = np.square(np.maximum(np.float32(own[1]) - planes[1], 0))
    as_skin += np.square((planes[2] - np.float32(own[2])) * np.float32(0.5))
    as_skin += np.square((light - np.float32(own[0])) * np.float32(SHADE))
    as_hair = np.square(planes[1] - np.float32(other[1])) + np.square(planes[2] - np.float32(other[2]))
    as_hair += np.square((light - np.float32(other[0])) * np.float32(SHADE))
    likely = _beside(size, points, width) * (1 - oval) * regions.person
    likely *= np.float32(_CLEARLY) * as_skin < as_hair
    ears = smoothstep(gaussian(likely, sigma=max(0.8, 0.014 * width)), low=0.35, high=0.65)
    return large_parts(ears, area=_LEAST * width * width) * (regions.person > 0.3)


def large_parts(mask: FloatImage, *, area: float) -> FloatImage:
    """What of a mask hangs together over so many pixels: a bright strand is no ear, a speck no earring."""
    sure = mask > 0.5
    keep = sure & ~small_parts(sure, area)
    # With its soft rim.
    kept: FloatImage = mask * cv2.dilate(keep.view(np.uint8), np.ones((5, 5), np.uint8))
    return kept


def ear_places(size: tuple[int, int], faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Where ears of faces that are large enough can be: 1 there, 0 elsewhere."""
    found = np.zeros(size, np.float32)
    for face in faces:
        width = face.width * scale
        if width >= SMALLEST:
            points = scaled(face.landmarks, scale)
            place = _beside(size, points, width) * (1 - polygon_mask(size, points[facemap.OVAL], grow=1.03))
            np.maximum(found, place, out=found)
    return found


def _beside(size: tuple[int, int], points: Points, width: float) -> FloatImage:
    """Where ears are: between temple and lobe, off the face's sides."""
    found = np.zeros(size, np.float32)
    for side in _SIDES:
        edge = points[list(side)]
        away = edge.mean(axis=0) - points[1]
        away = (away / max(float(np.hypot(*away)), 1e-3)).astype(np.float32)
        inner, outer = edge - away * np.float32(0.04 * width), edge + away * np.float32(_REACH * width)
        outline = np.concatenate([inner, outer[::-1]]).astype(np.float32)
        np.maximum(found, polygon_mask(size, outline), out=found)
    return found
