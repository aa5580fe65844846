"""Ears on a poster are skin, whatever shade they lie in; hair before them is not."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.printed_ears import with_ears
from toonbooth.drawing.regions import find_regions
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.pixels import to_float
from toonbooth.portrait.model import Portrait


def beside_a_face(colour: tuple[int, int, int]) -> float:
    """How much skin there is at the place of an ear of that colour."""
    portrait: Portrait = bust(480, 400, skin=(236, 196, 172), hair=(60, 46, 40))
    face = portrait.faces[0]
    landmarks = face.landmarks.copy()
    # From the temple to the lobe, as upright as in a real face.
    for indices, side in (((127, 234, 93, 132), -1), ((356, 454, 323, 361), 1)):
        heights = np.linspace(-0.25, 0.2, 4) * face.width
        landmarks[list(indices)] = landmarks[1] + np.stack([np.full(4, side * 0.49 * face.width), heights], 1)
    face = replace(face, landmarks=landmarks.astype(np.float32))
    x, y = (int(value) for value in landmarks[234] - (0.09 * face.width, -0.05 * face.width))
    picture, matte = portrait.picture.copy(), portrait.matte.copy()
    axes = (int(0.09 * face.width), int(0.16 * face.width))
    cv2.ellipse(picture, (x, y), axes, 0, 0, 360, colour, cv2.FILLED)
    cv2.ellipse(matte, (x, y), axes, 0, 0, 360, (1.0,), cv2.FILLED)
    lab = rgb_to_lab(to_float(picture))
    regions = find_regions(lab, luma(picture), matte, (face,), scale=1.0)
    bare = regions.skin.copy()
    bare[y - axes[1] : y + axes[1], x - axes[0] : x + axes[0]] = 0
    skin = with_ears(bare, lab, regions, (face,), scale=1.0)
    return float(skin[y - 8 : y + 8, x - 6 : x + 6].mean())


def test_a_red_ear_in_the_shade_is_skin() -> None:
    assert beside_a_face((166, 98, 78)) > 0.9


def test_hair_over_an_ear_is_none() -> None:
    assert beside_a_face((60, 46, 40)) < 0.1
