"""Spectacles are drawn whole, also where a photo shows a rim only in part."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.lenses import Spectacles, find_spectacles
from toonbooth.drawing.likeness import face_window, look_at
from toonbooth.imaging.resize import enlarged
from toonbooth.portrait.model import Points, Portrait

_ZOOM = 3


def _large() -> Portrait:
    """Her head at a size at which rims are more than a pixel wide."""
    small = astronaut_portrait()
    face = small.faces[0]
    picture = enlarged(small.picture, (256 * _ZOOM, 256 * _ZOOM))
    return Portrait(
        picture,
        (replace(face, landmarks=(face.landmarks * _ZOOM).astype(np.float32)),),
        enlarged(small.matte, (256 * _ZOOM, 256 * _ZOOM)),
    )


def _eyes(portrait: Portrait) -> tuple[Points, Points]:
    points = portrait.faces[0].landmarks
    return points[facemap.LEFT_EYE].mean(axis=0), points[facemap.RIGHT_EYE].mean(axis=0)


def _wearing(portrait: Portrait, *, gap: bool) -> Portrait:
    """Round glasses put on; with a gap, the outer third of one rim isn't seen."""
    picture, width = portrait.picture.copy(), portrait.faces[0].width
    left, right = (tuple(int(value) for value in eye) for eye in _eyes(portrait))
    radius, thick = int(0.17 * width), max(2, int(0.02 * width))
    cv2.ellipse(picture, left, (radius, radius), 0, 0, 360, (20, 20, 24), thick, cv2.LINE_AA)
    start, end = (60, 300) if gap else (0, 360)
    cv2.ellipse(picture, right, (radius, radius), 0, start, end, (20, 20, 24), thick, cv2.LINE_AA)
    inner = (left[0] + radius, left[1]), (right[0] - radius, right[1])
    cv2.line(picture, *inner, (20, 20, 24), thick, cv2.LINE_AA)
    return replace(portrait, picture=picture)


def _found(portrait: Portrait) -> tuple[Spectacles | None, Points]:
    face = portrait.faces[0]
    rows, columns = face_window(face, portrait.picture.shape)
    seen = look_at(portrait, face, portrait.picture, np.ascontiguousarray(portrait.matte[rows, columns]))
    return find_spectacles(seen), seen.corner


def test_rims_are_found_where_they_are() -> None:
    portrait = _wearing(_large(), gap=False)
    found, corner = _found(portrait)
    assert found is not None
    for lens, eye in zip(found.lenses, _eyes(portrait), strict=True):
        away = np.hypot(*(lens + corner - eye).T) / portrait.faces[0].width
        assert np.abs(away - 0.17).max() < 0.03


def test_what_one_rim_lacks_the_other_lends_it() -> None:
    portrait = _wearing(_large(), gap=True)
    found, corner = _found(portrait)
    assert found is not None
    away = np.hypot(*(found.lenses[1] + corner - _eyes(portrait)[1]).T) / portrait.faces[0].width
    assert np.abs(away - 0.17).max() < 0.04


def test_bare_eyes_get_no_spectacles() -> None:
    assert _found(_large())[0] is None
