"""Eyes, brows, nose, mouth and spectacles as clean shapes in the person's own forms and colours."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toonbooth.drawing.flat_beard import draw_beard
from toonbooth.drawing.flat_brows import draw_brows
from toonbooth.drawing.flat_eyes import draw_eyes
from toonbooth.drawing.flat_mouth import draw_mouth
from toonbooth.drawing.flat_strokes import darker, filled, stroke, traced
from toonbooth.drawing.flat_tracing import trace_darks
from toonbooth.drawing.lenses import Spectacles, find_spectacles
from toonbooth.drawing.likeness import Likeness
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.vector import Shape, byte_colour
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points

_RIM_FORM = 7
"""Waves around a lens that make its form; what is finer is noise."""

_RIM_SWELL = 2
"""The same for how thick its rim is."""

_FARTHEST = 0.3
"""How far an arm of spectacles may go on from its rim, in face widths."""

_CORNER = np.float32(0.7)
"""How far up a rim its arm begins: 0 is where it is broadest."""

_WINGS = (np.array([129, 64, 98]), np.array([358, 294, 327]))
_NOSTRILS = (np.array([75, 79, 239, 238, 60]), np.array([305, 309, 459, 458, 290]))
"""Around each, from its outer end over the upper edge to its inner one, and back."""

_HIDDEN = 0.35
"""Area of a nostril over the other's under which a turned nose hides it."""


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
    shapes += [*draw_nose(seen), *draw_mouth(seen, None if bearded else shade)]
    shapes += [*draw_eyes(seen, light_from=light_from), *draw_brows(seen), *_spectacles(seen)]
    x, y = seen.corner
    return tuple(shape.moved(scale=1.0, corner=(float(x), float(y))) for shape in shapes)


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
        arms=tuple(arm_to_the_ear(seen, arm, worn) for arm in worn.arms),
    )
    colour = byte_colour(worn.colour(seen))
    return [Shape(outline, colour) for outline in calm.outlines()]


def arm_to_the_ear(seen: Likeness, arm: Points, worn: Spectacles) -> Points:
    """An arm from the upper corner of its rim as far as skin goes: it ends in hair, or over an ear."""
    middles = [lens.mean(axis=0) for lens in worn.lenses]
    near = int(np.hypot(*(arm[0] - middles[1])) < np.hypot(*(arm[0] - middles[0])))
    out = middles[near] - middles[1 - near]
    out = (out / max(float(np.hypot(*out)), 1e-3)).astype(np.float32)
    rim = worn.lenses[near]
    start = rim[int(np.argmax(rim @ (out + _CORNER * seen.up)))]
    steps = np.linspace(0, _FARTHEST * seen.width, 32, dtype=np.float32)[:, None]
    path = (start + steps * out).astype(np.float32)
    ends = seen.at(seen.skin, path[4:]) < 0.5
    last = 4 + (int(np.argmax(ends)) if ends.any() else len(ends) - 1)
    whole: Points = path[[0, last // 2, last]]
    return whole


def _even(ring: FloatImage, waves: int) -> FloatImage:
    """Values around a ring, only their first waves."""
    spectrum = np.fft.rfft(ring, axis=0)
    spectrum[waves + 1 :] = 0
    return np.fft.irfft(spectrum, n=len(ring), axis=0).astype(np.float32)
