"""Eyes: a little larger than life, their own colour clear, a light in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.warp import Lens, magnify, magnify_points
from toonbooth.portrait.model import Eye, Face, Portrait

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""


_BROWN = np.array([0.045, 0.0, -0.045], np.float32)
"""How a dark brown iris differs from grey, in sRGB."""


def enlarge_eyes(portrait: Portrait, *, strength: float) -> Portrait:
    """Magnify every eye about its middle and move landmarks and eyes along.

    Parameters
    ----------
    portrait : Portrait
    strength : float, in [0, 0.4]
        0.1 is felt but not seen; from 0.25 on faces turn into dolls.
    """
    if strength == 0:
        return portrait
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


def draw_eyes(image: ByteImage, portrait: Portrait, *, light_from: float) -> None:
    """Clear irises in their own colour, darken rims and pupils, set one light into each open eye, in place.

    Parameters
    ----------
    image : uint8 array, shape (H, W, 3), sRGB; drawn upon
    portrait : the photo and its geometry, at the same size
    light_from : float, -1 … 1
        Side that the light comes from: -1 left, 1 right.
    """
    for face in portrait.faces:
        eyes = [
            _OpenEye.of(eye, image.shape[:2])
            for eye in (face.left_eye, face.right_eye)
            if eye.openness >= _CLOSED and eye.iris_radius >= 1.5
        ]
        seen = [eye for eye in eyes if eye is not None]
        if seen:
            # One colour for both: a shadow or a reflection in one of them is not its colour.
            hues = np.stack([eye.iris_hue(portrait.picture) for eye in seen])
            hue: FloatImage = hues.mean(axis=0).astype(np.float32)
            for eye in seen:
                eye.draw(image, hue, light_from=light_from)


@dataclass(frozen=True, slots=True)
class _OpenEye:
    """An eye's window in the picture and its parts as masks of that window."""

    window: tuple[slice, slice]
    opening: FloatImage
    x: FloatImage
    y: FloatImage
    edge: float

    @classmethod
    def of(cls, eye: Eye, shape: tuple[int, ...]) -> _OpenEye | None:
        radius = eye.iris_radius
        reach = _eye_width(eye) * 0.8
        middle = eye.contour.mean(axis=0)
        left, right = int(max(0, middle[0] - reach)), int(min(shape[1], middle[0] + reach))
        top, bottom = int(max(0, middle[1] - reach * 0.8)), int(min(shape[0], middle[1] + reach * 0.8))
        if right - left < 4 or bottom - top < 4:
            return None
        size = (bottom - top, right - left)
        opening = polygon_mask(size, eye.contour - np.array([left, top], np.float32), feather=radius * 0.12)
        # Iris radii from the iris' centre.
        x = (np.arange(left, right, dtype=np.float32)[None, :] - np.float32(eye.iris_centre[0])) / radius
        y = (np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(eye.iris_centre[1])) / radius
        return cls((slice(top, bottom), slice(left, right)), opening, x, y, 0.7 / radius)

    def _disc(self, distance: FloatImage, radius: float) -> FloatImage:
        return self.opening * smoothstep(distance, low=radius + self.edge, high=radius - self.edge)

    def iris_hue(self, photo: ByteImage) -> FloatImage:
        """How the iris differs from grey, (3,) in sRGB; nothing where it can't be told."""
        part = to_float(photo[self.window])
        distance = np.sqrt(self.x * self.x + self.y * self.y)
        inside = self.opening > 0.97
        # Away from the pupil, from the lids' shadow and, by its brightness, from reflections.
        ring = inside & (distance > 0.45) & (distance < 0.85) & (self.y > -0.5) & (part.max(axis=2) < 0.85)
        whites = part[inside & (distance > 1.15)]
        colours = part[ring] * _cast(whites)
        if len(colours) < 4:
            return np.zeros(3, np.float32)
        lightness = float(np.median(colours.max(axis=1)))
        # What slips in from lids and corners is skin, redder than any light iris.
        redness = colours[:, 0] - colours[:, 2]
        colour = colours[redness <= np.median(redness)].mean(axis=0)
        hue: FloatImage = (colour - colour.mean()).astype(np.float32)
        # A dark iris mirrors the sky and looks blue in numbers; people call it brown. In a dark photo nobody
        # can tell.
        light, lit = smoothstep(
            np.array(
                [lightness - 0.21, (float(np.median(whites)) if len(whites) else 0.0) - 0.3], np.float32
            ),
            low=0.0,
            high=0.1,
        )
        hue = hue * light + _BROWN * (1 - light) * lit
        # There are brown and amber irises, but no pink ones.
        hue[1] = max(hue[1], -0.15 * hue[0])
        hue -= hue.mean()
        strongest = float(np.abs(hue).max())
        return hue * np.float32(min(1.0, 0.09 / max(strongest, 1e-6)))

    def draw(self, image: ByteImage, hue: FloatImage, *, light_from: float) -> None:
        part = to_float(image[self.window])
        x, y, opening = self.x, self.y, self.opening
        distance = np.sqrt(x * x + y * y)
        iris = self._disc(distance, 1.0)
        white = opening * smoothstep(distance, low=1.0, high=1.25)
        rim = opening * np.exp(-np.square((distance - np.float32(0.95)) / np.float32(0.16)))
        pupil = self._disc(distance, 0.42)
        # Light falls through the cornea and out on the far lower side of the iris.
        glow = iris * np.exp(-np.square((distance - np.float32(0.65)) / np.float32(0.3)))
        glow *= smoothstep(y - x * np.float32(0.3 * light_from), low=-0.1, high=0.9)

        grey = part.mean(axis=2, keepdims=True)
        own = grey + (part - grey) * np.float32(0.5) + hue * np.float32(1.9)
        part += iris[..., None] * np.float32(0.85) * (own - part)
        part *= (1 + np.float32(0.75) * glow)[..., None]
        part += (np.float32(0.04) * glow)[..., None]
        part *= ((1 - np.float32(0.5) * rim) * (1 - np.float32(0.75) * pupil))[..., None]
        clear = np.minimum(
            (grey + (part - grey) * np.float32(0.7)) * np.float32(1.08) + np.float32(0.03), 0.94
        )
        part += white[..., None] * (clear - part)

        light = self._disc(np.sqrt(np.square(x - np.float32(0.36 * light_from)) + np.square(y + 0.36)), 0.27)
        part += np.float32(0.92) * light[..., None] * (1 - part)
        image[self.window] = to_bytes(part)


def _cast(whites: FloatImage) -> FloatImage:
    """Factors, (3,), that take half the colour out of an eye's whites: it is the light's, or veins'."""
    if len(whites) < 4:
        return np.ones(3, np.float32)
    brightness = whites.sum(axis=1)
    white = whites[brightness >= np.percentile(brightness, 75)].mean(axis=0)
    cast: FloatImage = np.sqrt(white.mean() / np.maximum(white, np.float32(0.05))).astype(np.float32)
    return cast
