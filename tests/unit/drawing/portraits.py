"""Portraits made by hand, for tests that need geometry but no networks."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.imaging.pixels import ByteImage, to_bytes
from toonbooth.portrait.model import LANDMARK_COUNT, Box, Eye, Face, Points, Portrait


def landscape(height: int = 96, width: int = 128) -> Portrait:
    """A picture of nobody: sky, sun and a hill."""
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    hill = (rows > 0.7 - 0.3 * np.exp(-(((columns - 0.4) / 0.2) ** 2))).astype(np.float32)
    sun = (((columns - 0.8) * width) ** 2 + ((rows - 0.2) * height) ** 2 < (0.08 * height) ** 2) * 1.0
    sky = np.stack(
        [0.4 + 0.3 * rows + 0 * columns, 0.6 + 0.2 * rows + 0 * columns, 0.9 + 0 * (rows + columns)]
    )
    ground = np.array([0.25, 0.45, 0.2])[:, None, None]
    picture = sky * (1 - hill) + ground * hill
    picture = picture * (1 - sun) + np.array([1.0, 0.9, 0.5])[:, None, None] * sun
    bytes_ = to_bytes(np.ascontiguousarray(picture.transpose(1, 2, 0), np.float32))
    return Portrait(bytes_, (), np.zeros((height, width), np.float32))


def face_at(centre: tuple[float, float], width: float) -> Face:
    """A round frontal face: the outlines that drawing looks at lie where a face has them."""
    x, y = centre
    landmarks = np.tile(np.array([x, y], np.float32), (LANDMARK_COUNT, 1))

    def ring(indices: object, cx: float, cy: float, rx: float, ry: float, start: float) -> None:
        where = np.asarray(indices)
        turn = start + np.linspace(0, 2 * np.pi, len(where), endpoint=False)
        landmarks[where, 0] = x + width * (cx + rx * np.cos(turn))
        landmarks[where, 1] = y + width * (cy + ry * np.sin(turn))

    ring(facemap.OVAL, 0, 0, 0.5, 0.68, -np.pi / 2)
    ring(facemap.LIPS_OUTER, 0, 0.36, 0.18, 0.07, np.pi)
    ring(facemap.LIPS_INNER, 0, 0.36, 0.14, 0.03, np.pi)
    ring(facemap.LEFT_BROW, -0.22, -0.2, 0.13, 0.03, np.pi)
    ring(facemap.RIGHT_BROW, 0.22, -0.2, 0.13, 0.03, np.pi)
    ring(facemap.LEFT_EYE, -0.22, -0.07, 0.1, 0.045, np.pi)
    ring(facemap.RIGHT_EYE, 0.22, -0.07, 0.1, 0.045, 0)
    ring(facemap.NOSE_TIP, 0, 0.12, 0.1, 0.06, np.pi)
    landmarks[13] = x, y + width * 0.33
    landmarks[14] = x, y + width * 0.39
    landmarks[facemap.LEFT_CHEEK] = x - width * 0.25, y + width * 0.14
    landmarks[facemap.RIGHT_CHEEK] = x + width * 0.25, y + width * 0.14

    def eye(indices: Points) -> Eye:
        contour = landmarks[indices].astype(np.float32)
        middle = contour.mean(axis=0)
        return Eye(contour, (float(middle[0]), float(middle[1])), width * 0.04, 0.45)

    return Face(
        box=Box(x - width / 2, y - 0.68 * width, width, 1.36 * width),
        score=0.99,
        landmarks=landmarks.astype(np.float32),
        depth=np.zeros(LANDMARK_COUNT, np.float32),
        left_eye=eye(facemap.LEFT_EYE),
        right_eye=eye(facemap.RIGHT_EYE),
        roll=0.0,
        yaw=0.0,
    )


def moved(face: Face, across: float) -> Face:
    """The same face so many pixels farther to the right."""
    step = np.array([across, 0], np.float32)

    def eye(one: Eye) -> Eye:
        x, y = one.iris_centre
        return replace(one, contour=one.contour + step, iris_centre=(x + across, y))

    return replace(
        face,
        box=replace(face.box, x=face.box.x + across),
        landmarks=face.landmarks + step,
        left_eye=eye(face.left_eye),
        right_eye=eye(face.right_eye),
    )


def side_by_side(left: Portrait, right: Portrait) -> Portrait:
    """Two portraits of one height as one."""
    faces = (*left.faces, *(moved(face, left.picture.shape[1]) for face in right.faces))
    return Portrait(np.hstack([left.picture, right.picture]), faces, np.hstack([left.matte, right.matte]))


def bust(
    height: int = 160,
    width: int = 128,
    *,
    skin: tuple[int, int, int] = (222, 172, 142),
    hair: tuple[int, int, int] = (70, 45, 30),
    shirt: tuple[int, int, int] = (40, 60, 120),
    wall: tuple[int, int, int] = (150, 170, 160),
) -> Portrait:
    """One person, head and shoulders, painted from the landmarks of `face_at`."""
    face_width = 0.38 * min(height, width)
    x, y = width / 2, height * 0.45
    face = face_at((x, y), face_width)
    picture: ByteImage = np.full((height, width, 3), wall, np.uint8)
    person = np.zeros((height, width), np.uint8)

    def fill(points: Points, colour: tuple[int, int, int], *, of_person: bool) -> None:
        fixed = [np.round(points * 16).astype(np.int32)]
        cv2.fillPoly(picture, fixed, colour, cv2.LINE_AA, 4)
        if of_person:
            cv2.fillPoly(person, fixed, (255,), cv2.LINE_AA, 4)

    def ellipse(cx: float, cy: float, rx: float, ry: float) -> Points:
        turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        return np.stack([cx + rx * np.cos(turn), cy + ry * np.sin(turn)], axis=1).astype(np.float32)

    w = face_width
    fill(ellipse(x, y + 1.5 * w, 1.1 * w, 0.75 * w), shirt, of_person=True)
    fill(ellipse(x, y - 0.12 * w, 0.62 * w, 0.75 * w), hair, of_person=True)
    fill(ellipse(x, y + 0.65 * w, 0.24 * w, 0.4 * w), skin, of_person=True)
    fill(face.landmarks[facemap.OVAL], skin, of_person=True)
    for brow in (facemap.LEFT_BROW, facemap.RIGHT_BROW):
        fill(face.landmarks[brow], hair, of_person=False)
    for eye in (face.left_eye, face.right_eye):
        fill(eye.contour, (240, 240, 240), of_person=False)
        fill(ellipse(*eye.iris_centre, eye.iris_radius, eye.iris_radius), (90, 60, 40), of_person=False)
    fill(face.landmarks[facemap.LIPS_OUTER], (190, 90, 90), of_person=False)
    fill(face.landmarks[facemap.LIPS_INNER], (235, 225, 215), of_person=False)
    matte = cv2.GaussianBlur(person, (0, 0), 1.0).astype(np.float32) / np.float32(255)
    return Portrait(cv2.GaussianBlur(picture, (0, 0), 0.7).astype(np.uint8), (face,), matte)
