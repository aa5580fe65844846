"""Scraps of a collar at a jaw are painted over with the skin beside them; beards and clean jaws stay."""

import numpy as np
import pytest

from tests.unit.facecut.heads import Look, one
from toonbooth.facecut.jaw import jaw_line
from toonbooth.facecut.jaw_scraps import without_scraps
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.model import Points

UNIT = 100.0
COLLAR = np.array([0.78, 0.82, 0.92], np.float32)


def head_and_jaw(look: Look) -> tuple[FloatImage, Points]:
    portrait = one(look, unit=UNIT).portrait
    (face,) = portrait.faces
    return to_float(portrait.picture), jaw_line(face.landmarks, face.width, 0, np.zeros(81, np.float32))


def test_a_collars_scrap_at_a_jaw_becomes_skin() -> None:
    image, jaw = head_and_jaw(Look())
    x, y = (int(each) for each in jaw[30])
    scrap = (slice(y - 4, y + 12), slice(x - 4, x + 6))
    clean = image[y - 4 : y - 1, x - 2 : x + 4].copy()
    image[scrap] = COLLAR
    result = without_scraps(image, jaw, unit=UNIT)
    assert np.abs(result[y - 4 : y - 1, x - 2 : x + 4] - clean).max() < 0.15
    # What lies away from the jaw stays as it is.
    assert (result[: y - 40] == image[: y - 40]).all()


@pytest.mark.parametrize(
    "look", [Look(), Look(beard=True), Look(beard=True, hair=(150, 150, 152)), Look(skin=(104, 66, 48))]
)
def test_without_a_scrap_a_face_stays_as_it_is(look: Look) -> None:
    image, jaw = head_and_jaw(look)
    painting = one(look, unit=UNIT)
    changed = np.abs(without_scraps(image, jaw, unit=UNIT) - image).max(axis=2) > 0.1
    assert (changed & painting.heads[0]).sum() < 0.005 * painting.heads[0].sum()
