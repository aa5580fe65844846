"""Earrings that hang free before the background, which the segmentation network cuts off or loses.

They are told by their colours: what below an ear lobe has colours that the background about has nowhere.
Before a background of many colours nothing is told: a scrap of it beside a jaw is worse than a lost earring.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.morphology import disk, parts_touching, small_parts
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.ranks import percentile
from toonbooth.portrait.model import Face

_Mask = NDArray[np.bool_]
_Matrix = NDArray[np.float64]

_U: Final = 160.0
"""Width of the upright face that is looked at, pixels; smaller ones are looked at as large as they are."""

_SMALLEST: Final = 48.0
"""Pixels of a face under which an earring is a speck."""

_LOBES: Final = ((132, -1.0), (361, 1.0))
"""Landmarks at the jaw beside the ear lobes, and the way outwards."""

_FAR_SIDE: Final = 0.25
"""Yaw, radians, from which on the ear on the far side is hidden."""

_LEANING: Final = 0.6
"""Roll, radians, from which on earrings hang along no side of the face."""

# Lengths are in face widths from here on, places from the lobe outwards and down.
_WINDOW: Final = ((-0.3, 0.36), (-0.25, 0.8))
_ZONE: Final = ((-0.18, 0.24), (-0.1, 0.7))
_LEAST_AROUND: Final = 0.03
"""Background beside the zone, squared face widths, from which its colours can be learnt."""

_FREE, _EDGE = 0.1, 0.025
"""Of the matte, under which there is surely nobody, and under which there is nothing left to take."""

_WEIGHTS: Final = np.array([0.7, 1, 1], np.float32)
_COLOURS: Final = 12
_SAMPLES: Final = 300

_PLAIN: Final = 6.0
"""Distance within which 97 of 100 pixels of a background have its colours, if it is plain enough."""

_STRANGE: Final = (8.0, 2.2)
_UNUSUAL: Final = (5.5, 1.4)
"""Distances from which on a colour isn't the background's: at least, and times the background's own. What is
unusual and hangs together with something strange is an earring's."""

_SHADES: Final = (1.0, 0.8, 0.6, 0.45)
"""What a shadow leaves of a background's colour."""

_GAP: Final = 0.02
"""Between the links of one earring."""

_CRYSTAL: Final = 0.0025
"""Area of the largest hole in which the background shows through a jewel, and isn't seen beyond a hoop."""

_SOFT, _RIM = 0.015, 0.02
"""How far the soft edge of a cheek reaches, and how near beyond it something lies beside the cheek."""

_BESIDE: Final = 0.75
"""Share of its length along which an earring lies beside a person at most: stripes of a background do all
along a cheek."""

_LENGTHS: Final = (0.09, 0.7)
_WIDEST: Final = 0.3
_POINT: Final = 0.13
"""How wide an earring may be where it begins, if it isn't wider below: it hangs from a point."""

_LEAST_AREA: Final = 0.0012
_LEAST_SEEN: Final = 0.003
"""Area that is strange, squared face widths, from which on somebody may wear something."""

_LEAST_STRANGE: Final = 0.4
"""Share of an earring that is strange, not only unusual."""
_TOPS: Final = (-0.12, 0.2)
"""How far above and below the lobe an earring begins."""

_FLOATS: Final = 0.12
"""How far below its ear it may seem to hang: its hook is too fine to be seen."""

_ALONE: Final = 0.6
"""Share of what is strange in the zone, or else the background is restless."""

_THIN: Final = 0.035
_LINKS: Final = -0.03
"""Half the width of what of the matte may be an earring's and no ear, and from where on below the lobe."""

_FAINT: Final = 0.35
"""Share of what sets an earring apart that tells it from the shade beside it."""

_WIRE: Final = 0.016
"""How thick a hook is; what is hardly thicker is drawn thicker than it is."""

_POCKET, _DEEPEST = 0.14, 0.09
"""How far from an earring, and how far inside a matte, the background between it and a neck is looked for."""


def find_earrings(
    matte: FloatImage, picture: ByteImage, faces: Iterable[Face]
) -> tuple[FloatImage, FloatImage | None]:
    """Find the earrings that hang in front of the background.

    Parameters
    ----------
    matte : float32 array, shape (H, W), range [0, 1]
    picture : uint8 array, shape (H, W, 3), sRGB
    faces : everybody

    Returns
    -------
    The matte with the earrings, and without the background between them and a neck; and the earrings alone,
    float32, shape (H, W), range [0, 1], with the hooks that they hang by, None without any.
    """
    jewels: FloatImage | None = None
    for face in faces:
        if face.width < _SMALLEST or abs(face.roll) > _LEANING:
            continue
        for lobe, side in _LOBES:
            if face.yaw * side > _FAR_SIDE:
                continue
            unit = min(_U, face.width)
            into = _into_window(face, lobe, side=side, unit=unit)
            size = tuple(round((high - low) * unit) for low, high in _WINDOW)
            # Beyond the picture there is nothing to be found.
            person = cv2.warpAffine(matte, into, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(1.0,))
            if np.count_nonzero(person < _FREE) < 2 * _LEAST_AROUND * unit * unit:
                continue
            seen = cv2.warpAffine(picture, into, size, borderMode=cv2.BORDER_REPLICATE)
            found = _look(seen.astype(np.uint8, copy=False), person.astype(np.float32, copy=False), unit=unit)
            if found is None:
                continue
            if jewels is None:
                matte, jewels = matte.copy(), np.zeros_like(matte)
            _lay_in(matte, jewels, found, into)
    return matte, jewels


def _into_window(face: Face, lobe: int, *, side: float, unit: float) -> _Matrix:
    """(2, 3): from pixels of the picture to those of the window below an ear, outwards to the right."""
    scale = unit / face.width
    cosine, sine = scale * np.cos(face.roll), scale * np.sin(face.roll)
    turn = np.array([[side, 0], [0, 1]]) @ np.array([[cosine, sine], [-sine, cosine]])
    corner = np.array([_WINDOW[0][0], _WINDOW[1][0]]) * unit
    return np.column_stack([turn, -turn @ face.landmarks[lobe].astype(np.float64) - corner])


def _within(area: tuple[tuple[float, float], tuple[float, float]], *, unit: float) -> tuple[slice, slice]:
    """Rows and columns of the window."""
    columns, rows = (
        slice(round((low - start) * unit), round((high - start) * unit))
        for (low, high), (start, _) in zip(area, _WINDOW, strict=True)
    )
    return rows, columns


def _look(seen: ByteImage, person: FloatImage, *, unit: float) -> tuple[FloatImage, FloatImage] | None:
    """An earring, and the background between it and a neck, both in the window, 0 … 1; None without any."""
    free = person < _FREE
    zone = np.zeros_like(free)
    zone[_within(_ZONE, unit=unit)] = True
    calm = cv2.GaussianBlur(seen, (0, 0), max(0.5, 0.004 * unit)).astype(np.uint8, copy=False)
    # Most people wear nothing there: a quarter of the pixels shows that.
    few = _weighted_lab(np.ascontiguousarray(calm[::2, ::2]))
    around, hanging = few[(free & ~zone)[::2, ::2]], few[(free & zone)[::2, ::2]]
    if 4 * len(around) < _LEAST_AROUND * unit * unit or not len(hanging):
        return None
    around = np.ascontiguousarray(around[:: max(1, len(around) // _SAMPLES)])
    colours = _palette(around)
    common = percentile(_away(around, colours), 97)
    if common > _PLAIN:
        return None
    least_strange, least_unusual = (max(least, times * common) for least, times in (_STRANGE, _UNUSUAL))
    seen_strange = 4 * np.count_nonzero(_away(hanging, colours) > least_strange)
    if seen_strange < _LEAST_SEEN * unit * unit:
        return None
    lab, inside = _weighted_lab(calm), _distance(~free)
    zone &= inside < _DEEPEST * unit
    body = person > 0.5
    # The upper links of a chain may be in the matte.
    below = round((_LINKS - _WINDOW[1][0]) * unit)
    body[below:] = _opened(body, _THIN * unit)[below:]
    strangeness = np.zeros_like(person)
    strangeness[zone & ~body] = _away(lab[zone & ~body], colours)
    strange, unusual = strangeness > least_strange, strangeness > least_unusual
    behind = _between(_shaded(lab, colours, zone & (person > _EDGE)), free, inside, unit=unit)
    body &= ~behind
    earring = _hanging(unusual & ~(body | behind), strange, body, unit=unit)
    if earring is None:
        return None
    # A head's shadow beside something that stands out more is no part of it.
    shade = strangeness < _FAINT * percentile(strangeness[earring], 75)
    earring = _closed(earring & ~parts_touching(shade & ~body, free & ~earring), _GAP / 2 * unit)
    hung = _thickened(earring | _hook(earring, body, unit=unit), unit=unit)
    rows = np.flatnonzero(hung.any(axis=1))
    behind[: rows[0]] = behind[rows[-1] :] = False
    behind &= (_distance(~earring) < _POCKET * unit) & ~hung
    soft = [cv2.GaussianBlur(each.astype(np.float32), (0, 0), 0.7) for each in (hung, behind)]
    return np.asarray(soft[0], np.float32), np.asarray(soft[1], np.float32)


def _between(shaded: _Mask, free: _Mask, inside: FloatImage, *, unit: float) -> _Mask:
    """What of a matte is background: as far as it hangs together with what surely is.

    Grey cloth is like a grey wall in the shade, but lies on a shoulder, not beside a neck: that goes deeper.
    """
    behind = _closed(parts_touching(shaded, free), _GAP / 2 * unit)
    return behind & ~parts_touching(behind, inside > (_DEEPEST - _RIM) * unit)


def _distance(mask: _Mask) -> FloatImage:
    """How far inside a mask every pixel is."""
    return np.asarray(cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 3), np.float32)


def _opened(mask: _Mask, radius: float) -> _Mask:
    return cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, disk(radius)) > 0


def _closed(mask: _Mask, radius: float) -> _Mask:
    return cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disk(radius)) > 0


def _thickened(earring: _Mask, *, unit: float) -> _Mask:
    """An earring whose thin parts are thick enough to be drawn."""
    thin = earring & ~_opened(earring, 0.75 * _WIRE * unit)
    return earring | (cv2.dilate(thin.view(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _weighted_lab(picture: ByteImage) -> FloatImage:
    return rgb_to_lab(to_float(picture)) * _WEIGHTS


def _palette(seen: FloatImage) -> FloatImage:
    """The colours, (n, 3), of a few pixels of a background, (N, 3)."""
    # The same picture gets the same earrings, always.
    cv2.setRNGSeed(1)
    labels = np.zeros((len(seen), 1), np.int32)
    enough = (cv2.TERM_CRITERIA_COUNT, 4, 0.0)
    _, _, colours = cv2.kmeans(seen, min(_COLOURS, len(seen)), labels, enough, 1, cv2.KMEANS_PP_CENTERS)
    return np.asarray(colours, np.float32)


def _away(seen: FloatImage, colours: FloatImage) -> FloatImage:
    """How far every colour, (N, 3), is from the nearest of others, (n, 3)."""
    # By the squares' sum: a third of the time that distances take one by one. A colour has three parts, and
    # one more is the other's square.
    others = np.column_stack([-2 * colours, np.square(colours).sum(axis=1)]).astype(np.float32)
    squares = cv2.transform(seen[:, np.newaxis], others).reshape(len(seen), len(colours))
    nearest = cv2.reduce(squares, 1, cv2.REDUCE_MIN).ravel() + np.square(seen).sum(axis=1)
    away: FloatImage = np.sqrt(np.maximum(nearest, 0), dtype=np.float32)
    return away


def _shaded(lab: FloatImage, colours: FloatImage, where: _Mask) -> _Mask:
    """Where there is the background, be it in the shade of a head."""
    behind = np.zeros_like(where)
    shades = np.concatenate([colours * np.float32(share) for share in _SHADES])
    behind[where] = _away(lab[where], shades) < _UNUSUAL[0]
    return behind


def _hanging(unusual: _Mask, strange: _Mask, body: _Mask, *, unit: float) -> _Mask | None:
    """What of the unusual places is an earring."""
    from_body = _distance(~body)
    # The soft rim of a cheek joins what hangs beside it to everything else there.
    apart = _closed(unusual, _GAP / 2 * unit) & (from_body > _SOFT * unit)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(apart.astype(np.uint8), connectivity=8)
    beside = from_body < (_SOFT + _RIM) * unit
    lobe = -_WINDOW[1][0] * unit
    rows, columns = _within(_ZONE, unit=unit)
    kept = np.zeros(count, np.bool_)
    for index in range(1, count):
        x, y, across, down, area = (int(value) for value in stats[index])
        box = (slice(y, y + down), slice(x, x + across))
        own = labels[box] == index
        top = int(np.count_nonzero(own[: 1 + down // 10].any(axis=0)))
        kept[index] = (
            _LENGTHS[0] * unit < down < _LENGTHS[1] * unit
            and across < min(_WIDEST * unit, 1.1 * down)
            and top < max(_POINT * unit, 0.8 * across)
            and area > _LEAST_AREA * unit * unit
            and _TOPS[0] * unit < y - lobe < _TOPS[1] * unit
            and x + across < columns.stop
            and y + down < min(rows.stop, len(labels))
            and float(from_body[box][own].min()) < _FLOATS * unit
            and float((beside[box] & own).any(axis=1).mean()) < _BESIDE
            and float((strange[box] & own).sum()) > _LEAST_STRANGE * area
        )
    earring: _Mask = kept[labels]
    odd = strange & (from_body > _SOFT * unit)
    if not earring.any() or np.count_nonzero(odd & earring) < _ALONE * np.count_nonzero(odd):
        return None
    return earring | (small_parts(~(earring | body), _CRYSTAL * unit * unit) & ~body)


def _hook(earring: _Mask, body: _Mask, *, unit: float) -> _Mask:
    """What an earring hangs by: from its top to the ear above it."""
    hook = np.zeros(body.shape, np.uint8)
    row, column = np.argwhere(earring)[0]
    above = np.argwhere(body[: row + 1])
    if len(above):
        nearest = above[np.abs((above - (row, column)) * (1, 2)).sum(axis=1).argmin()]
        start, end = ((int(place[1]), int(place[0])) for place in (nearest, (row, column)))
        cv2.line(hook, start, end, (1,), thickness=max(1, round(_WIRE * unit)))
    return hook > 0


def _lay_in(
    matte: FloatImage, jewels: FloatImage, found: tuple[FloatImage, FloatImage], into: _Matrix
) -> None:
    """Lay an earring and its pocket from the window over the picture, in place."""
    height, width = found[0].shape
    back = cv2.invertAffineTransform(into)
    corners = np.array([(x, y, 1) for x in (-1, width) for y in (-1, height)]) @ back.T
    left, top = (max(0, int(value)) for value in np.floor(corners.min(axis=0)))
    right, bottom = (int(value) + 1 for value in np.ceil(corners.max(axis=0)))
    window = (slice(top, bottom), slice(left, right))
    back[:, 2] -= left, top
    size = (matte[window].shape[1], matte[window].shape[0])
    earring, pocket = (cv2.warpAffine(each, back, size) for each in found)
    np.maximum(jewels[window], earring, out=jewels[window])
    matte[window] = np.maximum(matte[window] * (1 - pocket), earring)
