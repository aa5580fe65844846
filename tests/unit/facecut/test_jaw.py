"""The line at which a head ends."""

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import face_at
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.jaw import outline_skull, trace_jaw
from toonbooth.facecut.landmarks import CHIN, OVAL
from toonbooth.facecut.outlines import fill_polygon, grow
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

SIZE = (300, 340)
LANDMARKS = face_at((150, 150), UNIT_PIXELS).landmarks
NOTHING_FOREIGN = np.zeros((SIZE[1], SIZE[0]), np.float32)


def light_face(factor: float) -> FloatImage:
    """A light face, larger or smaller than the mesh says, before a dark ground."""
    return 0.2 + 0.6 * fill_polygon(grow(LANDMARKS[list(OVAL)], factor), size=SIZE)


def chin_of(jaw: Points) -> float:
    return float(jaw[:, 1].max())


@pytest.mark.parametrize("factor", [0.96, 1.0, 1.05, 1.08])
def test_the_jaw_snaps_to_the_edge_beside_the_mesh(factor: float) -> None:
    jaw = trace_jaw(light_face(factor), LANDMARKS, foreign=NOTHING_FOREIGN)
    real = grow(LANDMARKS[list(OVAL)], factor)[:, 1].max()
    assert abs(chin_of(jaw) - real) < 0.025 * UNIT_PIXELS


def test_without_any_edge_the_mesh_is_kept() -> None:
    jaw = trace_jaw(np.full((SIZE[1], SIZE[0]), 0.5, np.float32), LANDMARKS, foreign=NOTHING_FOREIGN)
    assert abs(chin_of(jaw) - LANDMARKS[CHIN, 1]) < 0.02 * UNIT_PIXELS


def test_a_collar_right_below_the_chin_is_left_out() -> None:
    # The collar is as light as the face, and ends at a dark suit: the only edge there is.
    light = np.full((SIZE[1], SIZE[0]), 0.1, np.float32)
    light[grown(1.08) > 0.5] = 0.95
    foreign = 1 - grown(1.0)
    tempted = trace_jaw(light, LANDMARKS, foreign=NOTHING_FOREIGN)
    told = trace_jaw(light, LANDMARKS, foreign=foreign)
    assert chin_of(tempted) > LANDMARKS[CHIN, 1] + 0.03 * UNIT_PIXELS
    assert abs(chin_of(told) - LANDMARKS[CHIN, 1]) < 0.025 * UNIT_PIXELS


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
    jaw = trace_jaw(light_face(1.0), LANDMARKS, foreign=NOTHING_FOREIGN)
    skull = fill_polygon(outline_skull(LANDMARKS, jaw, canvas > 0), size=SIZE) > 0.5
    for column in (150 - round(0.56 * unit), 150 + round(0.56 * unit)):
        kept = skull[:, column] & (canvas[:, column] > 0)
        assert abs(int(np.flatnonzero(kept)[-1]) - (150 + lobe * unit)) < 0.05 * unit


def test_the_outline_takes_the_hair_in_and_leaves_the_neck_out() -> None:
    everywhere = np.ones((SIZE[1], SIZE[0]), np.bool_)
    jaw = trace_jaw(light_face(1.0), LANDMARKS, foreign=NOTHING_FOREIGN)
    skull = fill_polygon(outline_skull(LANDMARKS, jaw, everywhere), size=SIZE) > 0.5
    assert skull[150 - round(0.95 * UNIT_PIXELS), 150]
    assert skull[150, 150 - round(0.6 * UNIT_PIXELS)]
    assert not skull[round(LANDMARKS[CHIN, 1]) + 5 :].any()
