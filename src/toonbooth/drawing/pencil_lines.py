"""Pencil lines: the contour where the picture has an edge, and edges inside it, lighter far from heads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing.inking import Contour, find_contour, outline_rows, outline_width, wanted_lines
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.flow import FlowSmoother
from toonbooth.imaging.lines import line_response, long_enough
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size, enlarged
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face

_LINE = 0.004
"""Response of an edge that can be seen."""


@dataclass(frozen=True, slots=True)
class PencilLines:
    """Lines worked out on a small picture, all (H, W) float32.

    response : response of edges.
    welcome : how wanted they are.
    contour : the person's edge; None where nobody is.
    outline : half the width of the line drawn there, pixels.
    """

    response: FloatImage
    welcome: FloatImage
    contour: Contour | None
    outline: FloatImage

    def pressed(self, pressure: FloatImage) -> PencilLines:
        """The same, every line as firm as the hand presses there; 1 changes nothing."""
        outline = self.outline * pressure if self.contour is not None else self.outline
        return replace(self, welcome=self.welcome * pressure, outline=outline)


def plan_pencil_lines(
    grey: FloatImage,
    along: FlowSmoother,
    regions: Regions,
    faces: tuple[Face, ...],
    *,
    light_from: float,
    far: FloatImage,
    hair: FloatImage,
    sleek: FloatImage,
    scale: float,
    unit: float,
) -> PencilLines:
    """Decide where lines go and how firm they are.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
        The picture, smoothed along its flow: its lines are whole already.
    along : FlowSmoother of that picture
    regions : of the same size
    faces : faces in the coordinates of the full picture
    light_from : float, -1 … 1
        Side that the light comes from; the contour is thinner there.
    far : float32 array, shape (H, W), 0 at a head … 1 far away
    hair : float32 array, shape (H, W), 0 … 1
    sleek : float32 array, shape (H, W), from `find_sleek`
    scale : float
        Size of the picture over size of the full one.
    unit : float, pixels
        A four-hundredth of a face's width.

    References
    ----------
    H. Kang, S. Lee, C. K. Chui, "Coherent line drawing", NPAR 2007. doi:10.1145/1274871.1274878
    """
    contour = find_contour(regions.person, grey, unit=unit) if faces else None
    body = np.minimum(2 * far, 1)
    # Hands are skin as faces are, but what tells fingers apart is lines.
    faced = replace(regions, skin=regions.skin * (1 - body))
    wanted = wanted_lines(faced, faces, contour, scale=scale, unit=unit, behind=0.0 if faces else 1.0)
    response = line_response(grey, sigma=max(0.6, 1.0 * unit))
    response += np.float32(0.6) * line_response(grey, sigma=max(0.9, 2.4 * unit))
    np.maximum(response, 0, out=response)
    # Lapels and seams of black cloth are as sharp as any, and hardly to be seen.
    response *= 1 + np.float32(2.0) * far * smoothstep(grey, low=0.3, high=0.08)
    # A hand draws on where an edge fades for a moment, and begins no line for a speck.
    response = along.smooth(response)
    # Where everything is a line nothing is: patterns of cloth and curls are left to the strokes.
    crowd = gaussian(response * wanted, sigma=max(1.0, 14 * unit))
    wanted *= (1 - np.float32(0.25) * far) / (1 + (120 + 60 * far) * crowd)
    # White hair before the light is left to the paper.
    glare = smoothstep(gaussian(grey, sigma=max(1.0, 5 * unit)), low=0.55, high=0.8)
    wanted *= 1 - np.float32(0.7) * glare * (1 - far) * (1 - regions.skin) * (1 - regions.features)
    # Knit and weave are no lines, however sharp. Buttons and seams of rough cloth are: around them
    # there's nothing like them.
    busy = gaussian((response > _LINE).astype(np.float32), sigma=max(3.0, 40 * unit))
    pattern = smoothstep(busy, low=0.25, high=0.4)
    bare = np.maximum(np.maximum(regions.skin, regions.features), hair)
    wanted *= 1 - np.float32(0.85) * (1 - sleek) * (1 - bare) * body * pattern
    # Locks that fall to the shoulders are strokes; an edge along each would make a zebra of them.
    wanted *= 1 - np.float32(0.75) * hair * body * smoothstep(grey, low=0.2, high=0.4)
    # Closed lips are a tone with one line between them.
    ajar = np.minimum(gaussian(regions.mouth, sigma=max(1.0, 25 * unit)) * 8, 1)
    wanted *= 1 - np.float32(0.4) * regions.lips * (1 - ajar)
    wanted *= long_enough(response * wanted, threshold=0.003, area=max(5.0, 150 * unit * unit))
    outline = np.zeros((0, 0), np.float32)
    if contour is not None:
        outline = outline_width(contour, weight=3.3, light_from=light_from, unit=unit)
        # Hair ends in its own strokes, not at a line.
        hair = (1 - regions.skin) * (1 - far)
        outline *= 1 - np.float32(0.6) * gaussian(hair * (1 - glare), sigma=max(1.0, 3 * unit))
        # A cheek against the light has nothing but its line.
        bare = np.minimum(2 * gaussian(regions.skin, sigma=max(1.0, 3 * unit)), 1) * contour.sure
        np.maximum(bare, np.float32(0.65) * hair * glare * np.sqrt(contour.sure), out=bare)
        np.maximum(outline, np.float32(1.0 * max(unit, 0.45)) * bare, out=outline)
        outline *= _own_edge(grey)
    return PencilLines(response, wanted.astype(np.float32, copy=False), contour, outline)


def pencil_lines(lines: PencilLines, size: Size, *, weight: float, factor: int) -> FloatImage:
    """Draw planned lines on the large sheet.

    Parameters
    ----------
    lines : PencilLines
    size : (width, height) of the sheet
    weight : float
        1 is normal; turning it up draws bolder and more.
    factor : int
        How many times larger the sheet is than the plan.

    Returns
    -------
    float32 array, shape (height, width); 0 is bare paper, 1 a firm line.
    """
    # Thresholds come after enlarging: a line stays crisp that way.
    drawn = enlarged(lines.response * lines.welcome, size) * np.float32(105 * weight)
    drawn -= np.float32(0.2)
    np.clip(drawn, 0, 1.1, out=drawn)
    if lines.contour is not None:
        half = lines.outline * np.float32(weight)
        # Hairlines would break up into dots.
        half *= smoothstep(half, low=0.08, high=0.25)
        outline = outline_rows(lines.contour, half, factor=factor, top=0, bottom=size[1])
        outline *= np.float32(0.9)
        np.maximum(drawn, outline, out=drawn)
    return drawn


def _own_edge(grey: FloatImage) -> FloatImage:
    """High where the picture has an edge of its own: elsewhere an outline would float beside the head."""
    change = cv2.magnitude(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    )
    near = gaussian(cv2.dilate(change, np.ones((3, 3), np.uint8)).astype(np.float32), sigma=1.5)
    return np.float32(0.25) + np.float32(0.75) * smoothstep(near, low=0.008, high=0.035)
