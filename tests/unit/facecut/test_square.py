"""The avatar square."""

import numpy as np
import pytest

from tests.unit.facecut.heads import Look, paint
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.square import Stretch
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


@pytest.mark.parametrize("x", [10, 390])
def test_where_the_picture_cuts_a_face_the_square_ends_too(x: int) -> None:
    painting = paint(((x, 170), 80, Look()), size=(400, 360))
    cut_out = cut_face(painting.portrait, shape=Shape.SQUARE)
    assert cut_out.x == (0 if x < 200 else 400 - cut_out.alpha.shape[1])
    assert abs((eyes_of(painting.portrait.faces[0])[1] - cut_out.y) - cut_out.alpha.shape[0] / 3) <= 1


def test_beyond_the_pictures_edge_a_quiet_ground_goes_on() -> None:
    painting = paint(((49, 120), 90, Look()), size=(300, 300))
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


def test_where_the_picture_ends_below_its_shoulders_are_stretched_and_leave_no_streaks() -> None:
    painting = paint(((200, 170), 80, Look()), size=(400, 272))
    rows = np.arange(272)[:, np.newaxis, np.newaxis]
    # Stripes across the chest would be gone in what only repeats its last row.
    picture = np.where((rows > 225) & (rows // 4 % 2 == 0), 255, painting.portrait.picture).astype(np.uint8)
    cut_out = cut_face(painting.portrait.with_picture(picture), shape=Shape.SQUARE)
    below = cut_out.picture[272 - cut_out.y :, cut_out.alpha.shape[1] // 2].astype(int)
    assert len(below) > 8
    assert np.abs(np.diff(below, axis=0)).max() > 40
    across_the_seam = np.abs(np.diff(cut_out.picture[:, 5].astype(int), axis=0)).max(axis=1)
    assert across_the_seam[: 225 - cut_out.y].max() < 40


def test_a_neighbour_beside_the_head_is_not_in_the_square() -> None:
    red = (220, 30, 30)
    painting = paint(((150, 150), 80, Look()), ((310, 150), 80, Look(skin=red, hair=red)), size=(420, 360))
    cut_out = cut_face(painting.portrait, face=0, shape=Shape.SQUARE)
    alone = cut_face(paint(((150, 150), 80, Look()), size=(420, 360)).portrait, shape=Shape.SQUARE)
    reddish = [cut.picture.astype(int) for cut in (cut_out, alone)]
    counts = [int((each[..., 0] - each[..., 1:].max(axis=-1) > 100).sum()) for each in reddish]
    assert cut_out.alpha.shape == alone.alpha.shape
    assert counts[0] <= counts[1]


def test_what_is_stretched_begins_as_it_was_and_ends_where_the_picture_does() -> None:
    stretch = Stretch(start=100.0, end=140.0, far=180.0)
    places = np.linspace(0, 180, 361)
    there = stretch(places)
    assert (there[places <= 100] == places[places <= 100]).all()
    assert (np.diff(there) > 0).all()
    assert there[-1] == pytest.approx(140)
    assert there[202] - there[200] == pytest.approx(1, abs=0.05)


def test_what_suffices_is_not_stretched() -> None:
    places = np.linspace(0, 180, 361)
    assert (Stretch(start=100.0, end=200.0, far=180.0)(places) == places).all()
    assert (Stretch(start=20.0, end=-5.0, far=0.0)(places) == places).all()
