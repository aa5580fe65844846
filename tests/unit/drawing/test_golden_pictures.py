"""Every style still draws what it drew; `python -m tests.golden` after a change that was looked at."""

import numpy as np
import pytest
from PIL import Image

from tests import golden
from toonbooth.drawing.styles import STYLES


@pytest.mark.parametrize("style", STYLES)
def test_a_style_draws_its_golden_picture(style: str) -> None:
    with Image.open(golden.picture_path(style)) as file:
        expected = np.asarray(file.convert("RGB"), np.float32)
    difference = np.abs(golden.draw(style) - expected)
    # Processors differ in the last bit of a float, which can move a tone's border by a pixel.
    assert difference.mean() < 0.5
    assert np.percentile(difference, 99.5) < 10
