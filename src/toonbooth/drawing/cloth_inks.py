"""Which ink a cloth is printed in: one for each material, of its hue, whatever light falls on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.colour_groups import gather_colours
from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.drawing.inks import Ink
from toonbooth.drawing.regions import polygon_mask
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.portrait.model import Face

_MATERIALS = 12
_APART = 10.0
"""How many materials clothes are made of at most, and how far in L*a*b* they lie apart."""

_SHADE = 0.4
"""How much a difference in lightness counts where materials are told apart: folds are no other cloth."""

_SAMPLES = 1200

_STRONGEST = 45.0
_FADING = 20.0
_GREYEST = 4.0
"""Chroma that counts at most, how quickly it gets there, and how much is still grey: a dull red is red."""

_LIGHTNESS = 0.55
"""How much a difference in lightness counts where an ink is chosen."""

_YELLOW_EYE = 16.0
"""b* of the whites of eyes from which on the light is yellow."""

_WIDEST_TINY_EYE = 24
"""Width in pixels under which an eye's white is mixed with its lids."""

_SKIN_CHROMA = 9.0
"""Chroma below which nothing is skin that wasn't told for it before."""

_HUED = 13.0
_ONE_HUE = 12.0
"""Chroma, in one light, from which on a hue is strong, and how far apart two may be in one cloth."""

_VIVID, _ONE_ANGLE = 30.0, 0.9925
"""Chroma, in one light, from which on a hue is told by its angle alone, and the cosine of 7 degrees."""

_BLACKEST = 31.0
"""L* up to which what has the hue of a lighter cloth is black all the same."""

_OF_HAIR = 13.0
"""Distance from the hair's colour within which what lies on shoulders is hair."""

_LOOKS: Final = (
    # ink, L* from, to, counted chroma, hue in degrees
    (Ink.PAPER, 74, 100, 0, 0),
    (Ink.GREY, 30, 66, 0, 0),
    (Ink.DEEP, 0, 25, 0, 0),
    (Ink.DEEP, 8, 32, 26, 275),
    (Ink.RED, 26, 58, 41, 28),
    (Ink.YELLOW, 64, 95, 40, 88),
    (Ink.BROWN, 16, 48, 28, 60),
    (Ink.BLUE, 34, 62, 37, 272),
    (Ink.BLUE, 34, 62, 33, 225),
    (Ink.ORANGE, 48, 76, 44, 55),
    (Ink.GREEN, 24, 76, 31, 145),
    (Ink.VIOLET, 22, 60, 31, 318),
    (Ink.PINK, 60, 92, 24, 8),
    (Ink.SKY, 64, 94, 24, 255),
    (Ink.SAND, 56, 92, 22, 82),
)
"""What cloth looks like in a photo that is printed in each ink; lightness between the two counts as that."""

Tone = NDArray[np.float32]
"""One colour, L*a*b*, shape (3,)."""

Cast = tuple[float, float, float]
"""By how much the light moves what is white in L*, a*, b*, at the lightness of eyes."""


@dataclass(frozen=True, slots=True)
class Dyes:
    """The materials of a picture's clothes.

    tones : float32 array, shape (N, 3), as materials are told apart.
    inks : the index of each one's ink.
    cast : of the light that they were seen in.
    """

    tones: FloatImage
    inks: tuple[int, ...]
    cast: Cast


def light_cast(photo: ByteImage, faces: tuple[Face, ...]) -> Cast:
    """The colour of the light: the whites of eyes are alike in everybody, and yellow only under a lamp."""
    whites = []
    for face in faces:
        for eye in (face.left_eye, face.right_eye):
            low = np.clip(np.floor(eye.contour.min(axis=0)).astype(int), 0, None)
            high = np.ceil(eye.contour.max(axis=0)).astype(int) + 1
            part = photo[low[1] : high[1], low[0] : high[0]]
            if part.shape[1] < _WIDEST_TINY_EYE:
                continue
            inside = polygon_mask(part.shape[:2], eye.contour - low.astype(np.float32)) > 0.5
            if np.count_nonzero(inside) < 8:
                continue
            lab = rgb_to_lab(to_float(np.ascontiguousarray(part)))[inside]
            whites.append(np.median(lab[lab[:, 0] >= np.percentile(lab[:, 0], 75)], axis=0))
    if not whites:
        return 0.0, 0.0, 0.0
    red, yellow = (float(value) for value in np.median(whites, axis=0)[1:])
    share = float(np.clip((yellow - _YELLOW_EYE) / 6, 0, 1))
    return 0.0, share * max(0.0, red - 8), share * (yellow - 6)


def dye_cloth(
    best: NDArray[np.uint8],
    lab: FloatImage,
    like_skin: FloatImage,
    cloth: NDArray[np.bool_],
    hair: dict[Ink, Tone],
    *,
    skin: int,
    cast: Cast,
    known: Dyes | None,
) -> Dyes:
    """Give every material of the clothes one ink, in place.

    Parameters
    ----------
    best : uint8 array, shape (H, W): the ink of every place; changed where cloth is
    lab : float32 array, shape (H, W, 3), L*a*b*, smoothed
    like_skin : float32 array, shape (H, W)
        How well skin suits every place; above 0 it does.
    cloth : bool array, shape (H, W)
    hair : the colour of hair, for each ink that hair is printed in
    skin : the index of skin
    cast : of the light
    known : materials of a picture that this one is a part of, if it is

    Returns
    -------
    The materials.
    """
    nothing = Dyes(np.zeros((0, 3), np.float32), (), cast)
    seen = np.ascontiguousarray(lab[cloth])
    if len(seen) < 8:
        return known or nothing
    known = known or nothing
    seen = _neutral(seen, known.cast)
    shadeless = dull(seen)
    sample = shadeless[:: max(1, len(shadeless) // _SAMPLES) | 1]
    found = gather_colours(sample, count=_MATERIALS, apart=_APART)
    # What the whole picture has no sample of a closeup may have.
    new = [tone for tone in found if not _known(tone, known)]
    tones = np.concatenate([known.tones, np.array(new, np.float32).reshape(-1, 3)])
    away = np.square(tones).sum(axis=1)[:, None] - 2 * (tones @ shadeless.T)
    material = away.argmin(axis=0)
    suited = like_skin[cloth]
    inks = list(known.inks)
    for index in range(len(inks), len(tones)):
        own = np.flatnonzero(material == index)
        own = own[:: max(1, len(own) // _SAMPLES)]
        tone = np.median(seen[own], axis=0) if len(own) else np.zeros(3, np.float32)
        colourful = float(np.hypot(tone[1], tone[2])) > _SKIN_CHROMA
        if colourful and float(suited[own].mean()) > 0:
            inks.append(skin)
        else:
            inks.append(_of_hair(tone, hair, cast) or nearest_ink(tone))
    _agree(inks, tones, np.bincount(material, minlength=len(tones)), first=len(known.inks), skin=skin)
    dyed = np.array(inks, np.uint8)[material]
    for shade, lit in _in_black(inks, tones, skin=skin):
        dyed[(material == shade) & (seen[:, 0] > _BLACKEST)] = inks[lit]
    best[cloth] = dyed
    return Dyes(tones.astype(np.float32, copy=False), tuple(inks), known.cast)


def dull(colours: FloatImage) -> FloatImage:
    """Colours, shape (N, 3), as materials are told apart: in one light, whatever shade they lie in."""
    strength = in_one_light(colours[:, 0])
    shadeless: FloatImage = colours * np.stack([np.full_like(strength, _SHADE), strength, strength], axis=1)
    return shadeless


def _agree(inks: list[int], tones: FloatImage, sizes: NDArray[np.int64], *, first: int, skin: int) -> None:
    """Give materials of one strong hue the ink of the largest, in place: they are one cloth in folds."""
    hues = tones[:, 1:]
    strong = np.hypot(*hues.T) > _HUED
    # What the whole picture has decided counts for more than any size.
    largest = sorted(range(len(inks)), key=lambda index: (index >= first, -int(sizes[index])))
    for place, index in enumerate(largest):
        if index < first or not strong[index] or inks[index] == skin:
            continue
        for other in largest[:place]:
            alike = strong[other] and _of_one_hue(hues[index], hues[other])
            # What hue there is in black is no cloth's: a gold tie on a black suit isn't lit suit.
            hueless = inks[other] == Ink.DEEP and hues[other][1] > 0
            if alike and inks[other] != skin and not hueless:
                inks[index] = inks[other]
                break


def _in_black(inks: list[int], tones: FloatImage, *, skin: int) -> list[tuple[int, int]]:
    """Materials printed as black cloth that have the strong warm hue of a lighter one: both."""
    strong = np.hypot(tones[:, 1], tones[:, 2]) > _HUED
    black = [
        index for index, ink in enumerate(inks) if ink == Ink.DEEP and strong[index] and tones[index, 2] > 0
    ]
    coloured = [index for index, ink in enumerate(inks) if ink not in (Ink.DEEP, skin) and strong[index]]
    return [
        (shade, lit)
        for shade in black
        for lit in coloured
        if tones[lit, 0] > tones[shade, 0] and _of_one_hue(tones[shade, 1:], tones[lit, 1:])
    ]


def _of_one_hue(first: Tone, second: Tone) -> bool:
    """Whether two a*, b* are near each other or, if both are vivid, at one angle: folds are deeper."""
    if float(np.hypot(*(first - second))) < _ONE_HUE:
        return True
    strengths = float(np.hypot(*first)) * float(np.hypot(*second))
    vivid = min(float(np.hypot(*first)), float(np.hypot(*second))) > _VIVID
    return vivid and float(first @ second) > _ONE_ANGLE * strengths


def _known(tone: Tone, known: Dyes) -> bool:
    return any(float(np.linalg.norm(tone - other)) < 2 * _APART for other in known.tones)


def _neutral(tones: FloatImage, cast: Cast) -> FloatImage:
    """Colours, shape (N, 3), as they are in white light; shade has less of the cast."""
    share = (tones[:, :1] + np.float32(16)) * np.float32(1 / 76)
    neutral: FloatImage = tones - share * np.array(cast, np.float32)
    return neutral


def nearest_ink(tone: Tone) -> Ink:
    """The ink that a cloth of some colour is printed in."""
    lightness, across, up = _counted(tone)
    nearest, least = Ink.GREY, np.inf
    for ink, darkest, lightest, chroma, hue in _LOOKS:
        turn = np.deg2rad(hue)
        missing = max(0.0, darkest - lightness, lightness - lightest) * _LIGHTNESS
        away = np.hypot(missing, np.hypot(across - chroma * np.cos(turn), up - chroma * np.sin(turn)))
        if away < least:
            nearest, least = ink, float(away)
    return nearest


def _counted(tone: Tone) -> tuple[float, float, float]:
    """L*, and a*, b* with the chroma that counts."""
    lightness, a, b = (float(value) for value in tone)
    chroma = float(np.hypot(a, b))
    counted = _STRONGEST * (1 - float(np.exp(-max(0.0, chroma - _GREYEST) / _FADING)))
    share = counted / max(chroma, 1e-3)
    return lightness, a * share, b * share


def _of_hair(tone: Tone, hair: dict[Ink, Tone], cast: Cast) -> Ink | None:
    """The ink of hair that a material is as light and as coloured as."""
    for ink, own in hair.items():
        away = tone - _neutral(own[None], cast)[0]
        if float(np.linalg.norm(away * np.array([0.5, 1, 1], np.float32))) < _OF_HAIR:
            return ink
    return None
