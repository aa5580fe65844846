"""Roll, yaw, openness, and which way is up."""

import numpy as np
import pytest

from toonbooth.portrait.analysis import count_quarter_turns, score_of, turn
from toonbooth.portrait.detection import Detection
from toonbooth.portrait.finding import Search, covering, keep_surest
from toonbooth.portrait.iris import measure_openness
from toonbooth.portrait.mesh import CHIN, FOREHEAD, LEFT_CHEEK, RIGHT_CHEEK, Mesh


def make_mesh(
    *, roll: float = 0.0, yaw: float = 0.0, size: float = 100.0, x: float = 0.0, evidence: float = 20.0
) -> Mesh:
    """A cross of cheeks, forehead and chin, turned and then tilted; all other points in its middle."""
    points = np.zeros((468, 3))
    points[LEFT_CHEEK, 0], points[RIGHT_CHEEK, 0] = -size / 2, size / 2
    points[FOREHEAD, 1], points[CHIN, 1] = -size * 0.7, size * 0.7
    turned = points.copy()
    turned[:, 0] = points[:, 0] * np.cos(yaw)
    turned[:, 2] = points[:, 0] * np.sin(yaw)
    cosine, sine = np.cos(roll), np.sin(roll)
    tilted = turned[:, :2] @ np.array([[cosine, sine], [-sine, cosine]]) + [x, 0]
    return Mesh(tilted.astype(np.float32), turned[:, 2].astype(np.float32), evidence)


@pytest.mark.parametrize("degrees", [0, 20, -45, 90, 135, -170])
@pytest.mark.parametrize("yaw_degrees", [0, 35, -60])
def test_roll_is_clockwise_and_yaw_looks_right_independently_of_each_other(
    degrees: float, yaw_degrees: float
) -> None:
    mesh = make_mesh(roll=np.radians(degrees), yaw=np.radians(yaw_degrees))
    assert np.degrees(mesh.roll) == pytest.approx(degrees, abs=0.01)
    assert np.degrees(mesh.yaw) == pytest.approx(yaw_degrees, abs=0.01)


def test_a_turned_head_is_as_wide_as_it_is_seen_from_the_front() -> None:
    assert make_mesh(yaw=np.radians(60)).width == pytest.approx(make_mesh().width, rel=0.02)


@pytest.mark.parametrize(
    ("degrees", "turns"), [(0, 0), (50, 0), (-50, 0), (90, 1), (80, 1), (-90, 3), (180, 2), (-175, 2)]
)
def test_leaning_heads_lean_and_lying_heads_turn_the_picture(degrees: float, turns: int) -> None:
    assert count_quarter_turns([make_mesh(roll=np.radians(degrees))]) == turns


def test_turning_the_picture_that_often_puts_the_head_up() -> None:
    # A head lying to the right: its top, here the bright end of the picture, is on the right.
    lying = np.zeros((2, 3, 3), np.uint8)
    lying[:, 2] = 255
    upright = turn(lying, count_quarter_turns([make_mesh(roll=np.radians(90))]))
    assert upright.shape == (3, 2, 3)
    assert (upright[0] == 255).all()
    assert upright.flags["C_CONTIGUOUS"]


def test_somebody_small_lying_in_front_of_a_group_does_not_turn_it() -> None:
    lying = make_mesh(roll=np.radians(90), size=60)
    assert count_quarter_turns([lying, make_mesh(size=100), make_mesh(size=90)]) == 0


def test_belief_grows_with_evidence() -> None:
    assert score_of(make_mesh(evidence=6)) < 0.3
    assert score_of(make_mesh(evidence=8)) == pytest.approx(0.5)
    assert 0.97 < score_of(make_mesh(evidence=16)) < 1


def test_of_two_meshes_over_one_face_the_surer_stays() -> None:
    face, part = make_mesh(size=100, evidence=20), make_mesh(size=50, x=10, evidence=11)
    neighbour = make_mesh(x=90, evidence=15)
    assert keep_surest([part, neighbour, face]) == [face, neighbour]


def test_covering_asks_the_smaller_box() -> None:
    large, small = np.array([0, 0, 10, 10], np.float32), np.array([8, 0, 12, 2], np.float32)
    assert covering(large, small) == pytest.approx(0.5)
    assert covering(small, large) == pytest.approx(0.5)
    assert covering(large, np.array([20, 20, 30, 30], np.float32)) == 0


@pytest.mark.parametrize("openness", [0.05, 0.3])
def test_openness_is_lid_distance_over_eye_width(openness: float) -> None:
    across = np.linspace(0, 1, 9)
    upper = np.column_stack([across, np.full(9, -openness / 2)])
    lower = np.column_stack([across, np.full(9, openness / 2)])[7:0:-1]
    contour = np.concatenate([upper, lower]).astype(np.float32)
    contour[[0, 8], 1] = 0
    assert measure_openness(contour) == pytest.approx(openness, rel=0.01)


def hint(side: float, score: float) -> Detection:
    """A square about the origin."""
    box = np.array([-side / 2, -side / 2, side / 2, side / 2], np.float32)
    return Detection(box, np.zeros((6, 2), np.float32), score)


@pytest.mark.parametrize(("evidence", "again"), [(None, True), (7.0, True), (20.0, False)])
def test_only_a_sure_face_keeps_a_clearer_hint_at_its_place_from_being_followed(
    evidence: float | None, again: bool
) -> None:
    search = Search()
    search.add(hint(230, 0.55), None if evidence is None else make_mesh(size=230, evidence=evidence))
    clearer, as_faint = hint(150, 0.87), hint(150, 0.6)
    assert list(search.choose_clear([as_faint, clearer])) == ([clearer] if again else [])
