"""What is bare on a head above its brows: shine below a hairline, and all of a bald head."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, scaled

_ENOUGH = 30
"""Pixels of sure skin below which it isn't worth comparing with."""

_BALD = 0.068
"""Area above the brows that is no skin, over the square of a face's width, under which there's no hair.

Dark places count more than light ones."""

_SHADED = 0.12
"""The same where that is smooth."""

_SMOOTH = 0.8
"""Roughness over that of the face up to which what is above the brows may be skin in shade.

Measured: 0.5 to 0.7 on bald heads; 0.7 on slick hair, of which there is far more; from 1.2 on other hair."""

_DARK_HAIR = 0.85
"""L* of hair over that of skin under which shine can be told from it."""


def with_bare_crown(
    skin: FloatImage,
    lightness: FloatImage,
    grey: FloatImage,
    person: FloatImage,
    faces: tuple[Face, ...],
    *,
    scale: float,
) -> FloatImage:
    """Add to skin what is skin above the brows: shine below dark hair; on a bald head all that is left.

    Parameters
    ----------
    skin, person : float32 arrays, shape (H, W)
    lightness : float32 array, shape (H, W), L*
    grey : float32 array, shape (H, W), range [0, 1]
        The picture with its texture: shine is smooth, hair is not.
    faces : in the coordinates of the full picture
    scale : float
        Size of `skin` over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W), nowhere less than `skin`.
    """
    bare = skin
    for face in faces:
        across = face.width * scale
        if across < 16:
            continue
        points = scaled(face.landmarks, scale)
        # Only around the head: the rest of a picture has no say.
        low = np.clip(points.mean(axis=0) - 2.2 * across, 0, None).astype(int)
        high = np.ceil(points.mean(axis=0) + 1.2 * across).astype(int)
        head = (slice(low[1], max(high[1], 1)), slice(low[0], max(high[0], 1)))
        here: Points = points - low.astype(np.float32)
        more = _bare_here(bare[head], lightness[head], grey[head], person[head], here, across=across)
        if more is not None:
            bare = bare.copy() if bare is skin else bare
            bare[head] = np.maximum(bare[head], more)
    return bare


def _bare_here(
    skin: FloatImage,
    lightness: FloatImage,
    grey: FloatImage,
    person: FloatImage,
    points: Points,
    *,
    across: float,
) -> FloatImage | None:
    """What is bare on one head, in a window around it; None where nothing is to be added."""
    size = (skin.shape[0], skin.shape[1])
    if not skin.size:
        return None
    known = (skin > 0.9) & (polygon_mask(size, points[facemap.OVAL]) > 0.9)
    crown = _crown(size, points, across) * person
    rest = crown * (1 - skin)
    hair = rest > 0.5
    if np.count_nonzero(known) < _ENOUGH or not hair.any():
        return None
    # What is darker than skin is hair, however little of it there is; what is lighter may be shine.
    ratio = lightness * np.float32(1 / max(median(lightness[known]), 1.0))
    hairy = np.interp(ratio[hair], (0.7, 1.0, 1.1), (1.5, 0.5, 0.25))
    texture = np.abs(grey - gaussian(grey, sigma=max(0.8, 0.0075 * across)))
    rough = gaussian(texture, sigma=max(1.0, 0.02 * across))
    rough *= np.float32(1 / max(median(rough[known]), 1e-3))
    # Shade on a bald head is as smooth as the rest of it.
    smooth = median(rough[hair]) < _SMOOTH
    if float((rest[hair] * hairy).sum()) < (_SHADED if smooth else _BALD) * across * across:
        return crown
    if median(ratio[hair]) >= _DARK_HAIR:
        return None
    shine = smoothstep(ratio, low=0.89, high=0.95) * smoothstep(rough, low=2.7, high=2.0)
    beside = cv2.dilate((skin > 0.5).astype(np.uint8), disk(0.1 * across))
    more: FloatImage = crown * shine * beside.astype(np.float32)
    return more


def _crown(size: tuple[int, int], points: Points, across: float) -> FloatImage:
    """Where a head goes on above its brows."""
    top, chin = points[facemap.FOREHEAD_TOP], points[facemap.CHIN]
    up = (top - chin) / max(float(np.hypot(*(top - chin))), 1e-3)
    brows = (points[facemap.LEFT_BROW].mean(axis=0) + points[facemap.RIGHT_BROW].mean(axis=0)) / 2
    columns = np.arange(size[1], dtype=np.float32)[None, :] - np.float32(brows[0])
    rows = np.arange(size[0], dtype=np.float32)[:, None] - np.float32(brows[1])
    above = columns * np.float32(up[0]) + rows * np.float32(up[1])
    aside = np.abs(columns * np.float32(up[1]) - rows * np.float32(up[0]))
    crown: FloatImage = smoothstep(above, low=0.04 * across, high=0.1 * across)
    crown = crown * smoothstep(aside, low=0.85 * across, high=0.75 * across)
    return crown * smoothstep(above, low=1.3 * across, high=1.2 * across)
