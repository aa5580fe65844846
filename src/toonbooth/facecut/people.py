"""Who a pixel belongs to when several people stand together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.colours import count_colours, index_cells, log_likelihood
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.jaw import PROFILE
from toonbooth.facecut.landmarks import CHIN, EAR_LINE, FOREHEAD, OVAL
from toonbooth.facecut.outlines import Mask, dilated, fill_polygon, grow, opened
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.morphology import disk, parts_touching
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)
_MINE, _THEIRS = 1, 2

_BROAD: Final = 0.85
"""How wide a face is, of its height: what is seen of its width is less when it is turned."""
_TRUNK: Final = ((0.1, 0.5), (0.4, 1.9), (4.0, 2.2))
"""How far below the chin, face heights, a body reaches how far to either side at most, face widths."""

_SKULL: Final = (0.62, 0.74)
_HAIR: Final = (0.35, 0.66)
"""How far a head reaches above the mesh, face heights, and from its middle to either side, face widths: with
short hair; and where there is surely hair, if there is any."""
_BACK: Final = 0.35
"""How far the back of a head lies aside, face widths per radian that its face is turned."""

_FAR_CHEEK: Final = 0.06
"""How far outside the mesh a far cheek may reach, face widths."""

_STRANGE: Final = -8.0
"""Log-likelihood below which a head hardly ever has a colour."""
_RATHER: Final = 1.5
"""How much likelier, logarithm, a colour is there than around the face to be foreign."""
_SLEEVE: Final = 0.03
"""Half of what is seen of somebody's clothes at least, face widths; thinner is a strand in another light."""
_FOLD: Final = 0.1
"""Half of how wide a fold of them in another light is at most, face widths."""
_RIM: Final = 0.02
"""How far beyond clothes colours mix, face widths."""


def claim_person(picture: ByteImage, landmarks: Points, others: Sequence[Points]) -> FloatImage:
    """Separate one person from the others by a watershed that starts from the heads.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3), the frame's view
    landmarks : float32 array, shape (468, 2), frame pixels, of the one
    others : their landmarks, frame pixels; whoever is out of view changes nothing

    Returns
    -------
    float32 array, shape (H, W), range [0, 1]; 1 is the one's, soft at the border between people.

    References
    ----------
    F. Meyer, "Color image segmentation", ICIP 1992 (the watershed that OpenCV implements).
    """
    height, width = picture.shape[:2]
    size = (width, height)
    near = [other for other in others if _in_view(other, size)]
    if not near:
        return np.ones((height, width), np.float32)
    markers = np.zeros((height, width), np.int32)
    for other in near:
        markers[_body_core(other, size=size) > 0.5] = _THEIRS
        markers[_head_core(other, size=size) > 0.5] = _THEIRS
    mine = _head_core(landmarks, size=size) > 0.5
    for other in near:
        # Where two heads overlap, the face itself says whose it is.
        mine &= ~((fill_polygon(other[list(OVAL)], size=size) > 0.5) & mine)
    markers[mine] = _MINE
    markers[fill_polygon(grow(landmarks[list(OVAL)], 0.95), size=size) > 0.5] = _MINE
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.0)
    cv2.watershed(smooth, markers)
    claimed = cv2.dilate((markers == _MINE).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(claimed.astype(np.float32), (0, 0), 1.0), dtype=np.float32)


def find_foreign(
    picture: ByteImage, matte: FloatImage, landmarks: Points, others: Sequence[Points], *, yaw: float = 0.0
) -> Mask:
    """Find what beside and above a head is no part of it: a sleeve behind a crown, a wall before a face.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3), the frame's view
    matte : float32 array, shape (H, W), range [0, 1]
    landmarks : float32 array, shape (468, 2), frame pixels, of the head
    others : the others' landmarks, frame pixels
    yaw : float, radians
        How far the face is turned.

    Returns
    -------
    bool array, shape (H, W): above the chin and outside the skull, what lies where another's body must be, or
    beyond the far cheek of a face in half profile, and has a colour that these have more than this head.
    """
    size = (matte.shape[1], matte.shape[0])
    # Below the chin only hair is followed, by its own colours.
    above = np.zeros(matte.shape, np.bool_)
    above[: max(0, round(float(landmarks[CHIN, 1])))] = True
    foreign = np.zeros(matte.shape, np.bool_)
    for other in others:
        foreign |= fill_polygon(_trunk(other), size=size) > 0.5
    far = _beyond_cheek(landmarks, yaw, size=size)
    foreign |= far
    foreign &= above & (matte > 0.3)
    if not foreign.any():
        return foreign
    oval = landmarks[list(OVAL)]
    skull = fill_polygon(_dome(landmarks, yaw, *_SKULL), size=size) > 0.5
    skull |= fill_polygon(grow(oval, 1.06), size=size) > 0.5
    foreign &= ~skull
    smooth = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), dtype=np.uint8)
    cells = index_cells(rgb_to_lab(to_float(smooth)))
    # All around the face: hair at its cheeks may be lighter than at the roots.
    mine = fill_polygon(_dome(landmarks, yaw, *_HAIR), size=size)
    mine *= (1 - fill_polygon(grow(oval, 1.03), size=size)) * (above & ~far & (matte > 0.7))
    known = log_likelihood(count_colours(cells, mine))
    there = log_likelihood(count_colours(cells, foreign.astype(np.float32)))
    theirs = ((known < _STRANGE) | (there - known > _RATHER)).take(cells)
    foreign = opened(foreign & theirs, _SLEEVE * _U)
    # Clothes go on where nobody's body had to be: all of them that this head surely has no colour of.
    head = fill_polygon(_dome(landmarks, yaw, *_HAIR), size=size) > 0.5
    head |= fill_polygon(grow(oval, 1.06), size=size) > 0.5
    known = log_likelihood(count_colours(cells, mine * ~theirs))
    strange = (known < _STRANGE).take(cells) & above & (matte > 0.3) & ~head
    foreign |= parts_touching(opened(strange, _SLEEVE * _U) | foreign, foreign)
    folds = cv2.morphologyEx(foreign.astype(np.uint8), cv2.MORPH_CLOSE, disk(_FOLD * _U)) > 0
    return dilated(np.asarray(folds & above), _RIM * _U) & ~head


def _beyond_cheek(landmarks: Points, yaw: float, *, size: tuple[int, int]) -> Mask:
    """What lies beside the far cheek of a face in half profile: nothing, a wall as often as hair."""
    beyond = np.zeros((size[1], size[0]), np.bool_)
    x = landmarks[list(OVAL), 0]
    if yaw < -PROFILE:
        beyond[:, : max(0, round(float(x.min()) - _FAR_CHEEK * _U))] = True
    elif yaw > PROFILE:
        beyond[:, max(0, round(float(x.max()) + _FAR_CHEEK * _U)) :] = True
    return beyond


def _trunk(landmarks: Points) -> Points:
    """Where somebody's body must be, from the neck downwards: (6, 2)."""
    down = landmarks[CHIN] - landmarks[FOREHEAD]
    aside = np.array([down[1], -down[0]], np.float32) * np.float32(_BROAD)
    sides = [
        [landmarks[CHIN] + np.float32(low) * down + np.float32(side * wide) * aside for low, wide in _TRUNK]
        for side in (-1, 1)
    ]
    return np.array([*sides[0], *reversed(sides[1])], np.float32)


def _dome(landmarks: Points, yaw: float, up: float, half_width: float) -> Points:
    """An ellipse from the chin to above the forehead, around the middle of a head: (48, 2)."""
    chin, forehead = landmarks[CHIN, 1], landmarks[FOREHEAD, 1]
    top = forehead - up * (chin - forehead)
    middle = landmarks[list(EAR_LINE), 0].mean() - yaw * _BACK * _U
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    x = middle + half_width * _U * np.cos(angle)
    return np.column_stack([x, (top + chin) / 2 + (chin - top) / 2 * np.sin(angle)]).astype(np.float32)


def _in_view(points: Points, size: tuple[int, int]) -> bool:
    low, high = points.min(axis=0), points.max(axis=0)
    reach = (high - low).max()
    return bool((high > -reach).all() and (low < np.array(size) + reach).all())


def _head_core(landmarks: Points, *, size: tuple[int, int]) -> FloatImage:
    """The face and what lies above it: surely this person's head."""
    oval = landmarks[list(OVAL)]
    up = landmarks[10] - landmarks[CHIN]
    return np.maximum(fill_polygon(oval, size=size), fill_polygon(oval + 0.22 * up, size=size))


def _body_core(landmarks: Points, *, size: tuple[int, int]) -> FloatImage:
    """A column below the chin."""
    across = (landmarks[454] - landmarks[234]) * np.float32(0.3)
    down = landmarks[CHIN] - landmarks[10]
    neck = landmarks[CHIN] + down * np.float32(0.3)
    foot = landmarks[CHIN] + down * np.float32(3)
    return fill_polygon(
        np.stack([neck - across, neck + across, foot + 2 * across, foot - 2 * across]), size=size
    )
