"""Where the segmentation network looks, and how much each look counts where.

The network sees 256 × 256 pixels, whatever it is shown, and was taught on people who fill them. So heads get
looks of their own, and so do bodies where the whole picture shows people too small, as it does in groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.mesh import Mesh
from toonbooth.portrait.sampling import Region

LOOK_PIXELS: Final = 256
# Head and shoulders, in face widths. Against the hand-made masks (tests/data/head_masks), above the jaw, the
# matte was wrong by 2.7 % of a squared face width with one look four faces wide, by 2.0 % with one of three,
# by 1.8 % with another in the mirror, and by 1.6 % with the levels of the guided filter. Narrower ones lose
# big hair.
_HEAD_FACES: Final = 3.0
_HEAD_BELOW: Final = 0.3
# A second look that doesn't show clearly more than the first isn't worth its time.
_MAX_HEAD: Final = 0.85
# Somebody down to the hips. In twelve made-up groups of known outline, looks eleven faces wide lost 1.0 % of
# the people and added 5.8 %, eight wide 0.5 % and 2.9 %; six wide lost 1.3 %.
_BODY_FACES: Final = 8.0
_BODY_BELOW: Final = 1.1
# Of the whole picture. With 0.8, made-up groups of three to five larger people lost 1.1 %, now 0.7 %.
_MAX_BODY: Final = 0.95
# Somebody alone must be smaller to be worth the time. In 24 made-up pictures of one person, the face 45 to 85
# of 1080 pixels wide, 4.7 % of the person were lost without, 0.6 % with it.
_MAX_BODY_ALONE: Final = 0.6
_MAX_PEOPLE: Final = 6
# Looks fade into each other over this part of their side.
_FADE: Final = 0.15


def head_looks(meshes: Sequence[Mesh], whole: Region) -> list[tuple[Mesh, Region]]:
    """Squares around head and shoulders of the largest people, all of them; the larger first."""
    return [(mesh, _around(mesh, whole, faces=_HEAD_FACES, below=_HEAD_BELOW)) for mesh in _largest(meshes)]


def shows_more(head: Region, whole: Region) -> bool:
    """Whether a head's look shows clearly more of it than a look at the whole picture."""
    return _share(head, whole) <= _MAX_HEAD


def body_looks(meshes: Sequence[Mesh], whole: Region) -> list[tuple[Mesh, Region]]:
    """Squares around those people whom the look at the whole picture shows too small; the larger first."""
    most = _MAX_BODY if len(meshes) > 1 else _MAX_BODY_ALONE
    looks = [(mesh, _around(mesh, whole, faces=_BODY_FACES, below=_BODY_BELOW)) for mesh in _largest(meshes)]
    return [(mesh, region) for mesh, region in looks if _share(region, whole) <= most]


def fade(region: Region, whole: Region) -> FloatImage:
    """Weights of a look: 1, falling to 0 towards those of its sides that lie inside the picture."""
    ticks = (np.arange(LOOK_PIXELS, dtype=np.float32) + np.float32(0.5)) / np.float32(LOOK_PIXELS)
    ramps = []
    for centre, length, limit in (
        (region.x, region.width, whole.width),
        (region.y, region.height, whole.height),
    ):
        ramp = np.ones_like(ticks)
        if centre - length / 2 > 0:
            ramp = np.minimum(ramp, ticks / np.float32(_FADE))
        if centre + length / 2 < limit - 1:
            ramp = np.minimum(ramp, (1 - ticks) / np.float32(_FADE))
        ramps.append(ramp * ramp * (3 - 2 * ramp))
    return np.outer(ramps[1], ramps[0]).astype(np.float32)


def nearness(region: Region, mesh: Mesh, *, reach: float) -> FloatImage:
    """Weights of a look at one of several people: 1 at the face, falling away as a Gaussian whose standard
    deviation is `reach` face widths."""
    ticks = (np.arange(LOOK_PIXELS, dtype=np.float32) + np.float32(0.5)) / np.float32(LOOK_PIXELS)
    x, y = mesh.points.mean(axis=0)
    falls = []
    for centre, length, face in ((region.x, region.width, x), (region.y, region.height, y)):
        away = (centre + (ticks - np.float32(0.5)) * length - face) / (reach * mesh.width)
        falls.append(np.exp(np.float32(-0.5) * away * away))
    return np.outer(falls[1], falls[0]).astype(np.float32)


def _largest(meshes: Sequence[Mesh]) -> list[Mesh]:
    return sorted(meshes, key=lambda each: -each.width)[:_MAX_PEOPLE]


def _share(region: Region, whole: Region) -> float:
    return region.width * region.height / (whole.width * whole.height)


def _around(mesh: Mesh, whole: Region, *, faces: float, below: float) -> Region:
    """An upright square so many faces wide, its centre so many below the face's, moved and if need be cut to
    lie inside the picture."""
    x0, y0, x1, y1 = (float(value) for value in mesh.box)
    side = mesh.width * faces
    width, height = min(side, whole.width), min(side, whole.height)
    x = np.clip((x0 + x1) / 2, width / 2 - 0.5, whole.width - width / 2 - 0.5)
    y = np.clip((y0 + y1) / 2 + below * mesh.width, height / 2 - 0.5, whole.height - height / 2 - 0.5)
    return replace(whole, x=float(x), y=float(y), width=width, height=height)
