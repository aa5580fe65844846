"""Photos without any colour, or without any light, are photos."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.styles import STYLES
from toonbooth.facecut.heads import measure_heads


@pytest.mark.parametrize("style", STYLES)
def test_grey_and_black_people_are_drawn(style: str) -> None:
    portrait = bust(480, 400)
    grey = np.repeat(portrait.picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    for picture in (grey, np.zeros_like(grey)):
        with np.errstate(all="ignore"):
            drawing = (
                STYLES[style]
                .draw(measure_heads(portrait.with_picture(picture)), np.random.default_rng(1))
                .picture
            )
        assert drawing.shape == grey.shape
        assert drawing.std() > 1
