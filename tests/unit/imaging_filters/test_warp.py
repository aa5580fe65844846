"""A lens enlarges pictures and moves points alike."""

import numpy as np
import pytest

from tests.unit.imaging_filters.pictures import coloured, noise
from toonbooth.imaging.warp import Lens, magnify, magnify_points

LENS = Lens((40.0, 30.0), 10.0, 0.2)


def test_points_go_where_the_picture_goes() -> None:
    picture = np.zeros((64, 80, 3), np.uint8)
    spots = [(40, 30), (46, 32), (35, 24), (43, 38)]
    for x, y in spots:
        picture[:] = 0
        picture[y - 1 : y + 2, x - 1 : x + 2] = 255
        seen = magnify(picture, [LENS])[..., 0].astype(np.float64)
        rows, columns = np.mgrid[:64, :80]
        centre = (columns * seen).sum() / seen.sum(), (rows * seen).sum() / seen.sum()
        moved = magnify_points(np.array([[x, y]], np.float32), [LENS])[0]
        np.testing.assert_allclose(moved, centre, atol=0.35)


def test_far_away_nothing_moves() -> None:
    picture = coloured(noise(64, 80))
    seen = magnify(picture, [LENS])
    np.testing.assert_array_equal(seen[:, :15], picture[:, :15])
    np.testing.assert_array_equal(seen[56:], picture[56:])
    corner = np.array([[0, 0], [79, 63]], np.float32)
    np.testing.assert_allclose(magnify_points(corner, [LENS]), corner, atol=1e-4)


def test_a_stronger_lens_enlarges_more() -> None:
    points = np.array([[36, 30], [44, 30]], np.float32)
    widths = [
        np.ptp(magnify_points(points, [Lens((40.0, 30.0), 10.0, strength)])[:, 0])
        for strength in (0.0, 0.1, 0.2, 0.3)
    ]
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(8.0)
    assert widths[-1] > 9.5


def test_the_picture_given_is_not_changed_and_a_lens_beyond_the_border_is_harmless() -> None:
    picture = coloured(noise(64, 80))
    before = picture.copy()
    magnify(picture, [LENS, Lens((-500.0, 9.0), 10.0, 0.2), Lens((0.0, 0.0), 10.0, 0.2)])
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize(("radius", "strength"), [(0.0, 0.1), (5.0, -0.1), (5.0, 0.5)])
def test_nonsense_is_refused(radius: float, strength: float) -> None:
    with pytest.raises(ValueError, match="radius"):
        Lens((0.0, 0.0), radius, strength)
