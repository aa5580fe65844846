"""A pin on a suit is drawn again as it is; weave, folds and what is near a head aren't."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import face_at
from toonbooth.drawing.study import Study, study
from toonbooth.drawing.things import find_things
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Portrait

PIN = (slice(380, 396), slice(280, 310))


def suit() -> ByteImage:
    return np.full((480, 400, 3), (30, 34, 48), np.uint8)


def studied(picture: ByteImage) -> Study:
    face = face_at((200.0, 110.0), 150.0)
    return study(Portrait(picture, (face,), np.ones(picture.shape[:2], np.float32)))


def with_pin(picture: ByteImage, where: tuple[slice, slice]) -> ByteImage:
    stripes = np.zeros((16, 30, 3), np.uint8)
    stripes[::4] = stripes[1::4] = (235, 235, 240)
    stripes[2::4] = stripes[3::4] = (190, 30, 40)
    picture[where] = stripes
    return picture


def test_a_striped_pin_gets_its_stripes_back() -> None:
    seen = studied(with_pin(suit(), PIN))
    details = find_things(seen)
    assert len(details) == 1
    drawing = np.asarray(cv2.resize(seen.strokes, (400, 480), interpolation=cv2.INTER_CUBIC), np.uint8)
    melted = np.abs(drawing[PIN].astype(int) - seen.picture[PIN]).mean()
    details[0].add_to(drawing)
    assert np.abs(drawing[PIN].astype(int) - seen.picture[PIN]).mean() < 0.5 * melted
    assert np.array_equal(
        drawing[:340], cv2.resize(seen.strokes, (400, 480), interpolation=cv2.INTER_CUBIC)[:340]
    )


@pytest.mark.parametrize("what", ["plain", "fold", "knit", "collar"])
def test_what_is_no_thing_is_left_to_strokes(what: str) -> None:
    picture = suit()
    if what == "fold":
        cv2.line(picture, (40, 300), (360, 470), (90, 95, 110), 2)
    elif what == "knit":
        picture[260:] = np.random.default_rng(3).integers(0, 120, (220, 400, 1), np.uint8)
    elif what == "collar":
        with_pin(picture, (slice(200, 216), slice(240, 270)))
    assert find_things(studied(picture)) == []
