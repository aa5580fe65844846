"""Hair that lies over a face on a poster, a lock or a fringe: it is told from skin by its own colour."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.morphology import small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import Window
from toonbooth.portrait.model import Face, Points, scaled

SHADE = 0.4
"""How much a difference in lightness counts where hair is told from skin."""

_ENOUGH = 20
"""Pixels of skin and of hair below which neither can be told from the other."""

SMALLEST = 40.0
"""Width in pixels of a face below which its locks and ears are specks."""

_OTHER_HUE = 7.0
"""How far in a*, b* hair lies from skin at least if it is told by its hue; the dark is told by its shade."""

_GREYEST = 9.0
"""Chroma, in one light, under which hair is grey."""

_LEAST = 0.008
"""Area of a lock at least, over the square of the face's width."""

_SEEN = 0.15
"""Area of a crown that must be seen to call a head bald, over the square of a face's width."""

_FACE = 0.7
"""Size of the middle of a face, over all of it, where nothing but skin is expected."""


def skin_and_hair(
    skin: FloatImage,
    planes: tuple[FloatImage, ...],
    features: FloatImage,
    person: FloatImage,
    points: Points,
    width: float,
) -> tuple[FloatImage, FloatImage] | None:
    """The colours of a head's skin and of its hair above it, shape (3,) each; None if one isn't seen."""
    size = (skin.shape[0], skin.shape[1])
    oval = polygon_mask(size, points[facemap.OVAL])
    sure = (skin > 0.9) & (oval > 0.9) & (features < 0.05)
    hair = (_crown(size, points, width) > 0.5) & (skin < 0.1) & (person > 0.9)
    if min(np.count_nonzero(sure), np.count_nonzero(hair)) < _ENOUGH:
        return None
    own, other = (np.array([median(plane[at]) for plane in planes], np.float32) for at in (sure, hair))
    return own, other


def hued_planes(lab: FloatImage) -> tuple[FloatImage, FloatImage, FloatImage]:
    """L*, and a*, b* as they would be in one light."""
    light, red, yellow = planes_of(np.ascontiguousarray(lab))
    strength = in_one_light(light)
    return light, red * strength, yellow * strength


def told_from_hair(
    skin: FloatImage, lab: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float
) -> FloatImage:
    """Take fair hair that lies over a face off its skin, and fill what shade has cut out of a bald one's.

    Parameters
    ----------
    skin : float32 array, shape (H, W), 0 … 1
    lab : float32 array, shape (H, W, 3), L*a*b*, smoothed
    regions : of the same size
    faces : in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W).
    """
    told = skin
    for head, points, width in head_windows(faces, skin.shape, scale=scale):
        # In a quarter of its pixels: locks have broad forms, and most heads have none.
        size = (head[1].stop - head[1].start, head[0].stop - head[0].start)
        half = (max(1, size[0] // 2), max(1, size[1] // 2))
        few, *masks = (
            shrunk(np.ascontiguousarray(image[head]), half)
            for image in (lab, told, regions.features, regions.person)
        )
        here = points * np.float32(0.5) - np.float32(0.25)
        locks = _locks(few, masks[0], masks[1], masks[2], here, width / 2)
        if locks is not None:
            told = told.copy() if told is skin else told
            told[head] *= 1 - enlarged(locks, size)
        elif _bald(masks[0], masks[2], here, width / 2):
            told = told.copy() if told is skin else told
            face = polygon_mask(size[::-1], points[facemap.OVAL], feather=0.02 * width)
            np.maximum(told[head], face * regions.person[head], out=told[head])
    return told


def head_windows(
    faces: tuple[Face, ...], shape: tuple[int, ...], *, scale: float
) -> Iterator[tuple[Window, Points, float]]:
    """A window around every head that is large enough, and in it the face's landmarks and width."""
    for face in faces:
        width = face.width * scale
        if width < SMALLEST:
            continue
        points = scaled(face.landmarks, scale)
        # Only around the head: the rest of a picture has no say.
        low = np.clip(points.mean(axis=0) - 1.1 * width, 0, None).astype(int)
        high = np.minimum(np.ceil(points.mean(axis=0) + 1.1 * width).astype(int), shape[1::-1])
        if (high > low).all():
            window = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
            yield window, (points - low).astype(np.float32), width


def _locks(
    lab: FloatImage,
    skin: FloatImage,
    features: FloatImage,
    person: FloatImage,
    points: Points,
    width: float,
) -> FloatImage | None:
    """The hair over one face, in a window around it; None where there is none."""
    planes = hued_planes(lab)
    size = (skin.shape[0], skin.shape[1])
    known = skin_and_hair(skin, planes, features, person, points, width)
    if known is None:
        return None
    own, other = known
    towards = other - own
    hue = float(np.hypot(*towards[1:]))
    if hue < _OTHER_HUE:
        return None
    light, red, yellow = (plane - value for plane, value in zip(planes, own, strict=True))
    turned = red * towards[1] + yellow * towards[2]
    shaded = turned + light * np.float32(SHADE * SHADE * towards[0])
    turned *= np.float32(1 / hue**2)
    shaded *= np.float32(1 / (hue**2 + float(SHADE * towards[0]) ** 2))
    eyes, down = points[[*facemap.LEFT_EYE, *facemap.RIGHT_EYE]], -facemap.upright(points)
    rows, columns = (np.arange(count, dtype=np.float32) for count in size)
    below = (columns - eyes[:, 0].mean())[None, :] * down[0] + (rows - eyes[:, 1].mean())[:, None] * down[1]
    # On cheeks and jaws light turns skin, too: only what is much more like hair is a lock, and nothing grey.
    if float(np.hypot(*other[1:])) > _GREYEST:
        surer = np.float32(0.2) * smoothstep(below, low=-0.02 * width, high=0.1 * width)
    else:
        surer = np.float32(2) * smoothstep(below, low=-0.25 * width, high=-0.15 * width)
    likely = smoothstep(turned - surer, low=0.35, high=0.55) * smoothstep(shaded - surer, low=0.4, high=0.6)
    # Into the middle of a face reaches a fringe only.
    inner = polygon_mask(size, points[facemap.OVAL], grow=_FACE, feather=0.03 * width)
    inner *= smoothstep(below, low=-0.2 * width, high=-0.1 * width)
    detail = smoothstep(features, low=0.1, high=0.5) * polygon_mask(size, points[facemap.OVAL], grow=0.93)
    likely *= (1 - inner) * (1 - detail)
    likely = smoothstep(gaussian(likely, sigma=max(0.7, 0.008 * width)), low=0.35, high=0.65)
    # What doesn't hang together with the hair around the face is a shadow or a blush.
    sure = (likely > 0.5) | ((skin < 0.5) & (person > 0.5))
    large = sure & ~small_parts(sure, 0.03 * width * width)
    kept = (likely > 0.5) & large
    kept &= ~small_parts(kept, _LEAST * width * width)
    if not kept.any():
        return None
    locks: FloatImage = likely * cv2.dilate(kept.view(np.uint8), np.ones((3, 3), np.uint8))
    return locks


def _bald(skin: FloatImage, person: FloatImage, points: Points, width: float) -> bool:
    """Whether a head has a crown, and nothing but skin on it."""
    crown = (_crown((skin.shape[0], skin.shape[1]), points, width) > 0.5) & (person > 0.9)
    seen, hair = np.count_nonzero(crown), np.count_nonzero(crown & (skin < 0.1))
    return bool(seen > _SEEN * width * width and hair < _ENOUGH)


def _crown(size: tuple[int, int], points: Points, width: float) -> FloatImage:
    """Where a head has its hair, if it has any: around the forehead."""
    middle, up = points[facemap.FOREHEAD_TOP], facemap.upright(points)
    crown = np.zeros(size, np.uint8)
    x, y = (float(value) for value in middle + up * np.float32(0.1 * width))
    cv2.ellipse(
        crown, ((x, y), (0.9 * width, 0.5 * width), float(np.rad2deg(np.arctan2(up[0], -up[1])))), (255,), -1
    )
    return crown.astype(np.float32) * np.float32(1 / 255)
