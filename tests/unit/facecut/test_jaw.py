"""The line at which a head ends."""

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import face_at
from toonbooth.facecut.chin import trace_chin
from toonbooth.facecut.frame import UNIT_PIXELS, HeadFrame
from toonbooth.facecut.jaw import JawRun, follow_jaw, jaw_line, outline_skull, trace_jaw, usual_jaw
from toonbooth.facecut.landmarks import CHIN, LIPS, OVAL
from toonbooth.facecut.outlines import fill_polygon, grow
from toonbooth.imaging.pixels import FloatImage, to_bytes
from toonbooth.portrait.model import Points

SIZE = (300, 340)
FACE = face_at((150, 150), UNIT_PIXELS)
LANDMARKS = FACE.landmarks
NOTHING = np.zeros((SIZE[1], SIZE[0]), np.float32)
USUAL = 0.047 * UNIT_PIXELS
"""How far jaws reach beyond the mesh at the chin."""


def grey(light: FloatImage) -> FloatImage:
    """L*a*b* of a lightness."""
    return np.dstack([100 * light, NOTHING, NOTHING])


def light_face(factor: float) -> FloatImage:
    """L*a*b* of a light face, larger or smaller than the mesh says, before a dark ground."""
    return grey(0.2 + 0.6 * grown(factor))


def trace(lab: FloatImage, *, foreign: FloatImage = NOTHING, strange: FloatImage = NOTHING) -> Points:
    return trace_jaw(lab, LANDMARKS, foreign=foreign, strange=strange, background=NOTHING)


def chin_of(jaw: Points) -> float:
    return float(jaw[:, 1].max())


@pytest.mark.parametrize("factor", [1.02, 1.05, 1.08, 1.12])
def test_the_jaw_snaps_to_the_edge_beside_the_mesh(factor: float) -> None:
    real = grow(LANDMARKS[list(OVAL)], factor)[:, 1].max()
    assert abs(chin_of(trace(light_face(factor))) - real) < 0.025 * UNIT_PIXELS


def test_without_any_edge_the_jaw_lies_where_jaws_usually_do() -> None:
    flat = grey(np.full((SIZE[1], SIZE[0]), 0.5, np.float32))
    assert abs(chin_of(trace(flat)) - LANDMARKS[CHIN, 1] - USUAL) < 0.02 * UNIT_PIXELS


def test_a_turned_head_has_more_jaw_on_the_side_it_shows() -> None:
    straight, turned = (usual_jaw(LANDMARKS, UNIT_PIXELS, yaw) for yaw in (0.0, 0.5))
    middle = LANDMARKS[CHIN]
    reach = np.hypot(*(turned - middle).T) - np.hypot(*(straight - middle).T)
    half = len(reach) // 2
    assert reach[:half].max() > 0.005 * UNIT_PIXELS
    assert reach[half + 1 :].min() < -0.005 * UNIT_PIXELS
    assert reach[:half].min() >= -0.01


@pytest.mark.parametrize("side", [-1, 1])
def test_in_profile_lips_lie_above_the_jaw(side: int) -> None:
    turned = LANDMARKS.copy()
    turned[list(LIPS)] += np.array([side * 0.4 * UNIT_PIXELS, 0], np.float32)
    above = [
        fill_polygon(np.concatenate([usual_jaw(turned, UNIT_PIXELS, yaw), [(150, 60)]]), size=SIZE)
        for yaw in (0.0, side * 0.8)
    ]
    tip = turned[list(LIPS)][(side * turned[list(LIPS), 0]).argmax()]
    column, row = (int(value) for value in tip - np.array([side * 0.03 * UNIT_PIXELS, 0], np.float32))
    assert above[0][row, column] == 0
    assert above[1][row, column] == 1


def test_a_collar_right_below_the_chin_is_left_out() -> None:
    # The collar is as light as the face, and ends at a dark suit: the only edge there is.
    light = np.full((SIZE[1], SIZE[0]), 0.1, np.float32)
    light[grown(1.15) > 0.5] = 0.95
    tempted, told = trace(grey(light)), trace(grey(light), foreign=1 - grown(1.04))
    assert chin_of(tempted) - chin_of(told) > 0.02 * UNIT_PIXELS


@pytest.mark.parametrize("factor", [0.94, 1.0])
def test_where_no_skin_can_be_there_is_no_jaw_even_inside_the_mesh(factor: float) -> None:
    flat = grey(np.full((SIZE[1], SIZE[0]), 0.5, np.float32))
    below_the_ear = trace(flat, strange=1 - grown(factor))[10]
    middle = LANDMARKS[list(OVAL)].mean(axis=0)
    reach = np.hypot(*(trace(flat)[10] - middle)) - np.hypot(*(below_the_ear - middle))
    assert reach > 0.02 * UNIT_PIXELS


def test_the_background_is_no_part_of_the_jaw() -> None:
    flat = grey(np.full((SIZE[1], SIZE[0]), 0.5, np.float32))
    bounded = trace_jaw(flat, LANDMARKS, foreign=NOTHING, strange=NOTHING, background=1 - grown(1.02))
    assert chin_of(bounded) < LANDMARKS[CHIN, 1] + 0.6 * USUAL


def runs_of(area: FloatImage, light: FloatImage) -> list[JawRun]:
    """Where a head that is known ends in a drawing of some lightness, seen as its own frame sees it."""
    frame = HeadFrame(np.eye(2, 3), SIZE)
    picture = to_bytes(np.repeat(light[..., np.newaxis], 3, axis=2))
    chin = trace_chin(picture, FACE, frame, area)
    return follow_jaw(area, LANDMARKS, jaw_line(LANDMARKS, UNIT_PIXELS, 0.0, chin))


def jaw_bottom(area: FloatImage, light: FloatImage) -> float:
    return max(float(run.jaw[:, 1].max()) for run in runs_of(area, light))


def inked(factor: float) -> FloatImage:
    """Lightness of flesh with a dark line around a face of some size."""
    return np.asarray(0.7 - 0.5 * (grown(factor + 0.02) - grown(factor - 0.02)), np.float32)


@pytest.mark.parametrize("factor", [1.02, 1.06, 1.1])
def test_the_cut_goes_along_the_drawn_line_and_keeps_it(factor: float) -> None:
    line = grow(LANDMARKS[list(OVAL)], factor)[:, 1].max()
    bottom = jaw_bottom(grown(1.07), inked(factor))
    assert -0.005 * UNIT_PIXELS < bottom - line < 0.035 * UNIT_PIXELS


def test_a_chin_that_is_drawn_above_the_known_one_is_the_chin() -> None:
    line = grow(LANDMARKS[list(OVAL)], 1.04)[:, 1].max()
    faint = np.asarray(0.7 - 0.3 * (grown(1.05) - grown(1.03)), np.float32)
    assert -0.01 * UNIT_PIXELS < jaw_bottom(grown(1.12), faint) - line < 0.035 * UNIT_PIXELS


def test_the_cut_is_smooth_where_the_drawn_line_is_broken_and_the_known_end_is_ragged() -> None:
    ragged, dashed = grown(1.07), inked(1.06)
    for column in range(0, SIZE[0], 12):
        ragged[:, column : column + 6] = grown(1.03)[:, column : column + 6]
        dashed[:, column : column + 5] = 0.7
    (run,) = runs_of(ragged, dashed)
    chin = run.jaw[len(run.jaw) // 4 : -len(run.jaw) // 4]
    assert np.abs(np.diff(chin, n=2, axis=0)).max() < 0.006 * UNIT_PIXELS


@pytest.mark.parametrize("pitch", [2, 3])
def test_the_dots_of_a_screen_are_no_chin(pitch: int) -> None:
    """Pop's lie 0.022 face widths apart: two pixels."""
    known = grow(LANDMARKS[list(OVAL)], 1.1)[:, 1].max()
    columns, rows = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    dots = (columns % pitch < 1) & (rows % pitch < 1)
    screen = np.asarray(np.where(dots, 0.4, 0.7), np.float32)
    assert abs(jaw_bottom(grown(1.1), screen) - known) < 0.025 * UNIT_PIXELS


def test_nothing_inside_the_face_is_dropped() -> None:
    for run in runs_of(grown(1.07), inked(1.05)):
        assert (fill_polygon(run.dropped, size=SIZE) * grown(0.98)).max() == 0


def test_without_a_line_the_cut_goes_where_the_head_is_known_to_end() -> None:
    known = grow(LANDMARKS[list(OVAL)], 1.07)[:, 1].max()
    flat = np.full((SIZE[1], SIZE[0]), 0.7, np.float32)
    assert abs(jaw_bottom(grown(1.07), flat) - known) < 0.012 * UNIT_PIXELS


def test_where_hair_hangs_over_the_jaw_nothing_is_decided() -> None:
    area = grown(1.07)
    area[:, : round(150 - 0.1 * UNIT_PIXELS)] = 1.0
    runs = runs_of(area, inked(1.05))
    assert runs
    assert all(run.jaw[:, 0].min() > 150 - 0.2 * UNIT_PIXELS for run in runs)


def test_a_head_without_a_jaw_has_none_to_follow() -> None:
    assert runs_of(np.ones((SIZE[1], SIZE[0]), np.float32), inked(1.05)) == []


def test_the_neck_below_an_ear_goes_and_the_ear_stays() -> None:
    """The ear ends level with the head's known end there; below it a neck as wide as the jaw goes on."""
    area = grown(1.04)
    floor = 150 + round(0.15 * UNIT_PIXELS)
    ear = slice(150 - round(0.62 * UNIT_PIXELS), 150)
    area[:floor, ear] = 1.0
    flat = np.full((SIZE[1], SIZE[0]), 0.7, np.float32)
    dropped = np.zeros_like(area)
    for run in runs_of(area, flat):
        dropped = np.maximum(dropped, fill_polygon(run.dropped, size=SIZE))
    beside = 150 - round(0.56 * UNIT_PIXELS)
    assert dropped[: floor - 2, beside].max() == 0
    neck = dropped[floor + 6 : floor + 16, beside - 3 : beside + 3]
    assert neck.min() > 0.9


def grown(factor: float) -> FloatImage:
    return fill_polygon(grow(LANDMARKS[list(OVAL)], factor), size=SIZE)


@pytest.mark.parametrize("lobe", [0.12, 0.18, 0.24])
def test_the_outline_reaches_down_to_the_ear_lobes_and_no_farther(lobe: float) -> None:
    """`lobe`: how far below the middle of the face the ears end, in face widths."""
    canvas = (grown(1.0) > 0.5).astype(np.uint8)
    unit = UNIT_PIXELS
    cv2.rectangle(canvas, (150 - round(0.25 * unit), 150), (150 + round(0.25 * unit), SIZE[1]), 1, -1)
    for side in (-1, 1):
        corners = [
            (150 + side * round(x * unit), 150 + round(y * unit)) for x, y in ((0.3, -0.2), (0.6, lobe))
        ]
        cv2.rectangle(canvas, corners[0], corners[1], 1, -1)
    jaw = trace(light_face(1.05))
    skull = fill_polygon(outline_skull(LANDMARKS, jaw, canvas > 0), size=SIZE) > 0.5
    for column in (150 - round(0.56 * unit), 150 + round(0.56 * unit)):
        kept = skull[:, column] & (canvas[:, column] > 0)
        assert abs(int(np.flatnonzero(kept)[-1]) - (150 + lobe * unit)) < 0.05 * unit


@pytest.mark.parametrize("side", [-1, 1])
def test_beside_a_cheek_that_is_turned_away_there_is_no_ear(side: int) -> None:
    everywhere = np.ones((SIZE[1], SIZE[0]), np.bool_)
    jaw = trace(light_face(1.05))
    straight, turned = (
        fill_polygon(outline_skull(LANDMARKS, jaw, everywhere, yaw=yaw), size=SIZE) > 0.5
        for yaw in (0.0, side * 0.5)
    )
    far, near = (150 + round(across * 0.65 * UNIT_PIXELS) for across in (side, -side))
    assert straight[150, far]
    assert not turned[150, far]
    assert turned[150, near]
    assert not (fill_polygon(LANDMARKS[list(OVAL)], size=SIZE) > 0.9)[~turned].any()


@pytest.mark.parametrize("side", [-1, 1])
def test_the_ear_of_a_head_that_is_turned_away_lies_farther_back(side: int) -> None:
    jaw, everywhere = usual_jaw(LANDMARKS, UNIT_PIXELS, 0.0), np.ones((SIZE[1], SIZE[0]), np.bool_)

    def reach(yaw: float) -> float:
        outline = outline_skull(LANDMARKS, jaw, everywhere, yaw=yaw)
        level = np.abs(outline[:, 1] - LANDMARKS[33, 1]) < 0.02 * UNIT_PIXELS
        return float((side * outline[level, 0]).max())

    assert reach(-side * 0.6) > reach(-side * 0.25) + 0.1 * UNIT_PIXELS
    assert reach(-side * 0.25) == reach(0.0)


def test_the_outline_takes_the_hair_in_and_leaves_the_neck_out() -> None:
    everywhere = np.ones((SIZE[1], SIZE[0]), np.bool_)
    jaw = trace(light_face(1.05))
    skull = fill_polygon(outline_skull(LANDMARKS, jaw, everywhere), size=SIZE) > 0.5
    assert skull[150 - round(0.95 * UNIT_PIXELS), 150]
    assert skull[150, 150 - round(0.6 * UNIT_PIXELS)]
    assert not skull[round(LANDMARKS[CHIN, 1]) + 5 :].any()
