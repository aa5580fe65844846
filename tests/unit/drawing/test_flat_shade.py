"""Shade on flat skin has few, long, smooth borders."""

from __future__ import annotations

import cv2
import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing.flat_shade import settle_shade
from toonbooth.drawing.flat_skin import light_from_above
from toonbooth.imaging.pixels import FloatImage

WIDTH = 120.0


def half_dark() -> FloatImage:
    lean = np.full((160, 160), -0.6, np.float32)
    lean[:, 80:] = 0.6
    return lean


def length_of(shade: FloatImage) -> float:
    borders, _ = cv2.findContours((shade > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return sum(cv2.arcLength(border, closed=True) for border in borders)


def settled(lean: FloatImage) -> FloatImage:
    return settle_shade(lean, np.ones(lean.shape, np.bool_), width=WIDTH, least=0.02)


def test_a_shady_side_stays_where_it_is() -> None:
    np.testing.assert_array_equal(settled(half_dark()) > 0.5, half_dark() > 0)


def test_noise_leaves_neither_islands_nor_a_ragged_border() -> None:
    noise = np.random.default_rng(5).normal(0, 1, (160, 160)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 3).astype(np.float32)
    rough = half_dark() + noise / noise.std() * np.float32(0.5)
    assert length_of(rough + np.float32(0.5)) > 3 * length_of(settled(half_dark()))
    assert length_of(settled(rough)) < 1.1 * length_of(settled(half_dark()))


def test_a_thin_strip_is_no_shade_and_a_broad_one_is() -> None:
    thin, broad = np.full((2, 160, 160), -0.6, np.float32)
    thin[:, 78:81], broad[:, 70:90] = 1.0, 1.0
    assert not (settled(thin) > 0.5).any()
    assert float((settled(broad)[:, 72:88] > 0.5).mean()) == 1.0


def test_shade_goes_on_beyond_the_place_it_lies_on() -> None:
    where = np.zeros((160, 160), np.bool_)
    where[20:140, 20:120] = True
    shade = settle_shade(half_dark(), where, width=WIDTH, least=0.02)
    assert float(shade[30:130, 85:123].min()) > 0.5
    assert not (shade[:, :70] > 0.5).any()


def test_light_from_above_darkens_no_lower_face_and_light_from_a_side_stays() -> None:
    face = astronaut_portrait().faces[0]
    y, x = np.mgrid[0:256, 0:256].astype(np.float32)
    sure = np.ones((256, 256), np.bool_)
    low, high = (int(face.landmarks[point, 1]) for point in (152, 10))
    middle = int(face.landmarks[152, 0])
    from_above, from_left = -12 * (y - y.mean()) / face.width, -12 * (x - middle) / face.width
    trends = [
        light_from_above(form.astype(np.float32), sure, face.landmarks, width=face.width)
        for form in (from_above, from_left)
    ]
    assert float(trends[0][low - 2, middle]) < -3
    assert float(np.abs(trends[0][high : high + 5, middle]).max()) == 0
    assert float(np.abs(trends[1]).max()) < 1


def test_the_tip_of_a_place_that_no_shade_touches_stays_light() -> None:
    where = np.zeros((160, 160), np.bool_)
    where[20:140, 20:140] = True
    where[70:90, 146:152] = True
    shade = settle_shade(-half_dark(), where, width=WIDTH, least=0.02)
    assert float(shade[30:130, 30:70].min()) > 0.5
    assert not (shade[72:88, 147:151] > 0.5).any()
