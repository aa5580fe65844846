"""Brows on a poster have the place and form that they have in the photo, in one piece each."""

from __future__ import annotations

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.printed_brows import print_brows
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Face

FAIR, BLACK = (0.4, 0.2, 0.1), (0.0, 0.0, 0.0)


def printed(photo: ByteImage, face: Face) -> tuple[ByteImage, ByteImage]:
    """How dark the colour plates become, and what is left of a wholly black key plate."""
    colours, key = np.full_like(photo, 255), np.full(photo.shape[:2], 255, np.uint8)
    print_brows(colours, key, photo, face, fair=FAIR, black=BLACK)
    return (255 - colours[..., 0]).astype(np.uint8), key


def skin_with_brows(face: Face, grey: int, *, moved: int = 0) -> ByteImage:
    photo = np.full((256, 256, 3), 190, np.uint8)
    for brow in (facemap.LEFT_BROW, facemap.RIGHT_BROW):
        hull = cv2.convexHull(np.round(face.landmarks[brow]).astype(np.int32)) - np.array(
            [0, moved], np.int32
        )
        cv2.fillPoly(photo, [hull], (grey, grey, grey))
    return photo


def test_a_brow_that_is_not_seen_is_drawn_in_the_ink_of_fair_ones_and_a_covered_one_is_not() -> None:
    face = astronaut_portrait().faces[0]
    fair = np.full((256, 256, 3), 190, np.uint8)
    dark, _ = printed(fair, face)
    for brow in (facemap.LEFT_BROW, facemap.RIGHT_BROW):
        place = polygon_mask((256, 256), face.landmarks[brow]) > 0.5
        assert float((dark[place] > 80).mean()) > 0.15
    assert dark.max() <= 155
    fringe = fair.copy()
    for brow in (facemap.LEFT_BROW, facemap.RIGHT_BROW):
        rows, columns = np.nonzero(polygon_mask((256, 256), face.landmarks[brow]) > 0.5)
        fringe[: int(rows.mean()), columns.min() - 4 : columns.max() + 5] = 60
    assert not printed(fringe, face)[0].any()


def test_a_dark_brow_is_black_and_lies_where_it_is_seen() -> None:
    face = astronaut_portrait().faces[0]
    heights = []
    for moved in (0, 2):
        dark, _ = printed(skin_with_brows(face, 60, moved=moved), face)
        assert dark.max() > 250
        heights.append(float(np.average(np.arange(256), weights=dark.sum(axis=1, dtype=np.float64))))
    assert 1.0 < heights[0] - heights[1] < 3.0


def test_pieces_of_a_brow_on_the_key_plate_give_way_to_it() -> None:
    face = astronaut_portrait().faces[0]
    dark, key = printed(skin_with_brows(face, 60), face)
    assert key[dark > 200].max() < 60
    assert key[-1, -1] == 255
