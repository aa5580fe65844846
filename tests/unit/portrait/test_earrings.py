"""Earrings are kept before a plain wall; scraps of a busy one are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import face_at
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.earrings import find_earrings
from toonbooth.portrait.model import Face

SHAPE = (400, 360)
WALL = (60, 70, 110)


def scene() -> tuple[FloatImage, Face]:
    """A head before a wall, and where it is."""
    face = face_at((180.0, 180.0), 160.0)
    # The jaw's landmarks of the test face are spread evenly; ear lobes are where these two lie.
    landmarks = face.landmarks.copy()
    landmarks[132], landmarks[361] = (104, 220), (256, 220)
    moved = Face(
        face.box, 1.0, landmarks, face.depth, face.left_eye, face.right_eye, roll=face.roll, yaw=face.yaw
    )
    person = np.zeros(SHAPE, np.uint8)
    cv2.ellipse(person, (180, 180), (80, 105), 0, 0, 360, (255,), -1, cv2.LINE_AA)
    return person.astype(np.float32) / np.float32(255), moved


def found_before(picture: ByteImage, person: FloatImage, face: Face) -> FloatImage:
    matte, jewels = find_earrings(person, picture, (face,))
    found = np.zeros_like(person) if jewels is None else jewels
    assert (matte >= found - 1e-6).all()
    return found


def painted(person: FloatImage, wall: FloatImage) -> ByteImage:
    skin = np.array((220, 170, 140), np.float32)
    return np.rint(wall + (skin - wall) * person[..., None]).astype(np.uint8)


def wall(noise: float = 0.0) -> FloatImage:
    speckle = gaussian(np.random.default_rng(0).standard_normal(SHAPE, dtype=np.float32), sigma=2.5)
    plain = np.full((*SHAPE, 3), WALL, np.float32)
    return np.clip(plain + np.float32(noise / speckle.std()) * speckle[..., None], 0, 255).astype(np.float32)


@pytest.mark.parametrize("x", [106, 254])
def test_an_earring_is_found_on_either_side(x: int) -> None:
    person, face = scene()
    picture = painted(person, wall())
    cv2.line(picture, (x, 214), (x, 268), (230, 200, 90), 6)
    found = found_before(picture, person, face)
    assert found[262, x] > 0.5
    assert found.sum() < 900


def test_a_crystal_is_whole_though_the_wall_shows_through_it_and_a_hoop_is_open() -> None:
    for radius, inside in ((5, 1.0), (14, 0.0)):
        person, face = scene()
        picture = painted(person, wall())
        cv2.line(picture, (100, 214), (100, 260 - radius), (230, 200, 90), 3)
        cv2.circle(picture, (100, 260), radius, (230, 200, 90), 3)
        assert abs(found_before(picture, person, face)[260, 100] - inside) < 0.3


def test_a_stripe_of_the_wall_s_second_colour_beside_the_cheek_is_no_earring() -> None:
    person, face = scene()
    second = wall()
    second[200:, :96] = (40, 110, 190)
    second[215:275, 100:104] = (40, 110, 190)
    assert not found_before(painted(person, second), person, face)[:, 100:104].any()


def test_a_bare_ear_before_a_plain_wall_has_none() -> None:
    person, face = scene()
    assert not found_before(painted(person, wall()), person, face).any()


def test_a_busy_wall_gives_no_earrings() -> None:
    person, face = scene()
    assert not found_before(painted(person, wall(noise=45.0)), person, face).any()


def test_what_reaches_out_of_sight_is_no_earring() -> None:
    person, face = scene()
    picture = painted(person, wall())
    cv2.line(picture, (100, 250), (0, 250), (230, 200, 90), 6)
    assert not found_before(picture, person, face).any()
