"""Pockets of the background that a matte keeps: the apex of the gap under an arm, the wall beside a sleeve.

The network is sure of them, since people are on both sides. What tells them apart is the picture's edges: the
colour outside goes on across the matte's border without a seam, and ends at an edge further in.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.ranks import medians
from toonbooth.imaging.windows import extent, grown
from toonbooth.portrait.sampling import Pyramid

# Faces so wide, in pixels of the mask, show pockets as they are.
_FINE_FACE: Final = 40
_PERSON: Final = 0.5
_NOBODY: Final = 0.25
# How deep in a silhouette, and how far from the background whose colour it has, a pocket's pixel may lie:
# face widths, and pixels for the silhouette's own softness.
_DEPTH: Final = 0.15
_REACH: Final = 0.4
_SOFT: Final = 4
# In L*a*b*: what is so near to the background's colour is the same, and what is so far from it is an edge.
_SAME: Final = 8.0
_EDGE: Final = 14.0
# A pocket's area, in squares of face widths; at least so many pixels, and so many deep.
_AREA: Final = (0.001, 0.15)
_LEAST_AREA: Final = 5
_LEAST_DEPTH: Final = 2.9
# Share of what is around it, in the person, that is an edge: else it is cloth or hair before a like wall.
_CLOSED: Final = 0.85
# How wide open it is to the outside, against its border with the person: the white of a collar that can be
# reached from a white wall is joined by a narrow neck.
_OPEN: Final = 0.22
# Pixels before its mouth that have its colour.
_OUTSIDE: Final = 3
_SQUARE: Final = np.ones((3, 3), np.uint8)
# What bytes of L*a*b* stand for, and how much two of a kind differ at most, in bytes.
_UNITS: Final = np.array([100 / 255, 1, 1], np.float32)
_ALIKE: Final = (18, 6, 6, 255)
_NOTHING: Final = (0, 0, 0, 0)


def without_pockets(
    mask: FloatImage, pyramid: Pyramid, known: FloatImage, *, face_width: float
) -> FloatImage:
    """A mask of people without pockets of the background.

    Parameters
    ----------
    mask : float32 array, shape (ceil(H / 4), ceil(W / 4)), range [0, 1]
        How likely every pixel is person.
    pyramid : the picture, (H, W)
    known : float32 array, shape of `mask`
        Not 0 where somebody surely is.
    face_width : float, pixels of `mask`, > 0

    Returns
    -------
    float32 array, shape of `mask`, nowhere above `mask`; `mask` itself when there is no pocket.
    """
    somebody = extent(mask > _PERSON)
    if somebody is None:
        return mask
    figure = grown(somebody, 2, mask.shape)
    # Beside small faces pockets are looked for more finely.
    finer = 1 if face_width >= _FINE_FACE else 2
    rows, columns = (slice(finer * side.start, finer * side.stop) for side in figure)
    picture = pyramid.halved(3 - finer)[rows, columns]
    seen = np.s_[: picture.shape[0], : picture.shape[1]]
    fine, sure = (_enlarged(each[figure], finer) for each in (mask, known))
    pockets = np.zeros(fine.shape, np.uint8)
    pockets[seen] = _pockets(fine[seen], picture, sure[seen] > 0, face_width=finer * face_width)
    if not pockets.any():
        return mask
    height, width = mask[figure].shape
    taken = cv2.resize(pockets.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    cleared = mask.copy()
    cleared[figure] = np.minimum(mask[figure], 1 - taken)
    return cleared


def _enlarged(mask: FloatImage, times: int) -> FloatImage:
    if times == 1:
        return mask
    return np.asarray(cv2.resize(mask, None, fx=times, fy=times), dtype=np.float32)


def _pockets(
    mask: FloatImage, picture: ByteImage, sure: NDArray[np.bool_], *, face_width: float
) -> ByteImage:
    """1 where a mask of the picture's size takes background for somebody, 0 elsewhere."""
    person = mask > _PERSON
    nobody = (mask < _NOBODY).astype(np.uint8)
    free = np.asarray(cv2.erode(nobody, _SQUARE, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)
    band = person & ~sure & (_grown(free, _DEPTH * face_width + _SOFT) > 0)
    pockets = np.zeros(mask.shape, np.uint8)
    if not band.any():
        return pockets
    lab = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2Lab), dtype=np.uint8)
    alike = _like_outside(lab, band, free > 0, reach_pixels=round(_REACH * face_width) + _SOFT)
    deep = alike & (_grown(free, _LEAST_DEPTH) == 0)
    if not deep.any():
        return pockets
    count, labels = cv2.connectedComponents(alike.view(np.uint8), connectivity=4)
    places = np.flatnonzero(alike)
    pieces = labels.ravel()[places]
    areas = np.bincount(pieces, minlength=count)
    outermost = alike & (cv2.dilate((~person).view(np.uint8), _SQUARE) > 0)
    across = np.minimum(*(np.bincount(labels[each], minlength=count) for each in (deep, outermost))) > 0
    least, most = (share * face_width**2 for share in _AREA)
    for index in np.flatnonzero(across & (areas >= max(_LEAST_AREA, least)) & (areas < most)):
        rows, columns = np.divmod(places[pieces == index], mask.shape[1])
        piece = tuple(slice(int(each.min()), int(each.max()) + 1) for each in (rows, columns))
        window = grown((piece[0], piece[1]), 4, mask.shape)
        here = labels[window] == index
        if _is_pocket(here, lab[window], person[window], free[window] > 0):
            # Its border is a mixture of colours.
            pockets[window] |= np.asarray(cv2.dilate(here.astype(np.uint8), _SQUARE), dtype=np.uint8)
    return pockets


def _grown(area: ByteImage, radius_pixels: float) -> ByteImage:
    side = 2 * round(radius_pixels) + 1
    return np.asarray(cv2.dilate(area, np.ones((side, side), np.uint8)), dtype=np.uint8)


def _like_outside(
    lab: ByteImage, band: NDArray[np.bool_], free: NDArray[np.bool_], *, reach_pixels: int
) -> NDArray[np.bool_]:
    """Where in a band the colour is that of the first free pixel above, below, left or right."""
    height, width = band.shape
    places = np.flatnonzero(band)
    rows, columns = np.divmod(places.astype(np.int32), np.int32(width))
    # Four bytes are fetched as one number.
    colours = cv2.cvtColor(lab, cv2.COLOR_RGB2RGBA).view(np.uint32).ravel()
    mine = colours[places].view(np.uint8).reshape(-1, 1, 4)
    found = np.zeros(len(places), np.uint8)
    for open_, order, stride in (
        (free, places, width),
        (np.ascontiguousarray(free.T), columns * np.int32(height) + rows, 1),
    ):
        for way in (1, -1):
            away = _rows_to(open_[::way], reach=reach_pixels)[::way].ravel()[order]
            away[away > reach_pixels] = 0
            outside = colours[places - away.astype(np.intp) * (way * stride)].view(np.uint8)
            same = cv2.inRange(cv2.absdiff(mine, outside.reshape(-1, 1, 4)), _NOTHING, _ALIKE)
            found |= same[:, 0] & (away > 0).view(np.uint8)
    alike = np.zeros(band.size, np.bool_)
    alike[places] = found > 0
    return alike.reshape(band.shape)


def _rows_to(open_: NDArray[np.bool_], *, reach: int) -> NDArray[np.int16]:
    """How many rows above every pixel the next open one is; more than `reach` where none is so near."""
    rows = np.arange(1, len(open_) + 1, dtype=np.int16)[:, None] + np.int16(reach)
    nearest = open_ * rows
    step = 1
    # Every round doubles how far it has looked.
    while step <= reach:
        np.maximum(nearest[step:], nearest[:-step].copy(), out=nearest[step:])
        step *= 2
    away: NDArray[np.int16] = rows - nearest
    return away


def _is_pocket(
    here: NDArray[np.bool_], lab: ByteImage, person: NDArray[np.bool_], free: NDArray[np.bool_]
) -> bool:
    """Whether a part of a mask is open to the outside, where its colour goes on, and else ends at edges."""
    beside = np.asarray(cv2.dilate(here.view(np.uint8), _SQUARE), dtype=np.uint8)
    border = beside.view(np.bool_) & ~here
    shore = np.count_nonzero(border & person)
    mouth = np.count_nonzero(border) - shore
    # What is right beside it is mixed with it.
    farther = np.asarray(cv2.dilate(beside, _SQUARE), dtype=np.uint8)
    beyond = (farther > beside) & person & ~free
    if mouth <= _OPEN * shore or not beyond.any():
        return False
    colours = lab * _UNITS
    apart = np.square(colours - medians(colours[here].T)).sum(axis=2)
    if np.count_nonzero(apart[beyond] > _EDGE**2) <= _CLOSED * np.count_nonzero(beyond):
        return False
    before = cv2.dilate(farther, _SQUARE, iterations=2) > 0
    return bool(np.count_nonzero(before & free & (apart < _SAME**2)) >= _OUTSIDE)
