"""Where ink goes: the photo's own edges where an artist would draw them, and an outline around the person."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size, enlarged, enlarged_smoothly
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points


def wanted_lines(
    regions: Regions, faces: tuple[Face, ...], *, scale: float, unit: float, behind: float
) -> FloatImage:
    """How welcome a line is, place by place.

    Bare skin wants none but along jaw, nose and the mouth's corners; teeth none; the background few.

    Parameters
    ----------
    regions : Regions
    faces : faces in the coordinates of the full picture
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
    drawn = np.zeros(bare.shape, np.uint8)
    for face in faces:
        width = face.width * scale
        points = (face.landmarks + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
        for indices, thickness, weight in (
            (facemap.JAW, 0.07, 150),
            (facemap.NOSE_LEFT, 0.05, 170),
            (facemap.NOSE_RIGHT, 0.05, 170),
            (facemap.NOSE_BASE, 0.05, 200),
            (facemap.LEFT_FOLD, 0.05, 70),
            (facemap.RIGHT_FOLD, 0.05, 70),
        ):
            _stroke(drawn, points[indices], thickness=max(1, round(thickness * width)), weight=weight)
    welcome = gaussian(drawn.astype(np.float32) * np.float32(1 / 255), sigma=2.0)
    gain = np.float32(behind) + np.float32(1 - behind) * regions.person
    if faces:
        # At the person's rim `outline` draws the line; a second one beside it would make it ragged.
        rim = gaussian(regions.person, sigma=max(0.8, 3.0 * unit))
        gain *= 1 - np.float32(3.6) * rim * (1 - rim)
    gain *= 1 - bare * (np.float32(0.9) - welcome)
    gain *= 1 - np.float32(0.9) * regions.mouth
    gain *= 1 - np.float32(0.35) * regions.features
    result: FloatImage = gain
    return result


def _stroke(mask: cv2.typing.MatLike, points: Points, *, thickness: int, weight: int) -> None:
    fixed = np.round(points * 16).astype(np.int32)
    cv2.polylines(
        mask, [fixed], isClosed=False, color=(weight,), thickness=thickness, lineType=cv2.LINE_AA, shift=4
    )


def outline(person: FloatImage, *, weight: float, light_from: float, unit: float, size: Size) -> FloatImage:
    """Draw the person's outline, swelling away from the light.

    Parameters
    ----------
    person : float32 array, shape (H, W)
        The matte; where it is undecided no line is drawn.
    weight : float
        Mean width of the line in units. Turning it up makes it bolder.
    light_from : float, -1 … 1
        Side that the light comes from; the line is thinner there.
    unit : float, pixels of the matte
        A four-hundredth of a face's width.
    size : width and height of the drawing

    Returns
    -------
    float32 array of that size; 1 is ink.
    """
    calm = gaussian(person, sigma=max(0.8, 2.2 * unit))
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1, scale=0.125)
    steep = cv2.magnitude(across, down) + np.float32(1e-4)
    distance = (calm - np.float32(0.5)) / steep
    # The matte rises inwards: its gradient points away from where the edge faces.
    facing_away = (across * np.float32(light_from) + down * np.float32(-0.6)) / steep
    enlarge = size[0] / person.shape[1]
    half = (0.5 * weight * max(unit, 0.25) * enlarge) * (1 + np.float32(0.55) * facing_away)
    sure = smoothstep(steep * np.float32(max(0.8, 2.2 * unit)), low=0.07, high=0.17)
    far = enlarged_smoothly(np.clip(distance, -40, 40).astype(np.float32), size) * np.float32(enlarge)
    wide = enlarged(np.maximum(half, np.float32(0.35)).astype(np.float32), size)
    # Drawn just inside the edge, so that no sliver of the photo's background stays within it.
    line = np.clip(wide + np.float32(0.5) - np.abs(far - wide * np.float32(0.6)), 0, 1)
    result: FloatImage = (line * enlarged(sure, size)).astype(np.float32)
    return result
