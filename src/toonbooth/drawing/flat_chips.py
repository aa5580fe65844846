"""Chips beside a head that are neither hair nor cloth: a photo's rim light and shade, given to the skin."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.windows import extent, grown
from toonbooth.portrait.model import Face, Points, scaled

_LARGEST, _OF_HAIR, _OF_SKIN = 0.03, 0.022, 0.036
"""Areas in squares of a face's width below which what stands alone is a chip, and of hair; and what looks
as skin right below a face.
"""

_STRIP = 0.045
"""Half the width, in face widths, of a strip of cloth up a neck that is none."""

_NEAR, _AT_COLLAR = (0.24, 0.16), (0.4, 0.55)
"""How far from a face's outline chips are looked for, in face widths, and how far below its chin; and those
that have the colour of skin."""

_CHEST = (1.0, 1.6)
"""And how far what is all surrounded by skin: pendants, a shadow at a throat."""

_THROAT = (0.4, 1.2)
"""And how far chains go from the middle of a neck, in face widths, and below a chin."""

_LOCK, _OF_LOCKS = 0.052, 0.03
"""Half the width, in face widths, of a lock over a cheek, and the area of what is none but a stump of one."""

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)

_SMALLEST = 16.0
"""Width in pixels below which a face has too few of them."""


def without_chips(
    skin: FloatImage,
    person: FloatImage,
    hair: FloatImage,
    flesh: FloatImage,
    faces: tuple[Face, ...],
    *,
    scale: float,
) -> FloatImage:
    """Add to skin the small pieces beside it that hang together with no hair and no cloth.

    Parameters
    ----------
    skin, person, hair : float32 arrays, shape (H, W), 0 … 1
    flesh : of the same shape, what has somebody's skin's colour
    faces : in the coordinates of the full picture
    scale : float
        Size of `skin` over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W), nowhere less than `skin`.
    """
    more = skin
    for face in faces:
        width = face.width * scale
        if width < _SMALLEST:
            continue
        points = scaled(face.landmarks, scale)
        near, low, chest = (_zone(skin.shape, points, width, reach) for reach in (_NEAR, _AT_COLLAR, _CHEST))
        found = extent(chest)
        if found is None:
            continue
        window = grown(found, round(0.3 * width), skin.shape)
        own, whose, locks, like = (each[window] > 0.5 for each in (skin, person, hair, flesh))
        rest = whose & ~own
        thin = _thin(rest & ~locks, _STRIP * width)
        chips = _chips(own, rest, locks, like, thin, near[window], low[window], width=width)
        here: Points = points - np.array([window[1].start, window[0].start], np.float32)
        chips |= _chains(own, rest, locks, thin, chest[window], here, width=width)
        inner = polygon_mask(own.shape, here[facemap.OVAL], grow=0.92) > 0.5
        chips |= _stumps(own, rest & locks, inner, width=width)
        if chips.any():
            more = more.copy() if more is skin else more
            soft = gaussian(chips.astype(np.float32), sigma=max(0.7, 0.006 * width))
            np.maximum(more[window], np.minimum(2 * soft, 1), out=more[window])
    return more


def _zone(
    shape: tuple[int, ...], points: Points, width: float, reach: tuple[float, float]
) -> NDArray[np.bool_]:
    """Where chips are looked for, (H, W): around a face, down to a bit below its chin."""
    beside, below = reach
    outline = polygon_mask((shape[0], shape[1]), points[facemap.OVAL], grow=1 + 2 * beside)
    chin, up = points[facemap.CHIN], facemap.upright(points)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    above = (x - chin[0]) * up[0] + (y - chin[1]) * up[1] > -below * width
    zone: NDArray[np.bool_] = (outline > 0.5) & above
    return zone


def _chips(
    skin: NDArray[np.bool_],
    rest: NDArray[np.bool_],
    hair: NDArray[np.bool_],
    flesh: NDArray[np.bool_],
    thin: NDArray[np.bool_],
    zone: NDArray[np.bool_],
    low: NDArray[np.bool_],
    *,
    width: float,
) -> NDArray[np.bool_]:
    """Pieces of what is no skin: those that stand alone, and thin ones that cloth sends up a neck."""
    largest, of_hair = _LARGEST * width**2, _OF_HAIR * width**2
    chips = _pieces(rest, skin, rest, zone, largest)
    chips &= ~hair | _pieces(rest, skin, rest, zone, of_hair)
    cloth = rest & ~hair
    chips |= _pieces(thin & zone, skin, rest, zone, largest)
    # At a collar neck and cloth are mixed in a photo.
    for place, most in ((low, largest), (zone, _OF_SKIN * width**2)):
        chips |= _pieces(cloth & flesh & ~chips, skin | chips, cloth & ~chips, place, most, needed=0.4)
    # What a strip has held to a collar stands alone without it.
    left = cloth & ~chips
    return chips | _pieces(left, skin | chips, left, zone, largest)


def _chains(
    skin: NDArray[np.bool_],
    rest: NDArray[np.bool_],
    locks: NDArray[np.bool_],
    thin: NDArray[np.bool_],
    chest: NDArray[np.bool_],
    points: Points,
    *,
    width: float,
) -> NDArray[np.bool_]:
    """What lies on a bare throat and is no cloth: a chain's links and pendant make no chain, but twigs."""
    cloth = rest & ~locks
    chips = _pieces(cloth, skin, rest, chest, _LARGEST * width**2)
    chin, up = points[facemap.CHIN], facemap.upright(points)
    y, x = np.mgrid[0 : skin.shape[0], 0 : skin.shape[1]].astype(np.float32)
    along, aside = ((x - chin[0]) * way[0] + (y - chin[1]) * way[1] for way in (up, (-up[1], up[0])))
    throat = (np.abs(aside) < _THROAT[0] * width) & (along < 0) & (along > -_THROAT[1] * width)
    return chips | _pieces(thin & throat, skin, rest, throat, _LARGEST * width**2, needed=2.0)


def _stumps(
    skin: NDArray[np.bool_], locks: NDArray[np.bool_], face: NDArray[np.bool_], *, width: float
) -> NDArray[np.bool_]:
    """Narrow locks that hang into a face: a photo's skin shines through their lower halves."""
    narrow = _thin(locks, _LOCK * width)
    return _pieces(narrow & face, skin, locks, face, _OF_LOCKS * width**2)


def _thin(mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """What of a mask is thinner than twice a radius, pixels, and not right beside what is thicker."""
    solid = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disk(radius))
    thin: NDArray[np.bool_] = mask & (cv2.dilate(solid, disk(0.3 * radius)) == 0)
    return thin


def _pieces(
    mask: NDArray[np.bool_],
    skin: NDArray[np.bool_],
    rest: NDArray[np.bool_],
    zone: NDArray[np.bool_],
    largest: float,
    *,
    needed: float = 1.0,
) -> NDArray[np.bool_]:
    """Pieces of a mask within the zone, up to an area in pixels, beside which skin lies.

    It is more than there is rest, or the share `needed` of it.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    sizes = stats[:, cv2.CC_STAT_AREA]
    inside = np.bincount(labels[zone], minlength=count)
    at_skin, at_rest = (
        np.bincount(labels[mask & (cv2.dilate(beside.astype(np.uint8), _CROSS) > 0)], minlength=count)
        for beside in (skin, rest & ~mask)
    )
    kept = (sizes <= largest) & (2 * inside > sizes) & (at_skin > needed * at_rest)
    kept[0] = False
    pieces: NDArray[np.bool_] = kept[labels]
    return pieces
