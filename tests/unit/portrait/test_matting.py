"""The matte, as far as it needs no network."""

import cv2
import numpy as np

from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.matting import cleaned, inside, stretch, supported, without_frame, without_scraps

NOBODY = np.zeros((120, 120), np.float32)


def person_with(*scraps: tuple[int, int, int, int]) -> FloatImage:
    """A person in the middle of 120 × 120 pixels, and rectangles (x0, y0, x1, y1)."""
    mask = np.zeros((120, 120), np.float32)
    cv2.ellipse(mask, (60, 70), (25, 50), 0, 0, 360, 1.0, -1)
    for x0, y0, x1, y1 in scraps:
        mask[y0:y1, x0:x1] = 1.0
    return cv2.GaussianBlur(mask, (0, 0), 1.0).astype(np.float32)


def test_a_scrap_apart_from_everybody_goes_with_its_soft_rim() -> None:
    cleaned = without_scraps(person_with((5, 5, 17, 17)), NOBODY, bridge_pixels=4)
    assert cleaned[:25, :25].max() < 0.01
    assert np.abs(cleaned[30:] - person_with()[30:]).max() < 0.01


def test_a_scrap_that_hangs_on_a_thin_bridge_goes_too() -> None:
    hanging = person_with((5, 60, 20, 75), (20, 67, 40, 69))
    assert without_scraps(hanging, NOBODY, bridge_pixels=4)[55:80, :20].max() < 0.01


def test_a_second_person_stays() -> None:
    two = person_with((95, 30, 119, 119))
    assert (without_scraps(two, NOBODY, bridge_pixels=4) == two).all()


def test_somebody_whose_face_is_known_stays_however_small() -> None:
    group = person_with((5, 5, 17, 17))
    face = NOBODY.copy()
    face[8:14, 8:14] = 1
    assert (without_scraps(group, face, bridge_pixels=4) == group).all()


def test_a_clean_matte_is_not_touched() -> None:
    person = person_with()
    assert (without_scraps(person, NOBODY, bridge_pixels=4) == person).all()
    nobody = np.zeros((40, 40), np.float32)
    assert (without_scraps(nobody, nobody, bridge_pixels=4) == nobody).all()


def test_in_a_group_a_wall_that_one_look_alone_believes_goes_and_hair_stays() -> None:
    bodies = person_with()
    wall, hair = np.s_[60:80, 5:20], np.s_[18:21, 57:64]
    alone = bodies.copy()
    alone[wall] = alone[hair] = 1
    bodies[wall] = 0.3
    both = supported(alone, bodies, reach_pixels=4)
    assert both[wall].max() < 0.2
    assert (both[hair] > 0.9).all()
    assert (both[40:100, 50:70] > 0.95).all()


def test_what_colours_cut_off_from_everybody_goes_with_them() -> None:
    # The wall is half believed, and what hangs on it has a colour of its own: a lamp, a picture.
    mask = np.zeros((240, 240), np.float32)
    mask[:, 120:] = 1
    mask[120:140, 90:120] = 0.75
    mask = cv2.GaussianBlur(mask, (0, 0), 1.5).astype(np.float32)
    picture = np.full((120, 120, 3), (40, 90, 160), np.uint8)
    picture[:, 60:] = (160, 110, 60)
    picture[60:70, 45:52] = (20, 120, 20)
    grain = np.random.default_rng(3).integers(-3, 4, picture.shape)
    picture = (picture + grain).clip(0, 255).astype(np.uint8)
    settled = cleaned(mask, (mask > 0.99).astype(np.float32), picture, face_widths=[60.0])
    assert settled[:, :110].max() == 0
    assert (settled[:, 124:] == 1).all()


def test_the_inside_of_an_area_has_no_rim_but_ends_where_the_picture_does() -> None:
    area = np.zeros((60, 60), np.bool_)
    area[:, 20:] = True
    assert (inside(area, 5)[:, 25:] == 1).all()
    assert inside(area, 5)[:, :24].max() == 0


def test_what_is_half_believed_stays_half_and_the_rest_is_settled() -> None:
    stretched = stretch(np.array([[0.1, 0.25, 0.5, 0.75, 0.9]], np.float32), (0.25, 0.75))
    np.testing.assert_allclose(stretched, [[0, 0, 0.5, 1, 1]])


def test_a_line_around_the_picture_is_nobody_and_who_is_cut_by_its_edge_stays() -> None:
    cut = person_with()[30:100]
    lined = cut.copy()
    lined[0], lined[:, -1] = 1, 1
    bare = without_frame(lined)
    assert bare[0, :20].max() == bare[:60, -1].max() == 0
    assert np.abs((bare > 0.5).sum(axis=1) - (cut > 0.5).sum(axis=1)).max() <= 2
