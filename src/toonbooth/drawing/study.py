"""A portrait studied before it is drawn: its strokes and colours on a small picture, and who stands where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.closeup import Closeup, find_closeups, look_closely
from toonbooth.drawing.figure import Drawing
from toonbooth.drawing.inking import Contour, find_contour
from toonbooth.drawing.jewels import matte_and_jewels, with_sharp_jewels
from toonbooth.drawing.regions import clean_matte
from toonbooth.drawing.rim import settle_rim
from toonbooth.drawing.sheet import Sheet
from toonbooth.drawing.silhouette import calm_outline
from toonbooth.drawing.strokework import find_strokes
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.resize import Size, padded, shrunk
from toonbooth.imaging.windows import Window, bands_around
from toonbooth.portrait.model import Face, Portrait

FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""

_LEAST_OUTLINE = 0.75
"""How surely people are outlined where the photo shows no edge, as white hair before a window."""

_CLOSEUP_PIXELS = 1_300_000
"""Pixels that closeups may always have: a small picture is worth more of them than it has."""

_BESIDE = 60.0
"""Units beside the matte up to which a person, their ears and what hangs from them are drawn."""

_BAND = 96
"""Rows of the small picture that are worked on together."""


@dataclass(frozen=True, slots=True)
class Study:
    """A portrait on a small picture, `factor` times smaller than the drawing.

    unit : pixels of the small picture; a four-hundredth of a face's width.
    faces : in the coordinates of the full picture.
    picture : uint8, the full picture, its sides multiples of factor.
    small : uint8, the small picture.
    strokes : (h, w, 3) uint8, the same in strokes; `along` smooths along them.
    lab : (h, w, 3) float32, the strokes in L*a*b*.
    grey : (h, w) float32, the small picture with its texture.
    person : (h, w) float32, 1 is person; 1 everywhere when nobody is there.
    jewels : (h, w) float32, 1 on earrings that hang free; they are of the person.
    contour : the person's edge; None when nobody is there.
    gain : factor on L* that a dark photo of a person wants, 1 … 1.2.
    """

    factor: int
    unit: float
    faces: tuple[Face, ...]
    picture: ByteImage
    small: ByteImage
    strokes: ByteImage
    along: FlowSmoother
    lab: FloatImage
    grey: FloatImage
    person: FloatImage
    jewels: FloatImage
    contour: Contour | None
    gain: float

    @property
    def scale(self) -> float:
        """Size of the small picture over size of the full one."""
        return 1 / self.factor

    @property
    def size(self) -> Size:
        return self.grey.shape[1], self.grey.shape[0]


def study(portrait: Portrait) -> Study:
    """Study a portrait."""
    large = unit_of(portrait)
    factor = max(2, round(2 * large))
    unit = large / factor
    picture = padded(portrait.picture, multiple=factor)
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    small = shrunk(picture, size)
    person, contour = np.ones(size[::-1], np.float32), None
    matte, jewels = person, np.zeros_like(person)
    if portrait.faces:
        matte, jewels = matte_and_jewels(portrait, multiple=factor, size=size, unit=unit)
    strokes, along = find_strokes(small, _around(np.maximum(matte, jewels), unit=unit), unit=unit)
    lab = rgb_to_lab(to_float(strokes))
    if portrait.faces:
        lab = with_sharp_jewels(lab, small, jewels)
        matte, lab = settle_rim(matte, lab, unit=unit)
        person = clean_matte(matte, portrait.faces, scale=1 / factor, unit=unit)
        person = calm_outline(person, portrait.faces, scale=1 / factor, unit=unit)
        np.maximum(person, jewels, out=person)
        contour = find_contour(person, luma(strokes), unit=unit, least=_LEAST_OUTLINE)
    grey = luma(small)
    gain = _gain(lab, person) if portrait.faces else 1.0
    return Study(
        factor, unit, portrait.faces, picture, small, strokes, along, lab, grey, person, jewels, contour, gain
    )


def _around(matte: FloatImage, *, unit: float) -> Sequence[Window]:
    """Where somebody is or may be: what lies farther off is seldom half of a picture, and never drawn."""
    side = 2 * round(_BESIDE * unit) + 1
    near = cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((side, side), np.uint8))
    return bands_around(near > 0, rows=_BAND)


def unit_of(portrait: Portrait) -> float:
    """A four-hundredth of the main face's width in pixels."""
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / FACE_WIDTH, 0.05)


def draw_with_closeups(
    portrait: Portrait,
    sheet: Sheet,
    draw: Callable[[Portrait, Sheet, tuple[Face, ...]], Drawing],
) -> Portrait:
    """Draw a portrait, and small faces in it once more from near.

    Parameters
    ----------
    portrait : Portrait
    sheet : Sheet
    draw : draws a portrait upon a sheet; the faces it gets last are those that nobody draws again from near
    """
    height, width = portrait.picture.shape[:2]
    budget = max(0.6, _CLOSEUP_PIXELS / (height * width))
    closeups = find_closeups(portrait, small=190, wanted=300, largest_zoom=2.4, budget=budget)
    far = tuple(face for face in portrait.faces if not any(_shows(closeup, face) for closeup in closeups))
    drawing = draw(portrait, sheet, far)
    for closeup in closeups:
        near = look_closely(portrait, closeup)
        close = draw(near, sheet.closely(closeup), near.faces)
        drawing = drawing.with_closeup(close, closeup)
    return drawing.of(portrait)


def _gain(lab: FloatImage, person: FloatImage) -> float:
    """What is lightest of a person, eyes, teeth, collars, shine, tells how much light is missing."""
    seen = lab[::2, ::2, 0][person[::2, ::2] > 0.9]
    if len(seen) < 50:
        return 1.0
    return float(np.clip(76 / max(float(np.percentile(seen, 99.5)), 1.0), 1.0, 1.2))


def _shows(closeup: Closeup, face: Face) -> bool:
    x, y = face.box.centre
    return 0 <= x - closeup.left < closeup.width and 0 <= y - closeup.top < closeup.height
