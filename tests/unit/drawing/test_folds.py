"""Creases become strokes where they are, and smooth skin gets none."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.folds import draw_folds
from toonbooth.drawing.pen import curve
from toonbooth.portrait.model import Portrait

LEFT_FOLD = np.array([129, 203, 206, 216, 212])
CHEEKS = np.array([50, 280, 205, 425, 101, 330, 151])


def smooth() -> Portrait:
    """A bust whose cheeks have landmarks: a line down the left one, and places that are lit."""
    portrait = bust(480, 400)
    face = portrait.faces[0]
    points, (x, y) = face.landmarks.copy(), face.landmarks[1]
    down = np.linspace(0, 1, len(LEFT_FOLD), dtype=np.float32)
    points[LEFT_FOLD] = np.stack([x - (0.1 + 0.1 * down) * face.width, y + 0.25 * down * face.width], axis=1)
    points[CHEEKS] = (x, y - 0.05 * face.width)
    return replace(portrait, faces=(replace(face, landmarks=points),))


def creased(portrait: Portrait, *, depth: float) -> Portrait:
    """The same with a soft crease from the nose past the mouth's left corner."""
    face = portrait.faces[0]
    path = np.round(curve(face.landmarks[LEFT_FOLD], samples=40) * 16).astype(np.int32)
    mask = np.zeros(portrait.matte.shape, np.uint8)
    cv2.polylines(mask, [path], False, (255,), max(2, round(0.015 * face.width)), cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.006 * face.width).astype(np.float32)[..., None] / 255
    return portrait.with_picture((portrait.picture * (1 - np.float32(depth) * soft)).astype(np.uint8))


def inked(portrait: Portrait, *, beard: float = 0.0, weight: float = 1.0) -> float:
    """How much ink the strokes take, in pixels of full ink."""
    paper = np.full_like(portrait.picture, 200)
    draw_folds(paper, portrait, portrait.faces, beards=(beard,), weight=weight)
    return float((200 - paper.astype(np.float32)).mean(axis=2).sum() / 200)


def test_a_crease_is_drawn_the_more_the_deeper_it_is_and_smooth_skin_stays_bare() -> None:
    portrait = smooth()
    faint, clear, deep = (inked(creased(portrait, depth=depth)) for depth in (0.05, 0.25, 0.45))
    assert inked(portrait) == 0
    assert 0 <= faint < clear < deep


@pytest.mark.parametrize("beard", [0.0, 1.0])
def test_a_moustache_hides_the_folds_beside_it(beard: float) -> None:
    drawn = inked(creased(smooth(), depth=0.4), beard=beard)
    assert (drawn > 0) == (beard == 0)


def test_a_stroke_lies_on_its_crease_and_a_bolder_line_takes_more_ink() -> None:
    portrait = creased(smooth(), depth=0.4)
    paper = np.full_like(portrait.picture, 200)
    draw_folds(paper, portrait, portrait.faces, beards=(0.0,), weight=1.0)
    rows, columns = np.nonzero(paper[..., 1] < 190)
    path = curve(portrait.faces[0].landmarks[LEFT_FOLD], samples=60)
    away = np.hypot(columns[:, None] - path[None, :, 0], rows[:, None] - path[None, :, 1]).min(axis=1)
    assert away.max() < 0.03 * portrait.faces[0].width
    assert inked(portrait, weight=1.5) > inked(portrait, weight=0.7)
