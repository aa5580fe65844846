"""What is left out of a cut because it isn't the head, though it hangs together with it."""

import numpy as np
import pytest

from toonbooth.facecut.islands import without_islands
from toonbooth.imaging.pixels import FloatImage

UNIT = 100.0


def discs(*places: tuple[float, float, float, float]) -> FloatImage:
    """Ellipses of (x, y) and (half width, half height), together."""
    rows, columns = np.mgrid[:360, :400].astype(np.float32)
    alpha = np.zeros((360, 400), np.float32)
    for x, y, across, down in places:
        alpha[((columns - x) / across) ** 2 + ((rows - y) / down) ** 2 < 1] = 1
    return alpha


HEAD, FACE = (200, 250, 65, 80), (200, 260, 50, 60)


def cut(*others: tuple[float, float, float, float]) -> tuple[FloatImage, FloatImage]:
    alpha = discs(HEAD, *others)
    return alpha, without_islands(alpha.copy(), discs(FACE), UNIT)


def test_somebody_who_leans_over_a_head_goes() -> None:
    _, result = cut((200, 170, 15, 20), (190, 125, 120, 35))
    assert not result[:140].any()
    assert result[200:320, 190:210].min() > 0.97


@pytest.mark.parametrize(
    "place",
    [
        pytest.param((200, 150, 30, 30), id="a bun"),
        pytest.param((200, 165, 110, 28), id="the brim of a hat"),
        pytest.param((150, 190, 34, 34), id="a puff of hair"),
    ],
)
def test_what_people_wear_on_their_heads_stays(place: tuple[float, float, float, float]) -> None:
    alpha, result = cut(place)
    assert np.abs(result - alpha).sum() < 0.01 * alpha.sum()


def test_what_floats_goes_and_small_holes_are_filled() -> None:
    alpha = discs(HEAD, (320, 120, 20, 20))
    alpha[200:206, 180:186] = 0
    result = without_islands(alpha, discs(FACE), UNIT)
    assert not result[:145, 290:].any()
    assert result[200:206, 180:186].min() > 0.9
