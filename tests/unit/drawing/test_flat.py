"""The `flat` style keeps what every style promises, and its picture is made of shapes."""

from __future__ import annotations

from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from tests.golden import astronaut_portrait
from tests.unit.drawing.portraits import bust, landscape
from toonbooth.drawing.colour_groups import gather_colours
from toonbooth.drawing.flat import choose_look, draw_flat, flat_svg, trace_flat
from toonbooth.drawing.flat_backdrop import PAIRS, BackdropShape
from toonbooth.drawing.flat_border import white_border
from toonbooth.drawing.vector import Shape, paint, to_svg
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, to_float
from toonbooth.portrait.model import Portrait


def drawn(portrait: Portrait, seed: int) -> Portrait:
    return draw_flat(portrait, np.random.default_rng(seed))


def square(left: float, top: float, side: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    corners = [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]
    return np.repeat(np.array(corners, np.float32), 2, axis=0)


def test_the_same_seed_draws_the_same_bytes_on_one_thread_and_on_two() -> None:
    portrait, before = bust(), cv2.getNumThreads()
    try:
        pictures = []
        for threads in (1, 2):
            cv2.setNumThreads(threads)
            pictures.append(drawn(portrait, 7).picture)
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_another_seed_is_visibly_another_picture() -> None:
    portrait = bust()
    pictures = [drawn(portrait, seed).picture.astype(np.float32) for seed in range(6)]
    differences = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(differences) > 1.5
    assert float(np.median(differences)) > 5.0


def test_every_backdrop_turns_up() -> None:
    kinds = {choose_look(np.random.default_rng(seed)).backdrop.kind for seed in range(60)}
    assert kinds == set(BackdropShape)


def test_the_portrait_given_is_not_changed() -> None:
    portrait = bust()
    picture, matte = portrait.picture.copy(), portrait.matte.copy()
    landmarks = portrait.faces[0].landmarks.copy()
    drawn(portrait, 1)
    np.testing.assert_array_equal(portrait.picture, picture)
    np.testing.assert_array_equal(portrait.matte, matte)
    np.testing.assert_array_equal(portrait.faces[0].landmarks, landmarks)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 57), (40, 400), (301, 31), (97, 128)])
def test_any_size_comes_back_as_it_was(height: int, width: int) -> None:
    for portrait in (landscape(height, width), bust(height, width)):
        drawing = drawn(portrait, 3)
        assert drawing.picture.shape == (height, width, 3)
        assert drawing.picture.dtype == np.uint8
        assert drawing.matte.shape == (height, width)


def skin_lightness(picture: ByteImage) -> float:
    cheeks = rgb_to_lab(to_float(picture))[90:100, 50:78, 0]
    return float(np.median(cheeks))


@pytest.mark.parametrize("seed", range(4))
def test_dark_skin_stays_dark_and_light_skin_light(seed: int) -> None:
    for skin in ((70, 44, 32), (105, 70, 52), (236, 200, 178)):
        portrait = bust(skin=skin, hair=(20, 16, 14))
        before, after = skin_lightness(portrait.picture), skin_lightness(drawn(portrait, seed).picture)
        assert abs(after - before) < 9


def test_nearly_all_of_the_picture_is_flat() -> None:
    picture = drawn(astronaut_portrait(), 2).picture.astype(int)
    same = (picture[1:, 1:] == picture[:-1, 1:]).all(axis=2) & (picture[1:, 1:] == picture[1:, :-1]).all(
        axis=2
    )
    assert same.mean() > 0.75


def test_the_svg_has_the_shapes_that_are_painted_and_no_raster() -> None:
    portrait = astronaut_portrait()
    svg = flat_svg(portrait, np.random.default_rng(4))
    root = ElementTree.fromstring(svg)
    assert root.get("width") == "256"
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg",
        "g",
        "path",
        "clipPath",
        "use",
    }
    used = {part for part in svg.split('"') if len(part) == 7 and part.startswith("#")}

    def colours(shapes: tuple[Shape, ...]) -> set[str]:
        here = {
            "#" + "".join(f"{channel:02x}" for channel in shape.colour) for shape in shapes if shape.curves
        }
        return here.union(*(colours(shape.inside) for shape in shapes)) if shapes else here

    assert used == colours(trace_flat(portrait, np.random.default_rng(4)))
    assert len(svg) < 300_000


def test_a_noisy_picture_still_makes_a_small_svg() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (90, 120, 3), np.uint8)
    picture = cv2.resize(noise, (960, 720), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    portrait = Portrait(picture, (), np.zeros((720, 960), np.float32))
    assert len(flat_svg(portrait, np.random.default_rng(1))) < 300_000


def test_every_backdrop_can_be_simplified() -> None:
    portrait = bust()
    size = (portrait.picture.shape[1], portrait.picture.shape[0])
    seeds = {choose_look(np.random.default_rng(seed)).backdrop.kind: seed for seed in range(60)}
    assert set(seeds) == set(BackdropShape)
    for seed in seeds.values():
        shapes = trace_flat(portrait, np.random.default_rng(seed))
        simpler = tuple(shape.simplified(least_area=4.0) for shape in shapes)
        assert len(to_svg(simpler, size)) < len(to_svg(shapes, size))


def test_what_lies_on_what_lies_on_a_shape_ends_at_every_border() -> None:
    innermost = Shape((square(0, 0, 40),), (10, 200, 30))
    middle = Shape((square(0, 12, 18),), (0, 0, 200), 1.0, (innermost,))
    picture = paint([Shape((square(10, 10, 20),), (200, 0, 0), 1.0, (middle,))], (40, 40))
    assert (picture[20, 14] == (10, 200, 30)).all()
    assert (picture[20, 24] == (200, 0, 0)).all()
    assert (picture[20, 4] == 255).all()


def test_what_lies_on_a_shape_ends_at_its_border() -> None:
    on_top = Shape((square(0, 0, 40),), (10, 200, 30))
    picture = paint([Shape((square(10, 10, 20),), (200, 0, 0), 1.0, (on_top,))], (40, 40))
    assert (picture[20, 20] == (10, 200, 30)).all()
    assert (picture[5, 5] == 255).all()
    assert (picture[20, 35] == 255).all()


def test_a_hole_is_not_filled() -> None:
    picture = paint([Shape((square(5, 5, 30), square(15, 15, 10)), (0, 0, 200))], (40, 40))
    assert (picture[10, 10] == (0, 0, 200)).all()
    assert (picture[20, 20] == 255).all()


def test_opacity_lets_through_what_lies_behind() -> None:
    picture = paint([Shape((square(5, 5, 30),), (0, 0, 0), 0.25)], (40, 40))
    assert abs(int(picture[20, 20, 0]) - 191) <= 1
    assert 'opacity="0.25"' in to_svg([Shape((square(5, 5, 30),), (0, 0, 0), 0.25)], (40, 40))


def test_colours_far_apart_are_all_found_and_near_ones_are_one() -> None:
    rng = np.random.default_rng(0)
    true = np.array([[20, 0, 0], [80, 0, 0], [50, 40, 30], [50, -30, -30]], np.float32)
    samples = (true[rng.integers(4, size=2000)] + rng.normal(0, 1, (2000, 3))).astype(np.float32)
    found = gather_colours(samples, count=9, apart=8)
    assert len(found) == 4
    for colour in true:
        assert np.abs(found - colour).sum(axis=1).min() < 1.5


def test_backdrops_are_light_above_dark_of_one_hue() -> None:
    for light, dark in PAIRS:
        assert light[0] > dark[0] + 4


@pytest.mark.parametrize("height", [200, 320])
def test_a_white_border_is_as_wide_on_either_side(height: int) -> None:
    bordered = next(seed for seed in range(20) if choose_look(np.random.default_rng(seed)).border)
    portrait = bust(height, int(0.8 * height), wall=(90, 120, 110))
    white = drawn(portrait, bordered).picture.min(axis=2) > 190
    # Beside the hair: from the middle of the head to the crown.
    rows = white[int(0.25 * height) : int(0.42 * height)]
    left, right = (half.sum() / len(rows) for half in np.array_split(rows, 2, axis=1))
    assert left > 0.8
    assert left == pytest.approx(right, rel=0.35)


def test_a_white_border_leaves_the_gap_between_a_neck_and_an_earring() -> None:
    person, worn = np.zeros((2, 120, 120), np.float32)
    person[:, :40] = person[90:] = 1
    worn[20:80, 54:60] = 1
    border = white_border(person, worn, width=5.0, spacing=4.0)
    white = paint([Shape((square(-4, -4, 128),), (0, 0, 0)), border], (120, 120)).min(axis=2) > 128
    assert white[30:70, 42].all()
    assert white[30:70, 53].all()
    assert not white[30:70, 48].any()


def test_a_face_of_which_nothing_can_be_seen_is_drawn() -> None:
    for grey in (40, 128):
        portrait = astronaut_portrait()
        blank = portrait.with_picture(np.full_like(portrait.picture, grey))
        assert drawn(blank, 1).picture.shape == portrait.picture.shape
