"""What can be asked of a cut: upright, a sticker, a size."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.facecut.heads import Look, one, paint
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.finishing import MARGIN, OUTLINE, Layer, finish, resize_layer
from toonbooth.imaging.pixels import FloatImage


def seen_sides(cut_out: CutOut) -> tuple[int, int]:
    """Height and width of what can be seen."""
    rows = np.flatnonzero((cut_out.alpha > 8).any(axis=1))
    columns = np.flatnonzero((cut_out.alpha > 8).any(axis=0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


def overlap(one: CutOut, other: CutOut) -> float:
    """Intersection over union of two cuts, laid over each other by their middles."""
    masks = []
    for cut_out in (one, other):
        mask = np.zeros((400, 400), np.bool_)
        rows, columns = cut_out.alpha.shape
        top, left = 200 - rows // 2, 200 - columns // 2
        mask[top : top + rows, left : left + columns] = cut_out.alpha > 127
        masks.append(mask)
    return float((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


@pytest.mark.parametrize("roll", [-0.5, -0.2, 0.2, 0.5])
def test_a_tilted_head_comes_out_upright(roll: float) -> None:
    upright = cut_face(one(Look(), unit=100).portrait)
    tilted = one(Look(roll=roll), unit=100).portrait
    assert overlap(cut_face(tilted, level=True), upright) > 0.95
    assert overlap(cut_face(tilted), upright) < 0.93


def test_an_upright_head_is_not_touched_by_levelling() -> None:
    portrait = one(Look()).portrait
    assert cut_face(portrait, level=True).rgba.tobytes() == cut_face(portrait).rgba.tobytes()


def test_a_levelled_square_has_its_eyes_level_on_the_upper_third_line() -> None:
    painting = paint(((220, 190), 80, Look(roll=0.3)), size=(440, 400))
    square = cut_face(painting.portrait, shape=Shape.SQUARE, level=True)
    side = square.alpha.shape[0]
    dark = cv2.GaussianBlur(square.picture.sum(axis=2).astype(np.float32), (0, 0), 2)
    band = dark[side // 3 - 4 : side // 3 + 5, side // 5 : -side // 5]
    half = band.shape[1] // 2
    rows = [int(np.unravel_index(part.argmin(), part.shape)[0]) for part in (band[:, :half], band[:, half:])]
    assert abs(rows[0] - rows[1]) <= 2
    assert (square.alpha == 255).all()


def disc(radius: int, *, size: int = 200) -> Layer:
    """A red disc."""
    rows, columns = np.mgrid[:size, :size].astype(np.float64) - (size - 1) / 2
    alpha = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1).astype(np.float32)
    colours = np.full((size, size, 3), (0.8, 0.1, 0.1), np.float32)
    return Layer(colours, alpha, 0, 0)


def test_a_stickers_outline_is_white_and_everywhere_as_wide() -> None:
    sticker = finish(disc(80), sticker=True)
    rows, columns = np.mgrid[: sticker.alpha.shape[0], : sticker.alpha.shape[1]]
    distance = np.hypot(rows - (rows.max() / 2), columns - (columns.max() / 2)) - 80
    width = round(OUTLINE * 161)
    rim = (distance > 1.5) & (distance < width - 1.5)
    assert (sticker.alpha[rim] == 255).all()
    assert sticker.picture[rim].min() >= 250
    assert sticker.alpha[distance > width + 1.5].max() == 0
    assert np.abs(sticker.picture[distance < -2].astype(int) - [204, 26, 26]).max() <= 1


def test_a_gap_between_strands_is_no_notch_in_the_outline() -> None:
    layer = disc(80)
    layer.alpha[:100, 98:101] = 0
    sticker, whole = finish(layer, sticker=True), finish(disc(80), sticker=True)
    half_a_pixel = 128
    assert np.abs(sticker.alpha.astype(int) - whole.alpha).max() < half_a_pixel
    assert sticker.picture[60, sticker.alpha.shape[1] // 2].min() >= 250


def test_a_sticker_has_the_cut_inside_and_the_same_margin() -> None:
    portrait = one(Look(), unit=100).portrait
    plain, sticker = cut_face(portrait), cut_face(portrait, sticker=True)
    outline = round(OUTLINE * max(seen_sides(plain)))
    assert np.abs(np.subtract(seen_sides(sticker), seen_sides(plain)) - 2 * outline).max() <= 3
    rim = (np.subtract(sticker.alpha.shape, seen_sides(sticker)) / 2 / max(seen_sides(sticker))).round(3)
    assert np.abs(rim - MARGIN).max() < 0.012


def test_a_square_has_no_edge_to_outline() -> None:
    portrait = one(Look()).portrait
    plain, sticker = (cut_face(portrait, shape=Shape.SQUARE, sticker=wish) for wish in (False, True))
    assert plain.rgba.tobytes() == sticker.rgba.tobytes()


@pytest.mark.parametrize("sticker", [False, True])
@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("size", [32, 33, 200, 777])
def test_the_longer_side_has_the_size_that_was_asked_for(shape: Shape, size: int, sticker: bool) -> None:
    cut_out = cut_face(one(Look(), unit=60).portrait, shape=shape, size_pixels=size, sticker=sticker)
    assert max(cut_out.alpha.shape) == size
    if shape is not Shape.SQUARE:
        assert 0.8 * size <= max(seen_sides(cut_out)) <= 0.95 * size


def mean_colour(cut_out: CutOut) -> NDArray[np.float64]:
    weights = cut_out.alpha[..., np.newaxis] / 255
    mean: NDArray[np.float64] = (cut_out.picture * weights).sum(axis=(0, 1)) / weights.sum(axis=(0, 1))
    return mean


@pytest.mark.parametrize("size", [90, 640])
def test_another_size_keeps_the_colours_to_the_edge(size: int) -> None:
    portrait = one(Look(hair=(20, 20, 20)), wall=(30, 220, 40)).portrait
    before, after = cut_face(portrait), cut_face(portrait, size_pixels=size)
    assert np.abs(mean_colour(before) - mean_colour(after)).max() < 2
    on_edge = after.picture[(after.alpha > 60) & (after.alpha < 200)].astype(int)
    assert np.percentile(on_edge[:, 1] - on_edge[:, [0, 2]].max(axis=1), 98) < 40


def test_an_enlarged_edge_is_a_line_not_large_pixels() -> None:
    def round_at(scale: float, size: int) -> FloatImage:
        rows, columns = (np.mgrid[:size, :size] + 0.5) / scale
        distance = scale * (20.3 - np.hypot(rows - 22.7, columns - 23.2))
        return np.asarray(np.clip(distance + 0.5, 0, 1), np.float32)

    small, exact = round_at(1, 46), round_at(5, 230)
    colours, alpha = resize_layer(np.zeros((46, 46, 3), np.float32), small, 230)
    assert alpha.shape == exact.shape == colours.shape[:2]
    # A soft edge five pixels wide would differ by more than one pixel all along the circle.
    assert np.abs(alpha - exact).sum() < 0.35 * 2 * np.pi * 5 * 20.3


def test_enlarged_hair_stays_as_soft_as_it_was() -> None:
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))
    _, alpha = resize_layer(np.zeros((40, 40, 3), np.float32), ramp, 160)
    assert np.abs(alpha[20:-20, 20:-20] - np.linspace(0, 1, 160)[20:-20]).max() < 0.02


def test_a_stickers_outline_runs_calmly_past_curls() -> None:
    rows, columns = np.mgrid[:200, :200].astype(np.float64) - 99.5
    radius = 80 + 1.5 * np.sin(40 * np.arctan2(rows, columns))
    alpha = np.asarray(np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1), np.float32)
    sticker = finish(Layer(np.zeros((200, 200, 3), np.float32), alpha, 0, 0), sticker=True)
    edges, _ = cv2.findContours(
        (sticker.alpha > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outline = max(edges, key=len)[:, 0] - (np.array(sticker.alpha.shape[::-1]) - 1) / 2
    assert np.hypot(*outline.T).std() < 0.6


def test_nothing_faint_is_left_apart_beside_an_enlarged_edge() -> None:
    rows, columns = np.mgrid[:86, :90].astype(np.float64)
    # A crown whose uppermost row of pixels is covered by a fifth.
    alpha = np.clip(40.5 - np.hypot(rows - 40.3, columns - 44.7), 0, 1).astype(np.float32)
    _, large = resize_layer(np.zeros((*alpha.shape, 3), np.float32), alpha, 360)
    assert cv2.connectedComponents((large > 0.04).astype(np.uint8))[0] == 2
