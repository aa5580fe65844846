"""Anchors, and how overlapping answers become one."""

import numpy as np
import pytest

from toonbooth.portrait.detection import FULL_RANGE, SHORT_RANGE, blend_overlapping, lay_anchors, overlap


def test_both_networks_have_as_many_anchors_as_outputs() -> None:
    assert len(lay_anchors(SHORT_RANGE.grids, width=128, height=128)) == 896
    assert len(lay_anchors(FULL_RANGE.grids, width=192, height=192)) == 2304


def test_anchors_run_along_rows_and_stand_in_the_middle_of_their_cells() -> None:
    anchors = lay_anchors(((8, 2),), width=16, height=8)
    assert anchors.tolist() == [[4, 4], [4, 4], [12, 4], [12, 4]]


def test_overlap_is_intersection_over_union() -> None:
    box = np.array([0, 0, 2, 2], np.float32)
    others = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [2, 2, 4, 4], [1, 1, 1, 1]], np.float32)
    assert overlap(box, others).tolist() == pytest.approx([1, 1 / 3, 0, 0])


def test_boxes_of_one_face_are_averaged_by_score_and_other_faces_stay_apart() -> None:
    geometry = np.array(
        [[[0, 0], [10, 10], [5, 5]], [[1, 0], [11, 10], [6, 5]], [[50, 0], [60, 10], [55, 5]]], np.float32
    )
    blended = blend_overlapping(geometry, np.array([0.9, 0.3, 0.6], np.float32))
    assert [score for _, score in blended] == pytest.approx([0.9, 0.6])
    assert blended[0][0][0].tolist() == pytest.approx([0.25, 0.0])
    np.testing.assert_allclose(blended[1][0], geometry[2], rtol=1e-6)


def test_a_box_without_area_is_still_answered_once() -> None:
    geometry = np.zeros((1, 8, 2), np.float32)
    assert len(blend_overlapping(geometry, np.array([0.5], np.float32))) == 1
