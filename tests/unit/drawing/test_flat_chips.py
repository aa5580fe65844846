"""Loose chips beside a head become skin; hair, collars and coats stay what they are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.flat_chips import without_chips
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.pixels import FloatImage

SIZE = (256, 256)
FACE = astronaut_portrait().faces[0]
OVAL = FACE.landmarks[facemap.OVAL]
LEFT, _ = (int(value) for value in OVAL.min(axis=0))
RIGHT, CHIN = (int(value) for value in OVAL.max(axis=0))
UNIT = FACE.width


def block(left: float, top: float, right: float, bottom: float) -> FloatImage:
    mask = np.zeros(SIZE, np.float32)
    mask[int(top) : int(bottom), int(left) : int(right)] = 1
    return mask


def head() -> tuple[FloatImage, FloatImage]:
    """Skin of a face with its neck, and the person with a coat below."""
    middle = (LEFT + RIGHT) / 2
    neck = block(middle - 0.35 * UNIT, CHIN - 0.4 * UNIT, middle + 0.35 * UNIT, CHIN + 0.3 * UNIT)
    skin = np.maximum(polygon_mask(SIZE, OVAL, grow=1.1), neck)
    coat = block(0, CHIN + 0.3 * UNIT, 256, 256)
    return skin, np.maximum(skin, coat)


def filled(skin: FloatImage, person: FloatImage, *, hair: FloatImage, flesh: FloatImage) -> FloatImage:
    return without_chips(skin, person, hair, flesh, (FACE,), scale=1.0)


@pytest.mark.parametrize("place", ["jaw", "neck"])
def test_a_chip_on_skin_and_a_strip_up_a_neck_are_skin(place: str) -> None:
    skin, person = head()
    middle = (LEFT + RIGHT) / 2
    if place == "jaw":
        chip = block(LEFT + 0.1 * UNIT, CHIN - 0.5 * UNIT, LEFT + 0.2 * UNIT, CHIN - 0.4 * UNIT)
    else:
        chip = block(middle + 0.3 * UNIT, CHIN, middle + 0.35 * UNIT, CHIN + 0.3 * UNIT)
    none = np.zeros_like(skin)
    whole = filled(np.minimum(skin, 1 - chip), person, hair=none, flesh=none)
    seen = (chip > 0.5) & (skin > 0.5) & (np.arange(256)[:, None] < CHIN + 0.12 * UNIT)
    assert float(whole[seen].mean()) > 0.9


def test_a_coat_and_hair_are_left_alone() -> None:
    skin, person = head()
    hair = block(LEFT - 0.2 * UNIT, 0, RIGHT + 0.2 * UNIT, CHIN - 1.0 * UNIT)
    skin = np.minimum(skin, 1 - hair)
    whole = filled(skin, np.maximum(person, hair), hair=hair, flesh=np.zeros_like(skin))
    assert float((whole - skin)[CHIN + int(0.3 * UNIT) :].max()) < 0.5
    assert float((whole - skin)[hair > 0.5].mean()) < 0.02


def test_a_scrap_of_skins_colour_at_a_collar_is_skin_and_one_of_another_is_cloth() -> None:
    skin, person = head()
    middle = (LEFT + RIGHT) / 2
    scrap = block(middle - 0.1 * UNIT, CHIN + 0.3 * UNIT, middle + 0.1 * UNIT, CHIN + 0.38 * UNIT)
    none = np.zeros_like(skin)
    assert float(filled(skin, person, hair=none, flesh=scrap)[scrap > 0.5].mean()) > 0.9
    assert float(filled(skin, person, hair=none, flesh=none)[scrap > 0.5].mean()) < 0.2


def test_a_large_piece_of_skins_colour_is_skin_right_below_a_face_and_cloth_farther_down() -> None:
    _, person = head()
    middle = (LEFT + RIGHT) / 2
    none = np.zeros_like(person)
    for below, expected in ((0.0, True), (0.2, False)):
        top = CHIN + below * UNIT
        piece = block(middle - 0.15 * UNIT, top, middle + 0.15 * UNIT, top + 0.11 * UNIT)
        bare = block(middle - 0.4 * UNIT, CHIN - UNIT, middle + 0.4 * UNIT, top)
        whole = filled(bare, np.maximum(person, piece), hair=none, flesh=piece)
        assert (float(whole[piece > 0.5].mean()) > 0.5) == expected


def test_a_chain_on_a_throat_and_a_stump_of_a_lock_on_a_cheek_are_skin_and_a_fringe_is_hair() -> None:
    skin, person = head()
    middle = (LEFT + RIGHT) / 2
    throat = block(middle - 0.35 * UNIT, CHIN, middle + 0.35 * UNIT, 256)
    chain = block(middle - 0.3 * UNIT, CHIN + 0.35 * UNIT, middle + 0.2 * UNIT, CHIN + 0.38 * UNIT)
    fringe = block(LEFT, 0, RIGHT, CHIN - 1.0 * UNIT)
    lock = block(middle - 0.3 * UNIT, CHIN - 1.0 * UNIT, middle - 0.23 * UNIT, CHIN - 0.6 * UNIT)
    hair = np.maximum(fringe, lock)
    skin = np.maximum(skin, throat) * (1 - chain) * (1 - hair)
    whole = filled(skin, np.maximum(person, hair), hair=hair, flesh=np.zeros_like(skin))
    assert float(whole[chain > 0.5].mean()) > 0.9
    assert float(whole[lock > 0.5].mean()) > 0.8
    assert float(whole[: int(CHIN - 1.05 * UNIT)][fringe[: int(CHIN - 1.05 * UNIT)] > 0.5].mean()) < 0.05
