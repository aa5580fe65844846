"""What stands before people and hides their lower halves: a table, a desk, a balustrade.

No network calls it person, so a figure would end where it begins: in a coastline of glasses and plates. It is
kept instead, straight down to the frame, and gets drawn like clothes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.windows import extent
from toonbooth.portrait.mesh import CHIN
from toonbooth.portrait.model import Points

_PERSON: Final = 0.5
# What is lighter throughout, in every channel, is paper.
_WHITE: Final = 248
# All lengths in face widths. Beside the middle of a face, as far as shoulders reach.
_SHOULDER: Final = 0.8
# A body that ends within these below its chin is hidden by something: somebody who stands free is seen down
# to the feet, some nine below, and who sits on the ground three or more.
_BODY: Final = (0.15, 2.8)
# As far the body's end may be from the frame's lower edge. What is nearer ends there; farther off, what hides
# a body is a thing in the middle of a scene.
_COVER: Final = (0.08, 4.0)
# Arms lie on tables: farther out than shoulders, and as low as the body's own end, give or take this.
_ARMS: Final = 2.5
_LEVEL: Final = 0.7
# Glasses and hands on a table: their gaps are so near to it.
_BESIDE: Final = 0.15
# Somebody cut out and laid upon a plain wall ends there: no colour spreads by more, nor differs by more from
# the wall beside the head, in L*, a* or b*.
_PLAIN: Final = 4.0
_SAME_WALL: Final = 6.0


def without_margins(mask: FloatImage, small: ByteImage) -> tuple[FloatImage, int]:
    """A mask of people without what it sees in white margins, as those of somebody cut out and sent on white.

    Parameters
    ----------
    mask : float32 array, shape (h, w), range [0, 1]
    small : uint8 array, shape (ceil(h / 2), ceil(w / 2), 3)
        The picture, of the same field of view.

    Returns
    -------
    The mask, float32, shape (h, w), and the row at which the lower margin begins.
    """
    printed = extent(_darkest(small) < _WHITE)
    if printed is None:
        return mask, mask.shape[0]
    rows, columns = (
        slice(2 * side.start, min(2 * side.stop, length))
        for side, length in zip(printed, mask.shape, strict=True)
    )
    if (rows.start, columns.start) == (0, 0) and (rows.stop, columns.stop) == mask.shape:
        return mask, mask.shape[0]
    within = np.zeros_like(mask)
    within[rows, columns] = mask[rows, columns]
    return within, rows.stop


def _darkest(picture: ByteImage) -> ByteImage:
    """The least of every pixel's channels, (H, W): twenty times as quick as a minimum over the last axis."""
    red, green, blue = cv2.split(picture)
    return cv2.min(cv2.min(red, green), blue).astype(np.uint8, copy=False)


def foot_of(picture: ByteImage) -> int:
    """The row at which a picture's lower white margin begins; its height when it has none."""
    printed = extent(_darkest(picture) < _WHITE)
    return printed[0].stop if printed else len(picture)


def with_foreground(
    mask: FloatImage, small: ByteImage, faces: Sequence[tuple[Points, float]], *, foot: int
) -> FloatImage:
    """A mask of people with what hides their lower halves.

    Parameters
    ----------
    mask : float32 array, shape (h, w), range [0, 1]
        How likely every pixel is person.
    small : uint8 array, shape (ceil(h / 2), ceil(w / 2), 3)
        The picture, of the same field of view.
    faces : landmarks and width of every face, pixels of `mask`
    foot : the row at which the picture ends

    Returns
    -------
    float32 array, shape (h, w), nowhere below `mask`; `mask` itself when nothing hides anybody.
    """
    height, width = mask.shape
    person = mask > _PERSON
    ends = np.where(person.any(axis=0), height - person[::-1].argmax(axis=0), 0)
    hidden = np.zeros(width, np.bool_)
    chins, widths = [], []
    for landmarks, face in faces:
        x, chin = float(landmarks[:, 0].mean()), float(landmarks[CHIN, 1])
        left, right = (int(np.clip(x + way * _SHOULDER * face, 0, width - 1)) for way in (-1, 1))
        end = float(np.median(ends[left : right + 1]))
        body, cover = (end - chin) / face, (foot - end) / face
        if not (_BODY[0] < body < _BODY[1] and _COVER[0] < cover < _COVER[1]):
            continue
        if _ends_on_wall(small, person, x=x, chin=chin, end=end, face=face):
            continue
        low = ends > end - _LEVEL * face
        low[: max(0, int(x - _ARMS * face))] = low[int(x + _ARMS * face) + 1 :] = False
        _, runs = cv2.connectedComponents(low.astype(np.uint8)[None], connectivity=4)
        hidden |= low & np.isin(runs[0], runs[0, left : right + 1])
        chins.append(chin)
        widths.append(face)
    if not chins:
        return mask
    added = hidden & (np.arange(height)[:, None] >= ends)
    added |= _between(person | added, added, level=min(chins), reach_pixels=_BESIDE * min(widths))
    added[foot:] = False
    return np.maximum(mask, added.astype(np.float32))


def _between(
    figure: NDArray[np.bool_], added: NDArray[np.bool_], *, level: float, reach_pixels: float
) -> NDArray[np.bool_]:
    """Gaps beside what was added that reach nowhere up to a level: more of the same, and what lies on it."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~figure).astype(np.uint8), connectivity=4)
    beside = np.zeros(count, np.bool_)
    beside[np.unique(labels[cv2.dilate(added.astype(np.uint8), disk(reach_pixels)) > 0])] = True
    gaps = beside & (stats[:, cv2.CC_STAT_TOP] > level)
    gaps[0] = False
    between: NDArray[np.bool_] = gaps[labels]
    return between


def _ends_on_wall(
    small: ByteImage, person: NDArray[np.bool_], *, x: float, chin: float, end: float, face: float
) -> bool:
    """Whether below a body's end is what is beside the head: a plain wall that somebody was laid upon."""
    few = (small.shape[1], small.shape[0])
    free = cv2.resize((~person).astype(np.uint8), few, interpolation=cv2.INTER_AREA) > 0

    def seen(rows: tuple[float, float], beside: float) -> FloatImage | None:
        (top, bottom), (left, right) = (
            (int(np.clip(v / 2, 0, limit)) for v in span)
            for span, limit in ((rows, few[1]), ((x - beside * face, x + beside * face), few[0]))
        )
        pixels = small[top:bottom, left:right][free[top:bottom, left:right]]
        if not len(pixels):
            return None
        colours: FloatImage = rgb_to_lab(to_float(pixels[None]))[0]
        return colours

    below = seen((end + 0.1 * face, end + 0.6 * face), _SHOULDER)
    wall = seen((chin - 1.5 * face, chin), 1.5)
    if below is None or wall is None:
        return False
    plain = float(below.std(axis=0).max()) < _PLAIN
    return plain and float(np.abs(np.median(below, axis=0) - np.median(wall, axis=0)).max()) < _SAME_WALL
