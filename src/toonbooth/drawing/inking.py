"""Where ink goes: the photo's own edges where an artist would draw them, and an outline around the person."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.silhouette import blurred_on
from toonbooth.imaging.flow import FlowSmoother
from toonbooth.imaging.lines import line_response, long_enough
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.resize import enlarged_rows
from toonbooth.imaging.smoothing import gaussian, gaussian_exactly
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import grown
from toonbooth.portrait.model import Face, Points, scaled


def wanted_lines(
    regions: Regions,
    faces: tuple[Face, ...],
    contour: Contour | None,
    *,
    scale: float,
    unit: float,
    behind: float,
) -> FloatImage:
    """How welcome a line is, place by place.

    Bare skin wants none but along nose and the mouth's corners; teeth none; the background few.

    Parameters
    ----------
    regions : Regions
    faces : faces in the coordinates of the full picture
    contour : the person's edge; None where nobody is
    scale : float
        Size of the regions over size of the full picture.
    unit : float, pixels
        A four-hundredth of a face's width.
    behind : float, 0 … 1
        How welcome lines in the background are.

    Returns
    -------
    float32 array, shape (H, W), 0 … about 1.2.
    """
    bare = regions.skin * (np.float32(1) - regions.features)
    drawn, chins = np.zeros(bare.shape, np.uint8), np.zeros(bare.shape, np.uint8)
    for face, beard in zip(faces, regions.beards or (1.0,) * len(faces), strict=True):
        width = face.width * scale
        points = scaled(face.landmarks, scale)
        for indices, thickness, weight in (
            (facemap.NOSE_LEFT, 0.05, 170),
            (facemap.NOSE_RIGHT, 0.05, 170),
            (facemap.NOSE_BASE, 0.05, 200),
            (facemap.LEFT_FOLD, 0.05, 35),
            (facemap.RIGHT_FOLD, 0.05, 35),
        ):
            _stroke(drawn, points[indices], thickness=max(1, round(thickness * width)), weight=weight)
        jaw, broad = points[facemap.JAW], max(1, round(0.07 * width))
        if beard < 0.5:
            _stroke(chins, jaw[2:-2], thickness=broad, weight=210)
        else:
            _stroke(drawn, jaw, thickness=broad, weight=60)
    welcome = _softened(drawn, sigma=2.0)
    gain = np.float32(behind) + np.float32(1 - behind) * regions.person
    if contour is not None:
        # At the person's rim `outline` draws the line; a second one beside it would make it ragged.
        near = np.exp(-np.square(contour.distance * np.float32(0.11 / max(unit, 0.25))))
        gain *= 1 - np.float32(0.9) * near * contour.sure
    gain *= 1 - bare * (np.float32(0.9) - welcome)
    gain *= 1 - np.float32(0.9) * regions.mouth
    gain *= 1 - np.float32(0.35) * regions.features * (1 - regions.frames)
    gain *= 1 - np.float32(0.4) * regions.lips
    # There the pen draws (jawline): a second line beside its own would be a slip.
    gain *= 1 - _softened(chins, sigma=1.0)
    gain *= _outside_eyes(bare.shape, faces, scale=scale)
    result: FloatImage = gain
    return result


def _softened(strokes: ByteImage, *, sigma: float) -> FloatImage:
    """Strokes with soft rims, 0 … 1; blurred only where there are any."""
    soft = np.zeros(strokes.shape, np.float32)
    x, y, across, down = cv2.boundingRect(strokes)
    window = grown((slice(y, y + down), slice(x, x + across)), ceil(3 * sigma), strokes.shape)
    if across:
        soft[window] = gaussian_exactly(to_float(strokes[window]), sigma=sigma)
    return soft


def _outside_eyes(shape: tuple[int, int], faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Lids and lashes are lines, what lies between them is not."""
    inside = np.zeros(shape, np.uint8)
    for face in faces:
        for eye in (face.left_eye, face.right_eye):
            middle = eye.contour.mean(axis=0)
            points = (eye.contour - middle) * np.float32(0.85) + middle
            fixed = np.round(((points + 0.5) * scale - 0.5) * 16).astype(np.int32)
            cv2.fillPoly(inside, [fixed], (255,), cv2.LINE_AA, 4)
    return np.float32(1) - np.float32(0.8 / 255) * inside


def _stroke(mask: cv2.typing.MatLike, points: Points, *, thickness: int, weight: int) -> None:
    fixed = np.round(points * 16).astype(np.int32)
    cv2.polylines(
        mask, [fixed], isClosed=False, color=(weight,), thickness=thickness, lineType=cv2.LINE_AA, shift=4
    )


@dataclass(frozen=True, slots=True)
class LinePlan:
    """Lines worked out on a small picture, to be inked on the large one.

    joined : (h, w) float32, response of the lines, joined along the flow.
    welcome : (h, w) float32, weight of every response.
    sigma : pixels of the large picture, half width of the finest strokes.
    threshold : response at which ink is half laid.
    """

    joined: FloatImage
    welcome: FloatImage
    sigma: float
    threshold: float

    def in_columns(self, columns: slice) -> LinePlan:
        """The same over some columns of the picture."""
        return LinePlan(self.joined[:, columns], self.welcome[:, columns], self.sigma, self.threshold)


def plan_lines(
    grey: FloatImage,
    smooth_grey: FloatImage,
    wanted: FloatImage,
    along: FlowSmoother,
    *,
    threshold: float,
    unit: float,
    factor: int,
    calm: float = 1.0,
) -> LinePlan:
    """Decide which edges become lines: those that are wanted, long, run along the flow and don't crowd.

    Parameters
    ----------
    grey, smooth_grey : float32 arrays, shape (h, w), range [0, 1]
        The small picture with its texture and without.
    wanted : float32 array, shape (h, w)
        From `wanted_lines`.
    along : FlowSmoother of the small picture
    threshold : float, > 0
        Response at which ink is half laid. Turning it up leaves fewer and thinner lines.
    unit : float, pixels of the small picture
        A four-hundredth of a face's width.
    factor : int
        How many times larger the drawing is.
    calm : float, >= 0
        Turning it up leaves fewer lines in dense texture, and no short ones.

    References
    ----------
    H. Kang, S. Lee, C. K. Chui, "Coherent line drawing", NPAR 2007. doi:10.1145/1274871.1274878
    """
    sigma = max(0.6, 1.05 * unit * factor)
    # Strong edges answer to a fine and to a broad stroke, and get the heavier line for it.
    broad = line_response(smooth_grey, sigma=max(0.7, 2.6 * unit))
    broad *= np.float32(0.5)
    fine = line_response(
        smooth_grey + (grey - smooth_grey) * np.float32(0.25), sigma=max(0.55, sigma / factor)
    )
    fine += broad
    np.maximum(fine, 0, out=fine)
    joined = along.smooth(fine)
    # Where everything is a line nothing is: dense texture pays a higher price.
    welcome = wanted / (1 + np.float32(1.4 * calm / threshold) * gaussian(fine * wanted, sigma=16 * unit))
    welcome *= long_enough(
        joined * welcome, threshold=0.6 * threshold, area=max(6.0, 240 * calm * unit * unit)
    )
    joined += broad
    joined *= np.float32(0.5)
    return LinePlan(joined, welcome, sigma, threshold)


def ink_rows(
    plan: LinePlan, grey: FloatImage, *, factor: int, top: int, skip: int, bottom: int
) -> FloatImage:
    """Ink some rows of the large picture.

    Parameters
    ----------
    plan : LinePlan
    grey : float32 array, range [0, 1]
        The picture, its texture softened: the wanted rows, `skip` more above, and some below.
    factor : int
    top, bottom : rows of the large picture, multiples of factor
    skip : rows of `grey` above `top`

    Returns
    -------
    float32 array, shape (bottom - top, W); 0 is bare paper, 1 is full ink.
    """
    lines = line_response(grey, sigma=plan.sigma)[skip : skip + bottom - top]
    lines *= np.float32(0.5)
    lines += enlarged_rows(plan.joined, factor=factor, top=top, bottom=bottom)
    lines *= enlarged_rows(plan.welcome, factor=factor, top=top, bottom=bottom)
    # Ink goes from nothing to all within a threshold.
    lines *= np.float32(1 / plan.threshold)
    lines -= np.float32(0.5)
    np.clip(lines, 0, 1, out=lines)
    return lines


def lay_ink(inked: ByteImage, drawing: ByteImage, lines: FloatImage, *, keep: float, ink: FloatImage) -> None:
    """Lay ink over some rows of a drawing.

    Parameters
    ----------
    inked : uint8 array, shape (H, W, 3); written to
    drawing : uint8 array, shape (H, W, 3)
    lines : float32 array, shape (H, W), 1 is full ink
    keep : float, 0 … 1
        Share of the colour under it that full ink leaves.
    ink : float32 array, shape (3,), sRGB
        Colour of full ink over black.
    """
    paper = cv2.convertScaleAbs(lines, alpha=-255 * (1 - keep), beta=255)
    cv2.multiply(drawing, cv2.merge([paper] * 3), inked, scale=1 / 255)
    laid = cv2.merge([cv2.convertScaleAbs(lines, alpha=255 * float(share)) for share in ink])
    cv2.add(inked, laid, inked)


@dataclass(frozen=True, slots=True)
class Contour:
    """The person's edge, all (H, W) float32 of the matte's size.

    distance : pixels from the edge, positive inside.
    x, y : where the edge faces, a unit vector pointing out of the person.
    sure : 0 … 1, how decided the matte is there; no outline belongs where it isn't.
    """

    distance: FloatImage
    x: FloatImage
    y: FloatImage
    sure: FloatImage

    def in_columns(self, columns: slice) -> Contour:
        """The same over some columns of the picture."""
        x, y = self.x[:, columns], self.y[:, columns]
        return Contour(self.distance[:, columns], x, y, self.sure[:, columns])


def find_contour(person: FloatImage, grey: FloatImage, *, unit: float, least: float = 0.35) -> Contour:
    """Find the person's edge in a matte, calmed to the scale of a face.

    Parameters
    ----------
    person : float32 array, shape (H, W)
        The matte.
    grey : float32 array, shape (H, W), range [0, 1]
        The picture, smoothed. Where it is flat, the matte's edge is a guess and hardly to be drawn.
    unit : float, pixels
        A four-hundredth of a face's width.
    least : float, 0 … 1
        How sure of a guess to be: more where another background makes an edge of it, whatever is seen.
    """
    sigma = max(0.9, 4.0 * unit)
    calm = blurred_on(person, sigma=sigma)
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1, scale=0.125)
    steep: FloatImage = np.sqrt(across * across + down * down + np.float32(1e-8)).astype(np.float32)
    distance: FloatImage = (calm - np.float32(0.5)) / (steep + np.float32(1e-3))
    # Farther off the quotient of two vanishing numbers means nothing.
    np.clip(distance, -4, 4, out=distance)
    sure = smoothstep(steep * np.float32(sigma), low=0.035, high=0.1)
    change = cv2.magnitude(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    )
    reach = 2 * max(1, round(5 * unit)) + 1
    seen = cv2.dilate(change, np.ones((reach, reach), np.uint8)).astype(np.float32, copy=False)
    sure *= np.float32(least) + np.float32(1 - least) * smoothstep(seen, low=0.006, high=0.02)
    return Contour(distance, -across / steep, -down / steep, sure)


def outline_width(contour: Contour | None, *, weight: float, light_from: float, unit: float) -> FloatImage:
    """Half the outline's width, place by place, in pixels of the contour: it swells away from the light.

    Parameters
    ----------
    contour : Contour
        Without one there is no outline, and the answer is empty.
    weight : float
        Mean width of the line in units. Turning it up makes it bolder.
    light_from : float, -1 … 1
        Side that the light comes from; the line is thinner there.
    unit : float, pixels of the contour
        A four-hundredth of a face's width.
    """
    if contour is None:
        return np.zeros((0, 0), np.float32)
    away = contour.y * np.float32(0.6) - contour.x * np.float32(light_from)
    half: FloatImage = np.float32(0.5 * weight * max(unit, 0.25)) * (1 + np.float32(0.5) * away)
    np.maximum(half, np.float32(0.2), out=half)
    # A line that isn't sure of its place tapers off.
    half *= contour.sure
    return half


OUTLINE_INSIDE = 0.6
"""The outline's middle lies inside the edge by this part of half its width, so that no sliver of the photo's
background stays within it."""


def outer_distance(contour: Contour, half_width: FloatImage) -> FloatImage:
    """How far inside the outline's outer side everything lies, pixels of the contour; negative outside."""
    return contour.distance + half_width * np.float32(1 - OUTLINE_INSIDE)


def outline_rows(
    contour: Contour, half_width: FloatImage, *, factor: int, top: int, bottom: int
) -> FloatImage:
    """Ink the outline in some rows of a picture `factor` times larger; 1 is full ink."""
    line = enlarged_rows(contour.distance, factor=factor, top=top, bottom=bottom)
    half = enlarged_rows(half_width, factor=factor, top=top, bottom=bottom)
    line -= half * np.float32(OUTLINE_INSIDE)
    np.abs(line, out=line)
    np.subtract(half, line, out=line)
    line *= np.float32(factor)
    line += np.minimum(half * np.float32(2 * factor), np.float32(0.5))
    np.clip(line, 0, 1, out=line)
    return line
