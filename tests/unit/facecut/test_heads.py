"""Heads that are measured on the photo and found again in its drawings."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import Look, Painting, one, paint
from toonbooth.facecut.cut import cut_face
from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.frame import frame_head
from toonbooth.facecut.heads import MAX_MEASURED, measure_heads
from toonbooth.facecut.landmarks import CHIN
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import HEAD_SIZE, Portrait


def overlap(
    portrait: Portrait, cut_out: CutOut, truth: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> float:
    height, width = portrait.picture.shape[:2]
    matrix = np.array([[1, 0, cut_out.x], [0, 1, cut_out.y]], np.float64)
    found = cv2.warpAffine(cut_out.alpha, matrix, (width, height)) > 127
    return float((found & truth).sum() / (found | truth).sum())


def pencil_drawing(painting: Painting) -> Portrait:
    """Lines on grey paper: no colour tells hair from a shirt."""
    measured = measure_heads(painting.portrait)
    grey = cv2.cvtColor(measured.picture, cv2.COLOR_RGB2GRAY)
    lines = np.abs(grey.astype(np.int16) - cv2.GaussianBlur(grey, (0, 0), 2))
    drawing = np.clip(215 - 2 * lines, 0, 255).astype(np.uint8)
    return measured.with_picture(np.dstack([drawing] * 3))


@pytest.mark.parametrize("look", [Look(long_hair=True), Look(beard=True), Look(roll=0.3, long_hair=True)])
def test_a_drawing_without_colours_is_cut_as_its_photo(look: Look) -> None:
    painting = one(look, unit=100)
    drawing = pencil_drawing(painting)
    assert overlap(drawing, cut_face(drawing), painting.heads[0]) > 0.93


def test_a_measured_head_is_believed_wherever_it_lies_in_the_picture() -> None:
    painting = paint(((500, 520), 80, Look(long_hair=True)), size=(640, 760))
    blank = measure_heads(painting.portrait).with_picture(np.full((760, 640, 3), 200, np.uint8))
    assert overlap(blank, cut_face(blank), painting.heads[0]) > 0.93


def test_in_another_size_the_head_is_still_in_its_place() -> None:
    painting = one(Look(long_hair=True), unit=160)
    measured = measure_heads(painting.portrait)
    turned = measured.faces[0]
    assert turned.head is not None
    assert turned.head.shape == (HEAD_SIZE[1], HEAD_SIZE[0])
    assert overlap(measured, cut_face(measured), painting.heads[0]) > 0.95


def test_the_outline_moves_to_the_edges_of_the_drawing() -> None:
    painting = one(Look(), unit=100, wall=(240, 240, 240))
    measured = measure_heads(painting.portrait)
    # A drawing in which the hair is a little higher than in the photo.
    taller = measured.picture.copy()
    crown = 135 - 92
    taller[crown - 3 : crown + 40, 149 - 15 : 149 + 16] = (70, 45, 30)
    drawing = measured.with_picture(taller)
    before, after = cut_face(measured), cut_face(drawing)
    assert before.y - after.y >= 1


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(np.zeros((HEAD_SIZE[1], HEAD_SIZE[0]), np.float32), id="no head"),
        pytest.param(np.ones((HEAD_SIZE[1], HEAD_SIZE[0]), np.float32), id="all head"),
        pytest.param(np.ones((3, 3), np.float32), id="another size"),
    ],
)
def test_a_head_that_cannot_be_is_measured_anew(lie: FloatImage) -> None:
    portrait = one(Look()).portrait
    lying = replace(portrait, faces=(replace(portrait.faces[0], head=lie),))
    assert cut_face(lying).rgba.tobytes() == cut_face(portrait).rgba.tobytes()


def test_of_a_crowd_the_most_prominent_are_measured() -> None:
    people = [((40.0 + 70 * k, 80.0), 30.0 + 3 * k, Look()) for k in range(MAX_MEASURED + 2)]
    measured = measure_heads(paint(*people, size=(600, 200)).portrait)
    known = [face.head is not None for face in measured.faces]
    assert sum(known) == MAX_MEASURED
    assert known[-1]
    assert not known[0]


def test_hair_that_gets_lighter_towards_its_ends_is_followed_to_them() -> None:
    unit, dark, light = 100.0, np.array(Look().hair), np.array((185, 135, 78))
    painting = paint(((159.5, 120.0), unit, Look(long_hair=True)), size=(320, 390))
    portrait = painting.portrait
    picture, matte = portrait.picture.astype(np.float32), portrait.matte.copy()
    chin_x, chin_y = portrait.faces[0].landmarks[CHIN]
    top, bottom = round(chin_y - 0.35 * unit), round(chin_y + 1.9 * unit)
    locks = np.zeros(matte.shape, np.bool_)
    for side in (-1, 1):
        left, right = sorted(round(chin_x + side * aside * unit) for aside in (0.42, 0.85))
        locks[top:bottom, left:right] = True
    down = np.clip((np.arange(len(picture)) - top) / (bottom - top), 0, 1)[:, np.newaxis, np.newaxis]
    noise = np.random.default_rng(1).normal(0, 2.5, picture.shape)
    picture = np.where(locks[..., np.newaxis], dark + down * (light - dark) + noise, picture)
    matte[locks] = 1
    measured = measure_heads(
        replace(portrait, picture=np.clip(picture, 0, 255).astype(np.uint8), matte=matte)
    ).faces[0]
    assert measured.head is not None
    head = frame_head(measured).map_out(measured.head, size=(matte.shape[1], matte.shape[0])) > 0.5
    assert (head & locks).sum() > 0.97 * locks.sum()
