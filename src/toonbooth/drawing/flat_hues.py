"""One hue for one head of hair and for what is dark: reflections of a room are no colour of theirs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.morphology import disk, small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median, percentile
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face

_ENOUGH = 40
"""Pixels of hair below which its hue isn't worth measuring."""

_COAT = 1.8
"""Area of what has a head's hair's colour and touches it, over the hair's, from which on it is a coat."""

_LIGHT = 54.0
"""L* at which hues of what lies in light and of what lies in shade are compared."""

_ISLAND = 0.06
"""Area in squares of a face's width of the largest place amid hair that is hair, too."""

_ASTRAY = 0.2
"""Share that is left of what lies beside a head's hue."""


def one_hue_each(
    lab: FloatImage, person: FloatImage, skin: FloatImage, faces: tuple[Face, ...], *, scale: float
) -> tuple[FloatImage, list[FloatImage]]:
    """Draw stray hues towards the hue that hair and dark cloth have for the most part.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    person, skin : float32 arrays, shape (H, W)
    faces : in the coordinates of the full picture; at least one
    scale : float
        Size of `lab` over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W, 3); lightness as it was. And for every head that has some, where its hair can
    be: float32, shape (H, W), 0 … 1; nowhere can that of two.
    """
    light, a, b = planes_of(lab)
    cloth = (person * (1 - skin)).astype(np.float32, copy=False)
    unit = max(face.width for face in faces) * scale / 400
    # In the dark a hue is hardly seen and often wrong: what lies around knows it better.
    dark = smoothstep(light, low=34.0, high=16.0) * cloth
    # Not from what is light: a hand must not lie in a red ring.
    a, b = (plane + dark * (masked_blur(plane, dark, sigma=max(2.0, 40 * unit)) - plane) for plane in (a, b))
    height, width = light.shape
    heads = []
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    # Beside the background and beside skin hair has some of their hues.
    inner = cv2.erode(cloth, disk(max(1.0, 6 * unit)))
    nearest = _nearest_heads(faces, columns, rows, scale=scale)
    for index, face in enumerate(faces):
        across = max(1.0, face.width * scale)
        x, y = ((value + 0.5) * scale - 0.5 for value in face.box.centre)
        beside = smoothstep(np.abs(columns - np.float32(x)), low=1.1 * across, high=0.9 * across)
        above = smoothstep(rows, low=y + 0.45 * across, high=y + 0.2 * across)
        above = above * smoothstep(rows, low=y - 1.7 * across, high=y - 1.4 * across)
        hair = cloth * beside * above
        if nearest is not None:
            hair *= nearest == index
        sure = hair > 0.8
        if np.count_nonzero(sure) < _ENOUGH:
            continue
        own = sure & (inner > 0.9)
        own = own if np.count_nonzero(own) >= _ENOUGH else sure
        red, yellow = median(a[own]), median(b[own])
        below = smoothstep(rows, low=y + 2.4 * across, high=y + 2.2 * across)
        hair = _gone_on(hair, (light, a, b), cloth * below, across=across)
        if nearest is not None:
            hair *= nearest == index
        heads.append(hair)
        chroma = max(float(np.hypot(red, yellow)), 1e-3)
        along = (a * np.float32(red) + b * np.float32(yellow)) * np.float32(1 / chroma)
        beyond = (b * np.float32(red) - a * np.float32(yellow)) * np.float32(1 / chroma)
        along = np.clip(along, 0, max(1.9 * chroma, 9.0))
        # Fair hair is brown in its shadows, not olive.
        shade = np.clip(np.float32(median(light[sure])) - light, 0, 40)
        redder = hair * shade * np.float32(0.2 * np.clip((chroma - 8) / 12, 0, 1))
        beyond *= np.float32(_ASTRAY)
        a += hair * ((along * np.float32(red) - beyond * np.float32(yellow)) * np.float32(1 / chroma) - a)
        b += hair * ((along * np.float32(yellow) + beyond * np.float32(red)) * np.float32(1 / chroma) - b)
        a += redder
        b -= np.float32(0.5) * redder
    return cv2.merge([light, a, b]).astype(np.float32, copy=False), heads


def _nearest_heads(
    faces: tuple[Face, ...], columns: FloatImage, rows: FloatImage, *, scale: float
) -> NDArray[np.intp] | None:
    """Of which head every place is, (H, W); None where there is but one."""
    if len(faces) < 2:
        return None
    away = []
    for face in faces:
        x, y = ((value + 0.5) * scale - 0.5 for value in face.box.centre)
        across = np.float32(1 / max(1.0, face.width * scale))
        away.append(
            np.square((columns - np.float32(x)) * across) + np.square((rows - np.float32(y)) * across)
        )
    nearest: NDArray[np.intp] = np.argmin(np.stack(away), axis=0)
    return nearest


def in_one_light(lightness: FloatImage) -> FloatImage:
    """By how much a* and b* grow where a colour is brought to one L*: in shade they shrink as L* + 16."""
    factor: FloatImage = np.float32(_LIGHT + 16) / (lightness + np.float32(16))
    return factor


def _gone_on(
    hair: FloatImage, planes: tuple[FloatImage, FloatImage, FloatImage], where: FloatImage, *, across: float
) -> FloatImage:
    """Hair with what hangs down from it: what has its colour and touches it, unless that is a coat.

    Parameters
    ----------
    hair : float32 array, shape (H, W)
        Around a head; some of it is sure.
    planes : L*, a*, b*
    where : float32 array, shape (H, W)
        Where hair can hang.
    across : float, pixels
        Width of the face.
    """
    light, a, b = planes
    sure = hair > 0.8
    dark, fair = (float(value) for value in np.percentile(light[sure], [8, 92]))
    strength = in_one_light(light)
    red, yellow = a * strength, b * strength
    away = np.square(red - np.float32(median(red[sure])))
    away += np.square(yellow - np.float32(median(yellow[sure])))
    spread = percentile(np.sqrt(away[sure]), 75)
    like = away < (spread + 9) ** 2
    like &= (light > dark - 10) & (light < fair + 10) & (where > 0.5)
    thread = 2 * max(1, round(0.012 * across)) + 1
    like |= sure
    opened = cv2.morphologyEx(like.astype(np.uint8), cv2.MORPH_OPEN, np.ones((thread, thread), np.uint8))
    count, labels = cv2.connectedComponents(opened.astype(np.uint8), connectivity=4)
    touching = np.bincount(labels[sure], minlength=count) > 0
    touching[0] = False
    found = touching[labels]
    # Depths between strands are hair, too.
    closed = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, disk(0.05 * across)) > 0
    # And what it lies all around, in whatever light.
    closed |= small_parts(~closed, _ISLAND * across * across)
    more = closed & (where > 0.5) & (hair < 0.5)
    if np.count_nonzero(more) > _COAT * np.count_nonzero(sure):
        return hair
    soft = gaussian(more.astype(np.float32), sigma=max(0.8, 0.015 * across))
    longer: FloatImage = np.maximum(hair, smoothstep(soft, low=0.25, high=0.6) * where)
    return longer
