"""The avatar square."""

import numpy as np
import pytest

from tests.unit.facecut.heads import Look, paint
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.portrait.model import Face


def eyes_of(face: Face) -> tuple[float, float]:
    x, y = np.mean([face.left_eye.iris_centre, face.right_eye.iris_centre], axis=0).tolist()
    return x, y


@pytest.mark.parametrize(
    "centre",
    [
        pytest.param((200, 170), id="in the middle"),
        pytest.param((60, 170), id="at the left edge"),
        pytest.param((360, 170), id="at the right edge"),
        pytest.param((200, 80), id="at the top"),
        pytest.param((200, 300), id="at the bottom"),
    ],
)
def test_the_eyes_lie_on_the_upper_third_line(centre: tuple[int, int]) -> None:
    painting = paint((centre, 80, Look()), size=(400, 360))
    (face,) = painting.portrait.faces
    cut_out = cut_face(painting.portrait, shape=Shape.SQUARE)
    height, width = cut_out.alpha.shape
    x, y = eyes_of(face)
    assert height == width
    assert abs((y - cut_out.y) - height / 3) <= 1
    assert abs((x - cut_out.x) - width / 2) <= 0.1 * width


@pytest.mark.parametrize("height", [56, 70, 90])
def test_a_crown_near_the_pictures_edge_is_not_cut_off(height: int) -> None:
    painting = paint(((200, height), 80, Look()), size=(400, 360))
    cut_out = cut_face(painting.portrait, shape=Shape.SQUARE)
    rows, _ = np.nonzero(painting.heads[0])
    assert cut_out.y <= rows.min()


def test_head_and_ears_fit_and_the_face_fills_the_square() -> None:
    painting = paint(((200, 170), 80, Look()), size=(400, 360))
    cut_out = cut_face(painting.portrait, shape=Shape.SQUARE)
    rows, columns = np.nonzero(painting.heads[0])
    assert cut_out.y <= rows.min()
    assert cut_out.x <= columns.min()
    assert columns.max() < cut_out.x + cut_out.alpha.shape[1]
    assert 1.5 * 80 <= cut_out.alpha.shape[0] <= 3 * 80


def test_the_background_stays_as_it_was() -> None:
    painting = paint(((200, 170), 80, Look()), size=(400, 360))
    cut_out = cut_face(painting.portrait, shape=Shape.SQUARE)
    side = cut_out.alpha.shape[0]
    assert (cut_out.alpha == 255).all()
    part = painting.portrait.picture[cut_out.y : cut_out.y + side, cut_out.x : cut_out.x + side]
    assert (cut_out.picture == part).all()


def test_beyond_the_pictures_edge_a_quiet_ground_goes_on() -> None:
    painting = paint(((30, 120), 90, Look()), size=(300, 300))
    cut_out = cut_face(painting.portrait, shape=Shape.SQUARE)
    assert cut_out.x < 0
    inside = cut_out.picture[:, -cut_out.x :]
    rows = inside.shape[0]
    top = max(0, cut_out.y)
    part = painting.portrait.picture[top : cut_out.y + rows, : inside.shape[1]]
    assert np.abs(inside[top - cut_out.y :].astype(int) - part).max() <= 1
    seam = cut_out.picture[:, -cut_out.x - 1].astype(int) - cut_out.picture[:, -cut_out.x].astype(int)
    assert np.abs(seam).mean() < 6
    # The far end is blurred: the picture's noise is gone.
    far, edge = cut_out.picture[:, 0].astype(int), cut_out.picture[:, -cut_out.x].astype(int)
    assert np.abs(np.diff(far, n=2, axis=0)).mean() < 0.4 * np.abs(np.diff(edge, n=2, axis=0)).mean()
