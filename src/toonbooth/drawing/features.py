"""The features of a face drawn with a pen: brows, nose, mouth, jaw and the folds of age and laughter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.likeness import Likeness, own_shape
from toonbooth.drawing.pen import Colour, Pen, curve, ellipse, normals
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.lines import long_enough
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Points

_UPPER_LIP = np.array([78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308])
_LOWER_LIP = np.array([78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308])
BROWS = (
    (facemap.LEFT_BROW, np.array([70, 63, 105, 66, 107]), np.array([46, 53, 52, 65, 55])),
    (facemap.RIGHT_BROW, np.array([300, 293, 334, 296, 336]), np.array([276, 283, 282, 295, 285])),
)
_FOLDS = (np.array([129, 203, 206, 216]), np.array([358, 423, 426, 436]))
_BAGS = (np.array([244, 233, 232, 231, 230, 229, 228]), np.array([464, 453, 452, 451, 450, 449, 448]))
_WINGS = (np.array([129, 64, 98]), np.array([358, 294, 327]))


def ink_of(tone: Colour, *, depth: float) -> Colour:
    """A dark, warm version of a colour for lines upon it."""
    lightness, a, b = tone
    return max(6.0, lightness * (1 - depth)), a * 0.9 + 7, b * 0.75 + 2


def draw_brow(
    pen: Pen, seen: Likeness, outline: NDArray[np.int64], top: NDArray[np.int64], bottom: NDArray[np.int64]
) -> None:
    """A brow in the person's own shape and colour, given its landmarks: around, upper edge, lower edge."""
    ridge = curve(((seen.points[top] + seen.points[bottom]) / 2).astype(np.float32), samples=24)
    thick = float(np.hypot(*(seen.points[top[2]] - seen.points[bottom[2]])))
    zone = (
        polygon_mask(seen.size, seen.points[outline], grow=1.06, feather=0.017 * seen.width)
        * seen.skin
        * (1 - seen.frames)
    )
    shape, darkness = own_shape(seen, zone, least=8.0, softness=0.5)
    sure = shape > 0.6
    if darkness < 9:
        # Brows too fair to be seen are hinted at: a face without any looks ill.
        faint = (seen.paint[0] * 0.72, seen.paint[1], seen.paint[2] * 1.05)
        bare = seen.at(seen.skin * (1 - seen.frames), ridge)
        pen.stroke(
            ridge,
            widths=(0.2 * thick, 0.7 * thick, 0.6 * thick, 0.15 * thick),
            colour=faint,
            strength=0.55 * (1 - max(darkness, 0.0) / 11),
            pressure=bare,
            soft=0.12 * thick,
        )
    if np.count_nonzero(sure) < 12:
        return
    lightness, a, b = (float(v) for v in np.median(seen.lab[sure], axis=0))
    shift = seen.paint[0] - seen.tone[0]
    colour = (max(7.0, 0.9 * lightness - 3 + 0.3 * shift), a, b)
    # One clear shape with a soft root, and the hairs of its upper edge hinted at.
    own = np.empty_like(seen.lab)
    own[...] = np.array(colour, np.float32)
    variation = gaussian(seen.lab[..., 0], sigma=0.005 * seen.width) - np.float32(lightness)
    own[..., 0] += np.float32(0.35) * np.clip(variation, -10, 8)
    pen.lay(own, shape * np.float32(0.94))
    dark = (max(5.0, colour[0] * 0.72), a, b)
    strong = np.interp(darkness, [8.0, 25.0], [0.0, 0.4])
    inner = seen.at(shape, ridge)
    pen.stroke(
        ridge,
        widths=(0.2 * thick, 0.42 * thick, 0.36 * thick, 0.1 * thick),
        colour=dark,
        strength=float(strong),
        pressure=smoothstep(inner, low=0.3, high=0.9),
        soft=0.12 * thick,
        clip=shape,
    )


def draw_nose(pen: Pen, seen: Likeness, *, light_from: float) -> None:
    """Nostrils in their own shape, wings and base as thin lines, a light along the bridge."""
    width, points = seen.width, seen.points
    nostrils = seen.zone(
        np.array([98, 97, 2, 326, 327, 294, 278, 275, 4, 45, 48, 64]), grow=1.0, feather=0.012
    )
    shape, darkness = own_shape(seen, nostrils, least=26.0, softness=0.7)
    ink = ink_of(seen.paint, depth=0.62)
    if darkness > 8:
        own = np.empty_like(seen.lab)
        own[...] = np.array(ink, np.float32)
        pen.lay(own, shape * np.float32(0.7))
    line = ink_of(seen.paint, depth=0.5)
    base, strength = seen.trace(points[[98, 97, 2, 326, 327]], reach=0.018)
    pen.stroke(
        base,
        widths=(0.002 * width, 0.008 * width, 0.005 * width, 0.008 * width, 0.002 * width),
        colour=line,
        strength=0.58,
        pressure=_felt(strength, floor=0.25),
        clip=seen.skin,
    )
    for wing in _WINGS:
        path, strength = seen.trace(points[wing], reach=0.025)
        pen.stroke(
            path,
            widths=(0.001 * width, 0.008 * width, 0.007 * width, 0.002 * width),
            colour=line,
            strength=0.58,
            pressure=_felt(strength, floor=0.1),
            clip=seen.skin,
        )
    lightness, a, b = seen.paint
    tip = points[4] + seen.up * 0.02 * width + _right(seen) * 0.012 * width * light_from
    pen.fill(
        ellipse((float(tip[0]), float(tip[1])), (0.022 * width, 0.03 * width), turn=seen.face.roll),
        colour=(min(97.0, lightness + 9), a * 0.8, b * 0.85),
        strength=0.5,
        soft=0.01 * width,
        clip=seen.skin,
    )


def draw_wrinkles(pen: Pen, seen: Likeness) -> None:
    """The longer creases of forehead, eyes and cheeks as a faint tone, as deep as the photo has them."""
    # Faint tones need no more than half the pixels.
    height, width = seen.size
    size = (max(1, width // 2), max(1, height // 2))
    scale = np.array([size[0] / width, size[1] / height], np.float32)
    points = (seen.points * scale).astype(np.float32)
    across = seen.width / 2

    def zone(indices: NDArray[np.int64], *, grow: float, feather: float) -> FloatImage:
        return polygon_mask((size[1], size[0]), points[indices], grow=grow, feather=feather * across)

    bare = shrunk(seen.skin * (1 - seen.frames), size) * zone(facemap.OVAL, grow=0.93, feather=0.02)
    for indices, grow in (
        (facemap.LEFT_EYE, 1.35),
        (facemap.RIGHT_EYE, 1.35),
        (facemap.LEFT_BROW, 1.25),
        (facemap.RIGHT_BROW, 1.25),
        (facemap.LIPS_OUTER, 1.25),
        (facemap.NOSE_TIP, 1.15),
    ):
        bare *= 1 - zone(indices, grow=grow, feather=0.008)
    response = np.maximum(gaussian(shrunk(seen.dark, size), sigma=0.004 * across), 0) * bare
    response *= long_enough(response, threshold=0.006, area=max(4.0, 0.0016 * across * across))
    lightness, a, b = seen.paint
    tone = np.empty_like(seen.lab)
    tone[...] = np.array((lightness * 0.7, a + 4, b + 2), np.float32)
    cover = smoothstep(response, low=0.004, high=0.03) * np.float32(0.6)
    pen.lay(tone, enlarged(cover, (width, height)))


def draw_folds(pen: Pen, seen: Likeness) -> None:
    """Folds beside nose and mouth and under the eyes, as far as the photo has them, and always discreetly."""
    width = seen.width
    ink = ink_of(seen.paint, depth=0.34)
    for fold, near in zip(_FOLDS, nearness(seen), strict=True):
        path, strength = seen.trace(seen.points[fold], reach=0.045)
        pen.stroke(
            path,
            widths=(0.003 * width, 0.012 * width, 0.01 * width, 0.002 * width),
            colour=ink,
            strength=0.55 * near * _present(strength),
            pressure=smoothstep(strength, low=0.006, high=0.03),
            soft=0.002 * width,
            clip=seen.skin,
        )
    if seen.frames.any():
        return
    for bag, near in zip(_BAGS, nearness(seen), strict=True):
        path, strength = seen.trace(seen.points[bag], reach=0.03)
        pen.stroke(
            path,
            widths=(0.002 * width, 0.009 * width, 0.007 * width, 0.001 * width),
            colour=ink,
            strength=0.45 * near * _present(strength),
            pressure=smoothstep(strength, low=0.006, high=0.028),
            soft=0.0025 * width,
            clip=seen.skin,
        )


def nearness(seen: Likeness) -> tuple[float, float]:
    """How far the left and the right side of a face turn towards the viewer: the far side has no lines."""
    yaw = seen.face.yaw
    return float(np.clip(1.3 + 4 * yaw, 0, 1)), float(np.clip(1.3 - 4 * yaw, 0, 1))


def draw_jaw(pen: Pen, seen: Likeness) -> None:
    """The jaw's line where it lies before the neck; elsewhere the outline draws it."""
    width = seen.width
    path, strength = seen.trace(seen.points[facemap.JAW[2:-2]], reach=0.02, samples=48)
    across = normals(path)
    middle = seen.points[facemap.OVAL].mean(axis=0)
    outward = np.where(((path - middle) * across).sum(axis=1) > 0, 1.0, -1.0).astype(np.float32)[:, None]
    beyond = seen.at(seen.skin, path + across * outward * 0.05 * width)
    within = seen.at(seen.skin, path - across * outward * 0.03 * width)
    pressure = smoothstep(np.minimum(beyond, within), low=0.4, high=0.9) * (
        0.45 + 0.55 * smoothstep(strength, low=0.0, high=0.02)
    )
    pressure = pressure * np.linspace(*nearness(seen)[::-1], len(path))
    pen.stroke(
        path,
        widths=(0.002 * width, 0.009 * width, 0.012 * width, 0.009 * width, 0.002 * width),
        colour=ink_of(seen.paint, depth=0.48),
        strength=0.75,
        pressure=pressure.astype(np.float32),
        clip=seen.skin,
    )


def draw_mouth(pen: Pen, seen: Likeness, *, light_from: float) -> None:
    """Lips in their own colour and smile, teeth as one light shape, the line between the lips."""
    width, points = seen.width, seen.points
    lips = seen.zone(facemap.LIPS_OUTER, grow=1.02, feather=0.006)
    inner = polygon_mask(
        seen.size, curve(points[facemap.LIPS_INNER], samples=60, closed=True), feather=0.004 * width
    )
    opening = float(np.hypot(*(points[14] - points[13])))
    is_open = float(opening > 0.024 * width)
    lip_zone = lips * (1 - inner * is_open)
    colour = _lay_lips(pen, seen, lip_zone)
    if is_open > 0:
        _lay_teeth(pen, seen, inner * np.float32(is_open))
    ink = (max(8.0, colour[0] * 0.46), colour[1] * 0.8 + 4, colour[2] * 0.7)
    upper = points[_UPPER_LIP]
    if is_open < 0.5:
        upper = (upper + points[_LOWER_LIP]) / 2
    corners = points[[61]], points[[291]]
    path, strength = seen.trace(
        np.concatenate([corners[0], upper, corners[1]]), reach=0.012 if is_open > 0.5 else 0.022
    )
    pen.stroke(
        path,
        widths=(0.006 * width, 0.011 * width, 0.013 * width, 0.011 * width, 0.006 * width),
        colour=ink,
        strength=0.85,
        pressure=_felt(strength, floor=0.45),
    )
    if is_open >= 0.5:
        pen.stroke(
            points[_LOWER_LIP],
            widths=(0.003 * width, 0.006 * width, 0.006 * width, 0.006 * width, 0.003 * width),
            colour=ink,
            strength=0.5,
        )
    below, strength = seen.trace(points[[84, 17, 314]] - seen.up * 0.025 * width, reach=0.025)
    pen.stroke(
        below,
        widths=(0.002 * width, 0.014 * width, 0.002 * width),
        colour=ink_of(seen.paint, depth=0.3),
        strength=0.5,
        pressure=_felt(strength, floor=0.2),
        soft=0.004 * width,
        clip=seen.skin,
    )
    shine = (points[14] + points[17]) / 2 + _right(seen) * 0.03 * width * light_from
    span = float(np.hypot(*(points[17] - points[14])))
    if span > 0.03 * width:
        pen.fill(
            ellipse((float(shine[0]), float(shine[1])), (0.035 * width, 0.2 * span), turn=seen.face.roll),
            colour=(min(96.0, colour[0] + 18), colour[1] * 0.75, colour[2] * 0.8),
            strength=0.45,
            soft=0.006 * width,
            clip=lip_zone,
        )


def _lay_lips(pen: Pen, seen: Likeness, zone: FloatImage) -> Colour:
    sure = zone > 0.85
    if np.count_nonzero(sure) < 20:
        return ink_of(seen.paint, depth=0.3)
    lab = seen.lab
    samples = lab[sure]
    # A moustache may hang over the lips: lips are what is red among them.
    red = samples[samples[:, 1] >= np.percentile(samples[:, 1], 40)]
    lightness, a, b = (float(v) for v in np.median(red, axis=0))
    shift = seen.paint[0] - seen.tone[0]
    target = (lightness + 0.8 * shift, max(a, seen.paint[1] + 4), b * 0.95)
    calm = gaussian(lab, sigma=0.008 * seen.width)
    own = calm - np.array([lightness, a, b], np.float32)
    hair = smoothstep(own[..., 0], low=-14, high=-24) * smoothstep(own[..., 1], low=-2, high=-7)
    own[..., 0] *= np.float32(0.62)
    own[..., 1:] *= np.float32(0.4)
    own += np.array(target, np.float32)
    pen.lay(own, zone * (1 - hair) * np.float32(0.92))
    return target


def _lay_teeth(pen: Pen, seen: Likeness, mouth: FloatImage) -> None:
    sure = mouth > 0.6
    if np.count_nonzero(sure) < 12:
        return
    lab = seen.lab
    lightness = gaussian(np.ascontiguousarray(lab[..., 0]), sigma=0.003 * seen.width)
    values = lightness[sure]
    low, high = (float(v) for v in np.percentile(values, [6, 92]))
    # Teeth are lighter than anything else in a mouth, and less red than tongue and gums.
    calm = gaussian(lab, sigma=0.006 * seen.width)
    redness = calm[..., 1] - np.float32(0.55 * seen.tone[1])
    bright = max(high, 0.75 * seen.tone[0])
    cut = max(low + 0.5 * (bright - low), 0.6 * seen.tone[0])
    teeth = smoothstep(calm[..., 0], low=cut - 6, high=cut + 8) * smoothstep(redness, low=9, high=4)
    white = float(np.clip(0.5 * high + 46, 70, 93))
    detail = np.clip(lightness - np.float32(high), -26, 4)
    drawn = np.empty_like(lab)
    # What isn't teeth keeps its own depth: dark in the corners, lip and gum where the landmarks lie too high.
    inside = np.clip(np.float32(0.92) * calm[..., 0] - 3, 9, 70)
    drawn[..., 0] = inside + (np.float32(white) + np.float32(0.55) * detail - inside) * teeth
    drawn[..., 1] = np.maximum(calm[..., 1], 14) * (1 - teeth) + np.float32(1.0) * teeth
    drawn[..., 2] = calm[..., 2] * np.float32(0.8) * (1 - teeth) + np.float32(6.0) * teeth
    pen.lay(drawn, mouth)


def _present(strength: FloatImage) -> float:
    """Whether a crease is there at all: a line that shows only here and there is none."""
    return float(np.clip((float(strength.mean()) - 0.01) / 0.014, 0, 1))


def _felt(strength: FloatImage, *, floor: float) -> FloatImage:
    """How firmly a line is drawn where the photo shows it so strongly; never less than the floor."""
    felt: FloatImage = np.float32(floor) + np.float32(1 - floor) * smoothstep(strength, low=0.004, high=0.03)
    return felt


def _right(seen: Likeness) -> Points:
    up = seen.up
    return np.array([-up[1], up[0]], np.float32)
