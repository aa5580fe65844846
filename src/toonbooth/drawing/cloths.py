"""Which colours are one cloth: light goes over softly from one into another, and a cloth has an edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.windows import extent, grown

_SOFT = 26.0
"""Width of a border, four-hundredths of a face, from which on it is one of light and not of cloth."""

_ONE_HUE = 8.0
"""Difference of two hues in one light up to which they are one."""

_STRENGTH = 0.02
"""By how much more for every unit of chroma."""

_WEAKER = 0.6
"""How many times as strong one hue must be as another, to be the same in another light."""

_ONE_TONE = 15.0
"""Difference in lightness of two cloths of one hue up to which they are one, whatever their border."""

_ONE_CLOTH = 36.0
"""Most that two tones of one cloth can lie apart."""

_LEAST_BORDER = 12
"""Pixels of a border below which it tells nothing."""

_CHIP = 5000.0
"""Area up to which a piece of cloth may be a chip of another, in square four-hundredths of a face's width."""

_SPECK = 700.0
"""Area up to which a piece is none of its own, whatever its colour."""

_ASTRAY = 3.0
"""How many times as large a piece of hair may be that is none."""

_CHIP_HUE, _CHIP_TONE = 13.0, 26.0
"""Differences in hue, in one light, and in lightness up to which it is one of what lies around it."""

_FEW, _STREAK_HUE = 0.3, 26.0
"""Share of a head's hair below which another colour in it is a streak, and how far its hue may differ."""

_WHITE, _WHITE_TONE, _BESIDE_WHITE = 75.0, 55.0, 0.35
"""L* from which on a cloth is white, how much darker its shade is at most, its share of a chip's border."""

_DARK = 30.0
"""L* below which hues count the less."""

_NOTHING = 255
"""What is no material's in labels."""


def whole_cloths(
    labels: NDArray[np.uint8],
    shaped: FloatImage,
    wanted: NDArray[np.bool_],
    kind: NDArray[np.intp],
    *,
    unit: float,
) -> NDArray[np.uint8]:
    """Put materials together that go over into each other softly or hardly differ, and chips to their cloths.

    Parameters
    ----------
    labels : uint8 array, shape (H, W)
        Every place's material.
    shaped : float32 array, shape (H, W, 3), L*a*b*
    wanted : bool array, shape (H, W)
        Beyond it labels mean nothing.
    kind : int array, shape (K,)
        Of every material; those of different kinds stay apart.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    uint8 array, shape (H, W): some of the materials are nowhere any more.
    """
    count = len(kind)
    # On a quarter of the pixels: what is lost between them is too small to be drawn.
    few = np.where(wanted, labels, np.uint8(_NOTHING))[::2, ::2]
    colours = np.ascontiguousarray(shaped[::2, ::2])
    inside = few != _NOTHING
    here = few[inside]
    sizes = np.maximum(np.bincount(here, minlength=count), 1)
    sums = [np.bincount(here, plane[inside], minlength=count) for plane in planes_of(colours)]
    means = (np.stack(sums) / sizes).T
    hues = means[:, 1:] * in_one_light(means[:, :1].astype(np.float32))
    apart = np.linalg.norm(means[:, None] - means[None], axis=2)
    # A strong colour is one in a wider range.
    strong = np.linalg.norm(hues, axis=1)
    strong = np.float32(1) + np.float32(_STRENGTH) * np.minimum(strong[:, None], strong[None])
    one_hue = np.linalg.norm(hues[:, None] - hues[None], axis=2) < _ONE_HUE * strong
    one_hue |= _of_one_way(hues)
    one_tone = one_hue & (np.abs(means[:, :1] - means[None, :, 0]) < _ONE_TONE)
    # Weave has edges of its own everywhere.
    pairs, steepness = _borders(few, gaussian(colours, sigma=max(0.5, 2.5 * unit)), count)
    widths = 2 * apart * pairs / np.maximum(steepness, 1e-6)
    # What differs in light alone is one cloth sooner.
    softness = np.where(one_hue, 1.3, 1.0) * widths / max(9.0, _SOFT * unit) + one_tone
    softness += _streaks(means, hues, sizes, kind)
    into = np.arange(count, dtype=np.uint8)
    for place in np.argsort(-softness.ravel(), kind="stable"):
        one, other = divmod(int(place), count)
        if softness[one, other] <= 1:
            break
        first, second = into == into[one], into == into[other]
        # None of one may be too far from any of the other: from black by greys to white is no one cloth.
        near = apart[np.ix_(first, second)].max() < _ONE_CLOTH
        if pairs[one, other] >= _LEAST_BORDER and kind[one] == kind[other] and near:
            into[second] = into[first][0]
    lookup = np.append(into, np.zeros(_NOTHING + 1 - count, np.uint8))
    lookup[_NOTHING] = _NOTHING
    _without_chips(few := lookup[few], colours, whole := lookup[labels], kind, unit=unit)
    return whole


def _of_one_way(hues: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which hues, (K, 2), are of one direction, (K, K), though one may be weaker than the other."""
    strength = np.maximum(np.linalg.norm(hues, axis=1), 1e-3)
    stronger = np.maximum(strength[:, None], strength[None])
    share = strength[:, None] / strength[None]
    across = np.abs(hues[:, :1] * hues[None, :, 1] - hues[:, 1:] * hues[None, :, 0]) / stronger
    one_way: NDArray[np.bool_] = (hues @ hues.T > 0) & (across < _ONE_HUE)
    one_way &= (share > _WEAKER) & (share < 1 / _WEAKER)
    return one_way


def _streaks(
    means: NDArray[np.float64], hues: NDArray[np.float64], sizes: NDArray[np.int64], kind: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which materials of one head's hair, (K, K), are roots, streaks and rim light, and no ribbon or comb."""
    of_head = np.array([sizes[kind == each].sum() for each in kind])
    most = sizes == np.array([sizes[kind == each].max() for each in kind])
    few = (kind > 1) & (sizes < _FEW * of_head)
    alike = np.linalg.norm(hues[:, None] - hues[None], axis=2) < _STREAK_HUE
    alike &= np.abs(means[:, :1] - means[None, :, 0]) < _CHIP_TONE
    pairs = (few[:, None] & most[None]) | (most[:, None] & few[None])
    streaks: NDArray[np.bool_] = pairs & (kind[:, None] == kind[None]) & alike
    return streaks


def _borders(
    labels: NDArray[np.uint8], even: FloatImage, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For all two materials, (K, K): the length of their border in pixels, and the sum of slopes on it."""
    slope = np.sqrt(slopes(even))
    pairs = np.zeros(count * count, np.int64)
    steepness = np.zeros(count * count)
    for one, other, there in (
        (labels[:, :-1], labels[:, 1:], np.s_[:, :-1]),
        (labels[:-1], labels[1:], np.s_[:-1]),
    ):
        low, high = np.minimum(one, other), np.maximum(one, other)
        border = (low != high) & (high != _NOTHING)
        key = low[border].astype(np.int64) * count + high[border]
        pairs += np.bincount(key, minlength=count * count)
        steepness += np.bincount(key, slope[there][border], minlength=count * count)
    return pairs.reshape(count, count), steepness.reshape(count, count)


def slopes(shaped: FloatImage) -> FloatImage:
    """The square of how fast colours change, per pixel, (H, W)."""
    slope = np.zeros(shaped.shape[:2], np.float32)
    for plane in planes_of(shaped):
        for across, down in ((1, 0), (0, 1)):
            slope += np.square(cv2.Sobel(plane, cv2.CV_32F, across, down, scale=0.125))
    return slope


def _without_chips(
    few: NDArray[np.uint8],
    colours: FloatImage,
    labels: NDArray[np.uint8],
    kind: NDArray[np.intp],
    *,
    unit: float,
) -> None:
    """Give chips to the cloth around them if they are much like it, and specks if they are not.

    In place. They are looked for among every second pixel of every second row: `few`, and its `colours`.
    """
    inside = few != _NOTHING
    sizes = np.bincount(few[inside], minlength=len(kind))
    sums = [np.bincount(few[inside], plane[inside], minlength=len(kind)) for plane in planes_of(colours)]
    means = (np.stack(sums) / np.maximum(sizes, 1)).T.astype(np.float32)
    speck, least = (0.25 * area * unit * unit for area in (_SPECK, _CHIP))
    for index in np.flatnonzero(sizes):
        found = extent(few == index)
        assert found is not None
        window = top, left = grown(found, 1, few.shape)
        around_all = few[window]
        _, pieces, stats, _ = cv2.connectedComponentsWithStats((around_all == index).astype(np.uint8))
        areas = stats[:, cv2.CC_STAT_AREA]
        for piece in np.flatnonzero((areas < least) & (areas > 2)):
            x, y, across, down = (int(value) for value in stats[piece, :4])
            rows, columns = slice(max(0, y - 1), y + down + 1), slice(max(0, x - 1), x + across + 1)
            own = (pieces[rows, columns] == piece).astype(np.uint8)
            rim = (cv2.dilate(own, np.ones((3, 3), np.uint8)) > 0) & (own == 0)
            around = np.bincount(around_all[rows, columns][rim], minlength=_NOTHING + 1)
            most = int(around[:_NOTHING].argmax())
            # Hair grows on a head: what of its colour lies alone is none.
            if areas[piece] >= (_ASTRAY * speck if kind[index] > 1 else speck):
                # The shade at a white collar is no cloth of its own, though a coat lies on its other side.
                needed = _BESIDE_WHITE if means[most, 0] > _WHITE else 0.5
                if around[most] <= needed * around.sum() or kind[most] != kind[index]:
                    continue
                if not _much_alike(colours[window][rows, columns][own > 0].mean(axis=0), means[most]):
                    continue
            elif not around[most]:
                continue
            y, x = 2 * (rows.start + top.start), 2 * (columns.start + left.start)
            part = labels[y : y + 2 * own.shape[0], x : x + 2 * own.shape[1]]
            covered = np.repeat(np.repeat(own, 2, axis=0), 2, axis=1)[: part.shape[0], : part.shape[1]]
            part[(cv2.dilate(covered, np.ones((3, 3), np.uint8)) > 0) & (part == index)] = most


def _much_alike(one: FloatImage, other: FloatImage) -> bool:
    hues = [colour[1:] * float(in_one_light(colour[:1])[0]) for colour in (one, other)]
    # What is black has no hue to tell.
    off = float(np.linalg.norm(hues[0] - hues[1])) * min(float(min(one[0], other[0])) / _DARK, 1.0)
    tone = _WHITE_TONE if other[0] > _WHITE else _CHIP_TONE
    return abs(float(one[0] - other[0])) < tone and off < _CHIP_HUE
