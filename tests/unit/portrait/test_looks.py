"""Where the segmentation network looks."""

import numpy as np
import pytest

from toonbooth.portrait.looks import body_looks, fade, head_looks, nearness, shows_more
from toonbooth.portrait.mesh import CHIN, FOREHEAD, LEFT_CHEEK, RIGHT_CHEEK, Mesh
from toonbooth.portrait.model import LANDMARK_COUNT
from toonbooth.portrait.sampling import Region

PICTURE = Region(539.5, 359.5, 1080, 720)
"""1080 × 720 pixels."""


def face_at(x: float, y: float, *, width: float) -> Mesh:
    """A face of so many pixels, cheek to cheek and forehead to chin."""
    points = np.full((LANDMARK_COUNT, 2), (x, y), np.float32)
    half = width / 2
    points[LEFT_CHEEK], points[RIGHT_CHEEK] = (x - half, y), (x + half, y)
    points[FOREHEAD], points[CHIN] = (x, y - half), (x, y + half)
    return Mesh(points, np.zeros(LANDMARK_COUNT, np.float32), evidence=20)


GROUP = [face_at(200, 300, width=70), face_at(1030, 60, width=80), face_at(600, 650, width=60)]


def test_looks_lie_inside_the_picture_and_hold_their_face() -> None:
    for mesh, region in head_looks(GROUP, PICTURE) + body_looks(GROUP, PICTURE):
        x0, y0 = region.x - region.width / 2, region.y - region.height / 2
        assert x0 >= -0.5
        assert y0 >= -0.5
        assert x0 + region.width <= 1079.5
        assert y0 + region.height <= 719.5
        assert (mesh.box[:2] >= (x0, y0)).all()
        assert (mesh.box[2:] <= (x0 + region.width, y0 + region.height)).all()


def test_in_a_group_bodies_are_looked_at_as_well_the_largest_first() -> None:
    assert [mesh.width for mesh, _ in body_looks(GROUP, PICTURE)] == [80, 70, 60]
    for (_, head), (_, body) in zip(head_looks(GROUP, PICTURE), body_looks(GROUP, PICTURE), strict=True):
        assert body.width > 2 * head.width


def test_somebody_alone_costs_no_more_looks_unless_they_are_small() -> None:
    assert body_looks([face_at(500, 300, width=100)], PICTURE) == []
    assert len(body_looks([face_at(500, 300, width=60)], PICTURE)) == 1


def test_two_who_fill_the_picture_are_shown_well_enough_by_all_of_it() -> None:
    close = [face_at(300, 300, width=180), face_at(700, 320, width=190)]
    assert body_looks(close, PICTURE) == []
    assert len(head_looks(close, PICTURE)) == 2


def test_a_crowd_gets_no_more_looks_than_time_allows() -> None:
    crowd = [face_at(100 + 80 * place, 300, width=60) for place in range(12)]
    assert len(head_looks(crowd, PICTURE)) == len(body_looks(crowd, PICTURE)) == 6


def test_a_face_that_fills_the_picture_is_not_looked_at_again() -> None:
    ((_, large),) = head_looks([face_at(540, 360, width=600)], PICTURE)
    ((_, small),) = head_looks([face_at(540, 360, width=150)], PICTURE)
    assert not shows_more(large, PICTURE)
    assert shows_more(small, PICTURE)


def test_a_look_fades_out_inside_the_picture_and_not_at_its_edge() -> None:
    in_the_corner = fade(Region(149.5, 149.5, 300, 300), PICTURE)
    assert in_the_corner[0, 0] == 1
    assert in_the_corner[:, -1].max() < 0.01
    assert in_the_corner[-1].max() < 0.01
    assert in_the_corner[100, 100] == 1


@pytest.mark.parametrize("reach", [0.7, 2.2])
def test_a_look_counts_most_at_its_own_face_and_less_with_every_face_width(reach: float) -> None:
    mesh = face_at(300, 300, width=100)
    weights = nearness(Region(299.5, 299.5, 800, 800), mesh, reach=reach)
    assert weights.max() == weights[127:129, 127:129].max() > 0.99
    away = round(reach * 100 / 800 * 256)
    assert weights[128, 128 + away] == pytest.approx(np.exp(-0.5), abs=0.02)
    assert (np.diff(weights[128, 128:]) < 0).all()
