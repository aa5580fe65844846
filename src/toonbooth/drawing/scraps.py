"""Where a matte errs, told by colours: scraps of background left on the person, earrings left out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points

_LOBES = ((93, -1.0), (323, 1.0))
"""Landmarks beside the ear lobes, and the way out from them."""

_MOST_JEWEL = 0.45
"""Share of the place below an ear that an earring can fill; more is a background of many colours."""


def without_scraps(person: FloatImage, lab: FloatImage, *, unit: float) -> FloatImage:
    """Take what looks like the background nearby, and not like the person nearby, off the rim of a matte.

    Parameters
    ----------
    person : float32 array, shape (H, W)
        The matte.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W): nowhere more than person.
    """
    height, width = person.shape
    size = (max(1, width // 2), max(1, height // 2))
    matte, colours, unit = shrunk(person, size), shrunk(lab, size), unit / 2
    rim = 2 * max(1, round(32 * unit)) + 1
    core: FloatImage = cv2.erode(matte, np.ones((rim, rim), np.uint8)).astype(np.float32, copy=False)
    outside = smoothstep(matte, low=0.15, high=0.02)

    def away_from(mask: FloatImage, sigma: float) -> FloatImage:
        away = cv2.absdiff(colours, masked_blur(colours, mask, sigma=sigma))
        difference = cv2.transform(away, np.array([[0.6, 1, 1]], np.float32)).astype(np.float32, copy=False)
        # Where none of it is near, nothing can be like it.
        near = smoothstep(gaussian(mask, sigma=sigma), low=0.004, high=0.05)
        return np.add(difference, 40 * (1 - near), dtype=np.float32)

    from_outside, from_inside = away_from(outside, 16 * unit), away_from(core, 30 * unit)
    likeness = (from_inside - np.float32(8)) / (from_outside + np.float32(6))
    # It must be the background's colour, not only another than the person's: ears and collars are that too.
    scraps = smoothstep(likeness, low=0.9, high=1.7) * smoothstep(from_outside, low=13, high=7) * (1 - core)
    return person * (1 - enlarged(gaussian(scraps, sigma=max(0.5, 1.5 * unit)), (width, height)))


def with_earrings(
    person: FloatImage, lab: FloatImage, faces: tuple[Face, ...], *, scale: float
) -> FloatImage:
    """Add what hangs from ears before an even background to a matte.

    Parameters
    ----------
    person : float32 array, shape (H, W)
        The matte.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, hardly smoothed.
    faces : faces in the coordinates of the full picture
    scale : float
        Size of the matte over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W): nowhere less than person.
    """
    full: FloatImage = person.copy()
    height, width = person.shape
    for face in faces:
        across = face.width * scale
        if across < 40 or abs(face.roll) > 0.35:
            continue
        points: Points = face.landmarks * np.float32(scale)
        jaw = points[facemap.CHIN]
        for landmark, way in _LOBES:
            # The ear on the side that the head turns to is hidden.
            if face.yaw * way > 0.25:
                continue
            x, y = points[landmark]
            inner, outer = x - 0.16 * across * way, x + 0.24 * across * way
            left, right = (int(np.clip(v, 0, width)) for v in sorted((inner, outer)))
            top, bottom = (
                int(np.clip(v, 0, height)) for v in (y - 0.05 * across, max(jaw[1], y + 0.45 * across))
            )
            if right - left < 6 or bottom - top < 6:
                continue
            window = (slice(top, bottom), slice(left, right))
            outside = full[window] < 0.1
            if np.count_nonzero(outside) < 0.25 * outside.size:
                continue
            jewel = _unlike_background(lab[window], outside)
            if float(jewel[outside].mean()) < _MOST_JEWEL:
                hanging = _hanging_from(full[window], jewel, narrow=0.2 * across)
                full[window] = np.maximum(full[window], jewel * hanging)
    return full


def _unlike_background(lab: FloatImage, outside: NDArray[np.bool_]) -> FloatImage:
    """How little every pixel has of the background's two commonest colours."""
    seen = lab[outside]
    weights = np.array([0.6, 1, 1], np.float32)
    first = np.median(seen, axis=0)
    away = np.abs(seen - first) @ weights
    unlike: FloatImage = np.abs(lab - first) @ weights
    others = seen[away > 20]
    if len(others) > 0.12 * len(seen):
        unlike = np.minimum(unlike, np.abs(lab - np.median(others, axis=0)) @ weights)
    return smoothstep(unlike.astype(np.float32), low=14, high=24)


def _hanging_from(person: FloatImage, jewel: FloatImage, *, narrow: float) -> FloatImage:
    """Mark what touches the person, is narrow and ends within the window."""
    # The rim of ear and jaw isn't jewel, and links of a chain hang together though the background shows between.
    rim = np.ones((2 * max(1, round(0.1 * narrow)) + 1,) * 2, np.uint8)
    body = cv2.dilate((person > 0.5).astype(np.uint8), rim)
    jewels = cv2.morphologyEx(((jewel > 0.4) & (body == 0)).astype(np.uint8), cv2.MORPH_CLOSE, rim)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(jewels, connectivity=8)
    touching = set(np.unique(labels[cv2.dilate(body, rim) > 0]).tolist())
    height, width = person.shape
    keep = np.zeros(count, np.float32)
    for index in range(1, count):
        x, y, across, down, _ = (int(v) for v in stats[index])
        enclosed = x > 0 and y > 0 and x + across < width and y + down < height
        keep[index] = index in touching and enclosed and across < narrow
    return cv2.dilate(keep[labels], cv2.dilate(rim, rim)).astype(np.float32, copy=False)
