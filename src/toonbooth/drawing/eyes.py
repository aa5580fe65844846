"""Eyes: a little larger than life, their own colour clear, a light in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing.pen import Pen
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import lab_to_rgb, rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.ranks import median, medians, percentile
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.warp import Lens, magnify, magnify_points
from toonbooth.portrait.model import Eye, Face, Points, Portrait

_CLOSED = 0.1
"""Openness under which an eye is closed (portrait.model)."""


_BROWN = np.array([6.5, 10.0], np.float32)
"""a* and b* of an iris too dark or too small to tell its colour: dark brown."""


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
        hue = iris_hue(portrait.picture, face)
        for eye in _open_eyes(face, image.shape[:2]):
            eye.draw(image, hue, light_from=light_from)


def iris_hue(photo: ByteImage, face: Face) -> FloatImage:
    """a* and b* of a person's irises, (2,): their own, never stronger than in the photo.

    Parameters
    ----------
    photo : uint8 array, shape (H, W, 3), sRGB
    face : Face
        One of its faces; where its eyes are closed or tiny their hue is brown.
    """
    # One colour for both: a shadow or a reflection in one of them is not its colour.
    return _iris_hue([eye.measure(photo) for eye in _open_eyes(face, photo.shape[:2])])


def _open_eyes(face: Face, shape: tuple[int, ...]) -> list[_OpenEye]:
    eyes = [
        _OpenEye.of(eye, shape)
        for eye in (face.left_eye, face.right_eye)
        if eye.openness >= _CLOSED and eye.iris_radius >= 1.5
    ]
    return [eye for eye in eyes if eye is not None]


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one eye shows: typical L*a*b* of the iris and of the white, and how many pixels tell."""

    iris: FloatImage
    white: FloatImage
    count: int


def _iris_hue(measured: Sequence[_Measured]) -> FloatImage:
    weights = np.array([each.count for each in measured], np.float32)
    if weights.sum() < 8:
        return _BROWN
    iris = np.average([each.iris for each in measured], axis=0, weights=weights)
    white = np.average([each.white for each in measured], axis=0, weights=weights)
    # What colours the white of the eye is the light, and skin that slips in from the lids.
    own = iris[1:] - np.float32(0.6) * white[1:]
    light = lightness_of_iris(float(iris[0]) / max(float(white[0]), 30.0), float(iris[1] - 0.5 * white[1]))
    # There are brown and amber irises, but no pink and no violet ones.
    own[0] = min(own[0], 0.75 * max(float(own[1]), 0.0))
    strength, seen = float(np.hypot(*own)), float(np.hypot(*iris[1:]))
    own *= min(1.0, max(0.95 * seen, 5.0) / max(strength, 1e-3), 24.0 / max(strength, 1e-3))
    hue: FloatImage = (own * light + _BROWN * (1 - light)).astype(np.float32)
    return hue


def lightness_of_iris(share: float, red: float) -> float:
    """How sure it is that an iris isn't dark brown, 0 … 1.

    Parameters
    ----------
    share : float
        Its L* over that of the white.
    red : float
        Its a* without what the light gives it.
    """
    # A dark iris mirrors the sky and looks blue in numbers; people call it brown. One that is greener than
    # its light is sooner believed, as no reflection is; one that is redder is brown.
    greener = float(np.interp(red, [-3.0, -1.0], [0.08, 0.0]))
    light = float(smoothstep(np.array([share + greener], np.float32), low=0.31, high=0.47)[0])
    return light * float(np.interp(red, [0.5, 3.0], [1.0, 0.0]))


@dataclass(frozen=True, slots=True)
class _OpenEye:
    """An eye's window in the picture and its parts as masks of that window.

    x, y : from the iris' centre, in iris radii.
    below_upper, below_lower : how far below the lids, in iris radii.
    lid : (9, 2), the upper lid from its outer corner inwards, in pixels of the window.
    """

    window: tuple[slice, slice]
    opening: FloatImage
    x: FloatImage
    y: FloatImage
    below_upper: FloatImage
    below_lower: FloatImage
    lid: Points
    radius: float

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
        columns = np.arange(left, right, dtype=np.float32)
        rows = np.arange(top, bottom, dtype=np.float32)[:, None]
        x = (columns[None, :] - np.float32(eye.iris_centre[0])) / radius
        y = (rows - np.float32(eye.iris_centre[1])) / radius
        one = _lid(eye.contour[:9], columns)
        other = _lid(np.concatenate([eye.contour[8:], eye.contour[:1]]), columns)
        upper = (rows - np.minimum(one, other)) / radius
        lower = (rows - np.maximum(one, other)) / radius
        lid = (eye.contour[:9] - np.array([left, top], np.float32)).astype(np.float32)
        return cls((slice(top, bottom), slice(left, right)), opening, x, y, upper, lower, lid, radius)

    def _disc(self, distance: FloatImage, radius: float) -> FloatImage:
        edge = 0.7 / self.radius
        return self.opening * smoothstep(distance, low=radius + edge, high=radius - edge)

    def measure(self, photo: ByteImage) -> _Measured:
        """Look at the iris away from the pupil, lids and from bright reflections."""
        lab = rgb_to_lab(to_float(photo[self.window]))
        distance = np.sqrt(self.x * self.x + self.y * self.y)
        inside = self.opening > 0.97
        ring = lab[inside & (distance > 0.45) & (distance < 0.85) & (self.y > -0.5)]
        white = lab[inside & (distance > 1.15)]
        if len(ring) < 4:
            return _Measured(np.zeros(3, np.float32), np.zeros(3, np.float32), 0)
        ring = ring[ring[:, 0] <= percentile(ring[:, 0], 80)]
        # What slips in from lids and corners is skin, redder than any light iris.
        iris = medians(ring[ring[:, 1] <= median(ring[:, 1])].T)
        light = medians(white.T) if len(white) >= 4 else np.array([60.0, 3.0, 4.0])
        return _Measured(iris.astype(np.float32), light.astype(np.float32), len(ring))

    def draw(self, image: ByteImage, hue: FloatImage, *, light_from: float) -> None:
        part = rgb_to_lab(to_float(image[self.window]))
        x, y, opening = self.x, self.y, self.opening
        distance = np.sqrt(x * x + y * y)
        iris = self._disc(distance, 1.0)
        white = opening * smoothstep(distance, low=1.0, high=1.2)
        rim = opening * np.exp(-np.square((distance - np.float32(0.93)) / np.float32(0.14)))
        pupil = self._disc(distance, 0.4)
        # Light falls through the cornea and out on the far lower side of the iris.
        glow = iris * smoothstep(y - x * np.float32(0.3 * light_from), low=-0.2, high=0.9)

        # Wet edges and lashes under the eye sparkle in a photo; in a drawing they are dirt.
        under = smoothstep(self.below_lower, low=-0.05, high=0.1) * smoothstep(
            self.below_lower, low=0.9, high=0.5
        )
        calm = cv2.GaussianBlur(part, (0, 0), max(0.6, 0.22 * self.radius))
        part += (np.float32(0.7) * under * (np.abs(x) < 2.2))[..., None] * (calm - part)

        light, a, b = (plane.astype(np.float32, copy=False) for plane in cv2.split(part))
        inside = iris > 0.5
        typical = np.float32(median(light[inside])) if inside.any() else np.float32(30)
        # One clear tone, darker under the lid; a glint in the photo would be a second light.
        tone = np.clip(np.float32(0.92) * typical + 5, 21, 58) + np.clip(
            light - typical, -12, 6
        ) * np.float32(0.4)
        light += iris * np.float32(0.85) * (tone - light)
        light += glow * np.clip(np.float32(0.2) * typical + np.float32(5), 7, 14)
        light *= 1 - np.float32(0.42) * rim
        light *= 1 - np.float32(0.72) * pupil
        a += iris * (hue[0] - a)
        b += iris * (hue[1] - b)
        # Whites are soft, not paper, and lie in the shadow of the upper lid; in a drawing they aren't much
        # darker than the skin about them.
        skin = np.float32(median(light[self.opening < 0.1])) if (self.opening < 0.1).any() else np.float32(60)
        clear = np.maximum(light * np.float32(1.06) + 2, light + np.float32(0.6) * (skin + 4 - light))
        light += white * (np.minimum(clear, 88) - light)
        a -= white * np.float32(0.45) * a
        b -= white * np.float32(0.4) * b
        shade = opening * smoothstep(self.below_upper, low=0.75, high=0.1)
        light *= 1 - np.float32(0.3) * shade
        drawn = lab_to_rgb(cv2.merge([light, a, b]).astype(np.float32, copy=False))
        self._draw_lashes(drawn, light, skin=float(skin))

        # Never under the lid: where the eye is narrow the light sits lower.
        across = np.abs(x[0] - np.float32(0.34 * light_from)).argmin()
        down = max(-0.36, float(y[0, 0] - self.below_upper[0, across]) + 0.3)
        spot = np.sqrt(np.square(x - np.float32(0.34 * light_from)) + np.square(y - np.float32(down)))
        drawn += (np.float32(0.9) * self._disc(spot, max(0.2, 0.9 / self.radius)))[..., None] * (1 - drawn)
        image[self.window] = to_bytes(drawn)

    def _draw_lashes(self, drawn: FloatImage, light: FloatImage, *, skin: float) -> None:
        """One stroke along the upper lid, as dark as lashes and liner are there."""
        at_lid = light[(np.abs(self.below_upper) < 0.3) & (np.abs(self.x) < 1.6)]
        if len(at_lid) < 6:
            return
        edge = percentile(at_lid, 20) / max(skin, 1.0)
        dark = float(np.interp(edge, [0.25, 0.7], [1.0, 0.0]))
        across = float(np.hypot(*(self.lid[8] - self.lid[0])))
        full = across * (0.55 + 0.45 * dark)
        Pen(drawn).stroke(
            self.lid,
            widths=[share * full for share in (0.02, 0.08, 0.09, 0.075, 0.055, 0.02)],
            colour=(10.0 + 16.0 * (1 - dark), 7.0, 6.0),
            strength=0.6 + 0.35 * dark,
        )


def _lid(points: Points, columns: FloatImage) -> FloatImage:
    """The row of a lid at every column."""
    order = np.argsort(points[:, 0])
    rows: FloatImage = np.interp(columns, points[order, 0], points[order, 1]).astype(np.float32)
    return rows
