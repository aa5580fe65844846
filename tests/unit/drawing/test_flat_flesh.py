"""Shadows on skin are skin, beards are beards, and brows don't get lost."""

from __future__ import annotations

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.flat_beard import draw_beard
from toonbooth.drawing.flat_flesh import Flesh, painted_flesh, with_shadows
from toonbooth.drawing.likeness import face_window, look_at
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.vector import Shape, cover
from toonbooth.imaging.pixels import FloatImage, to_bytes, to_float
from toonbooth.portrait.model import Portrait

LOWER_FACE = np.array([*facemap.JAW, 132, 205, 98, 2, 327, 425, 361])
CHIN = np.array([106, 182, 83, 18, 313, 406, 335, 262, 369, 396, 175, 171, 140, 32])


def repainted(where: FloatImage, *, factor: float, grey: float) -> Portrait:
    """The astronaut with a part of her head darker and greyer."""
    portrait = astronaut_portrait()
    picture = to_float(portrait.picture)
    dark = picture * np.float32(factor)
    dark += np.float32(grey) * (dark.mean(axis=2, keepdims=True) - dark)
    soft = cv2.GaussianBlur(where, (0, 0), 1.2)[..., None]
    return portrait.with_picture(to_bytes((picture + soft * (dark - picture)).astype(np.float32)))


def lower_face(*, right_only: bool = False) -> FloatImage:
    face = astronaut_portrait().faces[0]
    size = (256, 256)
    mask = polygon_mask(size, face.landmarks[LOWER_FACE])
    mask *= 1 - polygon_mask(size, face.landmarks[facemap.LIPS_OUTER], grow=1.1)
    if right_only:
        mask[:, : int(face.landmarks[facemap.CHIN, 0])] = 0
    return mask


def beard_on(portrait: Portrait) -> list[Shape]:
    face = portrait.faces[0]
    window = face_window(face, portrait.picture.shape)
    skin = polygon_mask((256, 256), face.landmarks[facemap.OVAL])
    return draw_beard(look_at(portrait, face, portrait.picture, np.ascontiguousarray(skin[window])))


def covered(shapes: list[Shape], portrait: Portrait) -> FloatImage:
    """What shapes of a face's window cover of the picture."""
    rows, columns = face_window(portrait.faces[0], portrait.picture.shape)
    mask = np.zeros((256, 256), np.float32)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    mask[rows, columns] = np.maximum.reduce([to_float(cover(shape, size)) for shape in shapes])
    return mask


def test_a_beard_is_one_mass_where_it_grows_and_a_shaven_chin_has_none() -> None:
    grown = lower_face()
    portrait = repainted(grown, factor=0.3, grey=0.6)
    shapes = beard_on(portrait)
    mask = covered(shapes, portrait)
    assert cv2.connectedComponents((mask > 0.5).astype(np.uint8))[0] == 2
    assert float(mask[grown > 0.9].mean()) > 0.8
    assert float(mask[: int(portrait.faces[0].landmarks[2, 1])].mean()) < 0.02
    assert beard_on(astronaut_portrait()) == []


def test_there_is_no_bare_ring_between_beard_and_lips() -> None:
    portrait = astronaut_portrait()
    points = portrait.faces[0].landmarks
    grown = lower_face()
    # All around the mouth nothing grows: what is left beside the lips is a ring.
    ring = polygon_mask((256, 256), points[facemap.LIPS_OUTER], grow=1.35)
    mask = covered(beard_on(repainted(grown * (1 - ring), factor=0.3, grey=0.6)), portrait)
    lips = polygon_mask((256, 256), points[facemap.LIPS_OUTER], grow=1.1)
    below = (ring > 0.9) & (lips < 0.1) & (grown > 0.9)
    assert float(mask[below].mean()) > 0.9


def test_thin_growth_is_one_tone_between_skin_and_hair() -> None:
    portrait = repainted(lower_face(), factor=0.3, grey=0.6)
    points = portrait.faces[0].landmarks
    cheeks = lower_face() * (1 - polygon_mask((256, 256), points[CHIN], grow=1.1, feather=2))
    picture = portrait.picture + (astronaut_portrait().picture - portrait.picture.astype(np.float32)) * (
        0.72 * cheeks[..., None]
    )
    stubble, beard = beard_on(portrait.with_picture(np.clip(picture, 0, 255).astype(np.uint8)))
    hair, between = (sum(colour) for colour in (beard.colour, stubble.colour))
    assert hair + 60 < between


def test_what_darkens_one_side_of_a_face_is_no_beard() -> None:
    assert beard_on(repainted(lower_face(right_only=True), factor=0.3, grey=0.6)) == []


def neck_shadow(colour: tuple[float, float, float]) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Skin with a hole under the chin that has a given L*a*b*, the picture, and the hole."""
    face = astronaut_portrait().faces[0]
    chin = face.landmarks[facemap.CHIN]
    hole = np.zeros((256, 256), np.float32)
    cv2.ellipse(hole, (int(chin[0]), int(chin[1] + 0.22 * face.width)), (14, 6), 0, 0, 360, (1.0,), -1)
    skin = polygon_mask((256, 256), face.landmarks[facemap.OVAL])
    skin[int(chin[1]) - 8 :, 60:190] = 1
    skin *= 1 - hole
    lab = np.full((256, 256, 3), (70.0, 14.0, 18.0), np.float32)
    lab[hole > 0] = colour
    return skin, lab, hole


def test_a_dark_place_that_skin_surrounds_is_skin_in_shade() -> None:
    skin, lab, hole = neck_shadow((14.0, 2.0, 2.0))
    more = with_shadows(skin, lab, np.ones_like(skin), astronaut_portrait().faces, scale=1.0)
    assert float(more[hole > 0].mean()) > 0.9
    assert (more >= skin).all()


def test_what_is_blue_or_light_is_no_skin_in_shade() -> None:
    for colour in ((20.0, 3.0, -20.0), (92.0, 0.0, 2.0)):
        skin, lab, hole = neck_shadow(colour)
        more = with_shadows(skin, lab, np.ones_like(skin), astronaut_portrait().faces, scale=1.0)
        assert float(more[hole > 0].mean()) < 0.1


def test_black_cloth_that_runs_out_of_the_picture_beside_a_neck_is_no_skin_in_shade() -> None:
    face = astronaut_portrait().faces[0]
    x, y = (int(value) for value in face.landmarks[facemap.CHIN])
    lab = np.full((y + 24, 256, 3), (70.0, 14.0, 18.0), np.float32)
    lab[y:, x - 10 :] = (7.0, 1.5, 1.7)
    skin = polygon_mask((y + 24, 256), face.landmarks[facemap.OVAL])
    skin[y - 8 :, 60:190] = 1
    skin[y:, x - 10 :] = 0
    more = with_shadows(skin, lab, np.ones_like(skin), (face,), scale=1.0)
    np.testing.assert_array_equal(more, skin)


def test_hands_are_painted_like_the_face_and_cloth_is_left_alone() -> None:
    lab = np.zeros((8, 16, 3), np.float32)
    lab[:, :8], lab[:, 8:] = (58.0, 16.0, 18.0), (40.0, 5.0, -30.0)
    flesh = Flesh((60.0, 16.0, 18.0), (74.0, 14.0, 20.0))
    painted = painted_flesh(lab, lab, [flesh])
    assert abs(float(painted[0, 0, 0]) - 70) < 4
    np.testing.assert_array_equal(painted[:, 8:], lab[:, 8:])
