"""A bald head is skin all over, shine below a hairline is skin, and hair is hair."""

from __future__ import annotations

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.bare_crown import with_bare_crown
from toonbooth.imaging.pixels import FloatImage

FACE = astronaut_portrait().faces[0]
EVERYWHERE = np.ones((256, 256), np.float32)
SMOOTH = np.full((256, 256), 0.5, np.float32) + np.float32(0.004) * np.random.default_rng(3).normal(
    size=(256, 256)
).astype(np.float32)


def patch(*, size: float, up: float = 0.0) -> FloatImage:
    """1 in a disc on the forehead, lengths in widths of the face."""
    x, y = FACE.landmarks[facemap.FOREHEAD_TOP]
    place = np.zeros((256, 256), np.float32)
    middle = (int(x), int(y - up * FACE.width))
    cv2.circle(place, middle, round(size * FACE.width), (1.0,), cv2.FILLED)
    return place


def bare(skin: FloatImage, light: FloatImage, grey: FloatImage = SMOOTH) -> FloatImage:
    return with_bare_crown(skin, light.astype(np.float32), grey, EVERYWHERE, (FACE,), scale=1.0)


def test_a_shaven_patch_on_a_bald_head_is_skin() -> None:
    place = patch(size=0.12)
    assert float(bare(1 - place, 70 - 12 * place)[place > 0].mean()) > 0.9


def test_hair_is_no_skin_be_it_little_and_dark_or_fair_and_much() -> None:
    for lightness, size in ((20.0, 0.16), (80.0, 0.36)):
        place = patch(size=size)
        skin = 1 - place
        np.testing.assert_array_equal(bare(skin, 70 + (lightness - 70) * place), skin)


def dark_head() -> tuple[FloatImage, FloatImage]:
    """Where skin is, its forehead burnt out on one side, and that place."""
    hair, shine = patch(size=0.5, up=0.5), patch(size=0.1)
    return 1 - np.maximum(hair, shine), shine


def test_shine_below_dark_hair_is_skin_and_the_hair_stays() -> None:
    skin, shine = dark_head()
    more = bare(skin, np.where(skin > 0, 70, 20) + 60 * shine)
    assert float(more[shine > 0].mean()) > 0.8
    np.testing.assert_array_equal(more[shine == 0], skin[shine == 0])


def test_a_light_strand_below_dark_hair_is_rough_and_no_skin() -> None:
    skin, strand = dark_head()
    rough = SMOOTH + np.float32(0.15) * strand * (np.arange(256) % 4 < 2).astype(np.float32)[None, :]
    more = bare(skin, np.where(skin > 0, 70, 20) + 50 * strand, rough)
    assert float(more[strand > 0].mean()) < 0.1
