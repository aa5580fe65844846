"""Pockets of the background that a matte keeps."""

import cv2
import numpy as np
import pytest

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.pockets import without_pockets
from toonbooth.portrait.sampling import Pyramid

WALL, CLOTH, TABLE = (190, 188, 196), (60, 66, 76), (8, 8, 8)
SIZE = (480, 640)
FACE = 60.0
"""Pixels of the mask, a quarter of the picture's."""
Corners = list[tuple[int, int]]


def painted(*shapes: tuple[Corners, tuple[int, int, int]]) -> ByteImage:
    """Shapes before a wall, with grain."""
    picture = np.full((*SIZE, 3), WALL, np.uint8)
    for corners, colour in shapes:
        cv2.fillPoly(picture, [np.array(corners, np.int32)], colour, lineType=cv2.LINE_AA)
    grain = np.random.default_rng(7).integers(-3, 4, picture.shape)
    return (picture + grain).clip(0, 255).astype(np.uint8)


def mask_of(*shapes: Corners) -> FloatImage:
    mask = np.zeros(SIZE, np.float32)
    for corners in shapes:
        cv2.fillPoly(mask, [np.array(corners, np.int32)], 1.0)
    return np.asarray(cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), np.float32)


def cleared(mask: FloatImage, picture: ByteImage, *, face: float = FACE) -> FloatImage:
    return without_pockets(mask, Pyramid(picture), np.zeros_like(mask), face_width=face)


TRUNK: Corners = [(120, 60), (420, 60), (420, 479), (120, 479)]
GAP: Corners = [(270, 300), (340, 479), (200, 479)]
APEX: Corners = [(270, 300), (290, 352), (250, 352)]
OPEN_GAP: Corners = [(290, 352), (340, 479), (200, 479), (250, 352)]


def under_an_arm() -> tuple[FloatImage, ByteImage]:
    """A trunk, the gap between it and an arm, and a mask that fills the gap's apex."""
    mask = mask_of(TRUNK) * (1 - mask_of(OPEN_GAP))
    return mask, painted((TRUNK, CLOTH), (GAP, WALL))


def test_the_apex_of_the_gap_under_an_arm_goes() -> None:
    mask, picture = under_an_arm()
    left = cleared(mask, picture)
    pocket, cloth = mask_of(APEX) > 0.99, mask_of(TRUNK) * (1 - mask_of(GAP)) > 0.99
    assert left[pocket].mean() < 0.2
    # But for the border's own mixture nothing of the cloth is lost.
    assert left[cv2.erode(cloth.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0].min() > 0.99


@pytest.mark.parametrize("face", [FACE, 36.0])
def test_the_wall_between_a_sleeve_and_a_table_goes(face: float) -> None:
    table: Corners = [(450, 200), (639, 200), (639, 479), (450, 479)]
    mask = mask_of(TRUNK, [(420, 424), (450, 424), (450, 479), (420, 479)])
    left = cleared(mask, painted((TRUNK, CLOTH), (table, TABLE)), face=face)
    # The table is nearer to it than the wall that it belongs to.
    assert left[107:118, 107:111].max() < 0.1
    np.testing.assert_array_equal(left[:, :103], mask[:, :103])


def test_a_collar_of_the_walls_colour_stays() -> None:
    collar: Corners = [(120, 180), (180, 215), (180, 250), (150, 250), (120, 186)]
    mask = mask_of(TRUNK)
    assert cleared(mask, painted((TRUNK, CLOTH), (collar, WALL))) is mask


def test_cloth_that_fades_into_the_wall_stays() -> None:
    picture = painted((TRUNK, CLOTH))
    fading = np.linspace(0, 1, 120)[None, :, None]
    picture[200:280, 300:420] = np.array(CLOTH) * (1 - fading) + np.array(WALL) * fading
    mask = mask_of(TRUNK)
    assert cleared(mask, picture) is mask


def test_a_pocket_that_is_somebody_stays() -> None:
    mask, picture = under_an_arm()
    assert without_pockets(mask, Pyramid(picture), np.ones_like(mask), face_width=FACE) is mask


@pytest.mark.parametrize("shape", [(243, 301), (9, 7), (130, 97)])
def test_pictures_of_any_size_with_anybody_or_nobody_are_fit(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), WALL, np.uint8)
    small = [-(-side // 4) for side in shape]
    for belief in (0.0, 1.0):
        mask = np.full(small, belief, np.float32)
        for face in (10.0, FACE):
            assert cleared(mask, picture, face=face) is mask
