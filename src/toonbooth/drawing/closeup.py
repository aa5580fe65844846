"""Small faces drawn large: a crop around a head, enlarged, drawn, and laid back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import shrunk
from toonbooth.imaging.windows import Window
from toonbooth.portrait.model import Box, Eye, Face, Points, Portrait

_HELD = 0.8
"""How far from its middle a face has anything of its own, chin and spectacles included, face widths."""


@dataclass(frozen=True, slots=True)
class Closeup:
    """A window of a picture and how much larger or smaller it is drawn.

    left, top, width, height : pixels of the picture.
    zoom : how many times larger; below 1, smaller.
    """

    left: int
    top: int
    width: int
    height: int
    zoom: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the enlarged window."""
        return round(self.width * self.zoom), round(self.height * self.zoom)

    @property
    def window(self) -> Window:
        """Rows and columns of the picture."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def holds(self, face: Face) -> bool:
        """Whether all that a face has is drawn in here and stays whole when the closeup is laid back."""
        x, y = face.box.centre
        reach = _HELD * face.width + self.fade
        return (
            self.left + reach <= x <= self.left + self.width - reach
            and self.top + reach <= y <= self.top + self.height - reach
        )

    @property
    def fade(self) -> float:
        """Pixels of the picture over which the closeup fades towards its rim."""
        return max(2.0, 0.1 * self.width)


def find_closeups(
    portrait: Portrait, *, small: float, wanted: float, largest_zoom: float, budget: float
) -> tuple[Closeup, ...]:
    """Choose the heads that are worth drawing larger than they are.

    Parameters
    ----------
    portrait : Portrait
    small : float, pixels
        Faces at least this wide are large enough as they are.
    wanted : float, pixels
        Width to which smaller ones are enlarged, as far as the next two allow.
    largest_zoom : float
        Beyond it an enlarged photo has nothing more to give.
    budget : float
        Enlarged pixels of all closeups together over pixels of the picture.
    """
    height, width = portrait.picture.shape[:2]
    found = []
    for face in portrait.faces:
        across = face.width
        if not 16 <= across < small:
            continue
        x, y = face.box.centre
        left, right = max(0, int(x - 1.3 * across)), min(width, int(x + 1.3 * across) + 1)
        top, bottom = max(0, int(y - 1.45 * across)), min(height, int(y + 1.35 * across) + 1)
        if right - left >= 16 and bottom - top >= 16:
            zoom = min(largest_zoom, wanted / across)
            found.append(Closeup(left, top, right - left, bottom - top, zoom))
    spent = sum(each.size[0] * each.size[1] for each in found) / (width * height)
    if spent > budget:
        thrift = float(np.sqrt(budget / spent))
        found = [replace(each, zoom=each.zoom * thrift) for each in found]
    return tuple(each for each in found if each.zoom >= 1.2)


def look_closely(portrait: Portrait, closeup: Closeup) -> Portrait:
    """The portrait as seen through a closeup; faces whose middle lies outside are left out."""
    window = closeup.window
    picture = np.ascontiguousarray(portrait.picture[window])
    if closeup.zoom > 1:
        picture = cv2.resize(picture, closeup.size, interpolation=cv2.INTER_CUBIC).astype(
            np.uint8, copy=False
        )
        # An enlarged photo is soft; lines want edges.
        soft = cv2.GaussianBlur(picture, (0, 0), 0.7 * closeup.zoom)
        picture = cv2.addWeighted(picture, 1.7, soft, -0.7, 0).astype(np.uint8, copy=False)
    else:
        picture = shrunk(picture, closeup.size)
    jewels = portrait.jewels
    faces = tuple(
        _moved(face, closeup)
        for face in portrait.faces
        if 0 <= face.box.centre[0] - closeup.left < closeup.width
        and 0 <= face.box.centre[1] - closeup.top < closeup.height
    )
    return Portrait(
        picture,
        faces,
        _resized(portrait.matte[window], closeup),
        jewels=None if jewels is None else _resized(jewels[window], closeup),
    )


def _resized(mask: FloatImage, closeup: Closeup) -> FloatImage:
    """A part of a mask as large as the closeup of it."""
    part = np.ascontiguousarray(mask)
    if closeup.zoom <= 1:
        return shrunk(part, closeup.size)
    large = cv2.resize(part, closeup.size, interpolation=cv2.INTER_CUBIC)
    return np.clip(large, 0, 1).astype(np.float32, copy=False)


def lay_back(
    picture: ByteImage, drawing: ByteImage, closeup: Closeup, *, frame: tuple[int, int]
) -> ByteImage:
    """Lay a drawn closeup into the drawing of the whole, fading towards its rim.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
        The drawing of the whole picture.
    drawing : uint8 array, of the closeup's size
    closeup : Closeup
    frame : (width, height) of the whole picture
        The rim doesn't fade where it is the picture's own.
    """
    patch = shrunk(drawing, (closeup.width, closeup.height))
    weight = _ramp(closeup.left, closeup.width, frame[0], closeup.fade)[None, :]
    weight = weight * _ramp(closeup.top, closeup.height, frame[1], closeup.fade)[:, None]
    laid = picture.copy()
    under = np.ascontiguousarray(picture[closeup.window])
    laid[closeup.window] = cv2.blendLinear(patch, under, weight, 1 - weight)
    return laid


def _ramp(start: int, length: int, whole: int, fade: float) -> Points:
    position = np.arange(length, dtype=np.float32)
    ramp = np.ones(length, np.float32)
    if start > 0:
        ramp = np.minimum(ramp, (position + 0.5) / np.float32(fade))
    if start + length < whole:
        ramp = np.minimum(ramp, (length - position - np.float32(0.5)) / np.float32(fade))
    return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)


def _moved(face: Face, closeup: Closeup) -> Face:
    zoom = closeup.zoom
    corner = np.array([closeup.left, closeup.top], np.float32)

    def moved(points: Points) -> Points:
        return ((points + 0.5 - corner) * zoom - 0.5).astype(np.float32)

    def moved_eye(eye: Eye) -> Eye:
        centre = moved(np.array([eye.iris_centre], np.float32))[0]
        return replace(
            eye,
            contour=moved(eye.contour),
            iris_centre=(float(centre[0]), float(centre[1])),
            iris_radius=eye.iris_radius * zoom,
        )

    box = face.box
    return replace(
        face,
        box=Box(
            (box.x - closeup.left) * zoom, (box.y - closeup.top) * zoom, box.width * zoom, box.height * zoom
        ),
        landmarks=moved(face.landmarks),
        depth=(face.depth * zoom).astype(np.float32),
        left_eye=moved_eye(face.left_eye),
        right_eye=moved_eye(face.right_eye),
    )
