"""Hair, clothes and landscapes as a few flat masses of colour with smooth borders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.pen import Colour, rgb_of
from toonbooth.drawing.vector import Rgb, Shape
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.flow import Flow, FlowSmoother
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep

_ROUNDS = 6
"""Rounds after which colours hardly move any more."""

_HUE = 1.25
"""How much more a difference in hue counts than one in lightness: grey hair is no blue coat."""

_HAIR_TONES = 6
"""How many colours hair has at most."""

_FOREIGN = 30.0**2
"""Square of the distance by which a colour of the clothes is farther from hair than it looks."""

_SAMPLES = 2400
_OVERLAP = 0.1
"""By how much masses reach under their neighbours, in the units of a blurred mask: nothing shows between."""


@dataclass(frozen=True, slots=True)
class MassTones:
    """How colours are gathered.

    count : how many colours at most.
    apart : least distance between two of them, L*a*b*. Turning it up leaves fewer.
    contrast : share of local contrast added before: folds and strands stand out.
    """

    count: int
    apart: float
    contrast: float


def byte_colour(colour: Colour) -> Rgb:
    """L*a*b* as bytes."""
    red, green, blue = (int(value) for value in np.rint(rgb_of(colour) * 255))
    return red, green, blue


def trace_masses(
    lab: FloatImage,
    where: FloatImage,
    tones: MassTones,
    flow: Flow | None = None,
    *,
    hair: FloatImage | None = None,
    unit: float,
) -> tuple[Shape, ...]:
    """Cut a picture into masses of colour.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed, in the colours it is to be drawn in.
    where : float32 array, shape (H, W), 0 … 1
        Where masses are wanted; beyond it their borders mean nothing.
    tones : MassTones
    flow : Flow of the same size
        Where given, borders between masses run along it: hair falls into strands, cloth into folds.
    hair : float32 array, shape (H, W), 0 … 1
        Where given, it has colours of its own: what is like it elsewhere is no part of it.
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
    shaped = _shaped(lab, tones, unit=unit)
    wanted = where > 0.5
    on_head = wanted & (hair > 0.5) if hair is not None else np.zeros_like(wanted)
    parts = [part for part in (shaped[wanted & ~on_head], shaped[on_head]) if len(part) >= 8]
    if not parts:
        return ()
    # An odd step, so that samples don't fall on columns.
    steps = [max(1, len(part) // _SAMPLES) | 1 for part in parts]
    counts = (tones.count, _HAIR_TONES)[-len(parts) :]
    gathered = [
        gather_colours(part[::step], count=count, apart=tones.apart)
        for part, step, count in zip(parts, steps, counts, strict=True)
    ]
    colours = np.concatenate(gathered).astype(np.float32)
    foreign = np.arange(len(colours)) < (len(gathered[0]) if len(gathered) > 1 else 0)
    height, width = where.shape
    labels = _nearest(shaped, colours, hair, foreign)
    # What lies outside takes no part.
    labels[~wanted] = len(colours)
    if flow is not None:
        labels = _combed(labels, len(colours), flow, unit=unit)
    shares = _shares(labels, len(colours), sigma=max(1.0, 3.4 * unit))
    labels = _ranked(shares)[0]
    least = max(12.0, 260 * unit * unit)
    for index in range(len(colours)):
        shares[index] = shares[index] - 2 * _specks(labels == index, least=least)
    shares = [gaussian(share, sigma=0.7) for share in shares]
    labels, first, second = _ranked(shares)
    order = np.argsort(-colours[:, 0])
    commonest = int(np.bincount(labels[wanted], minlength=len(colours)).argmax())
    frame = np.array([[-4, -4], [width + 4, -4], [width + 4, height + 4], [-4, height + 4]], np.float32)
    shapes = [Shape((np.repeat(frame, 2, axis=0),), byte_colour(_tuple(colours[commonest])))]
    for index in order:
        if index == commonest or not (labels == index).any():
            continue
        share = shares[index]
        lead = share - np.where(labels == index, second, first)
        curves = trace_field(lead, level=-_OVERLAP, spacing=max(2.1, 7 * unit), least_area=least * 0.8)
        shapes.append(Shape(curves, byte_colour(_tuple(colours[index]))))
    return tuple(shapes)


def gather_colours(samples: FloatImage, *, count: int, apart: float) -> FloatImage:
    """Find the few colours that stand for many: k-means from colours far apart.

    Parameters
    ----------
    samples : float32 array, shape (N, 3), N >= 1
    count : int, >= 1
        How many at most.
    apart : float
        Colours nearer to each other than this become one.

    Returns
    -------
    float32 array, shape (K, 3), 1 <= K <= count.
    """
    colours = [np.median(samples, axis=0)]
    nearest = np.square(samples - colours[0]).sum(axis=1)
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
    for _ in range(_ROUNDS):
        away = np.square(centres).sum(axis=1) - 2 * (samples @ centres.T)
        labels = away.argmin(axis=1)
        for index in range(len(centres)):
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


def _weighed(difference: FloatImage) -> tuple[float, float]:
    return float(difference[0]), float(np.hypot(difference[1], difference[2]))


def _shaped(lab: FloatImage, tones: MassTones, *, unit: float) -> FloatImage:
    lightness, a, b = planes_of(lab)
    around = gaussian(lightness, sigma=14 * unit)
    # Black opens to a dark colour; folds in it need more contrast to be seen at all.
    opened = np.float32(100) * np.power(np.maximum(lightness, 0) * np.float32(0.01), np.float32(0.86))
    dark = smoothstep(lightness, low=45, high=15)
    shaped = opened + (lightness - around) * (np.float32(tones.contrast) + np.float32(0.7) * dark)
    np.clip(shaped, 6, 98, out=shaped)
    # In the dark a hue is hardly seen, and often wrong.
    seen = np.clip(lightness * np.float32(1 / 25), np.float32(0.8), np.float32(1)) * np.float32(_HUE)
    return cv2.merge([shaped, a * seen, b * seen]).astype(np.float32, copy=False)


def _nearest(
    lab: FloatImage, colours: FloatImage, hair: FloatImage | None, foreign: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """The index of the nearest colour; those that are foreign to hair are farther there."""
    labels: NDArray[np.uint8] = np.zeros(lab.shape[:2], np.uint8)
    least: FloatImage = np.full(lab.shape[:2], np.inf, np.float32)
    farther = np.multiply(hair, np.float32(_FOREIGN)) if hair is not None and foreign.any() else None
    for index, colour in enumerate(colours):
        # The square of the pixel itself is the same for all colours.
        weights = np.array([[*(-2 * colour), float(np.square(colour).sum())]], np.float32)
        away = cv2.transform(lab, weights).astype(np.float32, copy=False)
        if farther is not None and foreign[index]:
            away += farther
        labels[away < least] = index
        np.minimum(least, away, out=least)
    return labels


def _combed(labels: NDArray[np.uint8], count: int, flow: Flow, *, unit: float) -> NDArray[np.uint8]:
    """Give every place the colour that most places along its strand have; no new colour comes of it."""
    along = FlowSmoother(flow, reach=max(1.0, 34 * unit), taps=4)
    most = np.zeros(labels.shape, np.uint8)
    combed = np.zeros_like(labels)
    # Four at a time: where to look is worked out once for all of them.
    for first in range(0, count + 1, 4):
        indices = range(first, min(first + 4, count + 1))
        masks = [np.multiply(labels == index, np.uint8(255), dtype=np.uint8) for index in indices]
        shares = along.smooth_bytes(cv2.merge(masks).astype(np.uint8, copy=False))
        for index, share in zip(indices, cv2.split(shares), strict=True):
            combed[share > most] = index
            np.maximum(most, share, out=most)
    return combed


def _shares(labels: NDArray[np.uint8], count: int, *, sigma: float) -> list[FloatImage]:
    side = 2 * int(np.ceil(2.5 * sigma)) + 1
    shares = []
    for index in range(count):
        # In bytes: several times quicker, and fine enough for a border that is smoothed again.
        mask = np.multiply(labels == index, np.uint8(255), dtype=np.uint8)
        blurred = cv2.GaussianBlur(mask, (side, side), sigma)
        shares.append(np.multiply(blurred, np.float32(1 / 255), dtype=np.float32))
    return shares


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


def _specks(mask: NDArray[np.bool_], *, least: float) -> FloatImage:
    number, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    small = np.zeros(number, np.float32)
    small[1:] = stats[1:, cv2.CC_STAT_AREA] < least
    marked: FloatImage = small[parts]
    return marked


def _tuple(colour: FloatImage) -> Colour:
    return float(colour[0]), float(colour[1]) / _HUE, float(colour[2]) / _HUE
