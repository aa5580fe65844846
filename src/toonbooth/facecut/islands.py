"""What was cut without being part of the head: islands, knobs, other people; and the small holes in it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.outlines import Mask, dilated, opened
from toonbooth.imaging.morphology import parts_touching, small_parts
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk

_HOOK: Final = 0.13
"""What hangs no farther below the rest isn't an island, face widths."""

_KNOB: Final = 0.035
_KNOB_AREA: Final = 0.01
"""Half the thickness, face widths, and the area, squared, that a part sticking out of a head has at least."""

_ISLAND_FACE_PIXELS: Final = 120.0
"""Islands and holes are sought at this width of the face; finer finds no more, and is slow."""

_WAIST: Final = 0.2
"""Half of what a waist is thick by which somebody hangs on a head at most, face widths."""

_SHOULDER_AREA: Final = 0.45
"""How large what hangs there is at least, squared face widths; a bun of hair is half as large."""


def without_islands(alpha: FloatImage, core: FloatImage, unit: float) -> FloatImage:
    """Leave only what hangs together with the face, and loose strands close to it.

    Parameters
    ----------
    alpha, core : float32 arrays, shape (H, W), range [0, 1]
        What was cut, and where the face is.
    unit : float, pixels
        The face's width.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; small holes are filled.
    """
    height, width = alpha.shape
    scale = min(1.0, _ISLAND_FACE_PIXELS / unit)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small, face, unit = shrunk(alpha, size), shrunk(core, size) > 0.5, unit * scale
    rows = np.flatnonzero(face.any(axis=1))
    if len(rows):
        small[_others_above(small > 0.3, face, unit, lowest=int(rows.mean()))] = 0
    firm = opened(small > 0.4, 0.012 * unit) | (face & (small > 0.4))
    # An earring hangs by less than can be seen; what floats above a head is none.
    hook = np.ones((2 * round(_HOOK * unit / 2) + 1, 1), np.uint8)
    hooked = cv2.morphologyEx(firm.astype(np.uint8), cv2.MORPH_CLOSE, hook) > 0
    hooked[: int(rows.mean()) if len(rows) else height] = False
    solid = parts_touching(firm | hooked, face)
    linked = parts_touching((small > 0.25) | solid, solid)
    near = dilated(linked, 1) & dilated(solid, 0.04 * unit)
    if len(rows):
        near &= ~_knobs(small > 0.3, unit, lowest=int(rows.mean()))
    soft = cv2.GaussianBlur(near.astype(np.float32), (0, 0), 0.7)
    fading = enlarged(np.asarray(soft, dtype=np.float32), (width, height))
    # Faintest veils are errors of the matte, not hair.
    cleared: FloatImage = np.multiply(alpha, fading)
    cleared -= np.float32(0.03)
    cleared *= np.float32(1 / 0.94)
    holes = _small_holes(small > 0.9, unit)
    if holes.any():
        np.maximum(cleared, enlarged(holes.astype(np.float32), (width, height)), out=cleared)
    return np.clip(cleared, np.float32(0), np.float32(1), out=cleared)


def _knobs(solid: Mask, unit: float, *, lowest: int) -> Mask:
    """What sticks out of a head on a thin neck or hardly longer than thick: a lamp behind it, not a lock.

    Below `lowest`, the middle of the face, where earrings and locks hang, there are none.
    """
    thick = opened(solid, _KNOB * unit)
    away = solid & ~thick
    away[lowest:] = False
    knobs = small_parts(away, _KNOB_AREA * unit * unit)
    return dilated(knobs, 1) & ~thick


def _others_above(solid: Mask, face: Mask, unit: float, *, lowest: int) -> Mask:
    """What hangs on a head from above by a waist and is as large as a shoulder: somebody leans over it."""
    waist = _WAIST * unit
    # By distances: a brush as broad as this is slow.
    parts = _distance(solid) > waist
    head = parts_touching(parts | face, face)
    above = parts & ~head
    above[lowest:] = False
    if not above.any():
        return above
    away = _distance(~head)
    beyond = parts_touching(solid & (away > waist + 1), above)
    beyond[lowest:] = False
    large = beyond & ~small_parts(beyond, _SHOULDER_AREA * unit * unit)
    # With its soft edge.
    return dilated(large, 2) & (away > waist)


def _distance(mask: Mask) -> FloatImage:
    """How far every marked pixel is from the nearest unmarked one."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


def _small_holes(solid: Mask, unit: float) -> Mask:
    """Holes too small to be a view past the hair: light ears before a light wall."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats((~solid).astype(np.uint8), connectivity=4)
    small = statistics[:, cv2.CC_STAT_AREA] < 0.012 * unit * unit
    height, width = solid.shape
    x, y, w, h = (statistics[:, k] for k in range(4))
    inner = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    filled = small & inner
    filled[0] = False
    return np.asarray(filled[labels] if count > 1 else np.zeros_like(solid))
