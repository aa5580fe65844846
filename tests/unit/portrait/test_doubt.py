"""Where the network is in doubt, colours decide."""

import cv2
import numpy as np
import pytest

from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.doubt import settle_doubt, without_bites

SLEEVE, CURTAIN, FOLD = (28, 30, 58), (40, 90, 160), (20, 50, 100)
PIECE = (slice(60, 110), slice(52, 60))
"""A part of the curtain beside the sleeve that the network half believes."""
FACE = 30.0


def before_a_curtain() -> ByteImage:
    """A dark sleeve to the right of column 60 before a striped blue curtain, 120 × 160 pixels, with grain."""
    picture = np.empty((120, 160, 3), np.uint8)
    picture[:] = CURTAIN
    picture[:, ::4] = picture[:, 1::4] = FOLD
    picture[:, 60:] = SLEEVE
    grain = np.random.default_rng(3).integers(-3, 4, picture.shape)
    return (picture + grain).clip(0, 255).astype(np.uint8)


def half_believed(belief: float) -> FloatImage:
    """The sleeve's mask, with the piece at this belief."""
    mask = np.zeros((120, 160), np.float32)
    mask[:, 60:] = 1
    mask[PIECE] = belief
    return mask


def test_a_half_believed_piece_of_the_curtain_goes() -> None:
    settled = settle_doubt(half_believed(0.75), before_a_curtain(), face_width=FACE)
    assert settled[64:106, 53:59].max() < 0.3
    assert (settled[:, 60:] == 1).all()


def test_a_half_believed_piece_of_the_sleeve_stays() -> None:
    picture = before_a_curtain()
    picture[PIECE] = SLEEVE
    mask = half_believed(0.75)
    np.testing.assert_allclose(settle_doubt(mask, picture, face_width=FACE), mask, atol=0.02)


def test_before_a_wall_of_the_same_colour_the_mask_is_believed() -> None:
    wall = np.full((120, 160, 3), SLEEVE, np.uint8)
    mask = half_believed(0.75)
    np.testing.assert_allclose(settle_doubt(mask, wall, face_width=FACE), mask, atol=0.02)


def test_what_is_sure_stays_whatever_its_colour() -> None:
    mask = half_believed(0.99)
    assert (settle_doubt(mask, before_a_curtain(), face_width=FACE) == mask).all()


def test_the_picture_may_be_half_the_size_of_the_mask() -> None:
    mask = cv2.resize(half_believed(0.75), (319, 239)).astype(np.float32)
    settled = settle_doubt(mask, before_a_curtain(), face_width=FACE)
    assert settled.shape == mask.shape
    assert (settled <= mask).all()
    assert settled[130:210, 108:114].max() < 0.3


def test_nothing_is_bitten_out_of_the_middle_of_a_sleeve() -> None:
    # A patch of the curtain's colours with the sleeve all around it: a pocket, not what is behind.
    picture, mask = before_a_curtain(), half_believed(1.0)
    pocket = (slice(50, 62), slice(72, 84))
    picture[pocket] = CURTAIN
    mask[pocket] = 0.75
    assert (settle_doubt(mask, picture, face_width=FACE)[pocket] > 0.7).all()


def test_what_somebody_and_the_pictures_edge_enclose_is_not_given_back() -> None:
    everybody = np.full((60, 60), 0.8, np.float32)
    taken = everybody.copy()
    taken[20:40, :10] = taken[20:30, 30:40] = 0.2
    given_back = without_bites(taken, everybody)
    assert (given_back[20:40, :9] == np.float32(0.2)).all()
    assert (given_back[20:30, 30:40] == np.float32(0.8)).all()


@pytest.mark.parametrize("belief", [0.0, 0.75, 1.0])
def test_where_all_is_alike_nothing_is_decided(belief: float) -> None:
    mask = np.full((120, 160), belief, np.float32)
    assert (settle_doubt(mask, before_a_curtain(), face_width=FACE) == mask).all()
