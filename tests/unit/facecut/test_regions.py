"""The smaller decisions: colours, skin, beards, people, outlines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.facecut.heads import Look, face_at, one, paint
from toonbooth.facecut.colours import count_colours, index_cells, log_likelihood
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.frame import UNIT_PIXELS, frame_head
from toonbooth.facecut.landmarks import CHIN, FOREHEAD, OVAL
from toonbooth.facecut.outlines import eroded, fill_polygon, opened, smooth_line
from toonbooth.facecut.people import claim_person, find_foreign
from toonbooth.facecut.skin import beard_share, find_beard, skin_likeness
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.morphology import parts_touching, small_parts
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.model import Points, Portrait


def view_of(look: Look) -> tuple[FloatImage, Points]:
    """L*a*b* of the frame around a painted head, and its landmarks there."""
    painting = one(look)
    (face,) = painting.portrait.faces
    frame = frame_head(face)
    return rgb_to_lab(to_float(frame.picture_in(painting.portrait.picture))), frame.points_in(face.landmarks)


def test_a_colour_model_prefers_what_it_has_seen() -> None:
    lab = np.zeros((20, 40, 3), np.float32)
    lab[:, :20], lab[:, 20:] = (30, 10, 15), (70, 12, 18)
    cells = index_cells(lab)
    left = np.zeros((20, 40), np.float32)
    left[:, :20] = 1
    dark, light = (log_likelihood(count_colours(cells, seed))[cells] for seed in (left, 1 - left))
    assert (dark - light)[:, :20].min() > 3
    assert (dark - light)[:, 20:].max() < -3


def test_groups_of_examples_have_the_same_say_whatever_their_size() -> None:
    cells = np.arange(2, dtype=np.int32).repeat([9000, 1000]).reshape(100, 100)
    large, small = ((cells == k).astype(np.float32) for k in (0, 1))
    counts = count_colours(cells, large), count_colours(cells, small)
    assert counts[0].sum() == pytest.approx(counts[1].sum())


@pytest.mark.parametrize("skin", [(222, 172, 142), (104, 66, 48), (245, 215, 200)])
def test_skin_is_told_from_hair_shirt_and_wall(skin: tuple[int, int, int]) -> None:
    lab, landmarks = view_of(Look(skin=skin, hair=(30, 25, 60)))
    likeness = skin_likeness(lab, landmarks)
    chin, cheek, brow = landmarks[152], landmarks[[50, 280]], landmarks[10]
    for x, y in cheek:
        assert likeness[round(float(y)), round(float(x))] > 0.8
    assert likeness[round(float(brow[1])) - 20, round(float(brow[0]))] < 0.2
    assert likeness[round(float(chin[1])) + 130, round(float(chin[0]))] < 0.2


def test_a_beard_is_told_from_a_bare_chin() -> None:
    for look, bearded in ((Look(), False), (Look(beard=True), True)):
        lab, landmarks = view_of(look)
        skin = skin_likeness(lab, landmarks)
        assert (beard_share(skin, landmarks) > 0.5) is bearded
        assert (find_beard(lab, skin, landmarks) is not None) is bearded


def test_one_alone_claims_everything() -> None:
    lone = face_at((150, 150), 90).landmarks
    picture = np.random.default_rng(0).integers(0, 255, (300, 300, 3)).astype(np.uint8)
    assert (claim_person(picture, lone, []) == 1).all()
    assert (claim_person(picture, lone, [lone + 5000]) == 1).all()


def test_two_who_touch_are_parted_where_their_colours_change() -> None:
    picture = np.full((300, 300, 3), (200, 160, 140), np.uint8)
    picture[:, 140:] = (60, 80, 120)
    left, right = face_at((85, 150), 90).landmarks, face_at((215, 150), 90).landmarks
    claimed = claim_person(picture, left, [right])
    assert claimed[150, :135].min() > 0.95
    assert claimed[150, 146:].max() < 0.05
    assert fill_polygon(left[list(OVAL)], size=(300, 300))[claimed < 0.5].max() < 0.5


@pytest.mark.parametrize("look", [Look(), Look(long_hair=True), Look(hair=(205, 170, 110), long_hair=True)])
def test_the_shirt_of_somebody_behind_a_head_is_found_and_its_hair_left(look: Look) -> None:
    behind = ((140.0, 80.0), 70.0, Look(shirt=(150, 148, 140)))
    painting = paint(behind, ((175.0, 215.0), 62.0, look), size=(330, 400))
    other, face = painting.portrait.faces
    frame = frame_head(face)
    view, matte = frame.picture_in(painting.portrait.picture), frame.map_in(painting.portrait.matte)
    points = frame.points_in(face.landmarks)
    foreign = find_foreign(view, matte, points, [frame.points_in(other.landmarks)])
    head = frame.map_in(painting.heads[1].astype(np.float32)) > 0.5
    assert not (foreign & eroded(head, 0.03 * UNIT_PIXELS)).any()
    beside = np.abs(np.arange(head.shape[1]) - points[CHIN, 0]) > 0.85 * UNIT_PIXELS
    level = slice(int(points[FOREHEAD, 1]), int(points[CHIN, 1]) - 4)
    assert foreign[level, beside][matte[level, beside] > 0.9].mean() > 0.9
    assert not find_foreign(view, matte, points, []).any()


def test_a_shirt_goes_on_where_its_body_had_not_to_be() -> None:
    behind = ((140.0, 80.0), 70.0, Look(shirt=(40, 90, 60)))
    painting = paint(behind, ((175.0, 215.0), 62.0, Look(long_hair=True)), size=(330, 400))
    other, face = painting.portrait.faces
    picture, matte = painting.portrait.picture.copy(), painting.portrait.matte.copy()
    # An arm that hangs down beside the head, farther off than a trunk reaches.
    arm, seen = np.s_[128:200, 200:320], np.s_[132:146, 250:312]
    ground = painting.portrait.matte[arm] < 0.5
    picture[arm][ground], matte[arm][ground] = (40, 90, 60), 1
    frame = frame_head(face)
    foreign = find_foreign(
        frame.picture_in(picture),
        frame.map_in(matte),
        frame.points_in(face.landmarks),
        [frame.points_in(other.landmarks)],
    )
    beside = np.zeros_like(matte)
    beside[seen] = 1
    assert foreign[frame.map_in(beside) > 0.5].mean() > 0.95
    head = frame.map_in(painting.heads[1].astype(np.float32)) > 0.5
    assert not (foreign & eroded(head, 0.03 * UNIT_PIXELS)).any()


@pytest.mark.parametrize("yaw", [-0.6, 0.6])
@pytest.mark.parametrize("look", [Look(), Look(long_hair=True)])
def test_a_wall_before_the_far_cheek_is_no_hair(look: Look, yaw: float) -> None:
    painting = one(look, wall=(190, 140, 100))
    (face,) = painting.portrait.faces
    frame = frame_head(face)
    points = frame.points_in(face.landmarks)
    head = frame.map_in(painting.heads[0].astype(np.float32)) > 0.5
    away = (np.arange(head.shape[1]) - points[CHIN, 0]) * np.sign(yaw)
    far = (away > 0.76 * UNIT_PIXELS) & (away < 1.2 * UNIT_PIXELS)
    level = slice(int(points[FOREHEAD, 1]), int(points[CHIN, 1]) - 4)
    matte = frame.map_in(painting.portrait.matte)
    # A matte that took a strip of the wall for the person.
    matte[level, far] = 1
    foreign = find_foreign(frame.picture_in(painting.portrait.picture), matte, points, [], yaw=yaw)
    assert foreign[level, far].mean() > 0.9
    assert not (foreign & eroded(head, 0.03 * UNIT_PIXELS)).any()
    assert not foreign[:, away < 0].any()


def test_a_smooth_line_passes_through_its_points() -> None:
    points = np.array([(0, 0), (10, 4), (20, -3), (35, 8)], np.float32)
    line = smooth_line(points, per_segment=7)
    assert len(line) == 3 * 7 + 1
    assert np.abs(line[::7] - points).max() < 1e-5
    assert len(smooth_line(points, per_segment=7, closed=True)) == 4 * 7


def test_parts_are_kept_by_touch_and_dropped_by_size() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[2:8, 2:8] = mask[12:14, 12:14] = True
    seed = np.zeros_like(mask)
    seed[3, 3] = True
    assert parts_touching(mask, seed).sum() == 36
    assert small_parts(mask, 10).sum() == 4
    assert opened(mask, 1.5)[12:14, 12:14].sum() == 0


@settings(max_examples=12, deadline=None)
@given(
    x=st.floats(-40, 160),
    y=st.floats(-40, 160),
    unit=st.floats(2, 300),
    roll=st.floats(-3.1, 3.1),
    seed=st.integers(0, 9),
)
def test_wherever_a_face_is_said_to_be_every_shape_is_a_picture(
    x: float, y: float, unit: float, roll: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 255, (90, 120, 3)).astype(np.uint8)
    portrait = Portrait(
        picture, (face_at((x, y), unit, roll=roll),), rng.random((90, 120)).astype(np.float32)
    )
    for shape in Shape:
        cut_out = cut_face(portrait, shape=shape)
        assert cut_out.picture.dtype == cut_out.alpha.dtype == np.uint8
        assert cut_out.picture.shape == (*cut_out.alpha.shape, 3)
        assert min(cut_out.alpha.shape) >= 2
