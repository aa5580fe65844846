"""The lines that age and laughter have drawn: a few tapered strokes where the photo has a crease."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.pen import curve, normals
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import shrunk
from toonbooth.imaging.smoothing import gaussian_exactly
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, Portrait

_SMALLEST_FACE = 60.0
"""Width in pixels under which a crease is no wider than the grain."""

_ACROSS = 240.0
"""Pixels across a face on which creases are looked for: what is finer is pores."""

_SAMPLES = 40
_STEP, _REACH, _GAP = 0.0045, 7, 5
"""Distance of two looks across a path in face widths; how many to each side there are; and how many away from
a crease skin is undisturbed."""

_DARKEST, _LIGHTEST = 0.5, 1.35
"""Light of a crease or of the skin beside it, shares of the cheeks': lashes, frames and hair are darker."""

_SHORTEST = 0.3
"""Part of its path along which a crease must be seen."""

_TINT = np.array([0.6, 0.47, 0.42], np.float32)
"""What is left of a colour under a stroke, in sRGB: darker and warmer."""

_FINER: Final = 4
"""Bits of a pixel in which a stroke is placed."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Creases of one kind.

    faint, deep : how much darker than the skin beside it a crease is that is just drawn, and fully.
    width : of the fullest stroke, face widths.
    ink : its strength, 0 … 1.
    edge : how much a mere edge counts, where it is dark to one side only, 0 … 1.
    reach : how far beside its path it may lie, in steps.
    """

    faint: float
    deep: float
    width: float
    ink: float
    edge: float
    reach: int


_CHEEK, _EYE, _BROW, _FOREHEAD = (
    _Kind(0.05, 0.34, 0.013, 0.7, 1.0, 7),
    _Kind(0.07, 0.3, 0.009, 0.4, 0.3, 7),
    _Kind(0.05, 0.2, 0.01, 0.6, 0.3, 5),
    _Kind(0.015, 0.07, 0.009, 0.6, 0.5, 4),
)

_CHEEKS: Final = np.array([129, 203, 206, 216, 212]), np.array([358, 423, 426, 436, 432])
"""From the nose past the mouth's corners: left, right."""

_UNDER_EYES: Final = np.array([245, 233, 232, 231, 230, 229]), np.array([465, 453, 452, 451, 450, 449])
_BETWEEN_BROWS: Final = np.array([108, 107, 55]), np.array([337, 336, 285])
_HAIRLINE: Final = np.array([103, 67, 109, 10, 338, 297, 332])
_BROW_LINE: Final = np.array([105, 66, 107, 9, 336, 296, 334])
_ROWS = 0.2, 0.34, 0.48, 0.62, 0.76
"""Where a forehead's lines are looked for between those two."""

_LIT: Final = np.array([50, 280, 205, 425, 101, 330, 151])
"""Landmarks by which the light on a face is told."""


def draw_folds(
    image: ByteImage,
    portrait: Portrait,
    faces: Sequence[Face],
    *,
    beards: Sequence[float],
    weight: float,
) -> None:
    """Draw the creases of faces, in place: smooth skin gets none.

    Parameters
    ----------
    image : uint8 array, shape (H, W, 3), sRGB; drawn upon
    portrait : the photo and its geometry, at the same size
    faces : those of its faces that are drawn
    beards : how likely each face of the portrait has a beard, 0 … 1: moustaches hide the folds beside them
    weight : float, > 0
        1 is normal; turning it up makes the strokes bolder.
    """
    for face, beard in zip(portrait.faces, beards, strict=True):
        if face.width >= _SMALLEST_FACE and any(face is drawn for drawn in faces):
            for kind, path, pressure in _creases(portrait.picture, face, beard=beard):
                full = np.float32(kind.width * weight**0.7 * face.width)
                # A faint crease is a thin line in little ink.
                ink = kind.ink * (0.55 + 0.45 * float(pressure.max()))
                _draw(image, path, full * pressure, ink=ink)


def _paths(points: Points, *, beard: float) -> Iterator[tuple[_Kind, Points]]:
    for side in (0, 1):
        if beard < 0.5:
            yield _CHEEK, points[_CHEEKS[side]]
        yield _EYE, points[_UNDER_EYES[side]]
        yield _BROW, points[_BETWEEN_BROWS[side]]
    for row in _ROWS:
        yield _FOREHEAD, points[_HAIRLINE] + (points[_BROW_LINE] - points[_HAIRLINE]) * np.float32(row)


def _creases(picture: ByteImage, face: Face, *, beard: float) -> Iterator[tuple[_Kind, Points, FloatImage]]:
    """The creases of one face: where they run, and how deep they are there, 0 … 1."""
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    left, top = (int(max(0, value)) for value in low)
    right, bottom = (int(min(n, v + 1)) for n, v in zip(picture.shape[1::-1], high, strict=True))
    if right - left < 32 or bottom - top < 32:
        return
    share = min(1.0, _ACROSS / face.width)
    size = (max(8, round((right - left) * share)), max(8, round((bottom - top) * share)))
    grey = luma(shrunk(np.ascontiguousarray(picture[top:bottom, left:right]), size))
    width = face.width * share
    grey = gaussian_exactly(grey, sigma=max(0.6, 0.006 * width))
    corner = np.array([left, top], np.float32)
    kinds, paths = zip(*_paths((face.landmarks - corner) * np.float32(share), beard=beard), strict=True)
    lines = np.stack([_through(len(path)) @ path for path in paths])
    across = normals(lines)
    steps = np.arange(-_REACH - _GAP, _REACH + _GAP + 1, dtype=np.float32) * np.float32(_STEP * width)
    places = lines[:, :, None] + across[:, :, None] * steps[None, None, :, None]
    x, y = (np.ascontiguousarray(places[..., axis]).reshape(len(lines), -1) for axis in (0, 1))
    seen = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(places.shape[:3])
    columns, rows = np.clip((face.landmarks[_LIT] - corner) * share, 0, np.array(size) - 1).astype(int).T
    cheek = float(np.median(grey[rows, columns]))
    one, other, inner = seen[:, :, : -2 * _GAP], seen[:, :, 2 * _GAP :], seen[:, :, _GAP:-_GAP]
    edges = np.array([kind.edge for kind in kinds], np.float32)[:, None, None]
    beside = np.minimum(one, other) + np.float32(0.5) * edges * np.abs(one - other)
    depth = (beside - inner) / np.maximum(beside, np.float32(0.05))
    depth[(inner < _DARKEST * cheek) | (beside < 1.3 * _DARKEST * cheek) | (beside > _LIGHTEST * cheek)] = 0
    reach = np.array([kind.reach for kind in kinds])[:, None, None]
    depth *= np.abs(np.arange(-_REACH, _REACH + 1))[None, None] <= reach
    # Along the paths creases are long; the paths lie side by side in one picture.
    flat = np.ascontiguousarray(depth.transpose(1, 0, 2)).reshape(_SAMPLES, -1)
    calm = cv2.GaussianBlur(flat, (1, 13), 0, sigmaY=2.0).reshape(_SAMPLES, len(lines), -1)
    shift, strength = _along(calm.transpose(1, 0, 2).astype(np.float32, copy=False), steps[_GAP:-_GAP])
    for kind, line, out, moved, found in zip(kinds, lines, across, shift, strength, strict=True):
        pressure = smoothstep(found, low=kind.faint, high=kind.deep)
        if np.count_nonzero(pressure > 0.1) >= _SHORTEST * _SAMPLES:
            path = (line + out * moved[:, None]) / np.float32(share) + corner
            yield kind, path, _tapered(pressure)


@cache
def _through(count: int) -> FloatImage:
    """What makes a smooth curve of a number of points, (samples, points): it is the same for all."""
    return curve(np.eye(count, dtype=np.float32), samples=_SAMPLES)


def _along(depth: FloatImage, steps: FloatImage) -> tuple[FloatImage, FloatImage]:
    """How far beside each path its crease runs, a smooth curve, and how deep it is: (paths, samples) both."""
    weight = np.maximum(depth, 0) ** 3
    firm = weight.sum(axis=2)
    moved = (weight * steps).sum(axis=2) / np.maximum(firm, 1e-9)
    # A parabola through where it is surest, for all paths at once.
    powers = np.vander(np.linspace(-1, 1, depth.shape[1]), 3)
    sure = firm / np.maximum(firm.max(axis=1, keepdims=True), 1e-9) + 1e-4
    left = np.einsum("ki,im,in->kmn", sure, powers, powers)
    right = np.einsum("ki,im,ki->km", sure, powers, moved)
    fitted = np.linalg.solve(left, right[..., None])[..., 0] @ powers.T
    shift: FloatImage = np.clip(fitted, float(steps[0]), float(steps[-1])).astype(np.float32)
    # What strays from the curve is another crease.
    near = np.exp(-np.square((steps - shift[..., None]) / np.float32(2.5 * (steps[1] - steps[0]))))
    strength: FloatImage = (depth * near).max(axis=2).astype(np.float32)
    return shift, strength


def _tapered(pressure: FloatImage) -> FloatImage:
    """Pressure that comes and goes softly, and is nothing at a path's ends."""
    ends = np.minimum(1, np.minimum(np.arange(len(pressure)), np.arange(len(pressure))[::-1]) / 11)
    calm = cv2.GaussianBlur(pressure[:, None], (1, 15), 0, sigmaY=3.0) ** 0.7 * ends[:, None]
    tapered: FloatImage = calm[:, 0].astype(np.float32)
    return tapered


def _draw(image: ByteImage, path: Points, widths: FloatImage, *, ink: float) -> None:
    half = (normals(path) * np.maximum(widths, 0)[:, None] / 2).astype(np.float32)
    drawn: NDArray[np.intp] = np.flatnonzero(widths > 0.2)
    for run in np.split(drawn, np.flatnonzero(np.diff(drawn) > 1) + 1):
        if len(run) < _SHORTEST * _SAMPLES / 2:
            continue
        outline = np.concatenate([path[run] + half[run], (path[run] - half[run])[::-1]])
        (left, top), (right, bottom) = outline.min(axis=0) - 1, outline.max(axis=0) + 2
        rows = slice(max(0, int(top)), min(image.shape[0], int(bottom)))
        columns = slice(max(0, int(left)), min(image.shape[1], int(right)))
        if rows.stop <= rows.start or columns.stop <= columns.start:
            continue
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        fixed = np.round((outline - (columns.start, rows.start)) * (1 << _FINER)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], (255,), cv2.LINE_AA, _FINER)
        cover = mask[..., None].astype(np.float32) * np.float32(ink / 255)
        part = image[rows, columns].astype(np.float32)
        image[rows, columns] = np.rint(part * (1 - cover * (1 - _TINT))).astype(np.uint8)
