"""A drawing fades away from its heads, and where its people end rather than in the middle of an arm."""

from __future__ import annotations

import cv2
import numpy as np

from tests.unit.drawing.portraits import bust, face_at
from toonbooth.drawing.closeup import Closeup
from toonbooth.drawing.vignette import (
    Frame,
    Vignette,
    as_far_as_shown,
    distance_from_heads,
    frame_of,
    margins,
    vignette,
)
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Face

SHAPE = (80, 100)
NONE: FloatImage = np.zeros(SHAPE, np.float32)
ALL: FloatImage = np.ones(SHAPE, np.float32)


def frame(face: Face) -> Frame:
    low = np.repeat(np.linspace(0, 1, SHAPE[0], dtype=np.float32)[:, None], SHAPE[1], axis=1)
    return Frame(distance_from_heads((100, 80), (face,), scale=1.0), ALL, low)


def test_a_part_seen_from_near_lies_where_it_does_in_the_whole() -> None:
    portrait = bust(480, 400)
    whole = frame_of(portrait, margin=0.06)
    part = whole.within(Closeup(120, 200, 160, 200, 2.0), (400, 480)).at((320, 400))
    expected = whole.at((400, 480))
    for plane, of_whole in zip(
        (part.distance, part.sheet, part.low), (expected.distance, expected.sheet, expected.low), strict=True
    ):
        seen = cv2.resize(of_whole[200:400, 120:280], (320, 400), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(plane[8:-8, 8:-8], seen[8:-8, 8:-8], atol=0.03)


def test_clothes_fade_and_the_background_keeps_to_one_side() -> None:
    face = face_at((50.0, 15.0), 14.0)
    person = NONE.copy()
    person[:, 35:65] = 1
    look = Vignette(side=1.0, strength=0.3, looseness=0.7)
    drawn = vignette(0.8 * ALL, person, (face,), frame(face), look, scale=1.0)
    column = drawn[15:, 50]
    assert column[0] > 0.78
    assert (np.diff(column) <= 1e-6).all()
    assert column[-1] < 0.2 * column[0]
    assert drawn[15, 66] > 0.1 > drawn[15, 34]
    assert drawn[79, 0] < 0.01


def test_nobody_means_no_distance() -> None:
    assert not distance_from_heads((100, 80), (), scale=1.0).any()


def test_margins_fall_to_nothing_at_every_edge() -> None:
    sheet = margins((100, 80), share=0.1)
    assert sheet.shape == (80, 100)
    assert sheet[40, 50] == 1
    for edge in (sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1]):
        assert edge.max() < 0.05


def test_what_is_far_from_small_faces_fades_no_sooner_than_what_is_far_from_large_ones() -> None:
    face = face_at((50.0, 8.0), 8.0)
    distance = distance_from_heads((100, 80), (face,), scale=1.0)
    person = NONE.copy()
    person[:60, 35:65] = 1
    shown = as_far_as_shown(distance, person)
    assert distance[56, 50] > 4.5
    assert shown[56, 50] < 3.2
    assert (shown <= distance).all()
    np.testing.assert_allclose(shown[:14, 45:55], distance[:14, 45:55])
    np.testing.assert_array_equal(as_far_as_shown(distance, NONE), distance)


def test_whoever_is_cut_off_below_fades_towards_the_edge_and_a_face_there_does_not() -> None:
    person = NONE.copy()
    person[:, 20:80] = 1
    look = Vignette(side=1.0, strength=0.3, looseness=0.4)
    ends = []
    for y in (20.0, 70.0):
        face = face_at((50.0, y), 24.0)
        ends.append(float(vignette(0.8 * ALL, person, (face,), frame(face), look, scale=1.0)[79, 50]))
    assert ends[0] < 0.2
    assert ends[1] > 0.7
