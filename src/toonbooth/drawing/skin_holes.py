"""Holes and gaps in skin that are skin though their colour denies it: burnt out, in deep shade, made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points

_Mask = NDArray[np.bool_]
_Box = tuple[slice, slice]

_DARK_HAIR = -25.0
"""L* from skin's below which what lies at a hairline is hair and no shine."""

_THINNEST_RIM, _WIDEST_RIM = 0.002, 0.05
"""Area of rim light, square face widths: less is hardly seen, more is a collar."""

_RUDDY = 1.15
"""a* over the skin's from which shade on an ear is known."""

_UNDER_HAIR, _OVER_CLOTH = -0.02, 0.5
"""Between which places below a face's middle, in its widths, neither white hair nor a collar is expected."""

_NARROW, _HIGHEST_COLLAR = 0.13, 0.28
"""How wide light from behind is at most, and how low it begins, face widths: lower down collars begin."""

_LARGEST = 0.2
"""Area in square face widths up to which an opening in skin may be a hole."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What lies around a face, all (H, W) float32.

    taken : 0 … 1, what is drawn for itself: eyes, brows, lips.
    person : 0 … 1, the matte.
    form : L* from the middle of the skin.
    beside, below : face widths from the middle of the face, along its own axes.
    width : of the face, pixels.
    """

    taken: FloatImage
    person: FloatImage
    form: FloatImage
    beside: FloatImage
    below: FloatImage
    width: float

    @classmethod
    def around(
        cls,
        points: Points,
        width: float,
        *,
        skin: FloatImage,
        light: FloatImage,
        taken: FloatImage,
        person: FloatImage,
    ) -> Neighbourhood:
        """What lies around a face's landmarks, in their pixels; `light` is L*."""
        up, middle = facemap.upright(points), points[facemap.OVAL].mean(axis=0)
        columns = np.arange(skin.shape[1], dtype=np.float32)[None, :] - middle[0]
        rows = np.arange(skin.shape[0], dtype=np.float32)[:, None] - middle[1]
        below = -(columns * up[0] + rows * up[1]) / np.float32(width)
        beside = (rows * up[0] - columns * up[1]) / np.float32(width)
        return cls(taken, person, light - median(light[skin > 0.8]), beside, below, width)


def skin_holes(skin: FloatImage, face: FloatImage, seen: Neighbourhood) -> FloatImage:
    """Find holes in skin that are skin.

    Parameters
    ----------
    skin : float32 array, shape (H, W), 0 … 1
    face : float32 array, shape (H, W)
        1 within the face's oval.
    seen : Neighbourhood of the same size

    Returns
    -------
    float32 array, shape (H, W), 0 … 1.
    """
    uncovered = ((np.maximum(skin, seen.taken) < 0.5) & (seen.person > 0.5)).astype(np.uint8)
    forehead = (seen.below < -0.3) & (np.abs(seen.beside) < 0.42)
    hair = (uncovered > 0) & (seen.form < _DARK_HAIR) & forehead

    def burnt_out(these: _Mask, box: _Box) -> bool:
        light = float(seen.form[box][these].mean())
        # Pearls on a neck are as light.
        if light < -9 or float(seen.below[box][these].mean()) > 0.55:
            return False
        rim = (cv2.dilate(these.view(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~these
        # At a hairline dark hair closes what skin doesn't; shine on hair has it all around.
        hairy = int(np.count_nonzero(rim & hair[box]))
        return hairy == 0 or (light > -3 and 2 * hairy < int(np.count_nonzero(rim)))

    def shaded(these: _Mask, box: _Box) -> bool:
        # A chain lies lower, a beard lies on the face, and hair hangs beside a neck.
        return (
            0.4 < float(seen.below[box][these].min()) < 0.9
            and float(seen.form[box][these].mean()) < -12
            and float(face[box][these].mean()) < 0.5
            and abs(float(seen.beside[box][these].mean())) < 0.3
        )

    burnt = _enclosed(uncovered * (~hair).view(np.uint8), seen.width, burnt_out)
    # Along the neck's sides a thread of shadow leads out of it.
    thread = disk(0.025 * seen.width)
    wide = cv2.morphologyEx(uncovered, cv2.MORPH_OPEN, thread).astype(np.uint8, copy=False)
    shadow = cv2.dilate(_enclosed(wide, seen.width, shaded), thread)
    # About a hole skin is half believed.
    filled = cv2.dilate(np.maximum(burnt, shadow), disk(0.012 * seen.width))
    return filled.astype(np.float32) * seen.person * (1 - seen.taken)


def reddish_gaps(skin: FloatImage, red: FloatImage, seen: Neighbourhood, *, typical: float) -> FloatImage:
    """Narrow gaps between cheeks and ears that are skin, however deep in shade or make-up it lies.

    Parameters
    ----------
    skin : float32 array, shape (H, W), 0 … 1
    red : float32 array, shape (H, W), a*
    seen : Neighbourhood of the same size
    typical : float
        L* of the skin.

    Returns
    -------
    float32 array, shape (H, W), 0 … 1: hair is darker or less red.
    """
    closed = cv2.morphologyEx(to_bytes(skin), cv2.MORPH_CLOSE, disk(0.035 * seen.width))
    gaps = to_float(closed.astype(np.uint8, copy=False)) * seen.person * (1 - seen.taken)
    gaps *= smoothstep(seen.below, low=-0.3, high=-0.2)
    redness = max(4.0, median(red[skin > 0.8]))
    gaps *= smoothstep(red, low=0.55 * redness, high=0.85 * redness)
    gaps *= smoothstep(seen.form, low=-0.58 * typical, high=-0.45 * typical)
    return gaps


def shaded_chin(skin: FloatImage, face: FloatImage, red: FloatImage, seen: Neighbourhood) -> FloatImage:
    """The shade of a shaven chin: what lies dark on it, and between it and the neck's skin.

    Parameters
    ----------
    skin, face : as in `skin_holes`
    red : float32 array, shape (H, W), a* over the a* that the skin has at that light
    seen : Neighbourhood of the same size

    Returns
    -------
    float32 array, shape (H, W), 0 … 1: a collar in the shade may be as dark, but not as red.
    """
    chin = smoothstep(seen.below, low=0.12, high=0.25) * smoothstep(np.abs(seen.beside), low=0.55, high=0.4)
    # Farther down lie the knots of ties.
    chin *= smoothstep(seen.below, low=1.05, high=0.85)
    # In bytes, and up and down alone: hair hangs beside a neck.
    tall = np.ones((2 * max(1, round(0.09 * seen.width)) + 1, 1), np.uint8)
    closed = cv2.morphologyEx(to_bytes(np.maximum(skin, face) * chin), cv2.MORPH_CLOSE, tall)
    held = gaussian(to_float(closed.astype(np.uint8, copy=False)), sigma=0.02 * seen.width)
    return held * smoothstep(red, low=0.4, high=0.65) * seen.person * (1 - seen.taken)


def rim_light(skin: FloatImage, seen: Neighbourhood, *, cut: bool = False) -> FloatImage:
    """Light from behind on a jaw and a neck: narrow, bright, between skin and where the person ends.

    Parameters
    ----------
    skin : float32 array, shape (H, W), 0 … 1
    seen : Neighbourhood of the same size
    cut : whether light that hangs together with white hair and a collar counts between the two

    Returns
    -------
    float32 array, shape (H, W), 0 … 1: collars have cloth about them, white hair lies higher.
    """
    bright: _Mask = seen.form > 8
    if cut:
        bright = bright & (seen.below > _UNDER_HAIR) & (seen.below < _OVER_CLOTH)
    begins = _HIGHEST_COLLAR if cut else None
    return _at_the_edge(bright, skin, seen, heights=(-0.05, 0.6), outline=1.0, begins=begins)


def ruddy_ears(skin: FloatImage, red: FloatImage, seen: Neighbourhood) -> FloatImage:
    """Shade on an ear, up to where the person ends: dark, and redder than the skin in the light.

    Parameters
    ----------
    skin : float32 array, shape (H, W), 0 … 1
    red : float32 array, shape (H, W), a* over the skin's
    seen : Neighbourhood of the same size

    Returns
    -------
    float32 array, shape (H, W), 0 … 1: hair is less red.
    """
    ruddy = (red > _RUDDY) & (seen.form < -4) & (np.abs(np.abs(seen.beside) - 0.58) < 0.22)
    return _at_the_edge(ruddy, skin, seen, heights=(-0.4, 0.3), outline=2.0)


def _at_the_edge(
    chosen: _Mask,
    skin: FloatImage,
    seen: Neighbourhood,
    *,
    heights: tuple[float, float],
    outline: float,
    begins: float | None = None,
) -> FloatImage:
    """The narrow parts of a mask, at those heights of a face, that skin and the person's outline enclose.

    A pixel at the outline counts `outline` times. Those that must begin above `begins` are slender as well.
    """
    inside = seen.person > 0.5
    open_to = (chosen & (skin < 0.5) & inside & (seen.taken < 0.1)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(open_to, connectivity=8)
    kept = np.zeros(count, np.uint8)
    areas = stats[:, cv2.CC_STAT_AREA] / np.float32(seen.width**2)
    islands = np.flatnonzero((areas > _THINNEST_RIM) & (areas < _WIDEST_RIM)).tolist()
    for island in islands:
        if not island:
            continue
        x, y, wide, high, area = stats[island].tolist()
        box = (slice(max(0, y - 2), y + high + 2), slice(max(0, x - 2), x + wide + 2))
        these = (labels[box] == island).astype(np.uint8)
        below = seen.below[box][these > 0]
        if below.min() < heights[0] or below.max() > heights[1]:
            continue
        narrow = area < _NARROW * seen.width * float(np.hypot(wide, high))
        if begins is not None and not (narrow and below.min() < begins):
            continue
        rim = (cv2.dilate(these, np.ones((3, 3), np.uint8)) > 0) & (these == 0)
        held = np.where(inside[box], skin[box] > 0.5, np.float32(outline))
        touching = float((skin[box][rim] > 0.5).mean())
        kept[island] = touching > 0.3 and float(held[rim].mean()) > 0.7
    if not kept.any():
        return np.zeros_like(skin)
    return cv2.dilate(kept[labels], np.ones((3, 3), np.uint8)) * seen.person * (1 - seen.taken)


def _enclosed(mask: ByteImage, width: float, chosen: Callable[[_Mask, _Box], bool]) -> ByteImage:
    """1 on the islands of a mask that lie within it, aren't large, and are chosen."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    kept = np.zeros(count, np.uint8)
    height, across = mask.shape
    for island, (x, y, wide, high, area) in enumerate(stats.tolist()):
        if (
            island
            and x > 0
            and y > 0
            and x + wide < across
            and y + high < height
            and area < _LARGEST * width**2
        ):
            box = (slice(max(0, y - 2), y + high + 2), slice(max(0, x - 2), x + wide + 2))
            kept[island] = chosen(labels[box] == island, box)
    islands: ByteImage = kept[labels] if kept.any() else np.zeros_like(mask)
    return islands
