"""Golden chains on a neck: too thin for strokes and planes, and of nearly the skin's colour."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.jewels import with_sharp_jewels
from toonbooth.drawing.regions import Regions, golden_hue
from toonbooth.imaging.colour import bytes_to_lab, planes_of
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.ranks import medians
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Face, scaled

_SMALLEST = 60.0
"""Pixels of a face under which links are no more than specks."""

# All lengths in face widths, areas in squared ones. Where chains lie below and beside a chin.
_BELOW, _BESIDE = (0.05, 1.2), 0.8
_GOLDEN = 0.35
"""How golden a link is at least."""

_THICK, _FRINGE, _GAP = 0.05, 0.03, 0.015
"""Half the width from which on something golden is hair or cloth, how far its fringes reach, and half the gap
between two links."""

_LENGTH, _FLAT = 0.25, 1.2
"""How far across a chain reaches at least, and how much farther than down."""

_AREAS = (0.008, 0.08)
_ON_SKIN = 0.5
"""Share of what is around a chain that is skin."""


def find_chains(
    small: ByteImage, regions: Regions, faces: tuple[Face, ...], *, scale: float
) -> FloatImage | None:
    """Find golden chains on bare necks, with what hangs on them.

    Parameters
    ----------
    small : uint8 array, shape (H, W, 3), the picture as it is
    regions : of the same size
    faces : faces in the coordinates of the full picture
    scale : float
        Size of `small` over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W), 0 … 1; None without any.
    """
    chains: FloatImage | None = None
    height, width = regions.skin.shape
    for face in faces:
        unit = face.width * scale
        if unit < _SMALLEST:
            continue
        x, y = (float(value) for value in scaled(face.landmarks, scale)[facemap.CHIN])
        top, bottom = (int(np.clip(y + share * unit, 0, height)) for share in _BELOW)
        left, right = (int(np.clip(x + side * _BESIDE * unit, 0, width)) for side in (-1, 1))
        window = (slice(top, bottom), slice(left, right))
        skin = regions.skin[window]
        sure = skin > 0.8
        if np.count_nonzero(sure) < 0.05 * unit * unit:
            continue
        lab = bytes_to_lab(np.ascontiguousarray(small[window]))
        _, red, yellow = planes_of(lab)
        _, usual_red, usual_yellow = (float(value) for value in medians(lab[sure].T))
        golden = golden_hue(red, yellow, (usual_red, usual_yellow)) * regions.person[window]
        found = _chain(golden, skin, unit=unit)
        if found is not None:
            chains = np.zeros((height, width), np.float32) if chains is None else chains
            np.maximum(chains[window], found, out=chains[window])
    return chains


def _chain(golden: FloatImage, skin: FloatImage, *, unit: float) -> FloatImage | None:
    on = (golden > _GOLDEN).astype(np.uint8)
    if np.count_nonzero(on) < _AREAS[0] / 2 * unit * unit:
        return None
    thick = cv2.dilate(cv2.morphologyEx(on, cv2.MORPH_OPEN, disk(_THICK * unit)), disk(_FRINGE * unit))
    links = cv2.morphologyEx(on * (1 - thick), cv2.MORPH_CLOSE, disk(_GAP * unit)) * (1 - thick)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(links.astype(np.uint8), connectivity=8)
    chain = np.zeros(on.shape, np.bool_)
    for index, (_, _, across, down, area) in enumerate(stats.tolist()):
        if (
            index
            and across > max(_LENGTH * unit, _FLAT * down)
            and _AREAS[0] * unit * unit < area < _AREAS[1] * unit * unit
        ):
            own = labels == index
            around = (cv2.dilate(own.view(np.uint8), disk(_FRINGE * unit)) > 0) & ~own
            if float((skin[around] > 0.5).mean()) > _ON_SKIN:
                chain |= own
    return gaussian(chain.astype(np.float32), sigma=0.7) if chain.any() else None


def with_chains(colours: FloatImage, small: ByteImage, chains: FloatImage | None) -> FloatImage:
    """Colours, L*a*b*, that have chains as the small picture, uint8, has them."""
    return colours if chains is None else with_sharp_jewels(colours, small, chains)
