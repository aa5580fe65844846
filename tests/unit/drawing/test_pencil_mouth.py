"""Closed lips are parted by one firm line, gaping ones by the dark between them; smiles keep their teeth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.pencil_mouth import draw_pencil_mouths
from toonbooth.drawing.teeth import INNER_LOWER, INNER_UPPER
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import Face

PORTRAIT = bust(900, 720)
X, Y, WIDTH = (
    float(PORTRAIT.faces[0].landmarks[13, 0]),
    float(PORTRAIT.faces[0].landmarks[13, 1]),
    PORTRAIT.faces[0].width,
)


def mouth(*, opening: float, middle: int) -> tuple[Face, ByteImage]:
    """A face whose inner lips are that far apart, in face widths, and a photo with `middle` between them."""
    face = PORTRAIT.faces[0]
    points = face.landmarks.copy()
    across = np.linspace(-0.14, 0.14, len(INNER_UPPER), dtype=np.float32)
    arch = np.float32(0.5 * opening) * (1 - np.square(across / np.float32(0.14)))
    for rim, side in ((INNER_UPPER, -1), (INNER_LOWER, 1)):
        points[rim] = np.stack([X + WIDTH * across, Y + side * WIDTH * arch], axis=1)
    photo = PORTRAIT.picture.copy()
    half = max(2, round(0.5 * opening * WIDTH))
    photo[round(Y) - 40 : round(Y) + 40, round(X - 0.16 * WIDTH) : round(X + 0.16 * WIDTH)] = (190, 110, 110)
    photo[round(Y) - half : round(Y) + half + 1, round(X - 0.12 * WIDTH) : round(X + 0.12 * WIDTH)] = middle
    return replace(face, landmarks=points), photo


def drawn(*, opening: float, middle: int) -> FloatImage:
    face, photo = mouth(opening=opening, middle=middle)
    density = np.full(photo.shape[:2], 0.3, np.float32)
    draw_pencil_mouths(density, photo, (face,))
    return density


@pytest.mark.parametrize("middle", [60, 110])
def test_closed_lips_are_parted_by_a_line_with_tone_on_both_sides(middle: int) -> None:
    column = drawn(opening=0.0, middle=middle)[:, round(X)]
    y = round(Y)
    assert column[y - 3 : y + 4].max() > 1.0
    assert column[y - 14] == pytest.approx(0.3)
    assert column[y + 14] == pytest.approx(0.3)


def test_what_gapes_is_dark_all_over() -> None:
    density = drawn(opening=0.08, middle=20)
    assert density[round(Y) - 6 : round(Y) + 6, round(X)].min() > 1.2


def test_no_line_crosses_teeth() -> None:
    density = drawn(opening=0.08, middle=235)
    assert density.max() == pytest.approx(0.3)


def test_nothing_but_the_mouth_is_touched_and_a_face_of_a_few_pixels_is_left_alone() -> None:
    rows, columns = np.nonzero(drawn(opening=0.0, middle=60) != np.float32(0.3))
    assert np.ptp(rows) < 0.1 * WIDTH
    assert np.ptp(columns) < 0.36 * WIDTH
    tiny = bust(60, 48)
    density = np.full((60, 48), 0.3, np.float32)
    draw_pencil_mouths(density, tiny.picture, tiny.faces)
    assert (density == np.float32(0.3)).all()
