"""Ears on a flat portrait: found by where they must be, skin however they are lit, with a drawing inside."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import Curve
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import Window
from toonbooth.portrait.model import Face, Points, scaled

_SIDES = ((234, -1.0), (454, 1.0))
"""Landmarks beside the middle of the ears, and the way out from them."""

_ENOUGH = 30
"""Pixels of skin or hair below which their colour isn't worth measuring."""

_SHOWN = 0.3
"""Share of an ear's lower half that must look like skin: else hair lies over it."""

_SMALLEST = 0.004
"""Area of an ear, over the square of a face's width, from which on it is one."""

_BESIDE = 0.07
"""How much of the head may lie outside of an ear, in face widths: fair hair over one is broader."""

_RIM = 0.07
"""Half the width of what lies along a jaw and is no skin by its colour, but rim light or a shadow behind.

Along a neck it is narrower: collars lie there."""

_FOLD = np.array(
    [
        (0.2, 0.86),
        (0.55, 0.9),
        (0.8, 0.72),
        (0.8, 0.46),
        (0.58, 0.24),
        (0.36, 0.2),
        (0.42, 0.36),
        (0.58, 0.48),
        (0.6, 0.64),
        (0.46, 0.74),
        (0.24, 0.72),
    ],
    np.float32,
)
"""The shade inside an ear: shares of its breadth outwards and of its height upwards."""


@dataclass(frozen=True, slots=True)
class Ear:
    """Where an ear is drawn.

    corner : x, y, pixels, of its lower end where it meets the face.
    out, up : vectors over its whole breadth and height, pixels.
    """

    corner: tuple[float, float]
    out: tuple[float, float]
    up: tuple[float, float]


def with_ears(
    skin: FloatImage,
    lab: FloatImage,
    person: FloatImage,
    faces: tuple[Face, ...],
    *,
    shaded: FloatImage,
    scale: float,
) -> tuple[FloatImage, list[tuple[Ear, ...]]]:
    """Make ears, and the thin strips along a jaw, skin; and tell where ears are.

    Parameters
    ----------
    skin, person : float32 arrays, shape (H, W)
    lab : float32 array, shape (H, W, 3), L*a*b*
    faces : in the coordinates of the full picture
    shaded : float32 array, shape (H, W)
        Skin with what lies in shade at necks and ears; of which is left out what at ears is hair.
    scale : float
        Size of `lab` over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W), nowhere less than `skin`; and for every face the ears that are seen.
    """
    everywhere = shaded.copy()
    ears: list[tuple[Ear, ...]] = []
    for face in faces:
        width = face.width * scale
        if width < 24:
            ears.append(())
            continue
        points = scaled(face.landmarks, scale)
        low = np.clip(points.mean(axis=0) - 1.4 * width, 0, None).astype(int)
        high = np.ceil(points.mean(axis=0) + 1.2 * width).astype(int)
        window = (slice(low[1], max(high[1], 1)), slice(low[0], max(high[0], 1)))
        found = _ears_of(
            everywhere,
            skin[window],
            lab[window],
            person[window],
            points,
            window=window,
            width=width,
            yaw=face.yaw,
        )
        ears.append(found)
    return everywhere, ears


def _ears_of(
    everywhere: FloatImage,
    told: FloatImage,
    lab: FloatImage,
    person: FloatImage,
    points: Points,
    *,
    window: Window,
    width: float,
    yaw: float,
) -> tuple[Ear, ...]:
    """One head's ears; the skin in its window is added to in place."""
    skin = everywhere[window]
    size = (skin.shape[0], skin.shape[1])
    if min(size) < 8:
        return ()
    here: Points = points - np.array([window[1].start, window[0].start], np.float32)
    up = facemap.upright(here)
    oval = polygon_mask(size, here[facemap.OVAL]) > 0.5
    inside = person > 0.5
    columns: FloatImage = np.arange(size[1], dtype=np.float32)[None, :]
    rows: FloatImage = np.arange(size[0], dtype=np.float32)[:, None]
    x, y = here[np.concatenate([facemap.LEFT_BROW, facemap.RIGHT_BROW])].mean(axis=0)
    over_brows = (columns - x) * np.float32(up[0]) + (rows - y) * np.float32(up[1]) > 0
    nearness = _nearer_to_skin(lab, (skin > 0.9) & oval, inside & (skin < 0.2) & over_brows)
    found = []
    for landmark, way in _SIDES:
        x, y = (float(value) for value in here[landmark])
        # Turned a quarter turn to the side that the ear is on.
        out = np.array([-up[1], up[0]], np.float32) * np.float32(way)
        right, down = (columns - x) / np.float32(width), (rows - y) / np.float32(width)
        above: FloatImage = right * np.float32(up[0]) + down * np.float32(up[1])
        aside: FloatImage = right * out[0] + down * out[1]
        beside = inside & (aside > -0.08) & (aside < 0.36)
        place = beside & (above > -0.32) & (above < 0.24)
        # Between lobe and chin nothing is as narrow but what the light or the wall behind has made of skin.
        strip = beside & ~oval & (above < -0.12)
        _fill_strips(skin, strip & (above > -0.62), inside, radius=_RIM * width)
        _fill_strips(skin, strip & (above > -1), inside, radius=0.6 * _RIM * width)
        if yaw * way > 0.3 or nearness is None:
            continue
        # The higher, the likelier it is hair.
        like = nearness > 1 + np.float32(12) * np.clip(above - np.float32(0.02), 0, 0.25)
        hair = place & ~like & (above > 0)
        np.copyto(skin, np.minimum(skin, told), where=hair)
        # Its lower half: over the upper one short hair may lie, too.
        half = place & ~oval & (above > -0.2) & (above < 0.04)
        shown = np.count_nonzero(half & ((skin > 0.5) | like))
        if shown < _SHOWN * np.count_nonzero(half):
            continue
        ear = _whole(place & ((skin > 0.5) | like), skin > 0.5, width=width)
        if np.count_nonzero(ear & ~oval) < _SMALLEST * width * width:
            continue
        # Fair hair may have the colour of skin, but an ear that it lies over isn't the head's outline.
        further = np.array([[1, 0, -_BESIDE * width * out[0]], [0, 1, -_BESIDE * width * out[1]]], np.float32)
        ended = cv2.warpAffine(inside.astype(np.uint8), further, size[::-1]) == 0
        outer = np.count_nonzero(ear & half & ended) > 0.16 * width * 0.03 * width
        if not outer and np.count_nonzero(half & (skin > 0.5)) < 0.6 * np.count_nonzero(half):
            continue
        soft = smoothstep(gaussian(ear.astype(np.float32), sigma=max(0.7, 0.012 * width)), low=0.3, high=0.7)
        np.maximum(skin, soft, out=skin)
        found.append(_measured(ear & ~oval, aside, above, (x, y), out, up, width=width, window=window))
    return tuple(found)


def _nearer_to_skin(lab: FloatImage, sure: NDArray[np.bool_], hair: NDArray[np.bool_]) -> FloatImage | None:
    """How much nearer colours are to skin in any light than to hair; None where too little skin is sure.

    1 is as near to the one as to the other; what is far from both is 0.
    """
    if np.count_nonzero(sure) < _ENOUGH:
        return None
    lightness, red, yellow = planes_of(lab)
    strength = in_one_light(lightness)
    red, yellow = red * strength, yellow * strength
    own = [median(plane[sure]) for plane in (lightness, red, yellow)]
    away = np.square(red - np.float32(own[1])) + np.square(yellow - np.float32(own[2]))
    # Shade takes much of an ear's light, but not all.
    away += np.square(np.maximum(np.float32(0.42 * own[0]) - lightness, 0) * np.float32(1.2))
    if np.count_nonzero(hair) < _ENOUGH:
        return np.where(away < 24.0**2, np.float32(2), np.float32(0))
    hairy = [median(plane[hair]) for plane in (lightness, red, yellow)]
    from_hair = np.square(red - np.float32(hairy[1])) + np.square(yellow - np.float32(hairy[2]))
    from_hair += np.square((lightness - np.float32(hairy[0])) * np.float32(0.6))
    nearer: FloatImage = from_hair / (away + np.float32(1)) * (away < 30.0**2)
    return nearer


def _fill_strips(
    skin: FloatImage, strip: NDArray[np.bool_], inside: NDArray[np.bool_], *, radius: float
) -> None:
    other = (inside & (skin < 0.5)).astype(np.uint8)
    broad = cv2.morphologyEx(other, cv2.MORPH_OPEN, disk(radius))
    narrow = strip & (other > 0) & (broad == 0)
    near = cv2.dilate((skin > 0.5).astype(np.uint8), disk(0.6 * radius)) > 0
    np.maximum(skin, (narrow & near).astype(np.float32), out=skin)


def _whole(ear: NDArray[np.bool_], skin: NDArray[np.bool_], *, width: float) -> NDArray[np.bool_]:
    """An ear without dents, and without the threads beside it that only have its colour."""
    closed = cv2.morphologyEx(ear.astype(np.uint8), cv2.MORPH_CLOSE, disk(0.035 * width))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, disk(0.016 * width))
    count, labels = cv2.connectedComponents(opened.astype(np.uint8), connectivity=4)
    near = cv2.dilate(skin.astype(np.uint8), disk(0.06 * width)) > 0
    beside = np.bincount(labels[near], minlength=count) > 0
    beside[0] = False
    whole: NDArray[np.bool_] = beside[labels]
    return whole


def _measured(
    ear: NDArray[np.bool_],
    aside: FloatImage,
    above: FloatImage,
    origin: tuple[float, float],
    out: Points,
    up: Points,
    *,
    width: float,
    window: Window,
) -> Ear:
    near, far = (float(value) * width for value in np.percentile(aside[ear], (4, 98)))
    low, high = (float(value) * width for value in np.percentile(above[ear], (3, 97)))
    corner = np.array(origin, np.float32) + out * np.float32(near) + up.astype(np.float32) * np.float32(low)
    return Ear(
        (float(corner[0]) + window[1].start, float(corner[1]) + window[0].start),
        (float(out[0]) * (far - near), float(out[1]) * (far - near)),
        (float(up[0]) * (high - low), float(up[1]) * (high - low)),
    )


def draw_ears(ears: tuple[Ear, ...], fold: Colour, *, width: float) -> tuple[Shape, ...]:
    """The shade inside of ears.

    Parameters
    ----------
    ears : one face's
    fold : what the shade in them is painted in
    width : float, pixels
        Of the face; what is too slight to be seen on it is left out.
    """
    colour = byte_colour(fold)
    shapes = []
    for ear in ears:
        out, up = np.array(ear.out, np.float32), np.array(ear.up, np.float32)
        if float(np.hypot(*out)) < 0.045 * width or float(np.hypot(*up)) < 0.14 * width:
            continue
        outline: Curve = np.array(ear.corner, np.float32) + _FOLD[:, :1] * out + _FOLD[:, 1:] * up
        shapes.append(Shape((outline.astype(np.float32),), colour))
    return tuple(shapes)
