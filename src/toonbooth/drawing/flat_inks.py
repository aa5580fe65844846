"""Flat inks: which of a poster's few colours each place is printed in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.cloth_inks import Cast, Dyes, Tone, dull, dye_cloth
from toonbooth.drawing.colour_groups import gather_colours
from toonbooth.drawing.ink_places import Places
from toonbooth.drawing.inks import Ink
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_area import SkinTone
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size, enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent

_NOT_ON_FACES = tuple(ink for ink in Ink if ink not in (Ink.BROWN, Ink.DEEP))
"""Inks of which a small area on a face or neck is a reflection."""

_SHADED = (Ink.BROWN, Ink.DEEP)
"""Inks of which a small area at an ear or on a neck is skin in shade."""

_GREENEST = 12.0
_NO_SKIN = 90.0
"""Degrees of hue beyond that of most skin in a picture from which on nothing is skin, and how much less
likely each radian more makes it."""

_PURE = Ink.BLUE + 1
"""How many inks are no mixtures: hair is printed in one of these."""

_ENOUGH_HAIR = 20
_STRANGE = (26.0, 14.0)
"""Pixels of hair from which on its colours are known; how far from them beside a face and below its chin
something else lies."""

_GLINT, _BESIDE_DEEP = 46.0, 0.6
"""L* up to which grey may be dark cloth in some light, and the share of its rim that must be dark cloth."""

_LIKE_SKIN = 14.0
_UNLIKE_SKIN = -5.0
"""How well skin must suit a cloth on average to be what it is; by how much less it suits what is none."""

_GOES_WITH = {
    Ink.YELLOW: (Ink.BROWN,),
    Ink.BROWN: (),
    Ink.DEEP: (Ink.GREY,),
    Ink.GREY: (Ink.PAPER,),
    Ink.PAPER: (Ink.GREY,),
}
"""What hair of one ink may have in its shadows or its shine."""


_SHINING = 0.3
"""Area of one of those, over that of the hair's own ink, under which it is a glare on it or a hole in it."""


@dataclass(frozen=True, slots=True)
class _Colours:
    """A picture's smooth L*, a*, b* and chroma, plane by plane."""

    light: FloatImage
    a: FloatImage
    b: FloatImage
    chroma: FloatImage

    @classmethod
    def of(cls, lab: FloatImage) -> _Colours:
        light, a, b = planes_of(lab)
        return cls(light, a, b, cv2.magnitude(a, b).astype(np.float32, copy=False))

    def along(self, degrees: float) -> FloatImage:
        """How far colours reach in the direction of a hue."""
        turn = np.deg2rad(degrees)
        return self.a * np.float32(np.cos(turn)) + self.b * np.float32(np.sin(turn))


def flat_plates(
    lab: FloatImage,
    skin: FloatImage,
    skins: tuple[SkinTone, ...],
    near: FloatImage,
    regions: Regions,
    *,
    unit: float,
    cast: Cast = (0.0, 0.0, 0.0),
    known: Dyes | None = None,
) -> tuple[list[FloatImage], Dyes]:
    """Give every place the ink that suits its colour best.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3), L*a*b*
    skin : float32 array, shape (h, w)
        From `closed_skin`.
    skins : the tones of skin in the picture
    near : float32 array, shape (h, w)
        From `near_heads`.
    regions : of the same size
    unit : float, pixels
        A four-hundredth of a face's width.
    cast : of the light
    known : the materials of a picture that this one is a part of, if it is

    Returns
    -------
    One float32 array, shape (h, w), per ink and, if there are any heads, one for skin; they add up to one.
    And the materials of the clothes.
    """
    height, width = skin.shape
    half = (max(1, width // 2), max(1, height // 2))
    few = gaussian(shrunk(lab, half), sigma=max(0.6, 2.2 * unit))
    colours = _Colours.of(few)
    places = Places.of(skin, near, regions, half)
    scores = _suited(colours, places)
    like_skin, in_shade = _like_skin(colours, skins, places)
    like_skin += np.float32(1) - np.float32(7) * places.near
    darkest = min((tone.lightness for tone in skins), default=0.0) - 8
    lit = smoothstep(colours.light, low=darkest - 6, high=darkest + 2)
    rows = np.arange(half[1], dtype=np.float32)[:, None] * np.float32(2)
    heads: list[tuple[Ink | None, FloatImage]] = []
    for share, (_, y, across) in zip(_shares(regions, half), regions.heads, strict=True):
        zone = places.hair * share
        hair = _agree_on_hair(scores, like_skin, zone, lit, across)
        heads.append((hair, zone))
        # What is brown and far from the head is a hand; far below it, if hair is as brown.
        hand = in_shade * share * (1 - places.near)
        if hair in (Ink.YELLOW, Ink.BROWN):
            hand *= smoothstep(rows, low=y + 1.5 * across, high=y + 1.8 * across)
        like_skin += np.float32(12) * hand
    # An arm in bright light is as colourful as a yellow cloth.
    lit_skin = smoothstep(like_skin, low=_LIKE_SKIN + 4, high=_LIKE_SKIN + 8) * (1 - places.near)
    like_skin += np.float32(30) * lit_skin * smoothstep(colours.light, low=48, high=58)
    on_skin = smoothstep(places.skin, low=0.4, high=0.6)
    like_skin += (np.float32(90) - like_skin) * on_skin
    scores = [score - np.float32(40) * on_skin for score in scores]
    if skins:
        scores.append(like_skin)
    best = np.argmax(np.stack(scores), axis=0).astype(np.uint8)
    # Hair that falls on shoulders is told from cloth by its colour.
    of_hair: dict[Ink, Tone] = {}
    for ink, zone in heads:
        own = (zone > 0.6) & (best == ink)
        if ink is not None and ink in (Ink.YELLOW, Ink.BROWN) and own.any():
            of_hair[ink] = np.median(few[own], axis=0).astype(np.float32)
    # What lies far from heads and looks like skin may be a cloth, too.
    suited = like_skin - np.float32(_LIKE_SKIN)
    cloth = (best < _PURE) | ((np.maximum(places.near, places.skin) < 0.5) & (suited < _UNLIKE_SKIN))
    cloth &= shrunk(regions.person, half) > 0.5
    beside = cloth & (places.head >= 0.5) & _no_hair(few, best, heads, regions, rows)
    cloth &= places.head < 0.5
    best[best == _PURE] = len(Ink)
    dyes = dye_cloth(best, few, suited, cloth, of_hair, skin=len(Ink), cast=cast, known=known)
    # Beside a head cloth is what it is farther down.
    dyes = dye_cloth(best, few, suited, beside, of_hair, skin=len(Ink), cast=cast, known=dyes)
    best = cv2.medianBlur(best, 3).astype(np.uint8, copy=False)
    _join_glints(best, colours.light, places, shrunk(regions.person, half) > 0.5)
    sigma = max(0.7, 2.4 * unit)
    size = (width, height)
    # Most inks are used by nobody; these share one empty plate, on which no work is wasted.
    nothing = np.zeros_like(places.near)
    used = np.bincount(best.ravel(), minlength=len(Ink) + 1) > 0
    chosen = [
        _without_islands(
            (best == index).astype(np.float32),
            area=max(6.0, 260 * unit * unit),
            strict=_strictness(index, places),
        )
        if used[index]
        else nothing
        for index in range(len(Ink) + bool(skins))
    ]
    # What an island leaves empty goes to whatever lies around it.
    empty = 1 - _total(chosen)
    if empty.any():
        around = {
            index: gaussian(plate, sigma=max(2.0, 14 * unit))
            for index, plate in enumerate(chosen)
            if plate.any()
        }
        share = empty / (_total([*around.values(), nothing]) + np.float32(1e-4))
        for index, each in around.items():
            chosen[index] = chosen[index] + each * share
    bare = np.zeros((height, width), np.float32)
    plates = [enlarged(gaussian(plate, sigma=sigma), size) if plate.any() else bare for plate in chosen]
    if skins:
        # The skin's own border is finer than this, and goes before.
        plates[-1] = np.maximum(plates[-1], skin)
        rest = 1 - plates[-1]
        others = [plate for plate in plates[:-1] if plate is not bare]
        rest /= _total([bare, *others]) + np.float32(1e-3)
        plates[:-1] = [plate if plate is bare else plate * rest for plate in plates[:-1]]
    return plates, dyes


def _strictness(index: int, places: Places) -> FloatImage:
    """How many times larger what is small may be, for one ink."""
    if index in _NOT_ON_FACES:
        return np.maximum(places.faces, places.beside) * np.float32(8)
    if index in _SHADED:
        return places.beside * np.float32(6)
    return np.zeros_like(places.faces)


def _suited(colours: _Colours, places: Places) -> list[FloatImage]:
    """How well every ink suits every place."""
    light, chroma, along = colours.light, colours.chroma, colours.along
    dark = np.maximum(np.float32(38) - light, 0)
    scores = [np.zeros_like(light)] * _PURE
    scores[Ink.PAPER] = np.float32(10) + np.clip((light - np.float32(66)) * np.float32(0.4), -14, 9)
    scores[Ink.GREY] = np.float32(10) - np.float32(0.3) * np.maximum(np.float32(34) - light, 0)
    scores[Ink.DEEP] = np.float32(8) + np.float32(0.55) * dark - np.maximum(light - np.float32(38), 0)
    scores[Ink.RED] = along(18) - np.float32(5)
    scores[Ink.YELLOW] = along(84) - np.float32(0.25) * np.maximum(np.float32(42) - light, 0)
    scores[Ink.BROWN] = (
        along(60) + np.float32(0.35) * np.minimum(dark, 20) - np.float32(0.4) * np.maximum(light - 50, 0)
    )
    scores[Ink.BROWN] += np.float32(2.0) * (chroma > 5)
    scores[Ink.BLUE] = np.maximum(along(280), along(200)) - np.float32(0.5) * np.maximum(light - 62, 0)
    pale = smoothstep(chroma, low=34, high=24) * smoothstep(light, low=62, high=72)
    scores[Ink.YELLOW] -= np.float32(12) * (1 - places.near) * pale
    scores[Ink.RED] -= np.float32(14) * places.near
    return scores


def _like_skin(
    colours: _Colours, skins: tuple[SkinTone, ...], places: Places
) -> tuple[FloatImage, FloatImage]:
    """How well skin suits every place, and where it could be skin in shade."""
    light, a, b, chroma = colours.light, colours.a, colours.b, colours.chroma
    like_skin, in_shade = np.full_like(light, -50), np.zeros_like(light)
    # In one light no skin is much yellower than others: what is greener than all of them is cloth.
    hues = [float(np.arctan2(tone.yellow, max(tone.red, 1.0))) for tone in skins]
    greenest = np.float32(np.deg2rad(_GREENEST) + (float(np.median(hues)) if hues else 0.0))
    greener = np.maximum(np.arctan2(b, a) - greenest, 0)
    greener *= smoothstep(chroma, low=4, high=7) * (1 - places.near)
    for tone in skins:
        own = max(4.0, float(np.hypot(tone.red, tone.yellow)))
        to_red, to_yellow = tone.red / own, tone.yellow / own
        # Shadow adds to a skin's chroma and hardly turns its hue; what is grey is no skin.
        off_hue = np.abs(a * np.float32(to_yellow) - b * np.float32(to_red))
        more = chroma - np.float32(own)
        away = off_hue + np.maximum(np.float32(0.4) * more, np.float32(-1.1) * more)
        away += np.float32(1.8) * np.maximum(np.float32(9) - chroma, 0)
        lighter = light - np.float32(tone.lightness)
        # Shadow is the same hue but darker; only hair is much darker still.
        score = np.float32(31) - np.float32(1.2) * away
        score -= np.float32(0.6) * np.maximum(-lighter - np.float32(24), 0)
        score -= np.float32(0.4) * np.maximum(lighter - np.float32(22), 0)
        # Under chins and beside noses a shadow is more likely than a beard of a skin's full colour.
        colourful = smoothstep(chroma, low=0.7 * own, high=0.95 * own)
        # Below the chin nothing grows.
        colourful = np.maximum(colourful, smoothstep(chroma, low=0.4 * own, high=0.6 * own) * places.below)
        shaded = colourful * smoothstep(off_hue, low=11, high=6)
        shaded *= smoothstep(lighter, low=-46, high=-38)
        np.maximum(in_shade, shaded, out=in_shade)
        score += np.float32(17) * places.faces * shaded
        np.maximum(like_skin, score, out=like_skin)
    like_skin -= np.float32(_NO_SKIN) * np.minimum(greener, np.float32(0.5))
    return like_skin, in_shade


def _shares(regions: Regions, size: Size) -> list[FloatImage]:
    """For every head the places that are nearer to it than to any other."""
    if len(regions.heads) < 2:
        return [np.ones(size[::-1], np.float32)] * len(regions.heads)
    return [shrunk(regions.share_of(head), size) for head in range(len(regions.heads))]


def _agree_on_hair(
    scores: list[FloatImage],
    like_skin: FloatImage,
    zone: FloatImage,
    lit: FloatImage,
    across: float,
) -> Ink | None:
    """Give one head's hair the ink of most of it, in place: shine and reflected sky are not its colour.

    Parameters
    ----------
    scores, like_skin : how well inks and skin suit every place; changed
    zone : where the hair of this head can be
    lit : where it is as light as skin
    across : the face's width

    Returns
    -------
    That ink; None where there is no hair.
    """
    best = np.argmax(np.stack([*scores, like_skin]), axis=0)
    counts = np.bincount(best[zone > 0.6], minlength=len(scores) + 1)
    candidates = {ink: int(counts[ink]) for ink in _GOES_WITH}
    # Blond hair is brown in its shadows, but brown hair isn't blond.
    if candidates[Ink.YELLOW] > 0.3 * (candidates[Ink.YELLOW] + candidates[Ink.BROWN]):
        candidates[Ink.YELLOW] += candidates[Ink.BROWN]
    most = max(candidates, key=lambda ink: candidates[ink])
    bias = zone * np.float32(9)
    if candidates[most] < 0.1 * 0.25 * across * across:
        # A bald head's shine.
        like_skin += np.float32(4) * bias * lit
        return None
    if most in (Ink.BROWN, Ink.DEEP):
        # A bright rim of a dark head is skin in the light.
        like_skin += np.float32(1.6) * bias * lit
    for ink in _GOES_WITH:
        if ink is most:
            scores[ink] = scores[ink] + bias
        elif ink not in _GOES_WITH[most] or candidates[ink] < _SHINING * candidates[most]:
            scores[ink] = scores[ink] - bias
    return most


def _no_hair(
    lab: FloatImage,
    best: NDArray[np.uint8],
    heads: list[tuple[Ink | None, FloatImage]],
    regions: Regions,
    rows: FloatImage,
) -> NDArray[np.bool_]:
    """What lies beside heads and has no colour of their hair: a shirt, a card, somebody else.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3)
    best : the ink of every place
    heads : the ink of each head's hair, if it has any, and where that can be
    regions : of twice that size
    rows : float32 array, shape (h, 1): how far down every row is, in pixels of `regions`
    """
    strange = np.zeros(best.shape, np.bool_)
    for (ink, zone), (_, y, across) in zip(heads, regions.heads, strict=True):
        here = zone > 0.5
        own = here & (best == ink) & (rows < y - 0.1 * across) if ink is not None else here & False
        if np.count_nonzero(own) < _ENOUGH_HAIR:
            continue
        box = extent(here)
        if box is None:
            continue
        seen = dull(lab[box][here[box]])
        sample = dull(lab[own])
        tones = gather_colours(sample[:: max(1, len(sample) // 400)], count=5, apart=8.0)
        away = np.square(seen[:, None] - tones).sum(axis=2).min(axis=1)
        far = np.zeros(here[box].shape, np.float32)
        far[here[box]] = np.sqrt(away)
        # Above the chin glares and shadows of hair may have any colour.
        limit = np.interp(rows[box[0]], (y + 0.1 * across, y + 0.5 * across), _STRANGE)
        strange[box] |= here[box] & (far > limit)
    return strange


def _join_glints(
    best: NDArray[np.uint8], light: FloatImage, places: Places, person: NDArray[np.bool_]
) -> None:
    """Give dark grey beside dark cloth that cloth's ink, in place: it is the same in some light."""
    grey = (best == Ink.GREY) & (light < _GLINT) & person
    if not grey.any():
        return
    count, found = cv2.connectedComponents(grey.view(np.uint8), connectivity=4)
    labels = np.asarray(found, np.int32)
    grown = cv2.dilate(labels.astype(np.uint16), np.ones((3, 3), np.uint8)).astype(np.int32)
    rim = (grown > 0) & (labels == 0) & (best != len(Ink)) & person
    around = np.bincount(grown[rim], minlength=count)
    deep = np.bincount(grown[rim & (best == Ink.DEEP)], minlength=count)
    sizes = np.bincount(labels.ravel(), minlength=count)
    joined = (deep > _BESIDE_DEEP * around) & (sizes < 0.25 * np.count_nonzero((best == Ink.DEEP) & person))
    # What hangs together with hair on a head stays grey.
    joined &= np.bincount(labels[places.head > 0.5], minlength=count) < 0.5 * sizes
    joined[0] = False
    best[joined[labels]] = Ink.DEEP


def _total(plates: list[FloatImage]) -> FloatImage:
    """Many times quicker than to sum what would have to be stacked first."""
    total = plates[0].copy()
    for plate in plates[1:]:
        total += plate
    return total


def _without_islands(mask: FloatImage, *, area: float, strict: FloatImage) -> FloatImage:
    """Take small islands off a plate; where `strict` is, areas that many times larger count as small too."""
    laid = mask >= 1
    if not laid.any():
        return mask
    count, found = cv2.connectedComponents(laid.view(np.uint8), connectivity=4)
    labels = np.asarray(found, np.int32)
    # Counted where the plate is only: OpenCV's statistics of all parts take three times as long.
    parts = labels[laid]
    sizes = np.bincount(parts, minlength=count).astype(np.float32)
    stricter = np.bincount(parts, weights=strict[laid], minlength=count) / np.maximum(sizes, 1)
    keep = (sizes >= area * (1 + stricter)).astype(np.float32)
    keep[0] = 0
    return keep.take(labels)


def margins(plates: list[FloatImage]) -> tuple[FloatImage, ...]:
    """By how much each plate outweighs the strongest other one: the borders of all meet without a gap."""
    first = np.zeros_like(plates[0])
    second = np.zeros_like(plates[0])
    laid = [bool(plate.any()) for plate in plates]
    for plate in (plate for plate, any_ in zip(plates, laid, strict=True) if any_):
        np.maximum(second, np.minimum(first, plate), out=second)
        np.maximum(first, plate, out=first)
    lead = first - second
    nowhere: FloatImage = -first - np.float32(1e-3)
    outweighed = []
    for plate, any_ in zip(plates, laid, strict=True):
        margin: FloatImage = plate - first if any_ else nowhere
        if any_:
            np.copyto(margin, lead, where=margin >= 0)
        outweighed.append(margin)
    return tuple(outweighed)
