"""The `comic` style."""

import numpy as np

from toonbooth.portrait.model import Portrait


def draw_comic(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a comic."""
    raise NotImplementedError
