"""A golden chain on a neck is found whole; creases, hair and a golden collar are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import face_at
from toonbooth.drawing.chains import find_chains, with_chains
from toonbooth.drawing.flat_jewels import trace_chains
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.vector import paint
from toonbooth.imaging.colour import bytes_to_lab
from toonbooth.imaging.pixels import ByteImage

SHAPE = (400, 300)
SKIN, GOLD, CREASE = (220, 170, 140), (200, 165, 70), (160, 105, 80)
FACE = face_at((150.0, 120.0), 120.0)


def neck() -> tuple[ByteImage, Regions, int]:
    """A bare neck, its regions, and the row where a chain would hang lowest."""
    picture = np.full((*SHAPE, 3), SKIN, np.uint8)
    none, everywhere = np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32)
    regions = Regions(
        everywhere, everywhere, none, none, none, none, none, none, heads=((150.0, 120.0, 120.0),)
    )
    return picture, regions, round(float(FACE.landmarks[152, 1])) + 70


def with_links(picture: ByteImage, row: int, colour: tuple[int, int, int]) -> ByteImage:
    for column in range(105, 196, 7):
        cv2.circle(picture, (column, round(row - 0.006 * (column - 150) ** 2)), 4, colour, 2)
    return picture


def test_a_chain_of_links_is_found_from_end_to_end_and_drawn_as_it_is() -> None:
    picture, regions, row = neck()
    chains = find_chains(with_links(picture, row, GOLD), regions, (FACE,), scale=1.0)
    assert chains is not None
    found = np.asarray((chains > 0.5).any(axis=0))
    assert found[104:197].mean() > 0.95
    assert chains[row - 60 : row - 30, 120:180].max() < 0.1
    flat = bytes_to_lab(np.full((*SHAPE, 3), SKIN, np.uint8))
    drawn = with_chains(flat, picture, chains)
    assert np.abs(drawn[row, 150] - bytes_to_lab(picture)[row, 150]).max() < 2
    painted = paint(trace_chains(chains, bytes_to_lab(picture), unit=0.3), (SHAPE[1], SHAPE[0])).astype(int)
    assert painted[row, 150, 0] > painted[row, 150, 2] + 60


@pytest.mark.parametrize("what", ["crease", "strand", "cloth"])
def test_what_is_no_chain_is_left_alone(what: str) -> None:
    picture, regions, row = neck()
    if what == "crease":
        with_links(picture, row, CREASE)
    elif what == "strand":
        cv2.line(picture, (140, row - 60), (150, row + 60), GOLD, 5)
    else:
        picture[row:] = GOLD
    assert find_chains(picture, regions, (FACE,), scale=1.0) is None
