"""Heads painted by hand, with the masks that a perfect cut would give."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut import landmarks as index
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import LANDMARK_COUNT, Box, Eye, Face, Points, Portrait

Colour = tuple[int, int, int]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Look:
    """How a painted person looks. `long_hair` and `beard` hang below the jaw."""

    skin: Colour = (222, 172, 142)
    hair: Colour | None = (70, 45, 30)
    shirt: Colour = (40, 60, 120)
    long_hair: bool = False
    beard: bool = False
    roll: float = 0.0


LOOKS_OF_HAIR = (Look(), Look(long_hair=True), Look(hair=None), Look(beard=True), Look(roll=0.4))

WALL: Colour = (150, 175, 190)


@dataclass(frozen=True, slots=True)
class Painting:
    """A portrait and, per face, the mask of its head."""

    portrait: Portrait
    heads: tuple[Mask, ...]
    contours: tuple[Mask, ...]


def paint(
    *people: tuple[tuple[float, float], float, Look],
    size: tuple[int, int] = (240, 280),
    wall: Colour = WALL,
) -> Painting:
    """Paint people, each given by the middle of the face, its width in pixels and a look; from back to front.

    `size` is (width, height).
    """
    width, height = size
    canvas = np.full((height, width, 3), wall, np.uint8)
    person = np.zeros((height, width), np.uint8)
    faces: list[Face] = []
    heads: list[Mask] = []
    contours: list[Mask] = []
    for centre, unit, look in people:
        brush = _Brush(canvas, person, centre, unit, look.roll)
        head = brush.paint(look)
        heads = [earlier & ~brush.covered for earlier in heads]
        faces.append(face_at(centre, unit, roll=look.roll))
        heads.append(head)
        contours.append(brush.mask(_OVAL))
    noise = np.random.default_rng(7).normal(0, 2.5, canvas.shape)
    picture = np.clip(cv2.GaussianBlur(canvas, (0, 0), 0.6) + noise, 0, 255).astype(np.uint8)
    matte: FloatImage = cv2.GaussianBlur(person, (0, 0), 2.0).astype(np.float32) / np.float32(255)
    order = np.argsort([face.box.centre[0] for face in faces])
    portrait = Portrait(picture, tuple(faces[k] for k in order), matte)
    return Painting(portrait, tuple(heads[k] for k in order), tuple(contours[k] for k in order))


def one(look: Look, *, unit: float = 80.0, wall: Colour = WALL) -> Painting:
    """One person in the middle of a picture three face widths wide."""
    size = (round(3 * unit), round(3.5 * unit))
    return paint(((size[0] / 2 - 0.5, 1.35 * unit), unit, look), size=size, wall=wall)


def mirrored(portrait: Portrait) -> Portrait:
    """The portrait of a symmetrical face in the middle, in a mirror: its landmarks stay where they are."""
    return replace(
        portrait,
        picture=np.ascontiguousarray(portrait.picture[:, ::-1]),
        matte=np.ascontiguousarray(portrait.matte[:, ::-1]),
    )


def face_at(centre: tuple[float, float], unit: float, *, roll: float = 0.0) -> Face:
    """A frontal face: the landmarks that cutting looks at lie where a face has them, the rest inside."""
    local = np.zeros((LANDMARK_COUNT, 2))
    # Of real heads, too, the mesh's jaw lies inside the jaw.
    local[list(index.OVAL)] = _OVAL * (1 - 0.07 * np.clip(_OVAL[:, 1:] / 0.64, 0, 1))
    for ring, (x, y), (rx, ry), start in (
        (index.LEFT_EYE, (-0.22, -0.1), (0.09, 0.04), np.pi),
        (index.RIGHT_EYE, (0.22, -0.1), (0.09, 0.04), 0.0),
        (index.LEFT_BROW, (-0.22, -0.23), (0.12, 0.03), np.pi),
        (index.RIGHT_BROW, (0.22, -0.23), (0.12, 0.03), 0.0),
        (index.LIPS, (0.0, 0.33), (0.18, 0.06), np.pi),
        (index.CHEEKS[0], (-0.28, 0.1), (0.1, 0.08), 0.0),
        (index.CHEEKS[1], (0.28, 0.1), (0.1, 0.08), 0.0),
    ):
        local[list(ring)] = _ellipse(x, y, rx, ry, count=len(ring), start=start)
    local[[364, 406, 18, 182, 135]] = [(0.3, 0.35), (0.12, 0.44), (0, 0.46), (-0.12, 0.44), (-0.3, 0.35)]
    local[index.NOSE] = 0, 0.1
    points = _to_picture(local, centre, unit, roll)

    def eye(ring: tuple[int, ...]) -> Eye:
        contour = points[list(ring)]
        x, y = contour.mean(axis=0).tolist()
        return Eye(contour, (x, y), 0.04 * unit, 0.4)

    low, high = points.min(axis=0), points.max(axis=0)
    return Face(
        box=Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
        score=0.97,
        landmarks=points,
        depth=np.zeros(LANDMARK_COUNT, np.float32),
        left_eye=eye(index.LEFT_EYE),
        right_eye=eye(index.RIGHT_EYE),
        roll=roll,
        yaw=0.0,
    )


class _Brush:
    def __init__(
        self, canvas: ByteImage, person: ByteImage, centre: tuple[float, float], unit: float, roll: float
    ) -> None:
        self._canvas, self._person = canvas, person
        self._place = (centre, unit, roll)
        self.covered = np.zeros(person.shape, np.bool_)

    def mask(self, local: NDArray[np.float64]) -> Mask:
        filled = np.zeros(self._person.shape, np.uint8)
        points = np.round(_to_picture(local, *self._place) * 16).astype(np.int32)
        cv2.fillPoly(filled, [points], 255, cv2.LINE_8, 4)
        return np.asarray(filled > 0)

    def fill(self, local: NDArray[np.float64], colour: Colour, *, shade: float = 1.0) -> Mask:
        area = self.mask(local)
        self._canvas[area] = np.clip(np.array(colour) * shade, 0, 255).astype(np.uint8)
        self._person[area] = 255
        self.covered |= area
        return area

    def paint(self, look: Look) -> Mask:
        self.fill(_ellipse(0, 2.0, 1.25, 0.95), look.shirt)
        self.fill(np.array([(-0.27, 0.2), (0.27, 0.2), (0.3, 1.3), (-0.3, 1.3)]), look.skin, shade=0.8)
        head = np.zeros_like(self.covered)
        if look.hair is not None:
            head |= self.fill(_ellipse(0, -0.2, 0.6, 0.72, end=0.12), look.hair)
            if look.long_hair:
                for side in (-1, 1):
                    lock = [(0.3, -0.2), (0.62, -0.2), (0.72, 0.6), (0.68, 1.5), (0.46, 1.5), (0.42, 0.3)]
                    head |= self.fill(np.array(lock) * [side, 1], look.hair)
        for side in (-1, 1):
            head |= self.fill(_ellipse(side * 0.52, 0.0, 0.07, 0.15), look.skin, shade=0.95)
        head |= self.fill(_OVAL, look.skin)
        if look.beard and look.hair is not None:
            head |= self.fill(
                np.array(
                    [
                        (-0.44, 0.22),
                        (-0.2, 0.38),
                        (0.2, 0.38),
                        (0.44, 0.22),
                        (0.36, 0.6),
                        (0.2, 0.82),
                        (-0.2, 0.82),
                        (-0.36, 0.6),
                    ]
                ),
                look.hair,
            )
        for side in (-1, 1):
            self.fill(_ellipse(side * 0.22, -0.1, 0.09, 0.04), (240, 240, 240))
            self.fill(_ellipse(side * 0.22, -0.1, 0.035, 0.035), (60, 40, 30))
            self.fill(_ellipse(side * 0.22, -0.23, 0.12, 0.025), look.hair or (120, 90, 70))
        self.fill(_ellipse(0, 0.33, 0.18, 0.06), (185, 85, 85))
        return head


def _to_picture(local: NDArray[np.float64], centre: tuple[float, float], unit: float, roll: float) -> Points:
    rotation = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    points: Points = (local @ rotation.T * unit + centre).astype(np.float32)
    return points


def _ellipse(
    x: float, y: float, rx: float, ry: float, *, count: int = 64, start: float = 0.0, end: float | None = None
) -> NDArray[np.float64]:
    """An ellipse; `end` cuts everything below that height off."""
    turn = start + np.linspace(0, 2 * np.pi, count, endpoint=False)
    points = np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], axis=1)
    if end is not None:
        points[:, 1] = np.minimum(points[:, 1], end)
    return points


def _face_contour() -> NDArray[np.float64]:
    """36 points clockwise from the middle of the forehead, narrower towards the chin."""
    turn = -np.pi / 2 + np.linspace(0, 2 * np.pi, len(index.OVAL), endpoint=False)
    x, y = np.cos(turn), np.sin(turn)
    return np.stack([0.5 * x * (1 - 0.18 * np.clip(y, 0, 1) ** 2), 0.64 * y], axis=1)


_OVAL = _face_contour()
