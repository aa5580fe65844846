"""Hair, clothes and landscapes as a few flat masses with smooth borders: materials, and tones in them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.drawing.mass_tones import CLOTH, HAIR, MassTones, shaped_for_paper, trace_tones
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.vector import Shape
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.windows import extent

_ROUNDS = 6
"""Rounds after which colours hardly move any more."""

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

_SOFT = 26.0
"""Width of a border, four-hundredths of a face, from which on it is one of light and not of cloth."""

_ONE_HUE = 8.0
"""Difference of two hues in one light up to which they are one."""

_LEAST_BORDER = 12
"""Pixels of a border below which it tells nothing."""

_ONE_CLOTH = 36.0
"""Most that two tones of one cloth can lie apart."""

_SAMPLES = 9600
_CELL, _MOST_ALIKE, _LEAST_ALIKE = 5.0, 50, 4
"""Side of a cell of colours, and how many samples of one count at most and at least."""

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
    dull, slope = _dull(shaped), _slope(shaped)
    inner = cv2.erode(where, disk(max(3.0, 8 * unit))) > 0.5
    sure = wanted & (on_head | ~_steep(slope) & inner)
    first = np.array(known, np.float32).reshape(-1, 1, 3)
    seeds = _dull(shaped_for_paper(first)).reshape(-1, 3) if len(first) else first.reshape(-1, 3)
    materials: list[FloatImage] = []
    for place, shade, count, apart in places:
        # What two cloths have mixed at their border is no third, unless there is nothing else.
        clear = place & sure
        part = dull[clear if np.count_nonzero(clear) >= 8 else place]
        weights = np.array([shade, 1, 1], np.float32)
        begun = seeds if shade == _SHADE else seeds[:0]
        found = gather_colours(_varied(part * weights), count=count, apart=apart, first=begun * weights)
        materials.append((found / weights).astype(np.float32))
    labels = _nearest(dull, materials, [(place, shade) for place, shade, _, _ in places])
    count = sum(len(found) for found in materials)
    # Weave has edges of its own everywhere.
    even = _slope(gaussian(shaped, sigma=max(1.0, 5 * unit)))
    labels = _without_soft_borders(
        labels, shaped, even, wanted, [len(found) for found in materials], softest=max(9.0, _SOFT * unit)
    )
    # What lies outside takes no part, but masses go on to it: beside the silhouette nothing else may show.
    labels = _settled(np.where(wanted, labels, np.uint8(count)), sure, reach=max(4.0, 12 * unit))
    of_hair = len(materials[0]) if len(places) > len(heads) else 0
    shares = _shares(labels, count, sigma=max(1.0, 3 * unit))
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
        base, inside = trace_tones(shaped, own & wanted, core, tones, grain, unit=unit)
        if index == commonest:
            # It lies everywhere, and so may its tones: others cover them.
            masses.insert(0, (np.inf, Shape((np.repeat(frame, 2, axis=0),), base)))
            masses[1:1] = [(np.inf, shape) for shape in inside]
            continue
        lead = shares[index] - np.where(own, second, first)
        curves = trace_field(
            lead, level=-_OVERLAP, spacing=max(2.6, 7 * unit), least_area=least, cornered=True
        )
        if curves:
            masses.append((float(sizes[index]), Shape(curves, base, 1.0, inside)))
    # What is small lies on what is large.
    masses.sort(key=lambda each: -each[0])
    return tuple(shape for _, shape in masses)


def gather_colours(
    samples: FloatImage, *, count: int, apart: float, first: FloatImage | None = None
) -> FloatImage:
    """Find the few colours that stand for many: k-means from colours far apart.

    Parameters
    ----------
    samples : float32 array, shape (N, 3), N >= 1
    count : int, >= 1
        How many at most.
    apart : float
        Colours nearer to each other than this become one.
    first : float32 array, shape (M, 3)
        Colours that are among them as they are, if any sample is nearest to them.

    Returns
    -------
    float32 array, shape (K, 3), 1 <= K <= count.
    """
    colours = [np.median(samples, axis=0)]
    colours[:0] = () if first is None else list(first)
    nearest = np.min([np.square(samples - colour).sum(axis=1) for colour in colours], axis=0)
    while len(colours) < count:
        # Not the very farthest, which is an outlier, but the middle of the farthest part.
        cut = np.quantile(nearest, 0.985)
        far = samples[nearest >= cut]
        if cut < apart * apart or len(far) == 0:
            break
        colours.append(np.median(far, axis=0))
        nearest = np.minimum(nearest, np.square(samples - colours[-1]).sum(axis=1))
    centres = np.array(colours, np.float32)
    labels = np.zeros(len(samples), np.int64)
    fixed = 0 if first is None else len(first)
    for _ in range(_ROUNDS):
        away = np.square(centres).sum(axis=1) - 2 * (samples @ centres.T)
        labels = away.argmin(axis=1)
        for index in range(fixed, len(centres)):
            own = samples[labels == index]
            if len(own):
                centres[index] = own.mean(axis=0)
    keep: list[int] = []
    for index in range(len(centres)):
        if (labels == index).any() and all(
            float(np.hypot(*(_weighed(centres[index] - centres[other])))) >= apart for other in keep
        ):
            keep.append(index)
    return centres[keep]


def _varied(colours: FloatImage) -> FloatImage:
    """A sample of many colours in which none is too common: a tie is small beside a coat."""
    # An odd step, so that samples don't fall on columns.
    sample = colours[:: max(1, len(colours) // _SAMPLES) | 1]
    cells = np.floor(sample * np.float32(1 / _CELL)).astype(np.int64) + 512
    keys = (cells[:, 0] << 20) + (cells[:, 1] << 10) + cells[:, 2]
    order = np.argsort(keys, kind="stable")
    alike = keys[order]
    begins = np.flatnonzero(np.r_[True, alike[1:] != alike[:-1]])
    sizes = np.diff(np.r_[begins, len(alike)])
    rank = np.arange(len(alike)) - np.repeat(begins, sizes)
    kept = (rank < _MOST_ALIKE) & (np.repeat(sizes, sizes) >= _LEAST_ALIKE)
    varied: FloatImage = sample[order[kept]] if kept.any() else sample
    return varied


def _weighed(difference: FloatImage) -> tuple[float, float]:
    return float(difference[0]), float(np.hypot(difference[1], difference[2]))


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


def _slope(shaped: FloatImage) -> FloatImage:
    """The square of how fast colours change, per pixel."""
    slope = np.zeros(shaped.shape[:2], np.float32)
    for plane in planes_of(shaped):
        for across, down in ((1, 0), (0, 1)):
            slope += np.square(cv2.Sobel(plane, cv2.CV_32F, across, down, scale=0.125))
    return slope


def _steep(slope: FloatImage) -> NDArray[np.bool_]:
    """Where one colour goes over into another: what lies there is neither."""
    even = (slope < _STEEP * _STEEP).astype(np.uint8)
    # A single even pixel within a slope is where two blurs meet.
    even = cv2.morphologyEx(even, cv2.MORPH_OPEN, disk(1)).astype(np.uint8, copy=False)
    # The middle of a stripe that is hardly wider than its blur.
    summit = slope < np.float32(_SUMMIT * _SUMMIT) * cv2.dilate(slope, np.ones((5, 5), np.uint8))
    steep: NDArray[np.bool_] = (even == 0) & ~summit
    return steep


def _without_soft_borders(
    labels: NDArray[np.uint8],
    shaped: FloatImage,
    slope: FloatImage,
    wanted: NDArray[np.bool_],
    counts: list[int],
    *,
    softest: float,
) -> NDArray[np.uint8]:
    """Make one of materials that go over into each other softly: that is light, and a cloth has an edge.

    Parameters
    ----------
    counts : how many materials each kind has; those of different kinds stay apart
    softest : float, pixels
        Width of a border from which on it is none.
    """
    count = sum(counts)
    kind = np.repeat(np.arange(len(counts)), counts)
    here = labels[wanted]
    sizes = np.bincount(here, minlength=count)
    sums = [np.bincount(here, plane[wanted], minlength=count) for plane in planes_of(shaped)]
    means = (np.stack(sums) / np.maximum(sizes, 1)).T
    pairs = np.zeros(count * count, np.int64)
    steepness = np.zeros(count * count)
    for one, other, there in (
        (labels[:, :-1], labels[:, 1:], np.s_[:, :-1]),
        (labels[:-1], labels[1:], np.s_[:-1]),
    ):
        border = (one != other) & wanted[there]
        key = np.minimum(one, other)[border].astype(np.int64) * count + np.maximum(one, other)[border]
        pairs += np.bincount(key, minlength=count * count)
        steepness += np.bincount(key, np.sqrt(slope[there][border]), minlength=count * count)
    apart = np.linalg.norm(means[:, None] - means[None, :], axis=2)
    widths = apart.ravel() * pairs / np.maximum(steepness, 1e-6)
    # What differs in light alone is one cloth sooner.
    strength = in_one_light(means[:, :1].astype(np.float32))
    hues = means[:, 1:] * strength
    off = np.linalg.norm(hues[:, None] - hues[None, :], axis=2)
    widths *= np.where(off.ravel() < _ONE_HUE, 2, 1)
    into = np.arange(count, dtype=np.uint8)
    for key in np.argsort(-widths, kind="stable"):
        if widths[key] <= softest:
            break
        first, second = (into == into[index] for index in divmod(int(key), count))
        alike = kind[first][0] == kind[second][0]
        # None of one may be too far from any of the other: from black by greys to white is no one cloth.
        if pairs[key] >= _LEAST_BORDER and alike and apart[np.ix_(first, second)].max() < _ONE_CLOTH:
            into[second] = into[first][0]
    merged: NDArray[np.uint8] = into[labels]
    return merged


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
