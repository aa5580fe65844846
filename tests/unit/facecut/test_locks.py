"""Hair at the rim of a bare face is told from skin, brows, beards and glasses."""

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import Look, one
from toonbooth.facecut.contour import outline_face
from toonbooth.facecut.locks import find_locks
from toonbooth.facecut.outlines import fill_polygon
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.model import Points

UNIT = 100.0


def face_of(look: Look) -> tuple[FloatImage, FloatImage, Points]:
    """A painted face without its hair above the brows, what lies within its contour, and its landmarks."""
    portrait = one(look, unit=UNIT).portrait
    (face,) = portrait.faces
    contour = outline_face(face.landmarks, face.width, 0, None, whole=True)
    bare = fill_polygon(contour, size=(portrait.picture.shape[1], portrait.picture.shape[0]))
    image = to_float(portrait.picture)
    above = int(face.landmarks[:, 1].min() + 0.16 * UNIT)
    image[:above] = np.array(look.skin, np.float32) / 255
    return image, bare, face.landmarks


@pytest.mark.parametrize("hair", [(60, 40, 30), (190, 160, 80)])
def test_a_dark_or_a_fair_lock_at_the_temple_is_found(hair: tuple[int, int, int]) -> None:
    image, bare, landmarks = face_of(Look(hair=None))
    row = int(landmarks[10, 1] + 0.12 * UNIT)
    edge = int(np.argmax(bare[row] > 0.5))
    lock = (slice(row - 6, row + 6), slice(edge - 5, edge + 8))
    image[lock] = np.array(hair, np.float32) / 255
    locks = find_locks(image, bare, landmarks, unit=UNIT, glasses=False)
    assert locks[lock].mean() > 0.95
    assert locks[:, landmarks[10, 0].astype(int) :].max() == 0


@pytest.mark.parametrize("look", [Look(hair=None), Look(beard=True), Look(hair=None, skin=(104, 66, 48))])
def test_nothing_of_a_face_itself_is_a_lock(look: Look) -> None:
    image, bare, landmarks = face_of(look)
    locks = find_locks(image, bare, landmarks, unit=UNIT, glasses=False)
    assert (locks * (fill_polygon(landmarks[[234, 152, 454, 10]], size=bare.shape[::-1]) > 0.5)).max() == 0


def test_frames_of_glasses_are_no_hair() -> None:
    image, bare, landmarks = face_of(Look(hair=None))
    (left, y), (right, _) = landmarks[[234, 454]].astype(int).tolist()
    cv2.line(image, (left - 4, y - 2), (right + 4, y - 2), (0.05, 0.05, 0.05), 5)
    assert (find_locks(image, bare, landmarks, unit=UNIT, glasses=False) * bare).max() == 1
    assert (find_locks(image, bare, landmarks, unit=UNIT, glasses=True) * bare).max() == 0
