"""Spectacles as a pair of closed lenses, a bridge and arms: whole, where a photo shows rims only in parts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour, curve, normals
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

_ANGLES = 96
"""Directions from the middle of an eye in which a rim is sought."""

_RADII = 40
_NEAREST, _FARTHEST = 0.115, 0.32
"""Distances, in face widths, between which a rim lies beside the eye; above and below it is nearer."""

_TALL = 0.72
"""A lens's height over its width, about."""

_STEEP = 2
"""Steps of the radius from one direction to the next, at most."""

_STRONG = 0.03
"""Response of a rim that is fully there."""

_SEEN = 0.3
"""Share of that which a rim has at least where it counts as seen."""

_ENOUGH = 0.62
"""Share of a pair's rims that must be seen for them to be drawn whole."""


_BESIDE = 0.028
"""Distance from a rim's middle, in face widths, within which what is dark may be the rim."""

_NOT_ABOVE = -0.45
"""Height over the middle of a lens, in halves of its own, up to which a rim is completed."""

_MOSTLY = 0.4
"""Share of a rim that may be completed: a lens without a rim below has more than that missing."""


@dataclass(frozen=True, slots=True)
class Spectacles:
    """A pair of glasses, in pixels of the window that it was found in.

    lenses : closed middle lines of both rims, (N, 2) each, the image's left one first.
    thickness : for each the rim's width at every point, pixels.
    bridge : the bar across the nose, (M, 2).
    arms : the arms that are seen, from hinge to ear.
    """

    lenses: tuple[Points, Points]
    thickness: tuple[FloatImage, FloatImage]
    bridge: Points
    arms: tuple[Points, ...]

    def outlines(self) -> list[tuple[Points, ...]]:
        """Closed outlines of every part, from back to front; a rim has two, filled by the even-odd rule."""
        thick = float(np.median(np.concatenate(self.thickness)))
        parts: list[tuple[Points, ...]] = [
            (_band(arm, np.array([1.2, 0.9, 0.55]) * thick),) for arm in self.arms
        ]
        parts.append((_band(self.bridge, np.array([1.3, 0.9, 1.3]) * thick),))
        for lens, width in zip(self.lenses, self.thickness, strict=True):
            away = lens - lens.mean(axis=0)
            outward = away / np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-3)[:, None]
            half = outward * (width / 2)[:, None]
            parts.append(((lens + half).astype(np.float32), (lens - half).astype(np.float32)))
        return parts

    def colour(self, seen: Likeness) -> Colour:
        """The rims' own dark colour."""
        rims = np.concatenate(self.lenses)
        planes = [np.ascontiguousarray(plane) for plane in planes_of(seen.lab)]
        along = np.stack([seen.at(plane, rims) for plane in planes], axis=1)
        lightness, a, b = (float(value) for value in np.percentile(along, 30, axis=0))
        return 0.85 * lightness, a, b

    def beyond(self, seen: Likeness) -> FloatImage:
        """Where between the lenses' middles nothing is theirs, (H, W), 0 … 1: shade of a nose, brows."""
        left, right = (lens.mean(axis=0) for lens in self.lenses)
        apart = float(np.hypot(*(right - left)))
        near = np.zeros(seen.size, np.uint8)
        reach = 2 * max(1, round(_BESIDE * seen.width)) + 1
        for path, closed in ((self.lenses[0], True), (self.lenses[1], True), (self.bridge, False)):
            cv2.polylines(near, [np.round(path).astype(np.int32)], closed, (255,), reach)
        between = np.zeros(seen.size, np.uint8)
        cv2.line(between, _pixel(left), _pixel(right), (255,), max(1, round(apart)))
        blank = cv2.GaussianBlur(cv2.subtract(between, near), (0, 0), max(0.6, 0.008 * seen.width))
        return (blank.astype(np.float32) * np.float32(1 / 255)).astype(np.float32, copy=False)

    def gaps(self, seen: Likeness, rims: FloatImage) -> list[tuple[Points, float]]:
        """Stretches beside and below the eyes where rims aren't seen, each with its width, pixels.

        Parameters
        ----------
        seen : Likeness
        rims : float32 array, shape (H, W), 0 … 1
            What is seen of them.

        Returns
        -------
        Nothing for a lens whose rim is missing for the most part: it may have none there.
        """
        found: list[tuple[Points, float]] = []
        axis = self.lenses[1].mean(axis=0) - self.lenses[0].mean(axis=0)
        axis /= max(float(np.hypot(*axis)), 1e-3)
        for lens, thick in zip(self.lenses, self.thickness, strict=True):
            wide = float(np.median(thick))
            near = cv2.dilate(rims, np.ones((2 * max(1, round(0.5 * wide)) + 1,) * 2, np.uint8))
            covered = seen.at(near.astype(np.float32, copy=False), lens)
            away = lens - lens.mean(axis=0)
            down = (away[:, 1] * axis[0] - away[:, 0] * axis[1]) / max(float(np.ptp(away[:, 1])) / 2, 1e-3)
            # Above, brows lead the path astray, and they cover what is missing.
            missing = (covered < 0.5) & (down > _NOT_ABOVE)
            if not missing.any() or missing.mean() > _MOSTLY:
                continue
            start = int(np.flatnonzero(~missing)[0])
            order = (np.arange(len(lens)) + start) % len(lens)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], missing[order].astype(np.int8), [0]])))
            for first, last in edges.reshape(-1, 2):
                # A little of what is seen, so that they meet.
                whole = order[np.arange(first - 5, last + 5) % len(order)]
                if last - first > 1:
                    found.append((lens[whole].astype(np.float32), wide))
        return found


def _pixel(point: Points) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def find_spectacles(seen: Likeness) -> Spectacles | None:
    """Fit a pair of lenses to the rims of somebody's glasses.

    One closed path around both eyes at once, mirrored, takes the strongest response at the least bending, so
    that what one rim lacks the other lends it; then each rim settles on its own near that path.

    Parameters
    ----------
    seen : Likeness

    Returns
    -------
    None where nobody wears any, and where rims are seen too little to be told.

    References
    ----------
    A. A. Amini, T. E. Weymouth, R. C. Jain, "Using dynamic programming for solving variational problems in
    vision", IEEE PAMI 12(9), 1990. doi:10.1109/34.57681
    """
    if not seen.frames.any():
        return None
    points, width = seen.points, seen.width
    left, right = points[facemap.LEFT_EYE].mean(axis=0), points[facemap.RIGHT_EYE].mean(axis=0)
    along = (right - left) / np.float32(max(1e-3, float(np.hypot(*(right - left)))))
    down = np.array([-along[1], along[0]], np.float32)
    # A half-turned face's far lens is narrower.
    shares = [float(np.clip(1 + turn * 1.1 * seen.face.yaw, 0.7, 1.15)) for turn in (1, -1)]
    radii = np.linspace(_NEAREST, _FARTHEST, _RADII, dtype=np.float32) * np.float32(width)
    angles = np.arange(_ANGLES, dtype=np.float32) * np.float32(2 * np.pi / _ANGLES)
    places, found = [], []
    for eye, outward, share in zip((left, right), (-1.0, 1.0), shares, strict=True):
        centre = eye + down * np.float32(0.025 * width) + along * np.float32(0.01 * outward * width)
        # Angle 0 is outward on both sides: mirrored, their profiles are one.
        way = (
            np.cos(angles)[:, None] * along * np.float32(outward * share)
            + np.sin(angles)[:, None] * np.float32(_TALL) * down
        )
        place = centre + radii[None, :, None] * way[:, None, :]
        x, y = place[..., 0].astype(np.float32), place[..., 1].astype(np.float32)
        response = cv2.remap(seen.dark, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        places.append(place.astype(np.float32))
        found.append(np.clip(response * np.float32(1 / _STRONG), 0, 1).astype(np.float32))
    # The inner sides leave the nose its room.
    inner = (np.cos(angles)[:, None] < -0.6) & (radii[None, :] > 0.235 * width)
    common = (found[0] + found[1]) / 2
    common = np.where(inner, np.float32(-1), common)
    path = _closed_path(common)
    if float((common[np.arange(_ANGLES), path] > _SEEN).mean()) < _ENOUGH:
        return None
    lenses, thickness = [], []
    for place, response in zip(places, found, strict=True):
        near = np.abs(np.arange(_RADII)[None, :] - path[:, None])
        settled = np.where(near <= 3, response - np.float32(0.06) * near, np.float32(-2))
        own = _closed_path(settled.astype(np.float32))
        radius = _calm(own.astype(np.float32))
        lenses.append(_at(place, radius))
        thickness.append(_rim_width(seen, place, radius))
    hinge = _bar_height(seen, (left + right) / 2, along, down)
    ends = [
        lens[int(np.argmax((lens - (left + right) / 2) @ along * side - 2.5 * np.abs((lens - hinge) @ down)))]
        for lens, side in zip(lenses, (1, -1), strict=True)
    ]
    bridge = np.stack([ends[0], hinge, ends[1]]).astype(np.float32)
    return Spectacles(
        (lenses[0], lenses[1]),
        (thickness[0], thickness[1]),
        bridge,
        _arms(seen, lenses, hinge, along, down),
    )


def _band(path: Points, widths: NDArray[np.float64]) -> Points:
    """A stroke's outline, its width changing along it."""
    line = curve(path, samples=20)
    swell = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)
    half = normals(line) * (swell / 2)[:, None]
    outline: Points = np.concatenate([line + half, (line - half)[::-1]]).astype(np.float32)
    return outline


def _closed_path(score: FloatImage) -> NDArray[np.int64]:
    """The radius in every direction that makes the most of a score, in small steps, ending where it began."""
    start = _best_path(score, None)[len(score) // 2]
    turned = np.roll(score, -(len(score) // 2), axis=0)
    return np.roll(_best_path(turned, int(start)), len(score) // 2)


def _best_path(score: FloatImage, end: int | None) -> NDArray[np.int64]:
    count, radii = score.shape
    steps = np.arange(-_STEEP, _STEEP + 1)
    bends = (0.03 * steps * steps).astype(np.float32)[:, None]
    padded = np.full(radii + 2 * _STEEP, -1e6, np.float32)
    total = padded[_STEEP:-_STEEP]
    total[:] = score[0]
    if end is not None:
        total[np.arange(radii) != end] = -1e6
    beside = np.lib.stride_tricks.sliding_window_view(padded, radii)
    choices = np.full((count, radii), _STEEP)
    for index in range(1, count):
        reached = beside - bends
        reached.argmax(axis=0, out=choices[index])
        np.add(reached.max(axis=0), score[index], out=total)
    came = np.arange(radii) + steps[choices]
    if end is not None:
        # The way back to the start is one more step.
        total[:] = np.where(np.abs(np.arange(radii) - end) <= _STEEP, total, -1e6)
    path = np.empty(count, np.int64)
    path[-1] = int(total.argmax())
    for index in range(count - 1, 0, -1):
        path[index - 1] = np.clip(came[index, path[index]], 0, radii - 1)
    return path


def _calm(radius: FloatImage) -> FloatImage:
    """A ring of values, smoothed."""
    around = np.concatenate([radius[-6:], radius, radius[:6]])
    kernel = np.array([1, 2, 3, 2, 1], np.float32) / 9
    smooth: FloatImage = np.convolve(around, kernel, mode="same")[6:-6].astype(np.float32)
    return smooth


def _at(place: FloatImage, radius: FloatImage) -> Points:
    rows = np.arange(len(place))
    low = np.clip(np.floor(radius).astype(int), 0, _RADII - 2)
    part = (radius - low)[:, None]
    points: Points = (place[rows, low] * (1 - part) + place[rows, low + 1] * part).astype(np.float32)
    return points


def _rim_width(seen: Likeness, place: FloatImage, radius: FloatImage) -> FloatImage:
    """How thick a rim is in every direction: where its darkness has half gone."""
    depth = seen.around - seen.lab[..., 0]
    # Half a face's thirtieth to either side.
    offsets = np.arange(-6, 7, dtype=np.float32)
    step = (_FARTHEST - _NEAREST) * seen.width / (_RADII - 1)
    profile = np.stack([seen.at(depth, _at(place, radius + offset)) for offset in offsets], axis=1)
    middle = profile[:, 4:9].max(axis=1, keepdims=True)
    wide = (profile > 0.55 * middle)[:, 2:-2].sum(axis=1).astype(np.float32) * np.float32(step)
    around = np.concatenate([wide[-5:], wide, wide[:5]])
    typical = np.array([np.median(around[i : i + 11]) for i in range(len(wide))], np.float32)
    return _calm(np.clip(1.2 * typical, 0.012 * seen.width, 0.05 * seen.width))


def _bar_height(seen: Likeness, middle: Points, along: Points, down: Points) -> Points:
    """Where the bar crosses the middle of the nose."""
    heights = np.linspace(-0.12, 0.1, 45, dtype=np.float32)[:, None] * np.float32(seen.width)
    beside = np.linspace(-0.03, 0.03, 7, dtype=np.float32)[None, :] * np.float32(seen.width)
    places = middle + heights[..., None] * down + beside[..., None] * along
    strength = seen.at(seen.dark, places.reshape(-1, 2).astype(np.float32)).reshape(len(heights), -1)
    best = int(strength.mean(axis=1).argmax())
    crossing: Points = (middle + heights[best] * down).astype(np.float32)
    return crossing


def _arms(
    seen: Likeness, lenses: list[Points], hinge: Points, along: Points, down: Points
) -> tuple[Points, ...]:
    """Arms from the outer ends of rims to the sides of the face, where something dark runs there."""
    arms = []
    for lens, side, ear in zip(lenses, (-1, 1), (127, 356), strict=True):
        high = np.abs((lens - hinge) @ down)
        start = lens[int(np.argmax((lens @ along) * side - 1.2 * high))]
        end = seen.points[ear] + along * np.float32(0.03 * side * seen.width)
        reach = float((end - start) @ along) * side
        if reach < 0.04 * seen.width:
            continue
        # Seen from the front an arm runs back almost level.
        level = start + along * np.float32(side * reach)
        end = level + down * np.clip((end - level) @ down, -0.08 * seen.width, 0.04 * seen.width)
        path = np.linspace(0, 1, 12, dtype=np.float32)[:, None] * (end - start) + start
        depth = seen.at(seen.dark, path.astype(np.float32))
        if float(np.mean(depth > 0.25 * _STRONG)) > 0.35:
            arms.append(np.stack([start, (start + end) / 2, end]).astype(np.float32))
    return tuple(arms)
