"""Lines are found on the dark side of edges, and nowhere else."""

import numpy as np
import pytest

from tests.unit.imaging_filters.pictures import edge, noise
from toonbooth.imaging.lines import line_reach, line_response, long_enough


def test_flat_ground_has_no_lines() -> None:
    assert np.abs(line_response(np.full((40, 40), 0.3, np.float32), sigma=1.5)).max() < 1e-6


def test_the_line_lies_on_the_dark_side_of_an_edge() -> None:
    response = line_response(edge(), sigma=1.0)[20]
    strongest = int(response.argmax())
    assert 32 - 4 <= strongest < 32
    assert response[strongest] > 0.05
    assert response[32:40].max() < 0.01


def test_a_mirrored_picture_has_mirrored_lines() -> None:
    picture = noise()
    mirrored = line_response(picture[:, ::-1].copy(), sigma=1.2)[:, ::-1]
    np.testing.assert_allclose(mirrored, line_response(picture, sigma=1.2), atol=1e-6)


def test_a_wider_sigma_answers_farther_from_the_edge() -> None:
    widths = [(line_response(edge(), sigma=sigma)[20] > 0.02).sum() for sigma in (0.7, 1.5, 3.0)]
    assert widths[0] < widths[1] < widths[2]


def test_a_part_with_enough_around_it_has_the_same_lines_as_the_whole() -> None:
    picture, reach = noise(90, 40), line_reach(1.5)
    part = line_response(picture[40 - reach : 60 + reach], sigma=1.5)[reach:-reach]
    np.testing.assert_allclose(part, line_response(picture, sigma=1.5)[40:60], atol=1e-6)


def test_specks_go_and_strokes_stay() -> None:
    response = np.zeros((40, 40), np.float32)
    response[20, 5:35] = 1
    response[5:7, 5:7] = 1
    kept = response * long_enough(response, threshold=0.5, area=10)
    assert kept[20, 5:35].all()
    assert not kept[:10, :10].any()


def test_more_area_leaves_fewer_strokes() -> None:
    response = noise()
    left = [long_enough(response, threshold=0.7, area=area).sum() for area in (0, 3, 9, 1e9)]
    assert left[0] == response.size
    assert left[0] > left[1] > left[2] > left[3]


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="sigma"):
        line_response(edge(), sigma=0)
    with pytest.raises(ValueError, match="float32"):
        line_response(edge().astype(np.float64), sigma=1)
