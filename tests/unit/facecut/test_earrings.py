"""Earrings hang below the ear lobe and belong to the head; the background behind them doesn't."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import Look, Mask, one
from tests.unit.facecut.test_cut_face import alpha_over
from toonbooth.facecut.cut import cut_face
from toonbooth.facecut.earrings import hanging_earrings, recall_earrings
from toonbooth.facecut.frame import frame_head
from toonbooth.facecut.heads import measure_heads
from toonbooth.portrait.earrings import find_earrings
from toonbooth.portrait.model import Portrait

UNIT = 100
MIDDLE_X, MIDDLE_Y = 149, 135
LOBE_Y = MIDDLE_Y + 15


def with_drop(*, side: int, top: int, length: int, breadth: int) -> tuple[Portrait, Mask]:
    """A head before a wall with something golden beside it that the matte didn't hold, as it is analysed."""
    portrait = one(Look(), unit=UNIT).portrait
    area = np.zeros(portrait.matte.shape, np.uint8)
    x = MIDDLE_X + side * 57
    cv2.rectangle(area, (x - breadth // 2, top), (x + breadth // 2, top + length), 1, cv2.FILLED)
    picture = portrait.picture.copy()
    drop = np.asarray((area > 0) & (portrait.matte < 0.5))
    picture[drop] = (190, 140, 40)
    matte, jewels = find_earrings(portrait.matte, picture, portrait.faces)
    return replace(portrait, picture=picture, matte=matte, jewels=jewels), drop


@pytest.mark.parametrize("side", [-1, 1])
def test_a_drop_earring_stays(side: int) -> None:
    portrait, drop = with_drop(side=side, top=LOBE_Y, length=34, breadth=9)
    measured = measure_heads(portrait)
    assert (measured.matte[drop] > 0.5).mean() > 0.8
    for seen in (portrait, measured):
        alpha = alpha_over(seen, cut_face(seen)) > 127
        assert (alpha & drop).sum() > 0.8 * drop.sum()
        below_the_jaw = alpha[MIDDLE_Y + 72 :]
        assert not below_the_jaw.any()


def test_what_floats_above_the_hair_goes_though_the_matte_holds_it() -> None:
    portrait = one(Look(), unit=UNIT).portrait
    crown = MIDDLE_Y - 92
    matte = portrait.matte.copy()
    picture = portrait.picture.copy()
    stripe = np.s_[crown - 14 : crown - 7, MIDDLE_X - 20 : MIDDLE_X + 21]
    matte[stripe], picture[stripe] = 1, (250, 250, 250)
    seen = replace(portrait, picture=picture, matte=matte)
    assert alpha_over(seen, cut_face(seen))[stripe].max() < 60


@pytest.mark.parametrize(
    ("top", "length", "breadth"),
    [
        pytest.param(LOBE_Y + 25, 34, 9, id="apart from the ear"),
        pytest.param(LOBE_Y - 60, 34, 9, id="above the lobe"),
        pytest.param(LOBE_Y - 20, 190, 9, id="a pole behind the head"),
        pytest.param(LOBE_Y, 30, 40, id="as wide as high"),
        pytest.param(LOBE_Y, 5, 5, id="a dot"),
    ],
)
def test_what_is_no_earring_goes_with_the_background(top: int, length: int, breadth: int) -> None:
    portrait, drop = with_drop(side=1, top=top, length=length, breadth=breadth)
    assert portrait.jewels is None
    alpha = alpha_over(portrait, cut_face(portrait)) > 127
    assert (alpha & drop).sum() < 0.1 * drop.sum()


def test_an_earring_that_a_drawing_hardly_shows_is_left_off_whole() -> None:
    portrait, drop = with_drop(side=1, top=LOBE_Y, length=34, breadth=9)
    measured = measure_heads(portrait)
    wall = measured.picture[MIDDLE_Y, 20]
    picture = measured.picture.copy()
    rows = np.flatnonzero(drop.any(axis=1))
    # A style that simplifies keeps the upper third and paints its backdrop over the rest.
    lost = drop & (np.arange(len(drop)) > rows[0] + len(rows) // 3)[:, np.newaxis]
    picture[lost] = wall
    alpha = alpha_over(measured.with_picture(picture), cut_face(measured.with_picture(picture)))
    assert (alpha[drop] > 127).mean() < 0.1


def test_the_backdrop_beside_an_earring_is_left_off() -> None:
    portrait, drop = with_drop(side=1, top=LOBE_Y, length=34, breadth=11)
    measured = measure_heads(portrait)
    picture = measured.picture.copy()
    columns = np.flatnonzero(drop.any(axis=0))
    lost = drop & (np.arange(drop.shape[1]) > columns[-1] - 2)
    picture[lost] = measured.picture[MIDDLE_Y, 20]
    drawing = measured.with_picture(picture)
    alpha = alpha_over(drawing, cut_face(drawing))
    assert (alpha[drop & ~lost] > 127).mean() > 0.8
    assert (alpha[lost] > 127).mean() < 0.4


def test_a_drawn_earring_is_taken_whole_and_no_corner_of_the_neck() -> None:
    figure, known = np.zeros((200, 200), np.float32), np.zeros((200, 200), np.float32)
    figure[20:100, 60:140] = 1
    figure[100:180, 80:120] = 1
    figure[104:124, 64:70] = 1
    known[106:122, 65:69] = 1
    hanging = hanging_earrings(figure, known)
    assert hanging[104:124, 64:70].min() == 1
    assert not (hanging * figure)[:, 74:].any()
    assert not (hanging * figure)[:100].any()


@pytest.mark.parametrize("upon_a_neck", [False, True])
def test_the_tip_of_a_lock_upon_a_neck_is_no_earring(upon_a_neck: bool) -> None:
    portrait, _ = with_drop(side=1, top=LOBE_Y, length=34, breadth=9)
    measured = measure_heads(portrait)
    face, frame = measured.faces[0], frame_head(measured.faces[0])
    assert face.head is not None
    matte = frame.map_in(measured.matte)
    if upon_a_neck:
        matte[:] = 1
    recalled = recall_earrings(
        face.head * (frame.map_in(measured.matte) > 0.5), matte, frame.points_in(face.landmarks)
    )
    assert (recalled is None) == upon_a_neck
