"""What is found in photos, with the real networks."""

import numpy as np

from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.analysis import PortraitAnalyser


def test_the_astronauts_face_is_found_where_it_is(analyser: PortraitAnalyser, astronaut: ByteImage) -> None:
    portrait = analyser.analyse(astronaut)
    (face,) = portrait.faces
    x, y = face.box.centre
    assert np.hypot(x - 223, y - 116) < 12
    assert 70 < face.box.width < 110
    assert face.score > 0.9
    assert portrait.matte.shape == (512, 512)
