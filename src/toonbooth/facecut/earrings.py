"""Drop earrings: what hangs free below an ear lobe, which the person's matte seldom holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.colours import count_colours, index_cells, log_likelihood
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import LOBES
from toonbooth.facecut.outlines import dilated, opened
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.morphology import disk, parts_touching, small_parts
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)

_Window = tuple[slice, slice]

# Where an earring is sought around a lobe, and where the background behind it is learnt; face widths.
_AROUND: Final = 0.45
_ABOVE: Final = 0.3
_BELOW: Final = 0.9
_HANGING: Final = 0.2

_STRANGE: Final = -9.3
"""Log-likelihood below which the background about has no such colour."""

# What three earrings measured, in face widths: long 0.19 to 0.45, wide 0.09 to 0.14, on the mean 0.031 to
# 0.066; they began 0.05 above the lobe to 0.07 below. Scraps of badly cut cheeks were narrower than 0.021 or
# began higher.
_LEAST_LENGTH: Final = 0.15
_MOST_WIDTH: Final = 0.18
_LEAST_MEAN_WIDTH: Final = 0.025
_HIGHEST: Final = -0.1

_AT_ONCE: Final = (0.03, 0.1)
"""How far beside a known earring, and above and below it, what is slender is of it, face widths."""

_IN_AIR: Final = 0.3
"""What part of what lies around an earring is nobody: 0.63 to 1 measured, and nothing around locks."""

_CORNER: Final = 0.016
"""Half as thick as an earring is at least, face widths."""

_BESIDE: Final = 0.14
"""How far around an earring the background of a drawing is looked at, face widths."""

_BLEED: Final = 0.05
"""How far a JPEG file smears its colour, face widths."""

_INK: Final = 38.0
"""Lightness L* below which something is an outline rather than a backdrop."""

_FEW: Final = 0.01
"""Squared face widths of backdrop below which nothing is learnt of it."""

_DRAWN: Final = 0.7
"""What part of an earring must be something else than background: 0.62 to 0.67 where `flat` paints outline
and backdrop instead, 0.73 and more elsewhere."""


def recall_earrings(area: FloatImage, matte: FloatImage, landmarks: Points) -> FloatImage | None:
    """Tell the earrings of a head that is known, as photos had them: what is slender below a lobe.

    Parameters
    ----------
    area : float32 array, shape (H, W), range [0, 1]
        Which part of the frame is the head.
    matte : float32 array, shape (H, W), range [0, 1]
    landmarks : float32 array, shape (468, 2), frame pixels

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; None without any.
    """
    return _lay_together(
        [
            (window, _recall_earring(area[window], matte[window], lobe=lobe))
            for window, lobe in _windows(landmarks, matte.shape)
        ],
        matte.shape,
    )


def drawn_earrings(picture: ByteImage, matte: FloatImage, earrings: FloatImage) -> FloatImage | None:
    """Tell what a drawing has left of earrings: each one whole, without the background beside it, or nothing.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3), the frame's view of the drawing
    matte : float32 array, shape (H, W), range [0, 1]
    earrings : float32 array, shape (H, W), range [0, 1]
        As the photo had them.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; None when one of them is more background than earring: then a
    pair is better left off.
    """
    kept = np.zeros_like(earrings)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(
        (earrings > 0.3).astype(np.uint8), connectivity=8
    )
    for label in range(1, count):
        x, y, width, height = statistics[label, :4].tolist()
        room = round(_BESIDE * _U) + 2
        window = (slice(max(0, y - room), y + height + room), slice(max(0, x - room), x + width + room))
        part = labels[window] == label
        lab = rgb_to_lab(to_float(np.ascontiguousarray(picture[window])))
        beside = dilated(part, _BESIDE * _U) & ~dilated(part, _BLEED * _U) & (matte[window] < 0.5)
        # What is dark there may be the earring's own outline.
        beside &= lab[..., 0] > _INK
        if float(beside.sum()) < _FEW * _U * _U:
            kept[window] = np.maximum(kept[window], earrings[window] * part)
            continue
        cells = index_cells(lab)
        likelihood = log_likelihood(count_colours(cells, beside.astype(np.float32)))[cells]
        drawn = part & (likelihood < _STRANGE)
        if float(drawn.sum()) < _DRAWN * float(part.sum()):
            return None
        whole = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_CLOSE, disk(0.02 * _U)) > 0
        soft = cv2.GaussianBlur((whole & part).astype(np.float32), (0, 0), 0.7)
        kept[window] = np.maximum(kept[window], np.minimum(np.asarray(soft, np.float32), earrings[window]))
    return kept


def hanging_earrings(figure: FloatImage, earrings: FloatImage) -> FloatImage:
    """What a drawn figure has of known earrings: all that is slender there.

    Parameters
    ----------
    figure : float32 array, shape (H, W), range [0, 1], in the head's frame
    earrings : float32 array, shape (H, W), range [0, 1]
        What of the figure they had in the photo.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; reaches a little beyond the figure.
    """
    solid = figure > 0.5
    body = opened(solid, _MOST_WIDTH / 2 * _U)
    known = earrings > 0.3
    beside, above = (2 * round(each * _U) + 1 for each in _AT_ONCE)
    near = cv2.dilate(known.astype(np.uint8), np.ones((above, beside), np.uint8)) > 0
    # Corners between neck and shoulder are no earrings.
    slender = solid & ~body & near
    slender &= dilated(opened(slender, _CORNER * _U), 1)
    hanging = parts_touching((slender | known) & solid, known)
    return (hanging | (dilated(hanging, 1.5) & ~solid)).astype(np.float32)


def _lay_together(
    earrings: Iterable[tuple[_Window, FloatImage | None]], shape: tuple[int, ...]
) -> FloatImage | None:
    """All earrings in the frame; None without any."""
    found: FloatImage | None = None
    for window, earring in earrings:
        if earring is not None:
            found = np.zeros(shape, np.float32) if found is None else found
            found[window] = np.maximum(found[window], earring)
    return found


def _recall_earring(area: FloatImage, matte: FloatImage, *, lobe: tuple[float, float]) -> FloatImage | None:
    x, y = lobe
    solid = (area > 0.5) & (matte > 0.5)
    slender = solid & ~opened(solid, _MOST_WIDTH / 2 * _U)
    slender[: round(y + _HIGHEST * _U)] = False
    slender &= np.abs(np.arange(slender.shape[1]) - x) < _HANGING * _U
    hanging = slender & ~small_parts(slender, _LEAST_MEAN_WIDTH * _LEAST_LENGTH * _U * _U)
    if not hanging.any():
        return None
    count, labels = cv2.connectedComponents(hanging.astype(np.uint8), connectivity=8)
    for part in (labels == label for label in range(1, count)):
        rim = dilated(part, 2) & ~solid
        # Tips of locks lie upon a neck or cloth.
        if float((rim & (matte < 0.5)).sum()) < _IN_AIR * float(rim.sum()):
            hanging &= ~part
    return area * hanging if hanging.any() else None


def _windows(landmarks: Points, shape: tuple[int, ...]) -> Iterator[tuple[_Window, tuple[float, float]]]:
    """Where earrings are sought: rows and columns of the frame, and (x, y) of the lobe in them."""
    height, width = shape
    for lobe in LOBES:
        x, y = landmarks[list(lobe)].mean(axis=0).tolist()
        x0, x1 = (int(np.clip(edge, 0, width)) for edge in (x - _AROUND * _U, x + _AROUND * _U))
        y0, y1 = (int(np.clip(edge, 0, height)) for edge in (y - _ABOVE * _U, y + _BELOW * _U))
        if x1 - x0 > _HANGING * _U and y1 - y0 > _BELOW * _U:
            yield (slice(y0, y1), slice(x0, x1)), (x - x0, y - y0)
