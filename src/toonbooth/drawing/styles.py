"""The registry of styles: one line per style, and what every style promises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from toonbooth.drawing.avatar import draw_avatar
from toonbooth.drawing.comic import draw_comic
from toonbooth.drawing.flat import draw_flat
from toonbooth.drawing.painted import draw_painted
from toonbooth.drawing.pop import draw_pop
from toonbooth.drawing.sketch import draw_sketch
from toonbooth.portrait.model import Portrait

DrawStyle = Callable[[Portrait, np.random.Generator], Portrait]
"""Draws a portrait. Returns the drawing with the geometry as the drawing has it (a style that enlarges the
eyes moves the landmarks along), same size as the photo. Same portrait and generator state: same bytes."""


@dataclass(frozen=True, slots=True)
class Style:
    """A named way of drawing. `name` is public and stable."""

    name: str
    title: str
    line: str
    draw: DrawStyle


STYLES: Final[dict[str, Style]] = {
    style.name: style
    for style in (
        Style("avatar", "Avatar", "The face drawn anew: clean skin, clear eyes, tapered lines.", draw_avatar),
        Style("comic", "Comic", "Ink lines of varying weight and cel tones.", draw_comic),
        Style("flat", "Flat", "Cut paper: large clean shapes with smooth outlines.", draw_flat),
        Style("painted", "Painted", "A smooth digital painting with visible brushwork.", draw_painted),
        Style("pop", "Pop", "A poster in few strong inks, with halftone dots and solid black.", draw_pop),
        Style("sketch", "Sketch", "Pencil on paper, hatched along the form.", draw_sketch),
    )
}
DEFAULT_STYLE: Final = "avatar"
