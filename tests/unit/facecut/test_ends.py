"""Hair that the picture's lower edge cuts off."""

import numpy as np
import pytest

from toonbooth.facecut.ends import end_in_locks
from toonbooth.imaging.pixels import FloatImage

UNIT = 100.0
SIZE = (150, 200)
NO_FACE = np.zeros(SIZE, np.float32)


def striped(*, pitch: int = 20) -> FloatImage:
    """Upright strands, light and dark by turns."""
    columns = np.arange(SIZE[1])
    row = np.where(columns % pitch < pitch // 2, 0.7, 0.3).astype(np.float32)
    return np.broadcast_to(row[np.newaxis, :, np.newaxis], (*SIZE, 3)).astype(np.float32)


def hanging(*, left: int = 40, right: int = 160, bottom: int = SIZE[0]) -> FloatImage:
    alpha = np.zeros(SIZE, np.float32)
    alpha[:bottom, left:right] = 1
    return alpha


def test_hair_ends_in_locks_the_light_ones_longer() -> None:
    ends = (end_in_locks(striped(), hanging(), NO_FACE, unit=UNIT) > 0.5).sum(axis=0)
    light = [int(ends[column]) for column in (85, 105, 125)]
    dark = [int(ends[column]) for column in (95, 115)]
    assert min(light) - max(dark) > 0.05 * UNIT
    assert min(dark) > SIZE[0] - 0.5 * UNIT


def test_the_outermost_ends_are_round() -> None:
    flat = np.full((*SIZE, 3), 0.5, np.float32)
    ends = (end_in_locks(flat, hanging(), NO_FACE, unit=UNIT) > 0.5).sum(axis=0)
    assert np.all(np.diff(ends[40:52]) >= 0)
    assert ends[100] - ends[40] > 0.04 * UNIT


def test_a_face_at_the_edge_is_not_combed() -> None:
    face = hanging(left=70, right=130)
    alpha = end_in_locks(striped(), hanging(), face, unit=UNIT)
    assert (alpha[:, 70:130] == 1).all()


@pytest.mark.parametrize("bottom", [60, SIZE[0] - 1])
def test_what_ends_above_the_edge_stays_as_it_is(bottom: int) -> None:
    alpha = hanging(bottom=bottom)
    assert (end_in_locks(striped(), alpha, NO_FACE, unit=UNIT) == alpha).all()


def test_the_input_is_not_modified() -> None:
    alpha = hanging()
    end_in_locks(striped(), alpha, NO_FACE, unit=UNIT)
    assert (alpha == hanging()).all()
