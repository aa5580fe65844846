"""Ears on a poster: skin, however red or dark they are, unless hair hides them."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.colour import planes_of
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

_SMALLEST = 40.0
"""Width in pixels of a face below which its ears are specks."""

_ENOUGH = 20
"""Pixels of skin and of hair below which neither can be told from the other."""

_CLEARLY = 1.35
"""How many times farther from hair than from skin, in squares, an ear's colour is at least."""

_SHADE = 0.4
"""How much a difference in lightness counts: ears lie in the shade of heads."""


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
    for face in faces:
        width = face.width * scale
        if width < _SMALLEST:
            continue
        points = scaled(face.landmarks, scale)
        # Only around the head: the rest of a picture has no say.
        low = np.clip(points.mean(axis=0) - 1.1 * width, 0, None).astype(int)
        high = np.ceil(points.mean(axis=0) + 1.1 * width).astype(int)
        head = (slice(low[1], max(high[1], low[1] + 1)), slice(low[0], max(high[0], low[0] + 1)))
        here = (points - low).astype(np.float32)
        if more[head].size:
            ears = _ears(more[head], lab[head], regions.within(head), here, width)
            np.maximum(more[head], ears, out=more[head])
    return more


def _ears(skin: FloatImage, lab: FloatImage, regions: Regions, points: Points, width: float) -> FloatImage:
    """The ears of one head, in a window around it."""
    size = (skin.shape[0], skin.shape[1])
    oval = polygon_mask(size, points[facemap.OVAL])
    sure = (skin > 0.9) & (oval > 0.9) & (regions.features < 0.05)
    hair = (_crown(size, points, width) > 0.5) & (skin < 0.1) & (regions.person > 0.9)
    if min(np.count_nonzero(sure), np.count_nonzero(hair)) < _ENOUGH:
        return np.zeros(size, np.float32)
    light, red, yellow = planes_of(np.ascontiguousarray(lab))
    strength = in_one_light(light)
    planes = (light, red * strength, yellow * strength)
    own, other = (np.array([np.median(plane[at]) for plane in planes]) for at in (sure, hair))
    # Ears glow: nothing is too red for skin.
    as_skin = np.square(np.maximum(np.float32(own[1]) - planes[1], 0))
    as_skin += np.square((planes[2] - np.float32(own[2])) * np.float32(0.5))
    as_skin += np.square((light - np.float32(own[0])) * np.float32(_SHADE))
    as_hair = np.square(planes[1] - np.float32(other[1])) + np.square(planes[2] - np.float32(other[2]))
    as_hair += np.square((light - np.float32(other[0])) * np.float32(_SHADE))
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
        if width >= _SMALLEST:
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


def _crown(size: tuple[int, int], points: Points, width: float) -> FloatImage:
    """Where a head has its hair, if it has any: around the forehead."""
    middle, up = points[facemap.FOREHEAD_TOP], facemap.upright(points)
    crown = np.zeros(size, np.uint8)
    x, y = (float(value) for value in middle + up * np.float32(0.1 * width))
    cv2.ellipse(
        crown, ((x, y), (0.9 * width, 0.5 * width), float(np.rad2deg(np.arctan2(up[0], -up[1])))), (255,), -1
    )
    return crown.astype(np.float32) * np.float32(1 / 255)
