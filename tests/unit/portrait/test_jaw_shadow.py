"""Shadows beside a jaw, on a face that is painted for the purpose."""

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.jaw_shadow import without_jaw_shadows
from toonbooth.portrait.mesh import CHIN, FACE_OVAL, FOREHEAD, LEFT_CHEEK, RIGHT_CHEEK, Mesh
from toonbooth.portrait.model import LANDMARK_COUNT

SKIN, WALL, DARK = (205, 150, 120), (190, 195, 200), (16, 14, 15)


def mesh() -> Mesh:
    """A face 120 pixels wide and 160 high around (150, 160)."""
    points = np.full((LANDMARK_COUNT, 2), (150, 160), np.float32)
    turns = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    points[list(FACE_OVAL), 0] = 150 + 60 * np.sin(turns)
    points[list(FACE_OVAL), 1] = 160 - 80 * np.cos(turns)
    for landmark, place in (
        (FOREHEAD, (150, 80)), (CHIN, (150, 240)), (LEFT_CHEEK, (90, 160)), (RIGHT_CHEEK, (210, 160)),
        (33, (120, 145)), (263, (180, 145)), (4, (150, 175)), (61, (130, 200)), (291, (170, 200)),
    ):  # fmt: skip
        points[landmark] = place
    return Mesh(points, np.zeros(LANDMARK_COUNT, np.float32), 20.0)


def head(*, jaw: tuple[int, int, int], ears: tuple[int, int, int] = SKIN) -> tuple[ByteImage, FloatImage]:
    """A picture with something beside the jaw at its left, which the matte takes for the person."""
    picture = np.full((320, 300, 3), WALL, np.uint8)
    matte = np.zeros((320, 300), np.float32)
    beside = np.zeros_like(matte)
    cv2.ellipse(beside, (150, 160), (69, 88), 0, 0, 360, 1.0, -1)
    beside[:200] = beside[236:] = beside[:, 120:] = 0
    picture[beside > 0], matte[beside > 0] = jaw, 1
    for colour, corner, other in (
        (SKIN, (108, 200), (192, 290)), (ears, (76, 140), (224, 196)),
        (DARK, (40, 270), (260, 320)),
    ):  # fmt: skip
        cv2.rectangle(picture, corner, other, colour, -1)
        cv2.rectangle(matte, corner, other, 1.0, -1)
    cv2.ellipse(picture, (150, 160), (60, 80), 0, 0, 360, SKIN, -1)
    cv2.ellipse(matte, (150, 160), (60, 80), 0, 0, 360, 1.0, -1)
    return picture, matte


def test_a_black_shadow_between_ear_and_shoulder_goes_and_the_neck_stays() -> None:
    picture, matte = head(jaw=DARK)
    cleaned = without_jaw_shadows(matte.copy(), picture, [mesh()])
    shadow = (picture == DARK).all(axis=2)
    shadow[240:] = False
    assert cleaned[205:230][shadow[205:230]].mean() < 0.25
    near = cv2.dilate(shadow.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    np.testing.assert_array_equal(cleaned[~near], matte[~near])


def test_a_shadows_thin_end_beside_the_ear_goes_with_it_and_the_ear_stays() -> None:
    picture, matte = head(jaw=DARK)
    end = np.s_[182:196, 71:76]
    picture[end], matte[end] = DARK, 1
    cleaned = without_jaw_shadows(matte.copy(), picture, [mesh()])
    assert cleaned[184:194, 71:74].mean() < 0.25
    np.testing.assert_array_equal(cleaned[140:196, 80:], matte[140:196, 80:])


def test_no_rim_of_the_wall_is_left_where_a_shadow_was() -> None:
    picture, matte = head(jaw=DARK)
    shadow = (picture == DARK).all(axis=2)
    shadow[240:] = False
    rim = (cv2.dilate(shadow.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & (matte == 0)
    rim[:202] = rim[232:] = False
    matte[rim] = 1
    cleaned = without_jaw_shadows(matte.copy(), picture, [mesh()])
    assert cleaned[208:226][rim[208:226]].mean() < 0.25


def test_a_jaw_of_skin_is_left_alone() -> None:
    picture, matte = head(jaw=SKIN)
    np.testing.assert_array_equal(without_jaw_shadows(matte.copy(), picture, [mesh()]), matte)


def test_where_hair_covers_the_ear_it_goes_on_below() -> None:
    picture, matte = head(jaw=DARK, ears=DARK)
    np.testing.assert_array_equal(without_jaw_shadows(matte.copy(), picture, [mesh()]), matte)


def test_without_colours_nothing_is_told_apart() -> None:
    picture, matte = head(jaw=DARK)
    grey = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    np.testing.assert_array_equal(without_jaw_shadows(matte.copy(), grey, [mesh()]), matte)


def test_a_face_cut_by_the_frame_is_no_trouble() -> None:
    picture, matte = head(jaw=DARK)
    cleaned = without_jaw_shadows(matte[:235, 95:].copy(), np.ascontiguousarray(picture[:235, 95:]), [mesh()])
    assert cleaned.shape == (235, 205)
