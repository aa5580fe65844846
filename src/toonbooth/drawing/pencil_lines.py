"""Pencil lines: the contour where the picture has an edge, and edges inside it, lighter far from heads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing.inking import Contour, find_contour, outline_rows, outline_width, wanted_lines
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.flow import FlowSmoother
from toonbooth.imaging.lines import line_response
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face


@dataclass(frozen=True, slots=True)
class PencilLines:
    """Lines worked out on a small picture, all (H, W) float32.

    joined : response of edges, joined along the flow.
    welcome : how wanted they are.
    contour : the person's edge; None where nobody is.
    outline : half the width of the line drawn there, pixels.
    """

    joined: FloatImage
    welcome: FloatImage
    contour: Contour | None
    outline: FloatImage

    def faded(self, sheet: FloatImage) -> PencilLines:
        """The same, lighter towards the margins of the sheet."""
        welcome = self.welcome * (np.float32(0.2) + np.float32(0.8) * sheet)
        return replace(self, welcome=welcome, outline=self.outline * sheet if self.contour else self.outline)


def plan_pencil_lines(
    grey: FloatImage,
    along: FlowSmoother,
    regions: Regions,
    faces: tuple[Face, ...],
    *,
    light_from: float,
    far: FloatImage,
    scale: float,
    unit: float,
) -> PencilLines:
    """Decide where lines go and how firm they are.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
        The picture, smoothed.
    along : FlowSmoother of the same size
    regions : of the same size
    faces : faces in the coordinates of the full picture
    light_from : float, -1 … 1
        Side that the light comes from; the contour is thinner there.
    far : float32 array, shape (H, W), 0 at a head … 1 far away
    scale : float
        Size of the picture over size of the full one.
    unit : float, pixels
        A four-hundredth of a face's width.

    References
    ----------
    H. Kang, S. Lee, C. K. Chui, "Coherent line drawing", NPAR 2007. doi:10.1145/1274871.1274878
    """
    contour = find_contour(regions.person, grey, unit=unit) if faces else None
    wanted = wanted_lines(regions, faces, contour, scale=scale, unit=unit, behind=0.0 if faces else 1.0)
    response = line_response(grey, sigma=max(0.6, 1.0 * unit))
    response += np.float32(0.6) * line_response(grey, sigma=max(0.9, 2.4 * unit))
    np.maximum(response, 0, out=response)
    joined = along.smooth(response)
    # Where everything is a line nothing is: patterns of cloth and curls are left to the strokes.
    crowd = gaussian(response * wanted, sigma=max(1.0, 14 * unit))
    wanted *= (1 - np.float32(0.45) * far) / (1 + (120 + 120 * far) * crowd)
    outline = np.zeros((0, 0), np.float32)
    if contour is not None:
        outline = outline_width(contour, weight=2.6, light_from=light_from, unit=unit)
        outline *= (1 - np.float32(0.35) * far) * _own_edge(grey)
    return PencilLines(joined, wanted.astype(np.float32, copy=False), contour, outline)


def pencil_lines(
    lines: PencilLines, grey: FloatImage, *, weight: float, factor: int, unit: float
) -> FloatImage:
    """Draw planned lines on the large picture.

    Parameters
    ----------
    lines : PencilLines
    grey : float32 array, shape (h, w), range [0, 1]
        The large picture: its finest edges sharpen the lines.
    weight : float
        1 is normal; turning it up draws bolder and more.
    factor : int
        How many times larger it is than the plan.
    unit : float, pixels of the large picture
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (h, w); 0 is bare paper, 1 a firm line.
    """
    size = (grey.shape[1], grey.shape[0])
    drawn = line_response(grey, sigma=float(np.clip(0.9 * unit, 0.6, 2.5)))
    drawn *= np.float32(0.35)
    drawn += enlarged(lines.joined, size)
    drawn *= enlarged(lines.welcome, size)
    drawn *= np.float32(60 * weight)
    drawn -= np.float32(0.2)
    np.clip(drawn, 0, 1.1, out=drawn)
    if lines.contour is not None:
        half = lines.outline * np.float32(weight)
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
