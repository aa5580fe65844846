"""The bare face ends along the line that a drawing has at its jaw."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import Look, one
from tests.unit.facecut.test_cut_face import alpha_over
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.heads import measure_heads
from toonbooth.facecut.jaw import usual_jaw
from toonbooth.facecut.outlines import smooth_line
from toonbooth.facecut.ways import normals
from toonbooth.portrait.model import Points, Portrait

UNIT = 200.0


def drawn_jaw(away: float) -> tuple[Portrait, Points]:
    """A pale drawing of a head, of one colour with the neck all around, with a line so far outside the usual
    jaw."""
    measured = measure_heads(one(Look(), unit=UNIT).portrait)
    (face,) = measured.faces
    jaw = smooth_line(usual_jaw(face.landmarks, face.width, face.yaw), per_segment=6)
    line = (jaw + normals(jaw) * np.float32(away * UNIT))[12:-12]
    picture = np.full_like(measured.picture, 215)
    cv2.polylines(picture, [np.rint(line).astype(np.int32)], False, (90, 60, 50), 4, cv2.LINE_AA)
    return replace(measured, picture=picture, matte=np.ones_like(measured.matte)), line


@pytest.mark.parametrize("away", [-0.05, -0.02, 0.0])
def test_a_drawn_line_belongs_to_the_face_and_nothing_below_it(away: float) -> None:
    drawing, line = drawn_jaw(away)
    alpha = alpha_over(drawing, cut_face(drawing, shape=Shape.FACE))
    middle = line[len(line) // 4 : -len(line) // 4]
    beyond = middle + np.array([0, 0.05 * UNIT], np.float32)
    on_line, below = (alpha[tuple(np.rint(points).astype(int).T[::-1])] for points in (middle, beyond))
    assert (on_line > 127).mean() > 0.9
    assert (below > 127).mean() < 0.1


def test_without_a_line_the_jaw_is_where_the_photo_has_it() -> None:
    painting = one(Look(), unit=UNIT)
    measured = measure_heads(painting.portrait)
    drawing = measured.with_picture(np.full_like(measured.picture, 215))
    alpha = alpha_over(drawing, cut_face(drawing, shape=Shape.FACE)) > 127
    lowest = [int(np.flatnonzero(each.any(axis=1)).max()) for each in (alpha, painting.contours[0])]
    assert abs(lowest[0] - lowest[1]) < 0.04 * UNIT


def test_the_outline_around_a_jaw_that_is_the_silhouette_stays_outside() -> None:
    """Of one that is drawn half inside and half outside it, nothing is seen."""
    measured = measure_heads(one(Look(), unit=UNIT).portrait)
    person = (measured.matte > 0.5).astype(np.uint8)
    around, _ = cv2.findContours(person, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    picture = np.full_like(measured.picture, 215)
    cv2.drawContours(picture, around, -1, (0, 0, 0), 5, cv2.LINE_AA)
    drawing = measured.with_picture(picture)
    cut_out = cut_face(drawing, shape=Shape.FACE)
    assert cut_out.picture[cut_out.alpha > 127].min() > 120


@pytest.mark.parametrize("end", [-0.02, 0.0, 0.02])
def test_a_drawn_beard_ends_the_face(end: float) -> None:
    """However far the photo's went."""
    measured = measure_heads(one(Look(beard=True), unit=UNIT).portrait)
    (face,) = measured.faces
    jaw = smooth_line(usual_jaw(face.landmarks, face.width, face.yaw), per_segment=6)
    outline = jaw + normals(jaw) * np.float32(end * UNIT)
    picture = np.full_like(measured.picture, 215)
    cv2.fillPoly(picture, [np.rint(outline).astype(np.int32)], (70, 50, 40), cv2.LINE_AA)
    drawing = replace(measured, picture=picture, matte=np.ones_like(measured.matte))
    alpha = alpha_over(drawing, cut_face(drawing, shape=Shape.FACE)) > 127
    middle = round(float(outline[len(outline) // 2, 0]))
    lowest = int(np.flatnonzero(alpha[:, middle]).max())
    assert abs(lowest - float(outline[:, 1].max())) < 0.02 * UNIT
