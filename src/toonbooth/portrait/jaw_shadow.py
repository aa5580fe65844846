"""Shadows that a head throws on a wall close behind it, as a flash does: black beside jaw and neck.

The segmentation network takes them for hair or beard, and is sure of it. What tells them apart is where they
are: between an ear that is seen and the shoulder, thin, beside bare skin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.ranks import medians
from toonbooth.portrait.mesh import CHIN, FACE_OVAL, LEFT_CHEEK, RIGHT_CHEEK, Mesh
from toonbooth.portrait.model import Points

# A face is looked at upright, so many pixels wide, from the eyes to below the chin.
_FACE: Final = 64
_SIZE: Final = (140, 76)
_MIDDLE: Final = (70.0, 16.0)
# All lengths in face widths. A shadow is no wider than this; hair that falls behind an ear is.
_WIDEST: Final = 0.11
_SMALLEST: Final = 0.006
_RING: Final = 0.09
_EDGE: Final = 0.07
# Share of the edge beside the ear that must be skin: else hair covers the ear, and goes on below it.
_EAR_SEEN: Final = 0.5
# Skin in the shade keeps this much of its lightness and of its chroma over lightness; a shadow on a wall is
# much darker than the skin beside it.
_SHADE: Final = 0.38
_SKIN_CHROMA: Final = 0.45
_DARK: Final = 0.6
# Where it thins out beside the ear, a line is left of it: so wide at most, in pixels, and less dark.
_LINE: Final = 3
_DIM: Final = 0.82
# And nearly without colour.
_GREY: Final = 0.4
_LEAST_CHROMA: Final = 6.0
_PERSON: Final = 0.5
_LEAST_SKIN: Final = 20
# Share of the jaw's rim beside a shadow that must be skin: else it's a beard's.
_BARE: Final = 0.8
# Landmarks at the level of the eyes, of the nose's tip, of the mouth's corners and of the chin.
_LEVELS: Final = ((33, 263), (4,), (61, 291), (CHIN,))
_RIM: Final = 0.05


@dataclass(frozen=True, slots=True)
class _View:
    """An upright face, or one half of it with the middle of the face in its first column.

    lab : (h, w, 3), the picture in L*a*b*.
    person : (h, w) bool, whether the matte believes in somebody there.
    depth : (h, w), pixels from where it doesn't.
    oval, ring : (h, w) bool, the face, and its rim as far as the matte believes it.
    """

    lab: FloatImage
    person: NDArray[np.bool_]
    depth: FloatImage
    oval: NDArray[np.bool_]
    ring: NDArray[np.bool_]

    def half(self, columns: slice) -> _View:
        return _View(*(getattr(self, each.name)[:, columns] for each in fields(self)))


class _Levels(NamedTuple):
    """Rows of the upright face."""

    eyes: int
    nose: int
    mouth: int
    chin: int


def without_jaw_shadows(matte: FloatImage, picture: ByteImage, meshes: Sequence[Mesh]) -> FloatImage:
    """Take the shadows beside jaws and necks out of a matte, in place.

    Parameters
    ----------
    matte : float32 array, shape (H, W), range [0, 1]
    picture : uint8 array, shape (H, W, 3)
    meshes : every face

    Returns
    -------
    float32 array, shape (H, W): the matte.
    """
    for mesh in meshes:
        frame = _frame(mesh)
        shadow = _shadow(matte, picture, mesh, frame)
        if not shadow.any():
            continue
        back = cv2.invertAffineTransform(frame)
        corners = np.array([[0, 0], [_SIZE[0], 0], [0, _SIZE[1]], _SIZE], np.float64) @ back[:, :2].T
        low, high = ((corners + back[:, 2]).min(axis=0), (corners + back[:, 2]).max(axis=0))
        left, top = np.maximum(np.floor(low), 0).astype(int)
        right, bottom = np.ceil(high).astype(int) + 1
        window = matte[top:bottom, left:right]
        back[:, 2] -= left, top
        calm = cv2.GaussianBlur(shadow.astype(np.float32), (0, 0), 0.8)
        laid = cv2.warpAffine(calm, back, (window.shape[1], window.shape[0]))
        # Its soft rim goes with it.
        window *= 1 - np.clip(laid * 2 - np.float32(0.5), 0, 1)
    return matte


def _frame(mesh: Mesh) -> NDArray[np.float64]:
    """(2, 3): from pixels of the picture to pixels of the upright face."""
    scale = _FACE / mesh.width
    cosine, sine = scale * np.cos(mesh.roll), scale * np.sin(mesh.roll)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    middle = (mesh.points[LEFT_CHEEK] + mesh.points[RIGHT_CHEEK]) / 2
    return np.column_stack([turn, np.array(_MIDDLE) - turn @ middle])


def _shadow(
    matte: FloatImage, picture: ByteImage, mesh: Mesh, frame: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Where in the upright face's frame there is shadow."""
    seen = cv2.warpAffine(picture, frame, _SIZE, borderMode=cv2.BORDER_REPLICATE)
    person = cv2.warpAffine(matte, frame, _SIZE, borderMode=cv2.BORDER_REPLICATE) > _PERSON
    lab = rgb_to_lab(to_float(cv2.blur(seen, (3, 3)).astype(np.uint8, copy=False)))
    points: Points = (mesh.points @ frame[:, :2].T + frame[:, 2]).astype(np.float32)
    oval = np.zeros(_SIZE[::-1], np.uint8)
    cv2.fillConvexPoly(oval, cv2.convexHull(np.rint(points[list(FACE_OVAL)]).astype(np.int32)), 1)
    side = 2 * round(_RING * _FACE) + 1
    ring = (oval > 0) & (cv2.erode(oval, np.ones((side, side), np.uint8)) == 0)
    depth = np.asarray(cv2.distanceTransform(person.astype(np.uint8), cv2.DIST_L2, 3), dtype=np.float32)
    levels = _Levels(*(round(float(points[list(each), 1].mean())) for each in _LEVELS))
    view = _View(lab, person, depth, oval > 0, ring & person)
    middle = _SIZE[0] // 2
    left = _shadow_beside(view.half(np.s_[middle - 1 :: -1]), levels)
    return np.hstack([left[:, ::-1], _shadow_beside(view.half(np.s_[middle:]), levels)])


def _shadow_beside(view: _View, levels: _Levels) -> NDArray[np.bool_]:
    """Where in one half of an upright face there is shadow."""
    lab, person, oval = view.lab, view.person, view.oval
    nothing = np.zeros_like(person)
    flank = slice(levels.nose + 1, max(levels.nose + 1, levels.chin - round(_RING * _FACE)))
    beside = lab[flank][view.ring[flank]]
    # From the mouth's level, where ears have ended, down to where the neck is thinnest.
    below = np.pad(person[levels.mouth : levels.chin + round(_EDGE * _FACE)], ((0, 0), (0, 1)))
    if len(beside) < _LEAST_SKIN or not below.size:
        return nothing
    bare = medians(beside.T)
    chroma = float(np.hypot(bare[1], bare[2]))
    rows = slice(levels.mouth, levels.mouth + int(below.argmin(axis=1).argmin()))
    dark = nothing.copy()
    dark[rows] = person[rows] & ~oval[rows] & (lab[rows, :, 0] < _DARK * bare[0])
    if chroma < _LEAST_CHROMA or np.count_nonzero(dark) < _SMALLEST * _FACE**2:
        return nothing
    light = np.maximum(lab[..., 0], np.float32(1))
    along = (lab[..., 1:] @ (bare[1:] / chroma)) / light
    skin = (along > _SKIN_CHROMA * chroma / bare[0]) & (light > _SHADE * bare[0])
    ear = (person & (view.depth < _EDGE * _FACE))[levels.eyes : levels.nose]
    if not ear.any() or skin[levels.eyes : levels.nose][ear].mean() < _EAR_SEEN:
        return nothing
    dark &= ~skin
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, np.bool_)
    reach = np.ones((2 * round(_RIM * _FACE) + 1,) * 2, np.uint8)
    for index in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] > _SMALLEST * _FACE**2):
        here = (labels == index) & (index > 0)
        rim = oval & (cv2.dilate(here.astype(np.uint8), reach) > 0)
        kept[index] = (
            rim.any()
            and float(view.depth[here].min()) < 2
            and float(view.depth[here].max()) < _WIDEST * _FACE
            and float(skin[rim].mean()) > _BARE
            and float(np.hypot(*medians(lab[here][:, 1:].T))) < _GREY * chroma
        )
    shadow: NDArray[np.bool_] = kept[labels]
    return _with_fringe(shadow, view, levels)


def _with_fringe(shadow: NDArray[np.bool_], view: _View, levels: _Levels) -> NDArray[np.bool_]:
    """A shadow with its thin end beside the ear, a dark line between skin and wall, and with its rim."""
    if not shadow.any():
        return shadow
    beside = np.s_[levels.nose : int(shadow.any(axis=1).argmax()) + 1]
    light = view.lab[beside][..., 0]
    line = np.zeros(light.shape, np.bool_)
    line[:, _LINE:] = light[:, _LINE:] < _DIM * light[:, :-_LINE]
    line &= view.person[beside] & ~view.oval[beside] & (view.depth[beside] <= _LINE)
    whole = shadow.copy()
    # What is beyond the line is a mixture of it with the wall.
    whole[beside] |= np.logical_or.accumulate(line, axis=1)
    left = (view.person & ~whole).astype(np.uint8)
    square = np.ones((5, 5), np.uint8)
    crumbs = (left > 0) & (cv2.morphologyEx(left, cv2.MORPH_OPEN, square) == 0)
    crumbs &= ~view.oval & (view.depth < _RIM * _FACE)
    near = cv2.dilate(shadow.view(np.uint8), square) > 0
    fringe: NDArray[np.bool_] = whole | (near & (crumbs | ~view.person))
    return fringe
