"""Cutting a real head, with what the real networks measured."""

import cv2
import numpy as np
import pytest

from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.cut_out import CutOut
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.model import Portrait
from toonbooth.portrait.models import default_models_folder
from toonbooth.portrait.packet import decode_packet, encode_packet


@pytest.fixture(scope="module")
def portrait(astronaut: ByteImage) -> Portrait:
    return PortraitAnalyser(default_models_folder()).analyse(astronaut)


def whole_alpha(cut_out: CutOut) -> ByteImage:
    """Alpha over the whole photo; the astronaut's head lies well inside it."""
    whole = np.zeros((512 + 400, 512 + 400), np.uint8)
    height, width = cut_out.alpha.shape
    whole[200 + cut_out.y :, 200 + cut_out.x :][:height, :width] = cut_out.alpha
    return whole[200:-200, 200:-200]


HEAD_OUTLINE = (
    *((153, 100), (154, 67), (158, 55), (170, 43), (188, 37), (195, 25), (213, 18), (233, 15), (253, 20)),
    *((273, 28), (290, 43), (298, 67), (301, 87), (298, 103), (288, 120), (280, 128), (275, 135), (267, 136)),
    *((265, 147), (260, 160), (250, 172), (240, 178), (222, 180), (208, 177), (193, 167), (185, 152)),
    *((183, 132), (177, 130), (172, 120), (162, 110)),
)
"""Drawn by hand around hair, ears and jaw, x and y in pixels of the photo."""


def head_mask() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    filled = np.zeros((512, 512), np.uint8)
    cv2.fillPoly(filled, [np.array(HEAD_OUTLINE, np.int32)], 255)
    return filled > 0


def test_the_head_is_cut_along_hair_and_jaw(portrait: Portrait) -> None:
    found, truth = whole_alpha(cut_face(portrait)) > 127, head_mask()
    assert (found & truth).sum() / (found | truth).sum() > 0.95


def test_nothing_of_the_suit_is_left(portrait: Portrait) -> None:
    alpha = whole_alpha(cut_face(portrait))
    assert alpha[190:].max() == 0
    red, green, blue = (portrait.picture[..., channel].astype(int) for channel in range(3))
    assert alpha[(red - blue > 150) & (red - green > 90)].max() == 0


def test_geometry_that_travelled_in_the_file_cuts_the_same_head(portrait: Portrait) -> None:
    read = decode_packet(encode_packet(portrait), portrait.picture)
    assert read is not None
    before, after = whole_alpha(cut_face(portrait)) > 127, whole_alpha(cut_face(read)) > 127
    assert (before & after).sum() / (before | after).sum() > 0.98


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_is_cut_the_same_way_twice(portrait: Portrait, shape: Shape) -> None:
    first, second = (cut_face(portrait, shape=shape) for _ in range(2))
    assert first.rgba.tobytes() == second.rgba.tobytes()
    assert first.alpha.max() == 255
