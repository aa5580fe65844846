"""What is cut out, on painted heads whose masks are known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.facecut.heads import Look, Mask, Painting, mirrored, one, paint
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.cut_out import CutOut, on_white
from toonbooth.facecut.finishing import MARGIN
from toonbooth.facecut.outlines import dilated
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Portrait

SHORT = Look()
LONG = Look(long_hair=True)
DARK = Look(skin=(104, 66, 48), hair=(28, 22, 20), shirt=(150, 40, 40))


def alpha_over(portrait: Portrait, cut_out: CutOut) -> ByteImage:
    """The alpha of a cut-out, laid back over the picture it came from."""
    height, width = portrait.picture.shape[:2]
    whole = np.zeros((height, width), np.uint8)
    rows, columns = cut_out.alpha.shape
    y0, x0 = max(0, cut_out.y), max(0, cut_out.x)
    y1, x1 = min(height, cut_out.y + rows), min(width, cut_out.x + columns)
    whole[y0:y1, x0:x1] = cut_out.alpha[y0 - cut_out.y : y1 - cut_out.y, x0 - cut_out.x : x1 - cut_out.x]
    return whole


def overlap(portrait: Portrait, cut_out: CutOut, truth: Mask) -> float:
    """Intersection over union."""
    found = alpha_over(portrait, cut_out) > 127
    return float((found & truth).sum() / (found | truth).sum())


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(SHORT, id="short hair"),
        pytest.param(LONG, id="long hair"),
        pytest.param(Look(hair=None), id="bald"),
        pytest.param(Look(beard=True), id="beard"),
        pytest.param(DARK, id="dark skin, black hair"),
        pytest.param(Look(hair=(226, 200, 150), long_hair=True), id="long blond hair"),
        pytest.param(Look(hair=(205, 205, 205), skin=(235, 190, 170)), id="grey hair"),
        pytest.param(Look(roll=0.4), id="tilted to the right"),
        pytest.param(Look(roll=-0.4, long_hair=True), id="tilted to the left"),
        pytest.param(Look(shirt=(70, 45, 30)), id="shirt of the hair's colour"),
    ],
)
def test_the_head_is_cut_along_its_own_outline(look: Look) -> None:
    painting = one(look)
    cut_out = cut_face(painting.portrait)
    assert overlap(painting.portrait, cut_out, painting.heads[0]) > 0.97


def test_hair_in_the_shade_behind_long_hair_and_a_jaw_is_hair_and_the_neck_goes() -> None:
    painting = one(Look(long_hair=True, hair=(150, 110, 70)), unit=100)
    portrait = painting.portrait
    rows, columns = np.mgrid[: portrait.picture.shape[0], : portrait.picture.shape[1]]
    across, down = np.abs(columns - 149) / 100, (rows - 135) / 100
    shade = (across > 0.3) & (across < 0.47) & (down > 0.3) & (down < 0.95) & ~painting.heads[0]
    picture, matte = portrait.picture.copy(), portrait.matte.copy()
    picture[shade], matte[shade] = (34, 24, 18), 1
    shaded = replace(portrait, picture=picture, matte=matte)
    alpha = alpha_over(shaded, cut_face(shaded)) > 127
    assert alpha[shade & (across > 0.34) & (down < 0.5)].mean() > 0.85
    assert alpha[(across < 0.2) & (down > 0.75) & (down < 1.2)].mean() < 0.02


@pytest.mark.parametrize("look", [SHORT, DARK, Look(hair=None), Look(beard=True)])
def test_neck_clothes_and_background_go(look: Look) -> None:
    painting = one(look, unit=100)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait))
    middle = 149
    below_the_chin = 135 + 64
    assert alpha[below_the_chin + 32 :, :].max() == 0
    assert alpha[:, : middle - 80].max() == 0
    if not look.beard:
        assert alpha[below_the_chin + 8 :, middle - 25 : middle + 25].max() == 0


def test_long_hair_in_front_of_the_shoulders_stays_and_the_neck_between_goes() -> None:
    painting = one(LONG, unit=100)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait))
    at_the_shoulders = 135 + 100
    for lock in (149 - 57, 149 + 57):
        assert alpha[at_the_shoulders, lock - 5 : lock + 5].min() > 200
    assert alpha[at_the_shoulders, 149 - 20 : 149 + 20].max() == 0


@pytest.mark.parametrize("lamp", [(slice(90, 95), slice(205, 218)), (slice(30, 42), slice(146, 150))])
def test_what_sticks_out_of_a_head_like_a_knob_or_a_spike_goes(lamp: tuple[slice, slice]) -> None:
    painting = one(SHORT, unit=100)
    picture, matte = painting.portrait.picture.copy(), painting.portrait.matte.copy()
    picture[lamp], matte[lamp] = (70, 45, 30), 1
    portrait = replace(painting.portrait, picture=picture, matte=matte)
    beyond = np.zeros_like(painting.heads[0])
    beyond[lamp] = True
    beyond &= ~dilated(painting.heads[0], 3)
    assert beyond.any()
    assert alpha_over(portrait, cut_face(portrait))[beyond].max() < 60


@pytest.mark.parametrize("exposure", [0.5, 0.35])
def test_long_hair_stays_in_a_dim_photo(exposure: float) -> None:
    painting = one(Look(hair=(170, 130, 95), long_hair=True), unit=100)
    dim = (painting.portrait.picture * exposure).astype(np.uint8)
    portrait = replace(painting.portrait, picture=dim)
    assert overlap(portrait, cut_face(portrait), painting.heads[0]) > 0.94


def test_a_beard_below_the_chin_stays() -> None:
    painting = one(Look(beard=True), unit=100)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait))
    assert alpha[135 + 72, 149 - 10 : 149 + 10].min() > 200


def test_a_wide_hat_stays() -> None:
    painting = one(SHORT, unit=100)
    picture, matte = painting.portrait.picture.copy(), painting.portrait.matte.copy()
    brow, crown, brim = 135 - 45, slice(149 - 55, 149 + 56), slice(149 - 98, 149 + 99)
    for rows, columns in ((slice(brow - 60, brow), crown), (slice(brow - 12, brow), brim)):
        picture[rows, columns] = (170, 40, 50)
        matte[rows, columns] = 1
    hatted = Portrait(picture, painting.portrait.faces, matte)
    alpha = alpha_over(hatted, cut_face(hatted))
    for column in (149 - 92, 149, 149 + 92):
        assert alpha[brow - 8 : brow - 4, column].min() > 200
    assert alpha[brow - 50, 149] == 255


def test_ears_stay() -> None:
    painting = one(SHORT, unit=100)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait))
    for ear in (149 - 56, 149 + 56):
        assert alpha[135, ear - 1 : ear + 2].min() > 200


def test_the_edge_is_soft_and_the_corners_are_empty() -> None:
    cut_out = cut_face(one(SHORT).portrait)
    assert ((cut_out.alpha > 30) & (cut_out.alpha < 225)).sum() > 100
    for row, column in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert cut_out.alpha[row, column] == 0
    assert (cut_out.picture[cut_out.alpha == 0] == 255).all()


def test_no_halo_of_the_old_background_shows_on_white() -> None:
    green = (30, 220, 40)
    painting = one(SHORT, unit=100, wall=green)
    cut_out = cut_face(painting.portrait)
    red, leaf, blue = (on_white(cut_out)[..., channel].astype(int) for channel in range(3))
    assert (leaf - np.maximum(red, blue)).max() < 40


@pytest.mark.parametrize("shape", [Shape.HEAD, Shape.FACE])
def test_the_frame_is_tight_with_an_even_margin(shape: Shape) -> None:
    cut_out = cut_face(one(SHORT).portrait, shape=shape)
    rows = np.flatnonzero((cut_out.alpha > 8).any(axis=1))
    columns = np.flatnonzero((cut_out.alpha > 8).any(axis=0))
    height, width = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    margin = round(MARGIN * max(height, width))
    around = (
        rows[0],
        cut_out.alpha.shape[0] - 1 - rows[-1],
        columns[0],
        cut_out.alpha.shape[1] - 1 - columns[-1],
    )
    assert np.abs(np.array(around) - margin).max() <= 1


def test_mirrored_in_mirrored_out() -> None:
    painting = paint(((119.5, 110), 80, Look()), size=(240, 280))
    # Light from one side, so that the two pictures differ.
    shade = np.linspace(0.75, 1.0, 240)[None, :, None]
    lit = painting.portrait.with_picture(np.rint(painting.portrait.picture * shade).astype(np.uint8))
    straight = alpha_over(lit, cut_face(lit))
    seen_in_mirror = alpha_over(mirrored(lit), cut_face(mirrored(lit)))
    difference = np.abs(straight.astype(int) - seen_in_mirror[:, ::-1].astype(int))
    assert difference.mean() < 0.4
    assert np.abs(cut_face(lit).alpha.shape[1] - cut_face(mirrored(lit)).alpha.shape[1]) <= 2


def test_the_portrait_given_is_not_changed_and_the_same_bytes_come_twice() -> None:
    painting = one(LONG)
    picture, matte = painting.portrait.picture.copy(), painting.portrait.matte.copy()
    first, second = cut_face(painting.portrait), cut_face(painting.portrait)
    assert first.rgba.tobytes() == second.rgba.tobytes()
    assert (painting.portrait.picture == picture).all()
    assert (painting.portrait.matte == matte).all()


def test_faces_are_counted_from_left_to_right() -> None:
    painting = paint(((250, 110), 70, LONG), ((90, 120), 70, DARK), size=(340, 280))
    for face in (0, 1):
        cut_out = cut_face(painting.portrait, face=face)
        assert overlap(painting.portrait, cut_out, painting.heads[face]) > 0.92


def test_without_a_number_the_largest_and_most_central_face_is_cut() -> None:
    painting = paint(((70, 120), 50, SHORT), ((200, 130), 90, DARK), size=(340, 280))
    cut_out = cut_face(painting.portrait)
    assert overlap(painting.portrait, cut_out, painting.heads[1]) > 0.92


def test_a_neighbour_who_touches_the_head_is_left_out() -> None:
    painting = paint(((218, 125), 80, SHORT), ((120, 120), 80, Look(hair=(150, 90, 40))), size=(340, 280))
    cut_out = cut_face(painting.portrait, face=0)
    assert overlap(painting.portrait, cut_out, painting.heads[0]) > 0.9
    assert alpha_over(painting.portrait, cut_out)[:, 185:].max() == 0


def test_a_face_cut_by_the_pictures_edge_is_cut_as_far_as_it_goes() -> None:
    painting = paint(((20, 110), 80, SHORT), size=(240, 280))
    cut_out = cut_face(painting.portrait)
    assert overlap(painting.portrait, cut_out, painting.heads[0]) > 0.9
    assert cut_out.x < 0


def test_a_face_of_thirty_pixels_is_cut() -> None:
    painting = one(SHORT, unit=30)
    assert overlap(painting.portrait, cut_face(painting.portrait), painting.heads[0]) > 0.95


@pytest.mark.parametrize("matte", [0.0, 0.5, 1.0])
def test_a_useless_matte_still_gives_the_face(matte: float) -> None:
    painting = one(SHORT)
    flat = np.full_like(painting.portrait.matte, matte)
    portrait = Portrait(painting.portrait.picture, painting.portrait.faces, flat)
    alpha = alpha_over(portrait, cut_face(portrait))
    assert (alpha[painting.contours[0]] > 127).mean() > 0.9


@pytest.mark.parametrize("face", [-1, 1, 10])
def test_a_face_that_is_not_there_is_a_mistake_of_the_caller(face: int) -> None:
    with pytest.raises(ValueError, match="no face"):
        cut_face(one(SHORT).portrait, face=face)


def test_nobody_is_a_mistake_of_the_caller() -> None:
    nobody = Portrait(np.zeros((20, 20, 3), np.uint8), (), np.zeros((20, 20), np.float32))
    with pytest.raises(ValueError, match="no face"):
        cut_face(nobody)


def test_white_paper_shows_through_where_nothing_was_cut() -> None:
    colours = np.zeros((1, 3, 3), np.uint8)
    cut_out = CutOut(colours, np.array([[0, 51, 255]], np.uint8), 0, 0)
    assert on_white(cut_out)[0, :, 0].tolist() == [255, 204, 0]


def test_a_sliver_of_the_matte_along_the_pictures_edge_is_no_part_of_the_head() -> None:
    def paint_at(height: int) -> Painting:
        return paint(((120, height), 80, DARK), size=(240, 320))

    crown = int(np.nonzero(paint_at(150).heads[0])[0].min())
    portrait = paint_at(150 - crown + 4).portrait
    matte = portrait.matte.copy()
    picture = portrait.picture.copy()
    matte[0, 80:160] = 1
    picture[0, 80:160] = picture[8, 120]  # hair
    alpha = alpha_over(portrait, cut_face(replace(portrait, matte=matte, picture=picture)))
    assert alpha[0].max() < 20
    assert alpha[9].max() == 255
