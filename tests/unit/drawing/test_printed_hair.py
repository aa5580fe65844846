"""Fair hair over a face is no skin on a poster, and shade on a face is no hair."""

from __future__ import annotations

import cv2
import numpy as np

from tests.unit.drawing.portraits import bust
from toonbooth.drawing import facemap
from toonbooth.drawing.printed_hair import told_from_hair
from toonbooth.drawing.regions import find_regions, polygon_mask
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.pixels import to_float


def skin_beside_an_eye(colour: tuple[int, int, int]) -> tuple[float, float]:
    """How much skin is left where a strip of that colour hangs down beside an eye, and on the nose."""
    portrait = bust(480, 400, skin=(236, 196, 172), hair=(206, 178, 112))
    face = portrait.faces[0]
    x, y = (int(value) for value in face.landmarks.mean(axis=0))
    away, half = int(0.36 * face.width), int(0.045 * face.width)
    picture = portrait.picture.copy()
    tall = int(0.7 * face.width)
    strip = (slice(y - tall, y), slice(x - away - half, x - away + half))
    picture[strip] = colour
    lab = rgb_to_lab(to_float(cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.uint8)))
    regions = find_regions(lab, luma(picture), portrait.matte, (face,), scale=1.0)
    skin = np.maximum(regions.skin, polygon_mask(regions.skin.shape, face.landmarks[facemap.OVAL]))
    left = told_from_hair(skin, lab, regions, (face,), scale=1.0)
    lock, nose = left[strip][tall // 2 : 2 * tall // 3, 4:-4], left[y - 4 : y + 4, x - 4 : x + 4]
    return float(lock.mean()), float(nose.mean())


def test_a_fair_lock_is_hair() -> None:
    lock, nose = skin_beside_an_eye((206, 178, 112))
    assert lock < 0.2
    assert nose > 0.9


def test_a_shade_of_skin_is_none() -> None:
    assert skin_beside_an_eye((206, 160, 138))[0] > 0.9


def test_a_shaded_temple_of_a_bald_head_is_skin() -> None:
    portrait = bust(480, 400, skin=(236, 196, 172), hair=(236, 196, 172))
    face = portrait.faces[0]
    x, y = (int(value) for value in face.landmarks.mean(axis=0) - (0.42 * face.width, 0.2 * face.width))
    lab = rgb_to_lab(to_float(portrait.picture))
    regions = find_regions(lab, luma(portrait.picture), portrait.matte, (face,), scale=1.0)
    skin = portrait.matte.copy()
    skin[y - 8 : y + 8, x - 6 : x + 6] = 0
    assert told_from_hair(skin, lab, regions, (face,), scale=1.0)[y, x] > 0.9
