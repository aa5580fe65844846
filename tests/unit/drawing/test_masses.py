"""Masses are materials, and light on a material is a tone of it."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.broad_shapes import Brush, broad_shapes
from toonbooth.drawing.colour_groups import gather_colours
from toonbooth.drawing.mass_tones import CLOTH, MassTones, shaped_for_paper, trace_tones
from toonbooth.drawing.masses import trace_masses
from toonbooth.drawing.vector import Shape, byte_colour, paint, stout
from toonbooth.imaging.pixels import FloatImage

TONES = MassTones(count=6, apart=8.0, contrast=0.0)
NAVY, WHITE, RED = (20.0, 4.0, -20.0), (90.0, 0.0, 0.0), (45.0, 50.0, 30.0)
EVERYWHERE = np.ones((96, 96), np.float32)


def flat(colour: tuple[float, float, float]) -> FloatImage:
    return np.full((96, 96, 3), colour, np.float32)


def colours_of(shapes: tuple[Shape, ...]) -> set[tuple[int, int, int]]:
    return {shape.colour for shape in shapes}.union(*(colours_of(shape.inside) for shape in shapes), set())


def test_stripes_have_no_colours_but_their_own() -> None:
    lab = flat((30.0, 6.0, 14.0))
    lab[:, np.arange(96) // 6 % 2 == 1] = (62.0, 9.0, 21.0)
    shapes = trace_masses(lab, EVERYWHERE, TONES, unit=0.1)
    assert len(colours_of(shapes)) == 2
    assert paint(shapes, (96, 96)).std() > 10


def test_a_fold_is_a_tone_of_its_cloth_and_lies_within_it() -> None:
    lab = flat(WHITE)
    lab[20:76, 20:76] = RED
    lab[40:60, 20:76] = (28.0, 36.0, 21.6)
    shapes = trace_masses(lab, EVERYWHERE, TONES, unit=0.2)
    assert len(shapes) == 2
    (fold,) = shapes[1].inside
    assert fold.colour[0] < shapes[1].colour[0]


def test_light_that_goes_over_softly_is_no_shape_and_a_cloth_has_its_middle_colour() -> None:
    ramp = np.linspace(-9, 9, 96, dtype=np.float32)
    soft, lit = flat((40.0, 6.0, -30.0)), flat((40.0, 6.0, -30.0))
    soft[..., 0] += ramp
    lit[..., 0] += np.where(ramp > 0, np.float32(9), np.float32(-9))
    own = np.ones((96, 96), np.bool_)
    _, none = trace_tones(soft, own, own, TONES, CLOTH, unit=0.2)
    _, one = trace_tones(lit, own, own, TONES, CLOTH, unit=0.2)
    assert (len(none), len(one)) == (0, 1)


def test_cloth_of_one_pixel_has_its_colour() -> None:
    own = np.zeros((96, 96), np.bool_)
    own[40, 40] = True
    for unit in (1.0, 1.1):
        base, inside = trace_tones(flat(WHITE), own, own, TONES, CLOTH, unit=unit)
        assert min(base) > 200
        assert inside == ()


def test_a_blurred_border_between_two_cloths_is_no_third() -> None:
    lab = flat(NAVY)
    cv2.circle(lab, (48, 48), 24, WHITE, cv2.FILLED)
    lab = cv2.GaussianBlur(lab, (0, 0), 2.5).astype(np.float32)
    shapes = trace_masses(lab, EVERYWHERE, TONES, unit=0.3)
    assert len(colours_of(shapes)) == 2


def test_what_goes_over_softly_is_one_cloth_and_a_step_is_a_border() -> None:
    tones = MassTones(count=6, apart=8.0, contrast=0.0, cloth=1)
    ramp = np.clip((np.arange(96, dtype=np.float32) - 30) / 36, 0, 1)
    soft, step = flat(NAVY), flat(NAVY)
    lit = np.array((26.0, 0, -22.0), np.float32)
    soft += ramp[None, :, None] * lit
    step[:, 48:] += lit
    assert len(trace_masses(soft, EVERYWHERE, tones, unit=0.2)) == 1
    assert len(trace_masses(step, EVERYWHERE, tones, unit=0.2)) == 2


def test_a_hand_has_the_colour_of_the_skin_above_it_and_a_white_sleeve_its_own() -> None:
    skin = (70.0, 16.0, 18.0)
    for colour, like in (((64.0, 18.0, 22.0), True), ((90.0, 4.0, 5.0), False)):
        own = np.ones((96, 96), np.bool_)
        base, _ = trace_tones(shaped_for_paper(flat(colour)), own, own, TONES, CLOTH, paint=skin, unit=0.2)
        assert (base == byte_colour(skin)) == like


def test_gold_beside_many_other_colours_is_no_skin_and_skin_in_shade_is() -> None:
    skin, gold, deep = (73.0, 18.0, 21.0), (62.0, 8.0, 38.0), (60.0, 26.0, 31.0)
    for colour, own in ((gold, True), (deep, False)):
        samples = np.repeat(np.array([NAVY] * 3 + [skin, colour], np.float32), 60, axis=0)
        found = gather_colours(samples, count=1, apart=8.0, first=np.array([skin], np.float32))
        assert len(found) == 2 + own
        assert (np.abs(found - np.array(colour, np.float32)).max(axis=1) < 1).any() == own


def test_a_shade_of_which_hardly_anything_is_seen_at_a_cloths_edge_is_left_out() -> None:
    tone = np.zeros((96, 96), np.bool_)
    tone[20:60, 40:80] = True
    plane = np.where(tone, np.float32(40), np.float32(80)).astype(np.float32)
    brush = Brush(tip=3.0, beside=4.0, round=2.0, area=400.0)
    for edge, drawn in ((46, False), (70, True)):
        own = np.ones((96, 96), np.bool_)
        own[:, edge:] = False
        assert (broad_shapes(tone, plane, own, own, brush=brush, seen=4.0) > 0).any() == drawn


def test_shine_on_hair_keeps_the_hue_of_the_hair() -> None:
    lab = flat(WHITE)
    lab[:60] = (25.0, 8.0, 14.0)
    lab[20:40] = (58.0, 11.0, 20.0)
    hair = np.zeros((96, 96), np.float32)
    hair[:60] = 1
    shapes = trace_masses(lab, EVERYWHERE, TONES, hair=[hair], unit=0.2)
    dark, shine = paint(shapes, (96, 96))[[10, 30], 48].astype(int)
    assert shine.sum() > dark.sum() + 60
    assert shine[0] > shine[1] > shine[2]


def test_colours_of_tones_that_nest_leave_no_chip_between_them() -> None:
    lab = flat(WHITE)
    columns = np.linspace(0, 1, 96, dtype=np.float32)
    lab[..., 0] = 20 + 70 * columns[None, :]
    lab[..., 1:] = 0
    picture = paint(trace_masses(lab, EVERYWHERE, TONES, hair=[EVERYWHERE], unit=0.2), (96, 96)).astype(int)
    # From left to right it only gets lighter, in every row.
    assert (np.diff(picture.sum(axis=2), axis=1) >= 0).all()


def test_slivers_are_no_shapes_and_what_is_stout_is() -> None:
    def box(width: float, height: float) -> FloatImage:
        return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)

    assert stout([box(60, 2), box(20, 20)], least=8.0)[0].max() == 20
    assert len(stout([box(60, 2)], least=8.0)) == 0
