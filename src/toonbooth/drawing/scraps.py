"""Where a matte errs, told by colours: scraps of background left on the person, earrings left out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.imaging.colour import dot, unmix
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median, medians, percentile
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points

_LOBES = ((93, -1.0), (323, 1.0))
"""Landmarks beside the ear lobes, and the way out from them."""

_MOST_UNREST = 0.08
"""Share of the place below an ear that may be of other colours than the background and no earring."""

_MOST_HUES = 43.0
"""Spread of a* and b* together, 15th to 85th percentile. Measured: 6 to 31 behind earrings, 46 where
a window's bar was taken for one."""

_ONE_HUE, _COLOURED = 0.93, 14.0
"""Cosine of the angle in a*, b* within which two hues are one, and the chroma from which there is a hue."""

_BRIGHTEST = 97.0
"""Percentile of lightness and of chroma at which an earring is looked at."""

_MOST_BESIDE = 0.45
"""Share of an earring that may lie close beside the person. Measured: 0.08 for an earring, 0.50 to 1 where
a flag's stripe between jaw and shoulder, loose hair or a wall was taken for one."""


def clean_rim(
    person: FloatImage, lab: FloatImage, faces: tuple[Face, ...], *, scale: float, unit: float
) -> tuple[FloatImage, FloatImage]:
    """Take what looks like the background nearby, and not like the person nearby, off a person's rim.

    Parameters
    ----------
    person : float32 array, shape (H, W)
        The matte.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    faces : faces in the coordinates of the full picture
        What has their colour stays.
    scale : float
        Size of the matte over size of the full picture.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    The matte, float32, shape (H, W), nowhere more than it was; and the picture, float32, shape (H, W, 3), in
    which loose hair has its own colour where the background shone through.
    """
    height, width = person.shape
    size = (max(1, width // 2), max(1, height // 2))
    matte, colours, unit = shrunk(person, size), shrunk(lab, size), unit / 2
    rim = 2 * max(1, round(32 * unit)) + 1
    core: FloatImage = cv2.erode(matte, np.ones((rim, rim), np.uint8)).astype(np.float32, copy=False)
    outside = smoothstep(matte, low=0.15, high=0.02)

    behind, within = (masked_blur(colours, mask, sigma=18 * unit) for mask in (outside, core))
    # How much of the person is in a colour that the two have mixed, and how far it is from any mixture: ears
    # before hair and collars under chins are neither the one nor the other, and stay.
    share, stray, square = unmix(colours, within, behind)
    known = smoothstep(square, low=12.0**2, high=24.0**2) * (1 - core)
    # Before the dark, hair looks like what is behind it beside a light face.
    known *= smoothstep(behind[..., 0] - within[..., 0], low=-2, high=8)
    # Only where both are near enough to be known.
    for mask in (outside, core):
        known *= smoothstep(gaussian(mask, sigma=18 * unit), low=0.004, high=0.025)
    scraps = known * smoothstep(share, low=0.6, high=0.3) * smoothstep(stray, low=16, high=8)
    through = known * np.clip(1 - share, 0, 1) * smoothstep(stray, low=26, high=14)
    # What sticks out and is no colour of the person's is something behind them.
    bump = matte - cv2.morphologyEx(matte, cv2.MORPH_OPEN, disk(11 * unit)).astype(np.float32, copy=False)
    apart = colours - within
    strange = np.sqrt(dot(apart, apart))
    scraps = np.maximum(scraps, bump * smoothstep(strange, low=14, high=28))
    for face in faces:
        other = 1 - _coloured_like(face, colours, scale=scale / 2)
        scraps *= other
        through *= other
    calm, through = (gaussian(mask, sigma=max(0.5, 1.5 * unit)) for mask in (scraps, through))
    weight = enlarged(through, (width, height))
    mended = cv2.blendLinear(enlarged(within, (width, height)), lab, weight, 1 - weight)
    matte = person * (1 - enlarged(calm, (width, height)))
    return matte, mended.astype(np.float32, copy=False)


def _coloured_like(face: Face, lab: FloatImage, *, scale: float) -> FloatImage:
    """How much the hue of every pixel is that of a face; shadow and light count little."""
    height, width = lab.shape[:2]
    where = (face.landmarks * np.float32(scale)).astype(np.int32)
    complexion = medians(lab[where[:, 1].clip(0, height - 1), where[:, 0].clip(0, width - 1)].T)
    away = (lab - complexion) * np.array([1 / 30, 1 / 8, 1 / 9], np.float32)
    like: FloatImage = np.exp(np.float32(-0.5) * dot(away, away))
    return like


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
        tilt = abs(face.roll)
        if across < 40 or tilt > 0.6:
            continue
        points: Points = face.landmarks * np.float32(scale)
        jaw = points[facemap.CHIN]
        for landmark, way in _LOBES:
            # The ear on the side that the head turns to is hidden.
            if face.yaw * way > 0.25:
                continue
            x, y = points[landmark]
            inner, outer = x - (0.16 + 0.35 * tilt) * across * way, x + 0.24 * across * way
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
            jewel = unlike_background(lab[window], outside)
            near = _hanging_from(full[window], jewel, narrow=0.2 * across)
            hanging = jewel * near
            if near.any():
                # Drawn, an earring is one piece: what shines in it and what shows through it, too.
                link = np.ones((2 * max(1, round(0.008 * across)) + 1,) * 2, np.uint8)
                solid = cv2.morphologyEx((hanging > 0.4).astype(np.float32), cv2.MORPH_CLOSE, link)
                hanging = np.maximum(hanging, gaussian(solid.astype(np.float32, copy=False), sigma=0.7))
            behind = lab[window][outside & (hanging < 0.1)]
            if float((jewel - hanging)[outside].mean()) >= _MOST_UNREST or _colourful(behind):
                continue
            found = lab[window][outside & (hanging > 0.5)]
            if not _of_one_hue(found, behind) and not _shaded(found, behind):
                full[window] = np.maximum(full[window], hanging)
    return full


def _colourful(behind: FloatImage) -> bool:
    """Whether a background, (N, 3) L*a*b*, has so many hues that one more tells of no earring."""
    if not len(behind):
        return True
    hues = sum(percentile(plane, 85) - percentile(plane, 15) for plane in behind[:, 1:].T)
    return hues > _MOST_HUES


def _of_one_hue(hanging: FloatImage, behind: FloatImage) -> bool:
    """Whether something, (N, 3) L*a*b*, has the hue of a coloured background: it's a fold of that."""
    if not len(hanging) or not len(behind):
        return False
    one, other = medians(hanging[:, 1:].T), medians(behind[:, 1:].T)
    strengths = float(np.hypot(*one)), float(np.hypot(*other))
    alike = float(one @ other) > _ONE_HUE * strengths[0] * strengths[1]
    return min(strengths) > _COLOURED and alike


def _shaded(hanging: FloatImage, behind: FloatImage) -> bool:
    """Whether something, (N, 3) L*a*b*, is nowhere lighter than a background, and grey: jewels shine."""
    if not len(hanging) or not len(behind):
        return False
    brightest = percentile(hanging[:, 0], _BRIGHTEST)
    colour = percentile(np.hypot(hanging[:, 1], hanging[:, 2]), _BRIGHTEST)
    return brightest < median(behind[:, 0]) - 2 and colour < _COLOURED


def unlike_background(lab: FloatImage, outside: NDArray[np.bool_]) -> FloatImage:
    """How little every pixel of L*a*b*, (H, W, 3), has of the two commonest colours outside, 0 … 1."""
    seen = lab[outside]
    weights = np.array([0.6, 1, 1], np.float32)
    first = medians(seen.T)
    away = np.abs(seen - first) @ weights
    unlike: FloatImage = np.abs(lab - first) @ weights
    others = seen[away > 20]
    if len(others) > 0.12 * len(seen):
        unlike = np.minimum(unlike, np.abs(lab - medians(others.T)) @ weights)
    return smoothstep(unlike.astype(np.float32), low=14, high=24)


def _hanging_from(person: FloatImage, jewel: FloatImage, *, narrow: float) -> FloatImage:
    """Mark what touches the person, is narrow, hangs away from them and ends within the window."""
    # The rim of ear and jaw isn't jewel; links of a chain hang together though background shows between.
    rim = np.ones((2 * max(1, round(0.1 * narrow)) + 1,) * 2, np.uint8)
    body = cv2.dilate((person > 0.5).astype(np.uint8), rim)
    jewels = cv2.morphologyEx(((jewel > 0.4) & (body == 0)).astype(np.uint8), cv2.MORPH_CLOSE, rim)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(jewels, connectivity=8)
    beside = np.bincount(labels[cv2.dilate(body, rim) > 0], minlength=count)
    height, width = person.shape
    keep = np.zeros(count, np.float32)
    for index in range(1, count):
        x, y, across, down, area = (int(v) for v in stats[index])
        enclosed = x > 0 and y > 0 and x + across < width and y + down < height
        # What hangs is longer than it is wide.
        hangs = across < down and down > 0.4 * narrow
        clear = 0 < beside[index] < _MOST_BESIDE * area
        keep[index] = clear and enclosed and across < narrow and hangs
    return cv2.dilate(keep[labels], cv2.dilate(rim, rim)).astype(np.float32, copy=False)
