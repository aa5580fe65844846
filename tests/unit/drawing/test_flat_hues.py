"""Hair on a flat portrait has one hue, whatever a room throws on it."""

from __future__ import annotations

import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing.flat_hues import one_hue_each


def test_a_stray_patch_of_blue_in_brown_hair_turns_brown_and_a_light_coat_keeps_its_colour() -> None:
    face = astronaut_portrait().faces[0]
    lab = np.full((256, 256, 3), (50.0, 8.0, 20.0), np.float32)
    top = int(face.box.centre[1] - 0.9 * face.width)
    middle = int(face.box.centre[0])
    lab[top : top + 12, middle : middle + 12] = (50.0, 5.0, -20.0)
    lab[-30:] = (60.0, 0.0, -30.0)
    person, skin = np.ones((256, 256), np.float32), np.zeros((256, 256), np.float32)
    drawn, hair = one_hue_each(lab, person, skin, (face,), scale=1.0)
    assert hair[top + 6, middle + 6] > 0.9
    assert drawn[top + 6, middle + 6, 2] > -5
    np.testing.assert_allclose(drawn[-10:, middle], lab[-10:, middle], atol=0.5)
    np.testing.assert_allclose(drawn[..., 0], lab[..., 0], atol=1e-4)
