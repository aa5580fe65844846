"""Whose skin each place is: by connection with a face and by colour, by nearness where both are silent."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians

_Owners = NDArray[np.uint8]

_CORE = 0.3
"""Radius of what is surely one's own face, in face widths."""

_FACE = 0.15
"""Share of that core which a stretch of skin covers when it is that face's."""

_ALIKE = 1.25
"""How much nearer than the next tone a hand's must be to say whose it is."""


def whose_skin(
    lab: FloatImage, skin: FloatImage, heads: Sequence[tuple[float, float, float]]
) -> list[FloatImage]:
    """For every head the places that are its own, 0 or 1; everywhere they add up to one.

    A stretch of skin that one face lies on is that face's as far as it reaches. Where two faces touch, their
    border follows the step between their colours (a watershed, doi:10.1109/34.87344). A hand goes to whom its
    colour is like; if it's like several, to the nearest. Off the skin the nearest head has each place.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3), L*a*b*, smoothed
    skin : float32 array, shape (h, w), 0 … 1, closed
    heads : x and y of the middle, and width, of every face, pixels
    """
    if len(heads) < 2:
        return [np.ones_like(skin) for _ in heads]
    owner, cores = _nearest(skin.shape, heads)
    on_skin = skin > 0.5
    count, labels, stats, _ = cv2.connectedComponentsWithStats(on_skin.astype(np.uint8), connectivity=4)
    covered = [
        np.bincount(labels[core], minlength=count) / max(1, int(np.count_nonzero(core))) for core in cores
    ]
    own = [_tone(lab, core & on_skin) for core in cores]
    for index in range(1, count):
        x, y, across, down, _area = (int(value) for value in stats[index])
        box = (slice(y, y + down), slice(x, x + across))
        these = labels[box] == index
        if np.ptp(owner[box][these]) == 0:
            continue
        on = [head for head in range(len(heads)) if covered[head][index] > _FACE]
        if len(on) > 1:
            parted = _parted(lab[box], these, {head: cores[head][box] & these for head in on})
            owner[box][these] = np.where(parted > 0, parted - 1, owner[box])[these]
        else:
            owner[box][these] = on[0] if on else _likest(lab[box][these], own, owner[box][these])
    # The soft edge of a stretch is its own, too.
    grown = cv2.dilate(np.where(on_skin, owner + 1, 0).astype(np.uint8), np.ones((7, 7), np.uint8))
    owner = np.where(on_skin | (grown == 0), owner, grown - 1).astype(np.uint8)
    return [(owner == head).astype(np.float32) for head in range(len(heads))]


def _nearest(
    shape: tuple[int, ...], heads: Sequence[tuple[float, float, float]]
) -> tuple[_Owners, list[NDArray[np.bool_]]]:
    """The nearest head of every place, in face widths; and the core of every face."""
    columns = np.arange(shape[1], dtype=np.float32)[None, :]
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    away = [
        np.square((columns - np.float32(x)) / np.float32(max(across, 1.0)))
        + np.square((rows - np.float32(y)) / np.float32(max(across, 1.0)))
        for x, y, across in heads
    ]
    owner = np.argmin(np.stack(away), axis=0).astype(np.uint8)
    return owner, [(each < _CORE**2) & (owner == head) for head, each in enumerate(away)]


def _tone(lab: FloatImage, where: NDArray[np.bool_]) -> NDArray[np.float32] | None:
    samples = lab[where]
    return medians(samples.T).astype(np.float32) if len(samples) else None


def _likest(colours: FloatImage, own: list[NDArray[np.float32] | None], owner: _Owners) -> int:
    """Whose a stretch without a face is: the likest tone's, where that is clear; else the nearest head's."""
    tone = medians(colours.T)
    # Light says less than hue: hands lie in the shade as often as not.
    weights = np.array([0.5, 1, 1], np.float32)
    unlike = [np.inf if each is None else float(np.linalg.norm((tone - each) * weights)) for each in own]
    first, second = np.argsort(unlike)[:2]
    nearest = int(np.bincount(owner).argmax())
    return int(first) if unlike[second] > _ALIKE * unlike[first] + 2 else nearest


def _parted(
    lab: FloatImage, where: NDArray[np.bool_], cores: dict[int, NDArray[np.bool_]]
) -> NDArray[np.int32]:
    """One stretch of skin that several faces lie on, parted where their colours meet: head + 1, or 0."""
    outside = max(cores) + 2
    alone = np.where(where, 0, outside).astype(np.int32)
    for head, core in cores.items():
        alone[core] = head + 1
    # The watershed leaves its picture's own edge out.
    edge = (1, 1, 1, 1, cv2.BORDER_REPLICATE)
    markers = np.asarray(cv2.copyMakeBorder(alone, *edge), np.int32)
    coloured = np.clip(cv2.copyMakeBorder(lab, *edge) * (2, 2, 2) + (20, 100, 100), 0, 255).astype(np.uint8)
    cv2.watershed(coloured, markers)
    parted = np.where((markers > 0) & (markers < outside), markers, 0).astype(np.uint8)
    # Dams between two, and along the outside, go to a neighbour; a border is a calm curve.
    parted = np.where(parted > 0, parted, cv2.dilate(parted, np.ones((3, 3), np.uint8)))
    return np.asarray(cv2.medianBlur(parted.astype(np.uint8), 5)[1:-1, 1:-1], np.int32)
