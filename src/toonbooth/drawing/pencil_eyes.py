"""Eyes in pencil: firm upper lid, dark pupil, a light left as paper, whites hardly touched."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.ranks import median, percentile
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye, Face, Points

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""

_SMALL = 8.0, 17.0
"""Radius of an iris in pixels up to which an eye is drawn with a larger light and a clear white, or it would
close to a blot; larger ones are less and less."""

_INNER_CORNER = 8
"""Position of the inner corner in an eye's contour; up to it runs the upper lid, from it on the lower."""


def draw_pencil_eyes(
    density: FloatImage, photo: ByteImage, faces: tuple[Face, ...], *, light_from: float
) -> FloatImage:
    """Draw every open eye over what hatching has left of it, in place.

    Parameters
    ----------
    density : float32 array, shape (H, W); 0 bare paper, about 1.5 as dark as pencil gets
    photo : uint8 array, shape (H, W, 3)
        It tells how dark the irises are.
    faces : faces in the coordinates of these
    light_from : float, -1 … 1
        Side that the light comes from.

    Returns
    -------
    float32 array, shape (H, W): 1 where a light was left in an eye, less on its white, 0 elsewhere.
    """
    lights = np.zeros(density.shape, np.float32)
    for face in faces:
        eyes = [eye for eye in (face.left_eye, face.right_eye) if eye.iris_radius >= 1.5]
        seen = [eye for eye in eyes if eye.openness >= _CLOSED]
        depths = [depth for depth in (_iris_depth(photo, eye) for eye in seen) if depth is not None]
        # One depth for both: a shadow on one of them is not its colour.
        depth = float(np.mean(depths)) if depths else 0.6
        for eye in eyes:
            _draw_eye(density, lights, eye, depth=depth, light_from=light_from)
    return lights


def _window(eye: Eye, shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    across = eye.contour[_INNER_CORNER] - eye.contour[0]
    reach = float(np.hypot(across[0], across[1])) * 0.8
    x, y = eye.contour.mean(axis=0)
    left, right = int(max(0, x - reach)), int(min(shape[1], x + reach))
    top, bottom = int(max(0, y - 0.8 * reach)), int(min(shape[0], y + 0.8 * reach))
    if right - left < 4 or bottom - top < 4:
        return None
    return slice(top, bottom), slice(left, right)


def _iris_depth(photo: ByteImage, eye: Eye) -> float | None:
    """0 … 1, how dark an iris is; None where too little of it is seen."""
    window = _window(eye, photo.shape)
    if window is None:
        return None
    part = luma(np.ascontiguousarray(photo[window]))
    x, y = _iris_units(eye, window)
    opening = polygon_mask(part.shape, _inside(eye.contour, window))
    distance = np.sqrt(x * x + y * y)
    # Lids throw a shadow on the upper half; the pupil is dark in everybody.
    ring = (opening > 0.7) & (distance > 0.5) & (distance < 0.9) & (y > -0.3)
    if np.count_nonzero(ring) < 5:
        return None
    # Beside its own white: a light iris in the shade is a light iris.
    seen = part[(opening > 0.9) & (distance > 1.15)]
    white = max(percentile(seen, 75), 0.35) if len(seen) >= 5 else 0.6
    iris = median(part[ring])
    return float(np.clip(1.09 - 0.75 * iris - 0.5 * iris / white, 0.2, 0.95))


def _draw_eye(density: FloatImage, lights: FloatImage, eye: Eye, *, depth: float, light_from: float) -> None:
    window = _window(eye, density.shape)
    if window is None:
        return
    part = density[window]
    radius = eye.iris_radius
    contour = _inside(eye.contour, window)
    edge = 0.7 / radius
    if eye.openness >= _CLOSED:
        opening = polygon_mask(part.shape, contour, feather=max(0.4, 0.1 * radius))
        x, y = _iris_units(eye, window)
        distance = np.sqrt(x * x + y * y)
        iris = opening * smoothstep(distance, low=1.0 + edge, high=1.0 - edge)
        white = opening * (1 - iris)
        small = float(np.interp(radius, _SMALL, (1, 0)))
        part *= 1 - np.float32(0.65 + 0.23 * small) * white
        glow = smoothstep(y - x * np.float32(0.3 * light_from), low=-0.3, high=0.9)
        # In eyes that are nearly black iris and pupil are one.
        black = float(np.interp(depth, (0.65, 0.9), (0, 1)))
        lighter = np.float32((0.45 - 0.15 * depth) * (1 - 0.5 * black) + 0.55 * small * min(1.0, depth))
        own = np.float32(0.12 + 1.6 * depth + 0.35 * black) - lighter * glow
        own += np.float32(0.8) * np.exp(-np.square((distance - np.float32(0.95)) / np.float32(0.16)))
        # Fibres run from the pupil outwards.
        own += np.float32(0.08) * np.cos(np.float32(13) * np.arctan2(y, x))
        own = np.maximum(own, np.float32(2.2) * smoothstep(distance, low=0.5 + edge, high=0.5 - edge))
        part += iris * np.float32(0.95) * (own - part)
        part += np.float32(0.4 - 0.15 * small) * opening * smoothstep(y, low=-0.35, high=-1.0)
        # Between lids that nearly meet a light is a point, or it would be all that is seen of a pupil.
        height = float(np.ptp(contour[:, 1])) / radius
        size = float(np.interp(height, [0.7, 1.6], [0.14, 0.27])) * (1 + 0.35 * small)
        light = np.sqrt(np.square(x - np.float32(0.34 * light_from)) + np.square(y + np.float32(0.34)))
        dot = opening * smoothstep(light, low=size + edge, high=size - edge)
        part *= 1 - dot
        lights[window] = np.maximum(dot, np.float32(0.3) * white * smoothstep(part, low=0.5, high=0.1))
    upper, lower = contour[: _INNER_CORNER + 1], contour[[*range(_INNER_CORNER, len(contour)), 0]]
    np.maximum(part, _lid(part.shape, upper, thickness=0.38 * radius) * np.float32(1.8), out=part)
    np.maximum(part, _lid(part.shape, lower, thickness=0.12 * radius) * np.float32(0.5), out=part)


def _lid(shape: tuple[int, ...], lid: Points, *, thickness: float) -> FloatImage:
    """A line along a lid, thickest in its outer half, thin at the inner corner."""
    drawn = np.zeros(shape, np.uint8)
    weights = 1 - 0.65 * np.linspace(-0.6, 1, len(lid) - 1) ** 2
    for start, end, weight in zip(lid[:-1], lid[1:], weights, strict=True):
        ends = np.rint(np.stack([start, end]) * 16).astype(np.int32)
        width = thickness * float(weight)
        # Lines thinner than a pixel are drawn fainter instead.
        grey = 255 * min(1.0, max(width, 0.25))
        cv2.polylines(
            drawn,
            [ends],
            isClosed=False,
            color=(grey,),
            thickness=max(1, round(width)),
            lineType=cv2.LINE_AA,
            shift=4,
        )
    soft = cv2.GaussianBlur(drawn, (0, 0), max(0.4, 0.25 * thickness))
    return soft.astype(np.float32) * np.float32(1 / 255)


def _inside(points: Points, window: tuple[slice, slice]) -> Points:
    moved: Points = points - np.array([window[1].start, window[0].start], np.float32)
    return moved


def _iris_units(eye: Eye, window: tuple[slice, slice]) -> tuple[FloatImage, FloatImage]:
    """x (1, W) and y (H, 1) from the iris' middle in its radii."""
    rows, columns = window
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] - np.float32(eye.iris_centre[0])
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - np.float32(eye.iris_centre[1])
    return x / np.float32(eye.iris_radius), y / np.float32(eye.iris_radius)
