"""Eyes, brows, nose, mouth and spectacles as clean shapes in the person's own forms and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.features import BROWS
from toonbooth.drawing.flat_beard import draw_beard
from toonbooth.drawing.flat_eyes import draw_eyes
from toonbooth.drawing.flat_mouth import draw_mouth
from toonbooth.drawing.flat_strokes import darker, filled, stroke, traced
from toonbooth.drawing.flat_tracing import trace_darks, turned_away
from toonbooth.drawing.lenses import Spectacles, find_spectacles
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians, percentile
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""

_Brow = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Landmarks around a brow, along its upper and along its lower edge."""

_RIM_FORM = 7
"""Waves around a lens that make its form; what is finer is noise."""

_RIM_SWELL = 2
"""The same for how thick its rim is."""

_COVERED = 0.12
"""Share of a brow's place under spectacles from which on it is drawn whole, and they over it."""

_FAINT = 9.0
"""L* by which a brow is darker than skin, at least, to be drawn in its own form."""

_WINGS = (np.array([129, 64, 98]), np.array([358, 294, 327]))
_NOSTRILS = (np.array([75, 79, 239, 238, 60]), np.array([305, 309, 459, 458, 290]))
"""Around each, from its outer end over the upper edge to its inner one, and back."""

_HIDDEN = 0.35
"""Area of a nostril over the other's under which a turned nose hides it."""

_LASHES: Colour = (12.0, 5.0, 3.0)


def draw_features(seen: Likeness, *, shade: Colour, light_from: float, bearded: bool) -> tuple[Shape, ...]:
    """Shapes of one face, from back to front, in pixels of the picture that `seen` is a window of.

    Parameters
    ----------
    seen : Likeness
        `paint` is the tone that the face's skin is drawn in.
    shade : the tone of shade on it
    light_from : float, -1 left … 1 right
    bearded : whether what is dark on its lower face is hair
    """
    shapes = trace_darks(seen, shade)
    if bearded:
        shapes += draw_beard(seen)
    shapes += [*draw_nose(seen), *draw_mouth(seen), *draw_eyes(seen, light_from=light_from)]
    eyes = (seen.face.left_eye, seen.face.right_eye)
    brows = [brow for brow, eye in zip(BROWS, eyes, strict=True) if not turned_away(seen, eye)]
    # Both, if one is: a pair is drawn in one hand.
    if any(_covered(seen, outline) for outline, _, _ in brows):
        shapes += _covered_brows(seen, brows)
    else:
        for outline, top, bottom in brows:
            shapes += _brow(seen, outline, top, bottom)
    shapes += _spectacles(seen)
    x, y = seen.corner
    return tuple(shape.moved(scale=1.0, corner=(float(x), float(y))) for shape in shapes)


def _brow(
    seen: Likeness, outline: NDArray[np.int64], top: NDArray[np.int64], bottom: NDArray[np.int64]
) -> list[Shape]:
    """A brow in its own form: a mass, and what is densest in it."""
    width = seen.width
    zone = _place(seen, outline)
    zone *= seen.skin
    depth = gaussian(seen.around - seen.lab[..., 0], sigma=0.008 * width)
    inside = depth[zone > 0.6]
    darkness = percentile(inside, 82) if len(inside) >= 8 else 0.0
    clear = max(darkness, _FAINT)
    mass = gaussian(smoothstep(depth, low=0.3 * clear, high=0.6 * clear) * zone, sigma=0.008 * width)
    sure = mass > 0.5
    if darkness >= _FAINT and np.count_nonzero(sure) > 0.004 * width**2:
        dense = mass * smoothstep(depth, low=0.62 * darkness, high=0.88 * darkness)
        shift = seen.paint[0] - seen.tone[0]
        lightness, a, b = (float(value) for value in medians(seen.lab[sure].T))
        colour = (max(8.0, lightness + 0.3 * shift), a, b)
        deep = (max(7.0, colour[0] - 0.24 * darkness), 0.9 * a, 0.9 * b)
        return [*traced(mass, colour, seen), *traced(gaussian(dense, sigma=0.006 * width), deep, seen)]
    # Brows too fair to be seen are hinted at: a face without any looks ill. Under a fringe there are none.
    ridge = ((seen.points[top] + seen.points[bottom]) / 2).astype(np.float32)
    bare = float(seen.at(seen.skin * (1 - seen.frames), ridge).mean())
    if bare < 0.7:
        return []
    thick = float(np.hypot(*(seen.points[top[2]] - seen.points[bottom[2]])))
    faint = (seen.paint[0] * 0.64, seen.paint[1] + 2, seen.paint[2] * 1.1)
    return stroke(ridge, (0.1 * thick, 0.75 * thick, 0.65 * thick, 0.1 * thick), faint, opacity=0.85)


def _covered(seen: Likeness, outline: NDArray[np.int64]) -> bool:
    """Whether spectacles hide a part of a brow."""
    place = polygon_mask(seen.size, seen.points[outline], grow=1.06) > 0.5
    return bool(seen.frames.any() and place.any() and float(seen.frames[place].mean()) > _COVERED)


def _place(seen: Likeness, outline: NDArray[np.int64]) -> FloatImage:
    """Where a brow may be, (H, W)."""
    # Thicker than the landmarks have it, but no longer: at its ends temples and noses are in shade.
    rise = seen.up * np.float32(0.016 * seen.width)
    masks = (polygon_mask(seen.size, seen.points[outline] + shift) for shift in (rise, 0 * rise, -rise))
    return gaussian(np.maximum.reduce(list(masks)), sigma=0.008 * seen.width)


def _covered_brows(seen: Likeness, brows: Sequence[_Brow]) -> list[Shape]:
    """Brows of which rims hide a part: strokes that rise over these, in the colour of what shows of both."""
    place = np.maximum.reduce([_place(seen, outline) for outline, _, _ in brows])
    free = cv2.dilate(seen.frames, disk(0.012 * seen.width)) < 0.1
    shown = seen.lab[(place > 0.5) & free]
    if len(shown) < 12:
        return []
    dark = shown[shown[:, 0] <= percentile(shown[:, 0], 30)]
    lightness, a, b = (float(value) for value in medians(dark.T))
    if lightness > seen.tone[0] - _FAINT:
        return []
    shapes: list[Shape] = []
    for _, top, bottom in brows:
        ridge = ((seen.points[top] + seen.points[bottom]) / 2).astype(np.float32)
        thick = float(np.hypot(*(seen.points[top[2]] - seen.points[bottom[2]])))
        path = ridge + seen.up * np.float32(0.45 * thick)
        shapes += stroke(path, (0.15 * thick, 0.9 * thick, thick, 0.6 * thick), (lightness, a, b))
    return shapes


def draw_nose(seen: Likeness) -> list[Shape]:
    """The creases that set off a nose's wings, as far as the photo has them, and its nostrils."""
    width, points = seen.width, seen.points
    shapes: list[Shape] = []
    for wing in _WINGS:
        path, strength = seen.trace(points[wing], reach=0.025, samples=12)
        felt = float(smoothstep(np.array([strength.mean()], np.float32), low=0.006, high=0.022)[0])
        shapes += stroke(
            path,
            (0.002 * width, 0.012 * width, 0.01 * width, 0.002 * width),
            darker(seen.paint, depth=0.35),
            opacity=0.95 * felt,
        )
    outlines = [points[each] for each in _NOSTRILS]
    areas = [float(cv2.contourArea(np.ascontiguousarray(each))) for each in outlines]
    light = gaussian(np.ascontiguousarray(seen.lab[..., 0]), sigma=0.006 * width)
    for outline, area in zip(outlines, areas, strict=True):
        if area < _HIDDEN * max(areas):
            continue
        # As dark as it is, but never a hole.
        share = 1 - float(seen.at(light, outline).min()) / max(seen.tone[0], 1.0)
        depth = float(np.clip(share, 0.36, 0.64))
        around = np.concatenate([outline[:1], outline, outline[3:4], outline[4:]])
        shapes.append(filled(around.astype(np.float32), darker(seen.paint, depth=depth)))
    return shapes


def _spectacles(seen: Likeness) -> list[Shape]:
    if not seen.frames.any():
        return []
    worn = find_spectacles(seen)
    if worn is not None:
        return _whole_spectacles(seen, worn)
    rims = gaussian(seen.frames, sigma=0.004 * seen.width)
    sure = rims > 0.5
    if np.count_nonzero(sure) < 10:
        return []
    lightness, a, b = (float(value) for value in np.percentile(seen.lab[sure], 30, axis=0))
    return traced(smoothstep(rims, low=0.1, high=0.6), (0.85 * lightness, a, b), seen)


def _whole_spectacles(seen: Likeness, worn: Spectacles) -> list[Shape]:
    """A clean frame: rims in their own form without the unevenness of a photo's, as thick as they are."""
    calm = replace(
        worn,
        lenses=(_even(worn.lenses[0], _RIM_FORM), _even(worn.lenses[1], _RIM_FORM)),
        thickness=(_even(worn.thickness[0], _RIM_SWELL), _even(worn.thickness[1], _RIM_SWELL)),
    )
    colour = byte_colour(worn.colour(seen))
    return [Shape(outline, colour) for outline in calm.outlines()]


def _even(ring: FloatImage, waves: int) -> FloatImage:
    """Values around a ring, only their first waves."""
    spectrum = np.fft.rfft(ring, axis=0)
    spectrum[waves + 1 :] = 0
    return np.fft.irfft(spectrum, n=len(ring), axis=0).astype(np.float32)
