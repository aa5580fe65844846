"""Hair and jackets of one colour."""

import numpy as np
import pytest

from tests.unit.facecut.heads import face_at
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.landmarks import CHIN
from toonbooth.facecut.outlines import Mask
from toonbooth.facecut.shoulders import cloth_on_shoulders, on_shoulders

SIZE = (340, 300)
LANDMARKS = face_at((150, 150), UNIT_PIXELS).landmarks
NECK = round(float(LANDMARKS[CHIN, 1])) + 10
SHOULDERS = NECK + 12


def block(top: int, bottom: int, left: int, right: int) -> Mask:
    mask = np.zeros(SIZE, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def somebody() -> Mask:
    return block(60, NECK, 90, 210) | block(NECK, SHOULDERS, 125, 175) | block(SHOULDERS, SIZE[0], 60, 240)


@pytest.mark.parametrize("left", [65, 175])
def test_a_little_hair_that_begins_below_a_bare_neck_is_clothes(left: int) -> None:
    low = on_shoulders(block(NECK, SHOULDERS + 30, left, left + 50), somebody(), LANDMARKS)
    assert low[SHOULDERS + 5, left + 5]
    assert not low[:NECK].any()


def test_much_hair_hangs_down_to_the_shoulders() -> None:
    hair = block(120, SHOULDERS + 90, 80, 130)
    assert not on_shoulders(hair, somebody() | hair, LANDMARKS)[:, :150].any()


def test_where_no_neck_is_seen_nothing_is_decided() -> None:
    hair = block(NECK, SHOULDERS + 10, 70, 120)
    assert not on_shoulders(hair, block(60, SIZE[0], 60, 240), LANDMARKS).any()


def test_each_side_is_asked_for_itself() -> None:
    long = block(120, SHOULDERS + 90, 175, 230)
    low = on_shoulders(long | block(SHOULDERS, SHOULDERS + 10, 70, 120), somebody() | long, LANDMARKS)
    assert low[SHOULDERS + 5, 100]
    assert not low[:, 150:].any()


LONG_HAIR = block(120, SHOULDERS + 90, 80, 125)
FAN = block(SHOULDERS, SHOULDERS + 60, 62, 80)


def cloth_below(hair_chroma: float, fan_chroma: float) -> Mask:
    chroma = np.where(FAN, np.float32(fan_chroma), np.float32(hair_chroma)).astype(np.float32)
    return cloth_on_shoulders(LONG_HAIR | FAN, chroma, somebody() | LONG_HAIR | FAN, LANDMARKS)


def test_cloth_under_the_loose_ends_of_blond_hair_is_none() -> None:
    cloth = cloth_below(24, 4)
    assert cloth[FAN].mean() > 0.85
    assert not cloth[LONG_HAIR].any()


def test_blond_hair_may_spread_over_a_shoulder() -> None:
    assert not cloth_below(24, 17)[FAN].any()


def test_of_black_hair_no_cloth_can_be_told() -> None:
    assert not cloth_below(5, 1).any()
