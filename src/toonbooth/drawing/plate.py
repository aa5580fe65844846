"""A small plate of colours made into a drawing: enlarged, made crisp, and inked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.cel_backdrop import Scenery
from toonbooth.drawing.inking import (
    Contour,
    LinePlan,
    ink_rows,
    lay_ink,
    outline_rows,
    outline_width,
    plan_lines,
)
from toonbooth.drawing.strokework import Detail, find_details
from toonbooth.drawing.study import Study
from toonbooth.imaging.coherence import crisp
from toonbooth.imaging.colour import lab_to_rgb, luma
from toonbooth.imaging.lines import line_reach
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import Size

_CALM = 1.5
"""How few lines there are in dense texture, against 1 where hatching is wanted."""


@dataclass(frozen=True, slots=True)
class Ink:
    """What lines are drawn with.

    strength : of the lines within the person, 0 … 1; the outline's is 1.
    keep : share of the colour under it that full ink leaves, 0 … 1.
    colour : (3,) float32, sRGB, of full ink over black.
    """

    strength: float
    keep: float
    colour: FloatImage


@dataclass(frozen=True, slots=True)
class LineWork:
    """How lines are drawn.

    threshold : response at which a line is half inked; more leaves fewer lines.
    outline : width of the outline in units.
    weight : 1 is normal; more is bolder.
    light_from : -1 … 1, the side that the light comes from; the outline is thinner there.
    """

    threshold: float
    outline: float
    weight: float
    light_from: float


@dataclass(frozen=True, slots=True)
class Plate:
    """All that is decided on the small picture; `factor` times smaller than the drawing.

    colours : (h, w, 3) uint8, the drawing without its fine strokes and its lines.
    details : the fine strokes.
    outside : (h, w) uint8, 255 where nothing but the background is.
    lines, contour, outline : where ink goes; no contour where nobody is.
    """

    factor: int
    colours: ByteImage
    details: Sequence[Detail]
    outside: ByteImage
    lines: LinePlan
    contour: Contour | None
    outline: FloatImage

    def draw(self, size: Size, ink: Ink, *, behind: Scenery) -> ByteImage:
        """The drawing, uint8, of the given width and height, those of its background."""
        factor = self.factor
        height, width = self.colours.shape[:2]
        # Tones that were counted pixel by pixel have ragged borders; what is enlarged needs soft ones.
        soft = cv2.GaussianBlur(self.colours, (3, 3), 0.7)
        large = cv2.resize(soft, (width * factor, height * factor), interpolation=cv2.INTER_CUBIC)
        drawing = large.astype(np.uint8, copy=False)
        for detail in self.details:
            detail.add_to(drawing)
        drawing = crisp(drawing, sigma=0.75 * factor, amount=3.0, reach=max(1, factor // 2))
        # Enlarged, a shape's edge would be ragged.
        outside = cv2.resize(self.outside, (width * factor, height * factor), interpolation=cv2.INTER_NEAREST)
        cv2.copyTo(behind.in_rgb(), outside[: size[1], : size[0]], drawing[: size[1], : size[0]])
        inked = np.empty_like(drawing)
        # In bands, so that what is worked out for a pixel stays near the processor until it is done.
        halo = -(-line_reach(self.lines.sigma) // factor) * factor
        band = max(-(-96 // factor) * factor, 4 * halo)
        for top in range(0, drawing.shape[0], band):
            bottom = min(top + band, drawing.shape[0])
            lines = self._lines(drawing, ink, top=top, bottom=bottom, halo=halo)
            lay_ink(inked[top:bottom], drawing[top:bottom], lines, keep=ink.keep, ink=ink.colour)
        return np.ascontiguousarray(inked[: size[1], : size[0]])

    def _lines(self, drawing: ByteImage, ink: Ink, *, top: int, bottom: int, halo: int) -> FloatImage:
        above, below = max(0, top - halo), min(drawing.shape[0], bottom + halo)
        traced = luma(drawing[above:below])
        lines = ink_rows(self.lines, traced, factor=self.factor, top=top, skip=top - above, bottom=bottom)
        lines *= np.float32(ink.strength)
        if self.contour is not None:
            outline = outline_rows(self.contour, self.outline, factor=self.factor, top=top, bottom=bottom)
            np.maximum(lines, outline, out=lines)
        return lines


def make_plate(
    seen: Study, lab: FloatImage, *, fine: FloatImage, wanted: FloatImage, work: LineWork
) -> Plate:
    """Make a plate of a study.

    Parameters
    ----------
    seen : Study
    lab : float32 array, shape (h, w, 3), L*a*b*
        The colours it is to be drawn in.
    fine : float32 array, shape (h, w), 0 … 1
        Where fine strokes are wanted.
    wanted : float32 array, shape (h, w)
        Where lines are, from `wanted_lines`.
    work : LineWork
    """
    colours = to_bytes(lab_to_rgb(lab))
    details = find_details(seen.picture, seen.strokes, fine * seen.person, seen.faces, factor=seen.factor)
    grey, threshold = luma(colours), work.threshold / work.weight
    lines = plan_lines(
        grey, grey, wanted, seen.along, threshold=threshold, unit=seen.unit, factor=seen.factor, calm=_CALM
    )
    outline = outline_width(
        seen.contour, weight=work.outline * work.weight, light_from=work.light_from, unit=seen.unit
    )
    empty = (seen.person < np.float32(0.004)).astype(np.uint8) * np.uint8(255)
    outside = cv2.erode(empty, np.ones((5, 5), np.uint8)).astype(np.uint8, copy=False)
    return Plate(seen.factor, colours, details, outside, lines, seen.contour, outline)
