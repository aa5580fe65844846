"""Hair on a flat portrait has one hue, whatever a room throws on it."""

from __future__ import annotations

import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing.flat_hues import one_hue_each
from toonbooth.imaging.pixels import FloatImage


def test_a_stray_patch_of_blue_in_brown_hair_turns_brown_and_a_light_coat_keeps_its_colour() -> None:
    face = astronaut_portrait().faces[0]
    lab = np.full((256, 256, 3), (50.0, 8.0, 20.0), np.float32)
    top = int(face.box.centre[1] - 0.9 * face.width)
    middle = int(face.box.centre[0])
    lab[top : top + 12, middle : middle + 12] = (50.0, 5.0, -20.0)
    lab[-30:] = (60.0, 0.0, -30.0)
    person, skin = np.ones((256, 256), np.float32), np.zeros((256, 256), np.float32)
    drawn, (hair,) = one_hue_each(lab, person, skin, (face,), scale=1.0)
    assert hair[top + 6, middle + 6] > 0.9
    assert drawn[top + 6, middle + 6, 2] > -5
    np.testing.assert_allclose(drawn[-10:, middle], lab[-10:, middle], atol=0.5)
    np.testing.assert_allclose(drawn[..., 0], lab[..., 0], atol=1e-4)


def hanging(*, below: tuple[float, float, float], right: int) -> tuple[FloatImage, FloatImage]:
    """A brown head of hair with something under it on one side, as drawn, and where hair is."""
    face = astronaut_portrait().faces[0]
    x, y = face.box.centre
    lab = np.full((256, 256, 3), (80.0, 0.0, 0.0), np.float32)
    lab[: int(y + 0.4 * face.width), int(x - 0.8 * face.width) : int(x + 0.8 * face.width)] = (
        40.0,
        9.0,
        20.0,
    )
    lab[int(y + 0.4 * face.width) : int(y + 1.2 * face.width), int(x - 0.8 * face.width) : right] = below
    person, skin = np.ones((256, 256), np.float32), np.zeros((256, 256), np.float32)
    _, (hair,) = one_hue_each(lab, person, skin, (face,), scale=1.0)
    return lab, hair


def test_hair_that_hangs_below_a_chin_is_hair() -> None:
    face = astronaut_portrait().faces[0]
    x, y = (int(value) for value in face.box.centre)
    _, hair = hanging(below=(44.0, 10.0, 22.0), right=x)
    assert hair[y + int(0.9 * face.width), x - int(0.5 * face.width)] > 0.9
    assert hair[y + int(0.9 * face.width), x + int(0.5 * face.width)] < 0.1


def test_a_coat_of_another_colour_is_no_hair() -> None:
    face = astronaut_portrait().faces[0]
    x, y = (int(value) for value in face.box.centre)
    _, hair = hanging(below=(44.0, -12.0, 12.0), right=x)
    assert hair[y + int(0.9 * face.width), x - int(0.5 * face.width)] < 0.1


def test_a_glint_amid_hanging_hair_is_hair() -> None:
    face = astronaut_portrait().faces[0]
    x, y = face.box.centre
    lab = np.full((256, 256, 3), (40.0, 9.0, 20.0), np.float32)
    lab[:, int(x + 0.3 * face.width) :] = (80.0, 0.0, 0.0)
    top, left, side = (int(v) for v in (y + 0.7 * face.width, x - 0.6 * face.width, 0.15 * face.width))
    rows, columns = slice(top, top + side), slice(left, left + side)
    lab[rows, columns] = (75.0, 14.0, 40.0)
    person, skin = np.ones((256, 256), np.float32), np.zeros((256, 256), np.float32)
    _, (hair,) = one_hue_each(lab, person, skin, (face,), scale=1.0)
    assert float(hair[rows, columns].mean()) > 0.9
