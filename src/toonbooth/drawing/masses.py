"""Hair, clothes and landscapes as a few flat masses with smooth borders: materials, and tones in them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.cloths import slopes, whole_cloths
from toonbooth.drawing.colour_groups import gather_colours, varied_sample
from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.drawing.mass_tones import CLOTH, HAIR, MassTones, shaped_for_paper, trace_tones
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.vector import Shape
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.windows import extent, grown

_SHADE = 0.6
"""How much a difference in lightness counts where cloths are told apart: folds are no other cloth."""

_SHEEN = 0.22
"""And where hair is told from what is worn in it: its shine and its depths are tones of one colour."""

_HAIR_MATERIALS = 3
"""How many materials hair can be made of: hair, and what is worn in it."""

_APART = 11.0
_HAIR_APART = 13.0
"""Least distance between two cloths, and between two materials of hair."""

_FOREIGN = 30.0**2
"""Square of the distance by which a material of the clothes is farther from hair than it looks."""

_STEEP = 3.5
"""Slope of a colour, L*a*b* per pixel, from which on it is on its way to another."""

_SUMMIT = 0.3
"""Share of the steepest slope nearby below which a colour is where it is itself."""

_SAME = 7.0
"""Difference in L*a*b* of two people's skin up to which hands are not told apart."""

_OVERLAP = 0.1
"""By how much masses reach under their neighbours, in the units of a blurred mask: nothing shows between."""


def trace_masses(
    lab: FloatImage,
    where: FloatImage,
    tones: MassTones,
    *,
    hair: Sequence[FloatImage] = (),
    known: Sequence[Colour] = (),
    unit: float,
) -> tuple[Shape, ...]:
    """Cut a picture into materials, and each into a few tones of one hue.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed, in the colours it is to be drawn in.
    where : float32 array, shape (H, W), 0 … 1
        Where masses are wanted; beyond it their borders mean nothing.
    tones : MassTones
    hair : float32 arrays, shape (H, W), 0 … 1
        Every head's: it has colours of its own, and what is like it elsewhere is no part of it.
    known : L*a*b*
        Colours that are looked for besides hair's, however little there is of them: hands are small.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    Shapes that overlap and leave no gap, the first of them the commonest colour everywhere.

    References
    ----------
    S. P. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28(2), 1982.
    doi:10.1109/TIT.1982.1056489
    """
    shaped = shaped_for_paper(lab)
    wanted = where > 0.5
    heads = [wanted & (each > 0.5) for each in hair]
    heads = [head for head in heads if np.count_nonzero(head) >= 8]
    on_head = np.logical_or.reduce(heads) if heads else np.zeros_like(wanted)
    places = [(wanted & ~on_head, _SHADE, tones.count, _APART)]
    places += [(head, _SHEEN, _HAIR_MATERIALS, _HAIR_APART) for head in heads]
    if np.count_nonzero(places[0][0]) < 8:
        places = places[1:]
    if not places:
        return ()
    dull, slope = _dull(shaped), slopes(shaped)
    inner = cv2.erode(where, disk(max(3.0, 8 * unit))) > 0.5
    sure = wanted & (on_head | ~_steep(slope) & inner)
    kept = _apart(known)
    seeds: FloatImage = (
        _dull(shaped_for_paper(np.array([kept], np.float32)))[0] if kept else np.zeros((0, 3), np.float32)
    )
    materials: list[FloatImage] = []
    for place, shade, count, apart in places:
        # What two cloths have mixed at their border is no third, unless there is nothing else.
        clear = place & sure
        part = dull[clear if np.count_nonzero(clear) >= 8 else place]
        weights = np.array([shade, 1, 1], np.float32)
        begun = seeds if shade == _SHADE else seeds[:0]
        found = gather_colours(varied_sample(part * weights), count=count, apart=apart, first=begun * weights)
        materials.append((found / weights).astype(np.float32))
    labels = _nearest(dull, materials, [(place, shade) for place, shade, _, _ in places])
    count = sum(len(found) for found in materials)
    kinds = _kinds(materials, seeds)
    labels = whole_cloths(labels, shaped, wanted, kinds, unit=unit)
    # What lies outside takes no part, but masses go on to it: beside the silhouette nothing else may show.
    labels = _settled(np.where(wanted, labels, np.uint8(count)), sure, reach=max(4.0, 12 * unit))
    of_hair = len(materials[0]) if len(places) > len(heads) else 0
    sigma = max(1.0, 3 * unit)
    shares = _shares(labels, count, sigma=sigma)
    labels, first, second = _ranked(shares)
    # Specks and pinholes are left out as they are traced.
    least = max(20.0, 700 * unit * unit)
    sizes = np.bincount(labels[wanted], minlength=count)
    commonest = int(sizes.argmax())
    height, width = where.shape
    frame = np.array([[-4, -4], [width + 4, -4], [width + 4, height + 4], [-4, height + 4]], np.float32)
    masses: list[tuple[float, Shape]] = []
    for index in range(count):
        own = labels == index
        if not (own & wanted).any():
            continue
        hairy = index >= of_hair
        grain, core = (HAIR, own & inner) if hairy else (CLOTH, own & sure)
        # Hands and shoulders are of one colour with the face above them, if it is known whose they are.
        paint = kept[0] if kinds[index] == 1 and len(kept) == 1 else None
        base, inside = trace_tones(shaped, own & wanted, core, tones, grain, paint=paint, unit=unit)
        if index == commonest:
            # It lies everywhere, and so may its tones: others cover them.
            masses.insert(0, (np.inf, Shape((np.repeat(frame, 2, axis=0),), base)))
            masses[1:1] = [(np.inf, shape) for shape in inside]
            continue
        around = extent(own)
        assert around is not None
        window = grown(around, round(12 * sigma), own.shape)
        lead = shares[index][window] - np.where(own[window], second[window], first[window])
        curves = trace_field(
            lead, level=-_OVERLAP, spacing=max(2.6, 7 * unit), least_area=least, cornered=not hairy
        )
        corner = np.array((window[1].start, window[0].start), np.float32)
        curves = tuple(curve + corner for curve in curves)
        if curves:
            masses.append((float(sizes[index]), Shape(curves, base, 1.0, inside)))
    # What is small lies on what is large.
    masses.sort(key=lambda each: -each[0])
    return tuple(shape for _, shape in masses)


def _dull(shaped: FloatImage) -> FloatImage:
    """Colours as they tell materials apart: a hue is as strong in a fold's shadow as in its light."""
    lightness, a, b = planes_of(shaped)
    strength = in_one_light(lightness)
    return cv2.merge([lightness, a * strength, b * strength]).astype(np.float32, copy=False)


def _nearest(
    dull: FloatImage, materials: list[FloatImage], places: list[tuple[NDArray[np.bool_], float]]
) -> NDArray[np.uint8]:
    """The index of the nearest material: one of a head's in its hair, where clothes' are farther."""
    labels: NDArray[np.uint8] = np.zeros(dull.shape[:2], np.uint8)
    least: FloatImage = np.full(dull.shape[:2], np.inf, np.float32)
    index = 0
    for found, (place, shade) in zip(materials, places, strict=True):
        # Clothes may be anywhere, hair is where its head is.
        window = extent(place) if shade == _SHEEN else (slice(None), slice(None))
        assert window is not None
        lightness, a, b = planes_of(np.ascontiguousarray(dull[window]))
        least_here, labels_here = least[window], labels[window]
        if shade == _SHEEN:
            least_here[place[window]] += np.float32(_FOREIGN)
        for material in found:
            away = np.square(a - material[1])
            away += np.square(b - material[2])
            away += np.square((lightness - material[0]) * np.float32(shade))
            if shade == _SHEEN:
                away[~place[window]] = np.inf
            labels_here[away < least_here] = index
            np.minimum(least_here, away, out=least_here)
            index += 1
    return labels


def _shares(labels: NDArray[np.uint8], count: int, *, sigma: float) -> list[FloatImage]:
    side = 2 * int(np.ceil(2.5 * sigma)) + 1
    shares = []
    for index in range(count):
        # In bytes: several times quicker, and fine enough for a border that is smoothed again.
        mask = np.multiply(labels == index, np.uint8(255), dtype=np.uint8)
        blurred = cv2.GaussianBlur(mask, (side, side), sigma)
        shares.append(np.multiply(blurred, np.float32(1 / 255), dtype=np.float32))
    return shares


def _steep(slope: FloatImage) -> NDArray[np.bool_]:
    """Where one colour goes over into another: what lies there is neither."""
    even = (slope < _STEEP * _STEEP).astype(np.uint8)
    # A single even pixel within a slope is where two blurs meet.
    even = cv2.morphologyEx(even, cv2.MORPH_OPEN, disk(1)).astype(np.uint8, copy=False)
    # The middle of a stripe that is hardly wider than its blur.
    summit = slope < np.float32(_SUMMIT * _SUMMIT) * cv2.dilate(slope, np.ones((5, 5), np.uint8))
    steep: NDArray[np.bool_] = (even == 0) & ~summit
    return steep


def _apart(known: Sequence[Colour]) -> list[Colour]:
    """Known colours, of nearly the same one."""
    kept: list[Colour] = []
    for colour in known:
        if all(np.linalg.norm(np.subtract(colour, other)) > _SAME for other in kept):
            kept.append(colour)
    return kept


def _kinds(materials: list[FloatImage], seeds: FloatImage) -> NDArray[np.intp]:
    """Of every material whether it is cloth, 0, skin, 1, or which head's hair, from 2."""
    kinds = [np.full(len(found), place + 2) for place, found in enumerate(materials)]
    skin = (np.abs(materials[0][:, None] - seeds[None]).max(axis=2) < 0.01).any(axis=1)
    kinds[0] = np.where(skin, 1, 0)
    return np.concatenate(kinds)


def _settled(labels: NDArray[np.uint8], sure: NDArray[np.bool_], *, reach: float) -> NDArray[np.uint8]:
    """Give places between materials to the nearest of which one can be sure."""
    if not sure.any():
        return labels
    far, nearest = cv2.distanceTransformWithLabels(
        (~sure).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_nearest = np.zeros(int(nearest.max()) + 1, np.uint8)
    of_nearest[nearest[sure]] = labels[sure]
    settled: NDArray[np.uint8] = np.where(far <= reach, of_nearest[nearest], labels)
    return settled


def _ranked(shares: Sequence[FloatImage]) -> tuple[NDArray[np.uint8], FloatImage, FloatImage]:
    """Whose share is largest, how large it is, and how large the next."""
    labels: NDArray[np.uint8] = np.zeros(shares[0].shape, np.uint8)
    first: FloatImage = shares[0].copy()
    second: FloatImage = np.full_like(first, -1)
    for index, share in enumerate(shares[1:], start=1):
        labels[share > first] = index
        np.maximum(second, np.minimum(first, share), out=second)
        np.maximum(first, share, out=first)
    return labels, first, second
