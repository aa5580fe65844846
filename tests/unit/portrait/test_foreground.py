"""What hides people's lower halves."""

import numpy as np
import pytest
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.foreground import foot_of, with_foreground, without_margins
from toonbooth.portrait.mesh import CHIN
from toonbooth.portrait.model import LANDMARK_COUNT, Points

FACE = 20.0
SIZE = (160, 200)
TABLE = (120, 70, 40)


def face_at(x: float, chin: float) -> tuple[Points, float]:
    points = np.full((LANDMARK_COUNT, 2), (x, chin - 15), np.float32)
    points[CHIN] = x, chin
    return points, FACE


def body(x: int, *, chin: int, end: int, half: int = 22) -> FloatImage:
    """A head, and below its chin a trunk."""
    mask = np.zeros(SIZE, np.float32)
    mask[chin - 30 : chin, x - 10 : x + 10] = 1
    mask[chin:end, x - half : x + half] = 1
    return mask


def scene(*, below: tuple[int, int, int], wall: tuple[int, int, int] = (60, 90, 160)) -> ByteImage:
    picture = np.full((SIZE[0] // 2, SIZE[1] // 2, 3), wall, np.uint8)
    picture[55:] = below
    return picture


def test_a_body_that_a_table_hides_goes_on_straight_down_to_the_frame() -> None:
    mask = body(100, chin=80, end=110)
    figure = with_foreground(mask, scene(below=TABLE), [face_at(100, 80)], foot=SIZE[0])
    assert (figure[80:, 80:120] == 1).all()
    np.testing.assert_array_equal(figure[:, :78], mask[:, :78])
    np.testing.assert_array_equal(figure[:110], mask[:110])


def test_a_raised_arm_has_no_pillar_beneath_it() -> None:
    mask = body(100, chin=80, end=125)
    mask[82:90, 122:150] = 1
    figure = with_foreground(mask, scene(below=TABLE), [face_at(100, 80)], foot=SIZE[0])
    assert (figure[125:, 80:120] == 1).all()
    np.testing.assert_array_equal(figure[:, 124:], mask[:, 124:])


def test_a_table_between_two_people_is_kept_whole() -> None:
    mask = np.maximum(body(50, chin=80, end=110, half=30), body(150, chin=80, end=112, half=30))
    mask[95:105, 75:125] = 1
    mask[100:105, 90:96] = 0
    figure = with_foreground(mask, scene(below=TABLE), [face_at(50, 80), face_at(150, 80)], foot=SIZE[0])
    assert (figure[112:, 22:178] == 1).all()
    assert (figure[100:105, 90:96] == 1).all()


@pytest.mark.parametrize(
    "mask",
    [body(100, chin=80, end=SIZE[0]), body(100, chin=40, end=150), body(100, chin=35, end=60)],
    ids=["down to the frame", "free, down to the feet", "far from the frame"],
)
def test_nothing_is_added_to_somebody_seen_whole(mask: FloatImage) -> None:
    chin = int(np.flatnonzero(mask.sum(axis=1) > 30)[0])
    assert with_foreground(mask, scene(below=TABLE), [face_at(100, chin)], foot=SIZE[0]) is mask


def test_nothing_is_added_to_somebody_cut_out_before_a_plain_wall() -> None:
    mask = body(100, chin=80, end=110)
    plain = scene(below=(60, 90, 160))
    assert with_foreground(mask, plain, [face_at(100, 80)], foot=SIZE[0]) is mask


def test_without_faces_nothing_is_known() -> None:
    mask: NDArray[np.float32] = body(100, chin=80, end=110)
    assert with_foreground(mask, scene(below=TABLE), [], foot=SIZE[0]) is mask


def test_nobody_is_in_white_margins_and_nothing_is_added_there() -> None:
    mask = body(100, chin=80, end=150)
    picture = scene(below=TABLE)
    picture[55:] = picture[:, :20] = 255
    within, foot = without_margins(mask, picture)
    assert foot == 110
    assert foot_of(picture) == 55
    np.testing.assert_array_equal(within[:110, 40:], mask[:110, 40:])
    assert within[110:].max() == within[:, :40].max() == 0
    assert with_foreground(within, picture, [face_at(100, 80)], foot=foot) is within


def test_a_picture_without_margins_keeps_its_mask() -> None:
    mask = body(100, chin=80, end=150)
    assert without_margins(mask, scene(below=TABLE)) == (mask, SIZE[0])
    assert without_margins(mask, np.full_like(scene(below=TABLE), 255))[0] is mask
