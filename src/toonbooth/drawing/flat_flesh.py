"""Flesh on a flat portrait beyond the skin that its colour gives away: cast shadows, ears in shade, hands."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.flesh import like_flesh
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.drawing.skin_paint import eye_white_of, lit_tone, skin_paint
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median, medians
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, scaled

_ENOUGH = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""

_ENCLOSED = 0.5
"""Share of a dark place's border that is skin from which on it is a shadow on skin."""

_OPEN = 0.4
"""How much more of it that must be where the dark goes on beyond all of its border."""


@dataclass(frozen=True, slots=True)
class Flesh:
    """One head's skin in the photo and on paper, L*a*b* both.

    tone : its middle in the photo.
    paint : what it is painted in.
    """

    tone: Colour
    paint: Colour


def bare_skin(skin: FloatImage, regions: Regions) -> FloatImage:
    """Skin whose colour can be trusted: no feature lies on it."""
    bare: FloatImage = regions.skin * (1 - smoothstep(regions.features, low=0.02, high=0.3)) * skin
    return bare


def measure_flesh(
    lab: FloatImage, skin: FloatImage, regions: Regions, face: Face, *, scale: float
) -> Flesh | None:
    """One head's flesh; None where too little of its skin is seen.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    skin : float32 array, shape (H, W)
        Only what belongs to this head.
    regions : of the same size
    face : in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.
    """
    bare = bare_skin(skin, regions)
    sure = bare > 0.8
    if np.count_nonzero(sure) < _ENOUGH:
        return None
    lightness, red, yellow = (float(value) for value in medians(lab[sure].T))
    paint = skin_paint(lit_tone(lab, bare), eye_white_of(lab, face, scale=scale))
    return Flesh((lightness, red, yellow), paint)


def with_shadows(
    skin: FloatImage,
    lab: FloatImage,
    person: FloatImage,
    faces: tuple[Face, ...],
    *,
    scale: float,
) -> FloatImage:
    """Add to skin the places under jaws and at ears that are too dark to be told by their colour.

    A place counts when skin lies around most of it: a beard has the beard on the face above it, a collar has
    cloth below it.

    Parameters
    ----------
    skin, person : float32 arrays, shape (H, W)
    lab : float32 array, shape (H, W, 3), L*a*b*
    faces : in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W), nowhere less than `skin`.
    """
    more = skin.copy()
    size = (skin.shape[0], skin.shape[1])
    lightness, red, yellow = planes_of(lab)
    for face in faces:
        width = face.width * scale
        if width < 16:
            continue
        points = scaled(face.landmarks, scale)
        neck, ears = _neck_and_ears(skin.shape, points, width)
        # Nothing that is blue or green is flesh, however dark; black may be.
        fleshy = smoothstep(yellow, low=-4.0, high=-1.0) * smoothstep(red, low=-3.0, high=0.0)
        sure = (skin > 0.9) & (polygon_mask(size, points[facemap.OVAL]) > 0.9)
        if np.count_nonzero(sure) < _ENOUGH:
            continue
        own = (median(red[sure]), median(yellow[sure]))
        shade = lightness < median(lightness[sure]) - 5
        within = polygon_mask(size, points[facemap.OVAL], grow=0.99) > 0.5
        missed = (skin < 0.5) & (person > 0.5) & (fleshy > 0.5) & shade
        candidate = (missed & ((neck > 0.5) | (ears > 0.5) | within)).astype(np.uint8)
        # Narrow bridges join a shadow to what isn't one.
        thread = 2 * max(1, round(0.012 * width)) + 1
        opened = cv2.morphologyEx(candidate, cv2.MORPH_OPEN, np.ones((thread, thread), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(opened.astype(np.uint8), connectivity=4)
        for index in range(1, count):
            x, y, across, down, area = (int(value) for value in stats[index])
            if area > 0.25 * width * width:
                continue
            box = (
                slice(max(0, y - 2), min(skin.shape[0], y + down + 2)),
                slice(max(0, x - 2), min(skin.shape[1], x + across + 2)),
            )
            these = (labels[box] == index).astype(np.uint8)
            # On the face itself only deep folds are meant: what is larger is a beard, a fringe or a frame.
            on_face = bool(within[box][these > 0].mean() > 0.5)
            if on_face and area > 0.012 * width * width:
                continue
            rim = (cv2.dilate(these, np.ones((3, 3), np.uint8)) > 0) & (these == 0) & (person[box] > 0.5)
            # What still has the hue of the skin needs less of it around.
            inside = these > 0
            warm = float(np.clip(2 * _likeness(red[box][inside], yellow[box][inside], own) - 0.6, 0, 1))
            # Beside a face it may as well be hair.
            beside = float((ears[box][inside] > neck[box][inside]).mean())
            enough = 0.85 if on_face else _ENCLOSED + 0.2 * beside - 0.14 * warm * (1 - beside)
            # A jacket goes on where the neck's place ends, or the picture. Around what does, more skin must
            # lie, unless it has the hue of skin itself.
            below = int(these[-1].sum()) if y + down == skin.shape[0] else 0
            border = int(np.count_nonzero(rim)) + below
            goes_on = (int(np.count_nonzero(missed[box][rim])) + below) / max(1, border)
            enough += _OPEN * goes_on * (1 - warm) * (not on_face)
            if border and np.count_nonzero(skin[box][rim] > 0.5) / border > enough:
                more[box] = np.maximum(more[box], these)
    added = more - skin
    if not added.any():
        return skin
    unit = max(face.width for face in faces) * scale / 400
    closed = gaussian(more, sigma=max(0.7, 4 * unit))
    near = cv2.dilate(added, np.ones((5, 5), np.uint8))
    smoothed: FloatImage = np.maximum(skin, near * smoothstep(closed, low=0.3, high=0.7))
    return smoothed


def _likeness(red: FloatImage, yellow: FloatImage, own: tuple[float, float]) -> float:
    """How far colours go in the direction of a skin's, 1 for that skin itself."""
    a, b = float(red.mean()), float(yellow.mean())
    strength = max(float(np.hypot(*own)), 1.0)
    along = (a * own[0] + b * own[1]) / strength
    return along / strength if along > 0.9 * float(np.hypot(a, b)) else 0.0


def _neck_and_ears(shape: tuple[int, ...], points: Points, width: float) -> tuple[FloatImage, FloatImage]:
    """Where a neck and where ears are, both without the face itself."""
    up = facemap.upright(points)
    jaw = points[facemap.JAW]
    size = (shape[0], shape[1])
    neck = polygon_mask(
        size, np.concatenate([jaw, (jaw - up * np.float32(0.6 * width))[::-1]]).astype(np.float32)
    )
    ears = np.zeros(size, np.float32)
    for side in ((127, 234, 93, 132, 58), (356, 454, 323, 361, 288)):
        temple = points[list(side)]
        away = temple.mean(axis=0) - points[1]
        away = (away / max(float(np.hypot(*away)), 1e-3)).astype(np.float32)
        ear = np.concatenate([temple, (temple + away * np.float32(0.22 * width))[::-1]]).astype(np.float32)
        ears = np.maximum(ears, polygon_mask(size, ear))
    outside = 1 - polygon_mask(size, points[facemap.OVAL], grow=0.99)
    return neck * outside, ears * outside


def painted_flesh(drawn: FloatImage, lab: FloatImage, flesh: list[Flesh]) -> FloatImage:
    """Paint hands, and whatever else has the colour of somebody's skin, like that skin.

    Parameters
    ----------
    drawn : float32 array, shape (H, W, 3), L*a*b*
        The picture as hair and clothes are drawn.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    flesh : everybody's
    """
    planes = planes_of(drawn)
    nearness = [_nearness(lab, each.tone) for each in flesh] if len(flesh) > 1 else []
    for index, each in enumerate(flesh):
        share = like_flesh(lab, each.tone)
        if nearness:
            # What is like several is painted like the likest.
            share *= smoothstep(nearness[index] / np.maximum.reduce(nearness), low=0.3, high=1.0)
        moved = [paint - tone for paint, tone in zip(each.paint, each.tone, strict=True)]
        moved[0] *= 0.85
        lights = [seen + np.float32(shift) for seen, shift in zip(planes_of(lab), moved, strict=True)]
        # What shines more than a face is a collar's rim, and would be the lightest thing of all.
        np.minimum(lights[0], np.float32(each.paint[0] + 3), out=lights[0])
        planes = [plane + share * (light - plane) for plane, light in zip(planes, lights, strict=True)]
    return cv2.merge(planes).astype(np.float32, copy=False)


def _nearness(lab: FloatImage, tone: Colour) -> FloatImage:
    """0 … 1, (H, W): how near colours are to a tone; light counts half, as in shade."""
    away = np.square((lab - np.array(tone, np.float32)) * np.array([0.5, 1, 1], np.float32)).sum(axis=2)
    nearness: FloatImage = np.float32(1) / (np.float32(1) + away * np.float32(1 / 16))
    return nearness
