"""Earrings: hang free before the background, where a matte of the person misses them."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.scraps import unlike_background
from toonbooth.imaging.morphology import disk, small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import percentile
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.portrait.model import Face, Points, scaled

_LOBES = ((132, -1), (361, 1))
"""Landmarks at the jaw beside each ear lobe, and the way outwards in an upright face."""

_PLAIN = 9.0
"""Distance in L*a*b*, L* in 1/255, within which most of a plain background lies around its median."""

_BESIDE = 0.03
"""How near to a cheek, in face widths, a background's stripe looks like jewellery."""

_SPECK = 0.025
"""Side in face widths of the smallest thing that is more than a speck."""

_SEEN_THROUGH = 0.0025
"""Area in squared face widths of the largest crystal."""


def find_earrings(
    lab: FloatImage, person: FloatImage, faces: tuple[Face, ...], *, scale: float
) -> FloatImage:
    """Find what hangs beside the jaw, apart from a plain background.

    Before a busy background nothing is found: scraps of it beside a face are worse than a lost earring.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*, smoothed
    person : float32 array, shape (H, W)
        The matte.
    faces : faces in the coordinates of the full picture
    scale : float
        Size of the matte over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W): 1 on earrings, soft at the rim.
    """
    found = np.zeros(person.shape, np.float32)
    for face in faces:
        width = face.width * scale
        if width < 60:
            continue
        points = scaled(face.landmarks, scale)
        for lobe, side in _LOBES:
            _search(found, lab, person, points[lobe], side=side, width=width)
    return gaussian(found, sigma=0.7) if found.any() else found


def _search(
    found: FloatImage, lab: FloatImage, person: FloatImage, lobe: Points, *, side: int, width: float
) -> None:
    height, across = person.shape
    outer, inner = lobe[0] + side * 0.2 * width, lobe[0] - side * 0.06 * width
    left, right = (int(np.clip(x, 0, across)) for x in sorted((outer, inner)))
    top = int(np.clip(lobe[1] - 0.15 * width, 0, height))
    bottom = int(np.clip(lobe[1] + 0.5 * width, 0, height))
    if right - left < 8 or bottom - top < 8:
        return
    window = slice(top, bottom), slice(left, right)
    matte = person[window]
    free = matte < 0.2
    if np.count_nonzero(free) < 0.15 * free.size:
        return
    # Behind the person the background goes on, or the rim of a cheek would stand out from it.
    part = np.where(
        free[..., None], lab[window], masked_blur(lab[window], free.astype(np.float32), sigma=0.05 * width)
    )
    # A wide median keeps the background, its edges too, and loses what is thin.
    side_length = 2 * max(2, round(0.07 * width)) + 1
    shifted = np.clip(part * np.array([2.55, 1, 1], np.float32) + np.array([0, 128, 128], np.float32), 0, 255)
    around = cv2.medianBlur(shifted.astype(np.uint8), side_length)
    away = np.sqrt(np.square(shifted - around).sum(axis=2))
    common = percentile(away[free], 70)
    if common > _PLAIN:
        return
    candidates = ((away > max(8.0, 2.5 * common)) & (matte < 0.5)).astype(np.uint8)
    # A stripe of the background along a cheek is none, in whichever of its two colours.
    beside = cv2.dilate((matte >= 0.5).astype(np.uint8), disk(_BESIDE * width))
    candidates &= ((unlike_background(lab[window], free) > 0.4) | (beside == 0)).astype(np.uint8)
    gap = 2 * max(1, round(0.012 * width)) + 1
    joined = cv2.morphologyEx(candidates, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    touching = cv2.dilate((matte >= 0.5).astype(np.uint8), np.ones((gap, gap), np.uint8)) > 0
    edge = labels[:, 0] if side < 0 else labels[:, -1]
    beyond = set(edge.tolist()) | set(labels[-1].tolist())
    for label in range(1, count):
        area = float(stats[label, cv2.CC_STAT_AREA])
        tall = float(stats[label, cv2.CC_STAT_HEIGHT])
        # The blurred rim of a cheek is long and thin too, but hugs the matte.
        hanging = np.count_nonzero((labels == label) & ~touching) > 0.5 * area
        if label in beyond or not hanging or tall < 0.12 * width:
            continue
        if (0.02 * width) ** 2 < area < 0.05 * width * width and touching[labels == label].any():
            region = found[window]
            jewel = (labels == label) & (candidates > 0)
            jewel &= ~small_parts(jewel, (_SPECK * width) ** 2, connectivity=8)
            # What shows through a crystal is part of it; what shows through a hoop isn't.
            region[jewel | small_parts(~jewel, _SEEN_THROUGH * width * width)] = 1
