"""Eyes: a little larger than life, their own colour clear, a light in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.pixels import ByteImage, to_bytes, to_float
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.warp import Lens, magnify, magnify_points
from toonbooth.portrait.model import Eye, Face, Portrait

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""


def enlarge_eyes(portrait: Portrait, *, strength: float) -> Portrait:
    """Magnify every eye about its middle and move landmarks and eyes along.

    Parameters
    ----------
    portrait : Portrait
    strength : float, in [0, 0.4]
        0.1 is felt but not seen; from 0.25 on faces turn into dolls.
    """
    lenses = []
    for face in portrait.faces:
        for eye in (face.left_eye, face.right_eye):
            middle = eye.contour.mean(axis=0)
            radius = 1.15 * _eye_width(eye)
            if radius >= 2:
                lenses.append(Lens((float(middle[0]), float(middle[1])), radius, strength))
    if not lenses:
        return portrait
    faces = tuple(_magnified(face, lenses) for face in portrait.faces)
    return replace(portrait, picture=magnify(portrait.picture, lenses), faces=faces)


def _magnified(face: Face, lenses: Sequence[Lens]) -> Face:
    def magnified_eye(eye: Eye) -> Eye:
        x, y = eye.iris_centre
        iris = np.array([[x, y], [x + eye.iris_radius, y], [x - eye.iris_radius, y]], np.float32)
        iris = magnify_points(iris, lenses)
        return replace(
            eye,
            contour=magnify_points(eye.contour, lenses),
            iris_centre=(float(iris[0, 0]), float(iris[0, 1])),
            iris_radius=float(iris[1, 0] - iris[2, 0]) / 2,
        )

    return replace(
        face,
        landmarks=magnify_points(face.landmarks, lenses),
        left_eye=magnified_eye(face.left_eye),
        right_eye=magnified_eye(face.right_eye),
    )


def _eye_width(eye: Eye) -> float:
    across = eye.contour[8] - eye.contour[0]
    return float(np.hypot(across[0], across[1]))


def draw_eyes(image: ByteImage, faces: tuple[Face, ...], *, light_from: float) -> None:
    """Clear irises, dark rims and upper lids, and set one light into each open eye, in place.

    Parameters
    ----------
    image : uint8 array, shape (H, W, 3), sRGB; drawn upon
    faces : faces in the picture's pixels
    light_from : float, -1 … 1
        Side that the light comes from: -1 left, 1 right.
    """
    for face in faces:
        for eye in (face.left_eye, face.right_eye):
            if eye.openness >= _CLOSED and eye.iris_radius >= 1.5:
                _draw_eye(image, eye, light_from=light_from)


def _draw_eye(image: ByteImage, eye: Eye, *, light_from: float) -> None:
    height, width = image.shape[:2]
    radius = eye.iris_radius
    reach = _eye_width(eye) * 0.8
    middle = eye.contour.mean(axis=0)
    left, right = int(max(0, middle[0] - reach)), int(min(width, middle[0] + reach))
    top, bottom = int(max(0, middle[1] - reach * 0.8)), int(min(height, middle[1] + reach * 0.8))
    if right - left < 4 or bottom - top < 4:
        return
    part = to_float(image[top:bottom, left:right])
    shape = part.shape[:2]
    corner = np.array([left, top], np.float32)
    opening = polygon_mask(shape, eye.contour - corner, feather=radius * 0.12)
    x = np.arange(shape[1], dtype=np.float32)[None, :] - np.float32(eye.iris_centre[0] - left)
    y = np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(eye.iris_centre[1] - top)
    from_centre = np.sqrt(x * x + y * y) / np.float32(radius)
    edge = 0.7 / radius

    iris = opening * smoothstep(from_centre, low=1.0 + edge, high=1.0 - edge)
    white = opening * smoothstep(from_centre, low=1.0, high=1.25)
    rim = opening * np.exp(-(((from_centre - np.float32(0.95)) / np.float32(0.16)) ** 2))
    pupil = opening * smoothstep(from_centre, low=0.42 + edge, high=0.42 - edge)
    # Light falls through the cornea on the far lower side of the iris.
    glow = (
        iris
        * np.exp(-(((from_centre - 0.65) / 0.3) ** 2))
        * smoothstep(
            y / np.float32(radius) - x / np.float32(radius) * np.float32(0.3 * light_from), low=-0.1, high=0.9
        )
    )
    grey = part.mean(axis=2, keepdims=True)
    coloured = grey + (part - grey) * np.float32(1.35)
    part[...] = part + iris[..., None] * (coloured - part)
    part[...] = part * (1 + np.float32(0.75) * glow[..., None]) + np.float32(0.04) * glow[..., None]
    part[...] = part * (1 - np.float32(0.5) * rim[..., None]) * (1 - np.float32(0.75) * pupil[..., None])
    calm = grey + (part - grey) * np.float32(0.7)
    part[...] = part + white[..., None] * (np.minimum(calm * np.float32(1.1) + 0.03, 0.96) - part)

    light_x, light_y = np.float32(0.36 * light_from), np.float32(-0.36)
    from_light = np.sqrt((x / radius - light_x) ** 2 + (y / radius - light_y) ** 2)
    size = 0.27
    light = opening * smoothstep(from_light, low=size + edge, high=size - edge)
    part[...] = part + np.float32(0.92) * light[..., None] * (1 - part)
    image[top:bottom, left:right] = to_bytes(part)
