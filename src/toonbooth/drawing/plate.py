"""A small plate of colours made into a drawing: enlarged, made crisp, and inked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.cel_backdrop import Scenery
from toonbooth.drawing.figure import figure_within
from toonbooth.drawing.inking import (
    Contour,
    LinePlan,
    ink_rows,
    lay_ink,
    outer_distance,
    outline_rows,
    outline_width,
    plan_lines,
)
from toonbooth.drawing.strokework import Detail, find_details
from toonbooth.drawing.study import Study
from toonbooth.drawing.things import find_things
from toonbooth.imaging.coherence import crisp
from toonbooth.imaging.colour import lab_to_rgb, luma
from toonbooth.imaging.lines import line_reach
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import Size, padded
from toonbooth.imaging.windows import Window, bands_around, grown, seen_from, times

_CALM = 1.5
"""How few lines there are in dense texture, against 1 where hatching is wanted."""

_CRISP_REACH = 2
"""Pixels of the plate beyond which nothing tells how crisp an edge becomes."""


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

    def figure(self, size: Size) -> ByteImage:
        """The silhouette of the people that are drawn, of the given width and height."""
        if self.contour is None:
            return np.full(size[::-1], 255, np.uint8)
        return figure_within(outer_distance(self.contour, self.outline), size, factor=self.factor)

    def draw(self, size: Size, ink: Ink, *, behind: Scenery) -> ByteImage:
        """The drawing, uint8, of the given width and height, those of its background."""
        factor = self.factor
        height, width = self.colours.shape[:2]
        # Tones that were counted pixel by pixel have ragged borders; what is enlarged needs soft ones.
        soft = cv2.GaussianBlur(self.colours, (3, 3), 0.7)
        large = cv2.resize(soft, (width * factor, height * factor), interpolation=cv2.INTER_CUBIC)
        drawing = large.astype(np.uint8, copy=False)
        bands = self._bands()
        steep = drawing.copy()
        for band in bands:
            steep[times(band, factor)] = self._crisp_band(band, drawing)
        # Fine strokes are crisp already: steepened once more, lids, lips and teeth would be jagged.
        for detail in self.details:
            detail.add_to(steep)
        scene = padded(behind.in_rgb(), multiple=factor)
        inked = scene.copy()
        for band in bands:
            inked[times(band, factor)] = self._draw_band(band, steep, scene, ink)
        return np.ascontiguousarray(inked[: size[1], : size[0]])

    def _bands(self) -> Sequence[Window]:
        """All of the plate that isn't bare background."""
        busy = (self.outside == 0) | (self.lines.welcome > 0)
        if self.contour is not None:
            busy |= self.outline > 0
        # What is enlarged reaches into the next pixel.
        busy = cv2.dilate(busy.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return bands_around(busy, rows=max(-(-96 // self.factor), 4 * self._reach))

    @property
    def _reach(self) -> int:
        """How many pixels of the plate away lines look."""
        return -(-line_reach(self.lines.sigma) // self.factor)

    def _crisp_band(self, band: Window, drawing: ByteImage) -> ByteImage:
        factor = self.factor
        around = grown(band, _CRISP_REACH, self.colours.shape)
        steep = crisp(
            drawing[times(around, factor)], sigma=0.75 * factor, amount=3.0, reach=max(1, factor // 2)
        )
        return steep[times(seen_from(around, band), factor)]

    def _draw_band(self, band: Window, drawing: ByteImage, scene: ByteImage, ink: Ink) -> ByteImage:
        """A part of the plate set before the scene and inked."""
        factor = self.factor
        seen = grown(band, self._reach, self.colours.shape)
        steep = drawing[times(seen, factor)].copy()
        # Enlarged softly, a shape's edge would be ragged.
        outside = cv2.resize(
            self.outside[seen], (steep.shape[1], steep.shape[0]), interpolation=cv2.INTER_NEAREST
        )
        cv2.copyTo(scene[times(seen, factor)], outside, steep)
        within = times(seen_from(seen, band), factor)
        lines = self._lines(luma(steep), band, seen, ink)[:, within[1]]
        inked = np.empty((*lines.shape, 3), np.uint8)
        lay_ink(inked, steep[within], lines, keep=ink.keep, ink=ink.colour)
        return inked

    def _lines(self, grey: FloatImage, band: Window, seen: Window, ink: Ink) -> FloatImage:
        """The ink in the rows of a band and the columns that are seen around it."""
        factor, columns = self.factor, seen[1]
        top, bottom = band[0].start * factor, band[0].stop * factor
        lines = ink_rows(
            self.lines.in_columns(columns),
            grey,
            factor=factor,
            top=top,
            skip=top - seen[0].start * factor,
            bottom=bottom,
        )
        lines *= np.float32(ink.strength)
        if self.contour is not None:
            contour, half = self.contour.in_columns(columns), self.outline[:, columns]
            np.maximum(lines, outline_rows(contour, half, factor=factor, top=top, bottom=bottom), out=lines)
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
    colours = np.zeros(lab.shape, np.uint8)
    for window in _shown(seen.person):
        colours[window] = to_bytes(lab_to_rgb(np.ascontiguousarray(lab[window])))
    details = find_details(seen.picture, seen.strokes, fine * seen.person, seen.faces, factor=seen.factor)
    details += find_things(seen)
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


def _shown(person: FloatImage) -> Sequence[Window]:
    """Where a plate's colours are wanted: as far around people as strokes, edges and lines look."""
    near = cv2.dilate((person > np.float32(0.004)).astype(np.uint8), np.ones((21, 21), np.uint8))
    return bands_around(near > 0, rows=96)
