"""The bare face: from the hairline to the chin."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import Colour, Look, Mask, Painting, face_at, one
from tests.unit.facecut.test_cut_face import alpha_over, overlap
from toonbooth.facecut.contour import outline_face
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.heads import measure_heads
from toonbooth.facecut.landmarks import LEFT_BROW, LEFT_EYE, NOSE, RIGHT_BROW, RIGHT_EYE
from toonbooth.facecut.outlines import eroded
from toonbooth.portrait.model import HAIRLINE_LENGTH

UNIT = 100.0
MIDDLE_X, MIDDLE_Y = 149, 135
HAIR: Colour = (70, 45, 30)


def covered(painting: Painting, area: Mask, colour: Colour) -> Painting:
    """Put something of one colour over the upper part of a head: a fringe, a scarf, a hat."""
    picture, matte = painting.portrait.picture.copy(), painting.portrait.matte.copy()
    picture[area], matte[area] = colour, 1
    noise = np.random.default_rng(5).normal(0, 2.5, picture.shape)
    soft = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.6) + noise, 0, 255).astype(np.uint8)
    portrait = replace(painting.portrait, picture=soft, matte=matte)
    return replace(painting, portrait=portrait, contours=(painting.contours[0] & ~area,))


def above(painting: Painting, down: float, *, half_width: float = 0.62) -> Mask:
    """What lies above a line so many face widths below the middle of the face."""
    height, width = painting.portrait.matte.shape
    rows, columns = np.mgrid[:height, :width]
    beside = np.abs(columns - MIDDLE_X) < half_width * UNIT
    return np.asarray(beside & (rows < MIDDLE_Y + down * UNIT) & (rows > MIDDLE_Y - 0.95 * UNIT))


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(Look(), id="short hair"),
        pytest.param(Look(long_hair=True), id="long hair"),
        pytest.param(Look(skin=(104, 66, 48), hair=(28, 22, 20)), id="dark skin, black hair"),
        pytest.param(Look(hair=(226, 200, 150), long_hair=True), id="blond hair"),
        pytest.param(Look(roll=0.4), id="tilted"),
    ],
)
def test_a_face_is_cut_along_its_hairline(look: Look) -> None:
    painting = one(look, unit=UNIT)
    cut_out = cut_face(painting.portrait, shape=Shape.FACE)
    assert overlap(painting.portrait, cut_out, painting.contours[0]) > 0.915


@pytest.mark.parametrize(
    ("down", "colour"),
    [
        pytest.param(-0.4, HAIR, id="fringe"),
        pytest.param(-0.32, HAIR, id="long fringe"),
        pytest.param(-0.45, (40, 60, 150), id="hat"),
        pytest.param(-0.5, (160, 30, 60), id="scarf"),
    ],
)
def test_what_covers_the_forehead_stays_outside(down: float, colour: Colour) -> None:
    bare = one(Look(), unit=UNIT)
    area = above(bare, down)
    painting = covered(bare, area, colour)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait, shape=Shape.FACE)) > 127
    assert (alpha & area).sum() < 0.04 * alpha.sum()
    assert (alpha & painting.contours[0]).sum() > 0.9 * painting.contours[0].sum()


def test_a_fair_lock_before_a_cheek_stays_outside() -> None:
    """It is as bright as the skin, and some skin is seen behind it."""
    fair: Colour = (226, 200, 150)
    bare = one(Look(hair=fair, long_hair=True), unit=UNIT)
    rows, columns = np.mgrid[: bare.portrait.matte.shape[0], : bare.portrait.matte.shape[1]]
    aside = (MIDDLE_X - columns) / UNIT
    lock = (aside > 0.38) & (aside < 0.46) & (rows > MIDDLE_Y - 0.2 * UNIT) & (rows < MIDDLE_Y + 0.25 * UNIT)
    painting = covered(bare, np.asarray(lock), fair)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait, shape=Shape.FACE)) > 127
    without = alpha_over(bare.portrait, cut_face(bare.portrait, shape=Shape.FACE)) > 127
    assert without[lock].mean() > 0.9
    assert alpha[lock].mean() < 0.2


def test_a_lock_over_an_eyes_corner_gives_way_to_skin_and_the_eye_stays_whole() -> None:
    bare = one(Look(long_hair=True), unit=UNIT)
    rows, columns = np.mgrid[: bare.portrait.matte.shape[0], : bare.portrait.matte.shape[1]]
    aside = (MIDDLE_X - columns) / UNIT
    lock = (aside > 0.3) & (aside < 0.6) & (rows > MIDDLE_Y - 0.5 * UNIT) & (rows < MIDDLE_Y + 0.25 * UNIT)
    painting = covered(bare, np.asarray(lock), HAIR)
    cut_out = cut_face(painting.portrait, shape=Shape.FACE)
    (face,) = painting.portrait.faces
    alpha = alpha_over(painting.portrait, cut_out)
    for ring in (LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW):
        x, y = face.landmarks[list(ring)].round().astype(int).T
        assert (alpha[y, x] > 250).all()
    # Below the eye, where the lock hangs, there is nothing of its colour.
    held = (alpha > 250) & lock & (rows > MIDDLE_Y) & (rows < MIDDLE_Y + 0.12 * UNIT)
    y, x = np.nonzero(held)
    assert len(y) > 50
    assert np.median(cut_out.picture[y - cut_out.y, x - cut_out.x, 0]) > 190


def test_the_line_below_a_chin_is_no_crescent_in_a_bare_face() -> None:
    bare = one(Look(), unit=UNIT)
    picture = bare.portrait.picture.copy()
    lower = np.nonzero(bare.contours[0] & ~np.roll(bare.contours[0], -2, axis=0))
    for down in range(-2, 2):
        picture[lower[0] + down, lower[1]] = (40, 20, 20)
    portrait = bare.portrait.with_picture(picture)
    cut_out = cut_face(portrait, shape=Shape.FACE)
    chin = cut_out.picture[-round(0.25 * UNIT) :][cut_out.alpha[-round(0.25 * UNIT) :] > 250]
    assert np.percentile(chin[:, 0], 2) > 120


def test_light_on_a_fair_persons_forehead_is_no_lock() -> None:
    bare = one(Look(hair=(226, 200, 150), long_hair=True), unit=UNIT)
    rows, columns = np.mgrid[: bare.portrait.matte.shape[0], : bare.portrait.matte.shape[1]]
    across, down = (columns - MIDDLE_X) / UNIT, (rows - MIDDLE_Y) / UNIT
    shine = np.asarray((np.abs(across - 0.05) < 0.22) & (np.abs(down + 0.38) < 0.09))
    painting = covered(bare, shine, (246, 248, 226))
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait, shape=Shape.FACE)) > 127
    assert alpha[shine].mean() > 0.9


@pytest.mark.parametrize("side", [-1, 1])
def test_in_profile_the_contour_goes_around_the_nose(side: int) -> None:
    turned = face_at((0, 0), UNIT).landmarks
    ridge = [1, 2, 4, NOSE, 6, 19, 94, 164, 195, 197]
    down = np.linspace(-0.1, 0.2, len(ridge))
    turned[ridge] = np.column_stack([np.full(len(ridge), side * 0.6), down]) * UNIT
    nose = (side * 0.57 * UNIT, 0.05 * UNIT)
    straight, profile = (outline_face(turned, UNIT, yaw, None) for yaw in (0.0, side * 0.8))
    assert cv2.pointPolygonTest(straight, nose, False) < 0
    assert cv2.pointPolygonTest(profile, nose, False) > 0


def test_a_high_forehead_is_not_cut_off() -> None:
    bare = one(Look(), unit=UNIT)
    rows, columns = np.mgrid[: bare.portrait.matte.shape[0], : bare.portrait.matte.shape[1]]
    across, up = (columns - MIDDLE_X) / (0.4 * UNIT), (MIDDLE_Y - 0.45 * UNIT - rows) / (0.38 * UNIT)
    forehead = np.asarray((across**2 + up**2 < 1) & (up > 0))
    painting = covered(bare, forehead, Look().skin)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait, shape=Shape.FACE))
    assert (alpha[forehead] > 127).mean() > 0.7


def test_a_bald_head_is_cut_above_the_forehead_in_a_smooth_curve() -> None:
    painting = one(Look(hair=None), unit=UNIT)
    (face,) = measure_heads(painting.portrait).faces
    assert face.hairline is not None
    assert np.abs(np.diff(face.hairline, n=2)).max() < 0.03
    cut_out = cut_face(painting.portrait, shape=Shape.FACE)
    # The skull is the silhouette, inside whose outline a face stays.
    within = eroded(painting.contours[0], 0.02 * UNIT)
    assert overlap(painting.portrait, cut_out, within) > 0.9


def test_a_drawing_without_colours_is_cut_along_its_photos_hairline() -> None:
    bare = one(Look(), unit=UNIT)
    painting = covered(bare, above(bare, -0.35), HAIR)
    measured = measure_heads(painting.portrait)
    drawing = measured.with_picture(np.full_like(measured.picture, 200))
    known = alpha_over(drawing, cut_face(drawing, shape=Shape.FACE)) > 127
    assert known[MIDDLE_Y - 30, MIDDLE_X]
    assert not known[MIDDLE_Y - 45, MIDDLE_X]


@pytest.mark.parametrize("lie", [-9.0, 9.0])
def test_a_hairline_that_cannot_be_changes_little(lie: float) -> None:
    measured = measure_heads(one(Look(), unit=UNIT).portrait)
    lying = replace(measured.faces[0], hairline=np.full(HAIRLINE_LENGTH, lie, np.float32))
    cut_out = cut_face(replace(measured, faces=(lying,)), shape=Shape.FACE)
    assert 0.6 * UNIT < cut_out.alpha.shape[1] < 1.6 * UNIT
    assert 0.8 * UNIT < cut_out.alpha.shape[0] < 2.2 * UNIT


def framed(painting: Painting, *, half_width: int) -> Painting:
    """Put dark glasses on a head."""
    picture = painting.portrait.picture.copy()
    (face,) = painting.portrait.faces
    eyes = round((face.left_eye.iris_centre[1] + face.right_eye.iris_centre[1]) / 2)
    for side in (-1, 1):
        inner, outer = MIDDLE_X + side * 8, MIDDLE_X + side * half_width
        cv2.rectangle(picture, (inner, eyes - 13), (outer, eyes + 13), (20, 20, 24), 4)
    cv2.line(picture, (MIDDLE_X - 8, eyes - 3), (MIDDLE_X + 8, eyes - 3), (20, 20, 24), 4)
    return replace(painting, portrait=painting.portrait.with_picture(picture))


def test_the_front_of_glasses_is_kept_whole() -> None:
    bare = one(Look(), unit=UNIT)
    painting = framed(bare, half_width=48)
    frames = (painting.portrait.picture != bare.portrait.picture).any(axis=-1)
    alpha = alpha_over(painting.portrait, cut_face(painting.portrait, shape=Shape.FACE))
    assert (alpha[frames] > 127).mean() > 0.95
    ears = np.abs(np.arange(alpha.shape[1]) - MIDDLE_X) > 0.56 * UNIT
    assert not alpha[:, ears].any()
