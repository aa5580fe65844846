"""Spectacles are drawn whole, also where a photo shows a rim only in part."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.lenses import Spectacles, find_spectacles
from toonbooth.drawing.likeness import Likeness, face_window, look_at
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


def _seen(portrait: Portrait) -> Likeness:
    face = portrait.faces[0]
    rows, columns = face_window(face, portrait.picture.shape)
    return look_at(portrait, face, portrait.picture, np.ascontiguousarray(portrait.matte[rows, columns]))


def _found(portrait: Portrait) -> tuple[Spectacles | None, Points]:
    seen = _seen(portrait)
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


def test_a_rim_is_completed_where_it_is_missing_and_ends_in_what_is_seen() -> None:
    portrait = _wearing(_large(), gap=False)
    seen, eye = _seen(portrait), _eyes(portrait)[1]
    worn = find_spectacles(seen)
    assert worn is not None
    rims = np.zeros(seen.size, np.float32)
    for lens in worn.lenses:
        cv2.polylines(rims, [np.round(lens).astype(np.int32)], True, (1.0,), 3)
    assert worn.gaps(seen, rims) == []
    x, y = np.round(eye - seen.corner).astype(int)
    rims[y + 5 : y + 40, x:] = 0
    ((path, width),) = worn.gaps(seen, rims)
    assert 1 < width < 0.06 * seen.width
    assert path[:, 1].min() < y + 5
    assert path[:, 1].max() > y + 40
    assert path[:, 0].min() > x
    rims[:, x - round(0.12 * seen.width) :] = 0
    assert worn.gaps(seen, rims) == [], "a lens that has hardly a rim gets none"


def test_shade_beside_a_nose_is_no_part_of_glasses() -> None:
    portrait = _wearing(_large(), gap=False)
    seen, (left, right) = _seen(portrait), _eyes(portrait)
    worn = find_spectacles(seen)
    assert worn is not None
    beyond = worn.beyond(seen)
    x, y = np.round((left + right) / 2 - seen.corner).astype(int)
    assert beyond[y + round(0.14 * seen.width), x] > 0.9
    for lens in worn.lenses:
        assert seen.at(beyond, lens).max() < 0.2
    assert seen.at(beyond, worn.bridge).max() < 0.2


def test_bare_eyes_get_no_spectacles() -> None:
    assert _found(_large())[0] is None
