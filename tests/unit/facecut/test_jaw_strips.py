"""Strips of a neck along a plainly drawn jaw become the face's; its own shades and soft pictures stay."""

import cv2
import numpy as np

from tests.unit.facecut.heads import face_at
from toonbooth.facecut.jaw import jaw_line
from toonbooth.facecut.jaw_strips import without_strips
from toonbooth.facecut.outlines import fill_polygon
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

UNIT = 160.0
SIZE = (400, 420)
SKIN = np.array([0.87, 0.67, 0.55], np.float32)
SHADE = np.array([0.6, 0.4, 0.3], np.float32)


def plain_head() -> tuple[FloatImage, FloatImage, Points]:
    """A face of one colour, what is cut out, and its jaw."""
    face = face_at((200, 190), UNIT)
    jaw = jaw_line(face.landmarks, face.width, 0, np.zeros(81, np.float32))
    alpha = fill_polygon(np.concatenate([jaw, jaw[::-1] * [1, 0] + [0, 60]]).astype(np.float32), size=SIZE)
    return np.full((SIZE[1], SIZE[0], 3), SKIN), alpha, jaw


def test_a_strip_of_neck_along_a_jaw_becomes_skin() -> None:
    image, alpha, jaw = plain_head()
    chin, depth = jaw[25:56], np.array([0, 8], np.float32)
    strip = fill_polygon(np.concatenate([chin + depth, chin[::-1] - depth]).astype(np.float32), size=SIZE)
    image += strip[..., np.newaxis] * (SHADE - SKIN)

    def strange(picture: FloatImage) -> float:
        return float((np.abs(picture - SKIN).max(axis=2) > 0.05)[alpha > 0.5].mean())

    assert strange(image) > 0.02
    assert strange(without_strips(image, alpha, jaw, unit=UNIT)) < 0.0005


def test_a_shade_that_reaches_into_the_face_stays_whole() -> None:
    image, alpha, jaw = plain_head()
    image[:, 230:] = SHADE
    result = without_strips(image, alpha, jaw, unit=UNIT)
    assert np.abs(result - image)[alpha > 0.5].max() < 0.02


def test_a_picture_that_is_not_made_of_plain_shapes_stays_as_it_is() -> None:
    image, alpha, jaw = plain_head()
    noise = np.random.default_rng(3).normal(0, 0.05, image.shape).astype(np.float32)
    soft = image + cv2.GaussianBlur(noise, (0, 0), 1)
    assert without_strips(soft, alpha, jaw, unit=UNIT) is soft
