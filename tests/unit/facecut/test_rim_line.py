"""The line around a cut head: whole where a drawing outlines its people, none where it doesn't."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import Look, one
from tests.unit.facecut.test_silhouette import drawn
from toonbooth.facecut.cut import cut_face
from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.heads import measure_heads
from toonbooth.facecut.rim_line import find_rim_line
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import to_float
from toonbooth.portrait.model import Portrait

UNIT = 100.0


def drawn_head(*, ink: float, faded: float = 0.0) -> Portrait:
    """A bald head before white; `faded` of the picture's width, from the right, has no line."""
    painting = one(Look(hair=None), unit=UNIT)
    measured = measure_heads(painting.portrait)
    white = np.full_like(measured.picture, 255)
    lined, bare = (drawn(replace(painting, portrait=measured), ink=width, behind=white) for width in (ink, 0))
    picture = lined.picture.copy()
    right = slice(round(picture.shape[1] * (1 - faded)), None)
    picture[:, right] = bare.picture[:, right]
    return lined.with_picture(picture)


def dark_around(cut_out: CutOut) -> float:
    """Along what part of its edge a head is dark."""
    solid = (cut_out.alpha > 127).astype(np.uint8)
    edge = max(cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len).reshape(-1, 2)
    darkest = cv2.erode(luma(cut_out.picture), np.ones((5, 5), np.uint8))
    return float((darkest[edge[:, 1], edge[:, 0]] < 0.35).mean())


@pytest.mark.parametrize("faded", [0.0, 0.4, 0.6])
def test_a_line_goes_around_all_of_a_head_that_is_outlined(faded: float) -> None:
    assert dark_around(cut_face(drawn_head(ink=2.5, faded=faded))) > 0.97


def test_dark_strands_inside_an_edge_are_no_line_around_it() -> None:
    portrait = drawn_head(ink=0)
    depth = cv2.distanceTransform((portrait.matte > 0.5).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    picture = portrait.picture.copy()
    strands = (depth > 2) & (depth < 4)
    strands[:, : picture.shape[1] * 6 // 10] = False
    picture[strands] = 30
    assert find_rim_line(to_float(picture), portrait.matte, portrait.matte, unit=UNIT) is None


def test_a_head_without_a_line_gets_none() -> None:
    portrait = drawn_head(ink=0)
    image = to_float(portrait.picture)
    assert find_rim_line(image, portrait.matte, portrait.matte, unit=UNIT) is None
    assert dark_around(cut_face(portrait)) < 0.02


def test_a_lines_width_and_colour_are_told() -> None:
    portrait = drawn_head(ink=3)
    image = to_float(portrait.picture)
    line = find_rim_line(image, portrait.matte, portrait.matte, unit=UNIT)
    assert line is not None
    assert 2 <= line.width <= 4
    assert line.colour.max() < 0.15


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_around_hardly_anything_there_is_no_line(size: int) -> None:
    alpha = np.zeros((12, 12), np.float32)
    alpha[4 : 4 + size, 4 : 4 + size] = 1
    image = np.zeros((12, 12, 3), np.float32)
    assert find_rim_line(image, alpha, alpha, unit=UNIT) is None
