"""The line from ear to chin to ear: a tapered stroke in a dark tint of the skin, on the photo's own edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.imaging.colour import luma
from toonbooth.imaging.paths import tangents
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian_exactly
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, Portrait

_REACH = 0.045
"""How far from the landmarks, in face widths, the picture's edge is looked for."""

_HEAD_REACH: Final = (-0.08, 0.13)
"""How far inside and outside the landmarks a head that was measured may end at its jaw, face widths."""

_WITHIN: Final = 0.006
"""How far inside that end the middle of the stroke runs, face widths: heads are cut along its outer side."""

_ROUND: Final = 0.035
"""How far inside its end a chin begins to turn away from the light, face widths."""

_SHADED: Final = 0.4
"""Share of the cheeks' light that a shaven chin has in the deepest shade; hair is told by its hue."""

_SAMPLES = 96
_FINER: Final = 4
"""Bits of a pixel in which the stroke is placed."""

_TINT = np.array([0.5, 0.4, 0.36], np.float32)
"""What is left of a colour under the line, in sRGB: darker and a little warmer."""


def draw_jaws(
    image: ByteImage,
    portrait: Portrait,
    faces: Sequence[Face],
    *,
    beards: Sequence[float],
    weight: float,
    light_from: float,
) -> None:
    """Draw the jaws of faces, in place.

    Parameters
    ----------
    image : uint8 array, shape (H, W, 3), sRGB; drawn upon
    portrait : the photo and its geometry, at the same size
    faces : those of its faces whose jaws are drawn
    beards : how likely each face of the portrait has a beard, 0 … 1: in it hair is the edge
    weight : float, > 0
        1 is normal; turning it up makes the line bolder.
    light_from : float, -1 … 1
        Side that the light comes from: the line is thinner there.
    """
    for face, beard in zip(portrait.faces, beards, strict=True):
        if face.width >= 24 and beard < 0.5 and any(face is wanted for wanted in faces):
            stroke = jaw_stroke(portrait, face, weight=weight, light_from=light_from, darkest=_SHADED)
            if stroke is not None:
                window, ink = stroke
                part = image[window].astype(np.float32)
                part *= cv2.merge([1 - ink * (1 - tint) for tint in _TINT])
                image[window] = np.rint(part).astype(np.uint8)


def jaw_stroke(
    portrait: Portrait, face: Face, *, weight: float, light_from: float = 0.0, darkest: float = 0.62
) -> tuple[tuple[slice, slice], FloatImage] | None:
    """A jaw's line: rows and columns of the picture, and how much ink lies there, 0 … 1.

    Parameters
    ----------
    portrait : the photo and its geometry
    face : one of its faces
    weight : float, > 0
        1 is normal; turning it up makes the line bolder.
    light_from : float, range [-1, 1]
        Where light comes from, as in `draw_jaws`; the line is bolder on the other side.
    darkest : float, 0 … 1
        Share of the cheeks' light from which on what lies within a jaw may be skin; turning it up ends the
        line in the shade.

    Returns
    -------
    None for a face of a few pixels.
    """
    width = face.width
    path = _even(face.landmarks[facemap.JAW])
    middle = face.landmarks[facemap.OVAL].mean(axis=0)
    outward = _normals(path, middle)
    low, high = path.min(axis=0) - 0.1 * width, path.max(axis=0) + 0.1 * width
    height, across = portrait.picture.shape[:2]
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(across, int(high[0]) + 1), min(height, int(high[1]) + 1)
    if right - left < 8 or bottom - top < 8:
        return None
    window = (slice(top, bottom), slice(left, right))
    corner = np.array([left, top], np.float32)
    path = path - corner
    shade = max(0.6, 0.012 * width)
    part = np.ascontiguousarray(portrait.picture[window])
    grey = gaussian_exactly(luma(part), sigma=shade)

    steps: FloatImage = np.linspace(-_REACH * width, _REACH * width, 19, dtype=np.float32)
    gap = np.float32(0.02 * width)
    darker = _sample(grey, path, outward, steps - gap) - _sample(grey, path, outward, steps + gap)
    nearness = 1 - np.float32(0.5) * np.square(steps / np.float32(_REACH * width))
    answers = darker * nearness
    answers = cv2.GaussianBlur(answers, (0, 0), sigmaX=0.6, sigmaY=4.0)
    known = _measured_jaw(face, path + corner, outward)
    if known is None:
        best = answers.argmax(axis=1)
        shift = cv2.GaussianBlur(steps[best][:, None], (0, 0), sigmaX=0.5, sigmaY=5.0)
        darkening = answers.max(axis=1)
    else:
        shift = known[:, None]
        # A chin is round: it gets darker before it ends.
        near = (steps > shift - np.float32(0.06 * width)) & (steps < shift + np.float32(0.015 * width))
        darkening = np.where(near, answers, -1).max(axis=1)
    path = path + outward * shift
    edge = cv2.GaussianBlur(darkening[:, None], (0, 0), sigmaX=0.5, sigmaY=5.0)[:, 0]

    # At the silhouette the outline is the jaw; in a beard hair is.
    beyond = _sample(portrait.matte[window], path, outward, np.array([0.07 * width], np.float32))[:, 0]
    within = 0.035 if known is None else 0.035 + _ROUND
    inside = _sample(grey, path, outward, np.array([-within * width], np.float32))[:, 0]
    cheek = median(_sample(grey, path, outward, np.array([-(within + 0.055) * width], np.float32)))
    drawn = smoothstep(beyond, low=0.6, high=0.95) * smoothstep(
        inside, low=darkest * cheek, high=(darkest + 0.22) * cheek
    )
    drawn *= _fleshy(part, path, outward, width)
    # A light collar beside a chin ends it already: ink belongs where a shadow begins.
    drawn *= smoothstep(edge, low=-0.03, high=0.0)
    # From nothing at the ears it swells to the chin, and more on the side away from the light.
    along = np.linspace(-1, 1, _SAMPLES, dtype=np.float32)
    taper = smoothstep(np.abs(along), low=0.85, high=0.0)
    taper *= 1 - np.float32(0.3 * light_from) * np.sign(path[-1, 0] - path[0, 0]) * along
    pressure = drawn * taper * (np.float32(0.3) + np.float32(0.7) * smoothstep(edge, low=0.0, high=0.06))
    pressure = cv2.GaussianBlur(pressure[:, None], (0, 0), sigmaX=0.5, sigmaY=3.0)[:, 0]
    return window, _ink(grey.shape, path, pressure * np.float32(0.013 * width * weight**0.7))


def jaw_path(face: Face) -> Points:
    """Where a face ends from ear to chin to ear, (96, 2), pixels: as its head was measured or is known."""
    path = _even(face.landmarks[facemap.JAW])
    outward = _normals(path, face.landmarks[facemap.OVAL].mean(axis=0))
    known = _measured_jaw(face, path, outward)
    if known is not None:
        path += outward * (known + np.float32(_WITHIN * face.width))[:, None]
    return path


def _measured_jaw(face: Face, path: Points, outward: Points) -> FloatImage | None:
    """How far outside a path each point of the measured head's jaw lies, pixels; None where none is known.

    What hangs over the jaw is bridged.
    """
    if face.head is None:
        return None
    steps = np.linspace(*_HEAD_REACH, 43, dtype=np.float32)
    matrix = face.head_matrix.astype(np.float32)
    held = _sample(
        face.head, path @ matrix[:, :2].T + matrix[:, 2], outward @ matrix[:, :2].T, steps * face.width
    )
    inside = held > 0.5
    end = np.argmin(inside, axis=1)
    once = np.count_nonzero(np.diff(inside, axis=1), axis=1) == 1
    known = (once & inside[:, 0]).astype(np.float32)
    if known.sum() < 0.4 * len(path):
        return None
    sums = np.column_stack([known * steps[end], known])
    sums = cv2.GaussianBlur(sums, (1, 31), 0, sigmaY=5.0)
    wide = cv2.GaussianBlur(sums, (1, 91), 0, sigmaY=15.0)
    away = (sums[:, 0] + 0.1 * wide[:, 0]) / (sums[:, 1] + 0.1 * wide[:, 1]) - _WITHIN
    measured: FloatImage = (away * face.width).astype(np.float32)
    return measured


def _fleshy(part: ByteImage, path: Points, outward: Points, width: float) -> FloatImage:
    """How much what lies just within a jaw is as red as the cheeks, 0 … 1: hair before it is not."""
    over_green = cv2.subtract(cv2.extractChannel(part, 0), cv2.extractChannel(part, 1))
    redness = cv2.GaussianBlur(over_green, (0, 0), max(0.6, 0.012 * width)).astype(np.float32)
    cheek = median(_sample(redness, path, outward, np.array([-0.09 * width], np.float32)))
    # Without colours nothing is told.
    if cheek < 8:
        return np.ones(len(path), np.float32)
    inside = _sample(redness, path, outward, np.array([-0.025 * width], np.float32))[:, 0]
    return smoothstep(inside, low=0.4 * cheek, high=0.65 * cheek)


def _even(points: Points) -> Points:
    """A smooth path through points, evenly sampled."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    where = np.linspace(0, length[-1], _SAMPLES)
    path = np.column_stack([np.interp(where, length, points[:, i]) for i in (0, 1)])
    return cv2.blur(path, (1, 7), borderType=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)


def _normals(path: Points, middle: Points) -> Points:
    along = tangents(path)
    across = np.column_stack([-along[:, 1], along[:, 0]])
    across /= np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-3)[:, None]
    out = np.sign(((path - middle) * across).sum(axis=1))[:, None]
    normals: Points = (across * out).astype(np.float32)
    return normals


def _sample(plane: FloatImage, path: Points, outward: Points, steps: FloatImage) -> FloatImage:
    """Values beside a path: a row for every point, a column for every step outwards."""
    x = path[:, :1] + outward[:, :1] * steps[None, :]
    y = path[:, 1:] + outward[:, 1:] * steps[None, :]
    values = cv2.remap(
        plane, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return values.astype(np.float32, copy=False)


def _ink(shape: tuple[int, ...], path: Points, widths: FloatImage) -> FloatImage:
    """A stroke of changing width, 0 … 1: its two sides joined to one polygon."""
    along = tangents(path)
    across = np.column_stack([-along[:, 1], along[:, 0]])
    across /= np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-3)[:, None]
    half = np.maximum(widths, 0)[:, None] / 2
    mask = np.zeros(shape[:2], np.uint8)
    # A polygon without width would still leave a hairline: what is that thin is not drawn.
    drawn = np.flatnonzero(widths > 0.6)
    for run in np.split(drawn, np.flatnonzero(np.diff(drawn) > 1) + 1):
        if len(run) >= _SAMPLES // 4:
            sides = (path[run] + across[run] * half[run], (path[run] - across[run] * half[run])[::-1])
            fixed = np.round(np.concatenate(sides) * (1 << _FINER)).astype(np.int32)
            cv2.fillPoly(mask, [fixed], (255,), cv2.LINE_AA, _FINER)
    ink: FloatImage = mask.astype(np.float32) * np.float32(1 / 255)
    return ink
