"""Heads that a network draws: cut out upright, drawn together, laid back where they were."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, face_at, landscape
from toonbooth.imaging.pixels import FloatImage
from toonbooth.neural.errors import NobodyToDrawError
from toonbooth.neural.faces import draw_faces, place_face
from toonbooth.neural.manifest import FacesTable
from toonbooth.portrait.model import Face, Portrait

SIZE = (128, 96)
LOOK = FacesTable(width=2.0)


def negative(heads: FloatImage) -> FloatImage:
    return 1 - heads


def tilted(face: Face, degrees: float) -> Face:
    """The face turned clockwise around its middle."""
    turn = np.radians(degrees)
    middle = (face.landmarks[10] + face.landmarks[152]) / 2
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    return replace(face, landmarks=(face.landmarks - middle) @ rotation + middle, roll=float(turn))


def test_heads_change_and_the_background_stays_the_photo() -> None:
    portrait = bust(320, 256)

    drawn = draw_faces(portrait, negative, size=SIZE, look=LOOK)

    cheek = tuple(portrait.faces[0].landmarks[205].round().astype(int))[::-1]
    assert np.abs(drawn[cheek].astype(int) - (255 - portrait.picture[cheek])).max() <= 3
    background = portrait.matte == 0
    assert np.array_equal(drawn[background], portrait.picture[background])


def test_a_network_that_changes_nothing_gives_the_photo_at_its_own_scale() -> None:
    portrait = bust(320, 256)
    face_width = portrait.faces[0].width
    look = FacesTable(width=2.0)
    size = (round(face_width * 2.0 * 4 / 3), round(face_width * 2.0))

    drawn = draw_faces(portrait, lambda heads: heads, size=size, look=look)

    assert np.abs(drawn.astype(int) - portrait.picture).mean() < 0.6


def test_several_people_are_drawn_in_one_batch() -> None:
    faces = (face_at((60, 60), 40), face_at((160, 60), 50))
    picture = np.full((120, 220, 3), 200, np.uint8)
    portrait = Portrait(picture, faces, np.ones((120, 220), np.float32))
    batches: list[int] = []

    def note(heads: FloatImage) -> FloatImage:
        batches.append(len(heads))
        return heads * np.array([0.0, 0.5], np.float32)[:, None, None, None]

    drawn = draw_faces(portrait, note, size=SIZE, look=LOOK)

    assert batches == [2]
    assert drawn[60, 60].tolist() == [0, 0, 0]
    assert drawn[60, 160].tolist() == [100, 100, 100]


@pytest.mark.parametrize("degrees", [-40, 0, 25])
def test_a_tilted_head_lies_upright_in_its_crop(degrees: float) -> None:
    look = FacesTable(width=2.0, centre=(0.5, 0.6))
    face = tilted(face_at((120, 130), 60), degrees)

    region = place_face(face, SIZE, look)

    to_fractions = np.linalg.inv(np.vstack([region.matrix(), [0, 0, 1]]))
    forehead, chin = ((to_fractions @ [*face.landmarks[index].tolist(), 1])[:2] for index in (10, 152))
    assert (forehead + chin) / 2 == pytest.approx(look.centre, abs=1e-3)
    assert forehead[0] == pytest.approx(chin[0], abs=1e-3)
    assert forehead[1] < chin[1]


def test_around_a_person_there_may_be_white() -> None:
    portrait = bust(320, 256, wall=(10, 20, 30))
    seen: list[FloatImage] = []

    def note(heads: FloatImage) -> FloatImage:
        seen.append(heads)
        return heads

    drawn = draw_faces(portrait, note, size=SIZE, look=FacesTable(width=2.0, background="white"))

    assert seen[0][0, 2, 2].tolist() == [1, 1, 1]
    assert drawn[5, 5].tolist() == portrait.picture[5, 5].tolist()


def test_a_face_smaller_than_the_networks_does_not_glitter() -> None:
    face = face_at((60, 60), 30)
    portrait = Portrait(np.full((120, 120, 3), 128, np.uint8), (face,), np.ones((120, 120), np.float32))
    checkered = np.indices((256, 192)).sum(axis=0) % 2

    def checker(heads: FloatImage) -> FloatImage:
        return np.broadcast_to(checkered[None, :, :, None], heads.shape).astype(np.float32)

    drawn = draw_faces(portrait, checker, size=(256, 192), look=LOOK)

    assert np.abs(drawn.astype(int) - 128).max() < 24


def test_without_faces_there_is_nothing_to_draw() -> None:
    with pytest.raises(NobodyToDrawError):
        draw_faces(landscape(), negative, size=SIZE, look=LOOK)
