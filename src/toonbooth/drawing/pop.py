"""The `pop` style: a poster printed in few flat inks, halftone dots and a black key plate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.closeup import Closeup, find_closeups, look_closely
from toonbooth.drawing.exposure import well_lit
from toonbooth.drawing.eyes import enlarge_eyes, iris_hue
from toonbooth.drawing.figure import Drawing, figure_within
from toonbooth.drawing.inking import outer_distance
from toonbooth.drawing.inks import Colour, Ink, Palette, apart, mixed, overprinted, skin_ink
from toonbooth.drawing.jewels import set_apart
from toonbooth.drawing.key_plate import (
    SMALLEST_DOT,
    clean_key,
    dot_key,
    key_bands,
    key_of,
    print_key,
    smooth_key,
)
from toonbooth.drawing.poster_backdrop import Pattern, Print, Window, second_ink
from toonbooth.drawing.poster_look import PopLook, choose_look
from toonbooth.drawing.poster_plan import (
    FACE_WIDTH,
    SMALLEST_FACE,
    PosterPlan,
    drawn_faces,
    face_unit,
    plan_poster,
)
from toonbooth.drawing.printed_brows import print_brows
from toonbooth.drawing.printed_features import (
    eye_white,
    lip_redness,
    print_eyes,
    print_jaw,
    print_lips,
    print_nose,
    print_spectacles,
)
from toonbooth.drawing.skin_area import SkinTone
from toonbooth.drawing.skin_paint import lost_light
from toonbooth.imaging.halftone import Screen, halftone
from toonbooth.imaging.lines import line_reach
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import enlarged_rows
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent, grown, times
from toonbooth.portrait.model import Portrait

_GIVEN_BACK = 0.75
"""How much of the light that a face in the shade lost it gets back: who stands in the shade is darker."""

_GREEN_EYES = 1.2
"""b* of irises that aren't brown from which on they are green."""

_NOTHING = 0.004
"""Weight below which a plate is left out."""


def draw_pop(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a pop-art print."""
    look = choose_look(rng)
    portrait = enlarge_eyes(well_lit(set_apart(portrait)), strength=0.11)
    height, width = portrait.picture.shape[:2]
    face = portrait.main_face
    unit = face_unit(portrait)
    x, y = face.box.centre if face else (width / 2, height / 2)
    pattern = Print(
        look.pattern,
        Head(x, y, FACE_WIDTH * unit),
        (width, height),
        look.turn,
        look.rays,
        max(6.0, 2.1 * look.pitch * unit),
    )
    # Dots want a size at which they are seen as dots, and a face enough of them.
    pitch = max(4.4, look.pitch * unit)
    study = plan_poster(portrait, look)
    sheet = _Sheet(pattern, pitch, _backdrop_inks(study, look))
    skins = _skin_inks(study, look)
    closeups = find_closeups(portrait, small=250, wanted=340, largest_zoom=2.4, budget=0.65)
    drawing = _draw(study, look, sheet, Window(), skins=skins, apart=closeups)
    for closeup in closeups:
        near = plan_poster(look_closely(portrait, closeup), look, known=study.separation.dyes)
        close = _draw(near, look, sheet, _window(closeup), skins=_skins_of(study, skins, near, closeup, look))
        drawing = drawing.with_closeup(close, closeup)
    return drawing.of(portrait)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a whole picture and its closeups share: pattern, pitch of the dots in pixels, backdrop inks."""

    pattern: Print
    pitch: float
    behind: tuple[Colour, Colour]


def _window(closeup: Closeup) -> Window:
    return Window(float(closeup.left), float(closeup.top), closeup.zoom)


def _screen(sheet: _Sheet, look: PopLook, window: Window) -> Screen:
    zoom = window.zoom
    return Screen(sheet.pitch * zoom, look.angle, window.left * zoom, window.top * zoom)


def _backdrop_inks(plan: PosterPlan, look: PopLook) -> tuple[Colour, Colour]:
    """Two inks for the backdrop, none of them one that the person is printed in, if that can be."""
    inks = look.palette.inks
    seen = plan.person * (plan.separation.black < 0)
    whole = max(1.0, float(plan.person.sum()))

    def worn(ink: Ink) -> float:
        same = seen[plan.separation.plates[ink] > 0].sum()
        return float(same) / whole

    order = sorted(look.order, key=lambda ink: worn(ink) > 0.05)
    first, second = inks[order[0]], inks[order[1]]
    if look.pattern is Pattern.DOTS or (look.pattern is Pattern.RAYS and look.rays % 2):
        second = mixed(first, inks[Ink.PAPER], 0.55)
    return first, second


def _draw(
    plan: PosterPlan,
    look: PopLook,
    sheet: _Sheet,
    window: Window,
    *,
    skins: tuple[Colour, ...],
    apart: tuple[Closeup, ...] = (),
) -> Drawing:
    """Print a picture or a part of it; faces that are drawn `apart` need no features."""
    portrait, picture, unit, factor = plan.portrait, plan.picture, plan.unit, plan.factor
    height, width = portrait.picture.shape[:2]
    colours = np.empty_like(picture)
    key = np.zeros(picture.shape[:2], np.uint8)
    halo = -(-line_reach(plan.lines.sigma) // factor) * factor
    band = max(-(-96 // factor) * factor, 4 * halo)
    inks = _inks(plan, look, skins, unit=unit / factor)
    for part in key_bands(plan, rows=band // factor):
        key[times(part, factor)] = key_of(picture, plan, part, halo=halo)
    for top in range(0, picture.shape[0], band):
        bottom = min(top + band, picture.shape[0])
        _colour_rows(colours, plan, look, sheet, window, inks, top=top, bottom=bottom)
    smooth_key(key, sigma=float(np.clip(1.8 * unit, 0.8, 4.0)))
    clean_key(key, portrait.faces, area=max(5.0, 70 * unit * unit))
    _print_features(colours, key, portrait, plan, look, inks, unit=unit, apart=apart)
    dot_key(key, plan, _screen(sheet, look, window))
    print_key(colours, key, look.palette.black)
    figure = np.full((height, width), 255, np.uint8)
    if plan.contour is not None:
        outer = outer_distance(plan.contour, plan.outline)
        figure = figure_within(outer, (width, height), factor=factor)
    return Drawing(np.ascontiguousarray(colours[:height, :width]), figure)


@dataclass(frozen=True, slots=True)
class _Inks:
    """Colours of the flat plates and what dots make of them; which plate slipped, where it lies and where it
    may; the person. Where it lies and the person are crisp, for `_printed_rows`."""

    flat: tuple[Colour, ...]
    dotted: tuple[Colour, ...]
    slipped: int
    beside: FloatImage
    may_slip: FloatImage
    person: FloatImage


def _skin_inks(plan: PosterPlan, look: PopLook) -> tuple[Colour, ...]:
    """The ink of every head's skin."""
    faces = drawn_faces(plan.portrait, plan.factor)
    return tuple(
        skin_ink(
            _lightness(tone, eye_white(plan.portrait.picture, (face.left_eye, face.right_eye))), look.palette
        )
        for tone, face in zip(plan.separation.skins, faces, strict=True)
    )


def _skins_of(
    plan: PosterPlan, skins: tuple[Colour, ...], near: PosterPlan, closeup: Closeup, look: PopLook
) -> tuple[Colour, ...]:
    """The inks of the skins in a closeup: a face has the ink that its neck has, which lies outside."""
    whole = drawn_faces(plan.portrait, plan.factor)
    inks = list(_skin_inks(near, look))
    for index, face in enumerate(drawn_faces(near.portrait, near.factor)):
        x, y = (
            start + at / closeup.zoom
            for start, at in zip((closeup.left, closeup.top), face.box.centre, strict=True)
        )
        for each, ink in zip(whole, skins, strict=True):
            if np.hypot(each.box.centre[0] - x, each.box.centre[1] - y) < 0.25 * each.width:
                inks[index] = ink
    return tuple(inks)


def _inks(plan: PosterPlan, look: PopLook, skins: tuple[Colour, ...], *, unit: float) -> _Inks:
    palette = look.palette
    inks = palette.inks
    flat = [*inks]
    dotted = [
        mixed(inks[Ink.PAPER], inks[Ink.BLUE], 0.75),
        mixed(inks[Ink.GREY], palette.black, 0.85),
        palette.black,
        mixed(inks[Ink.RED], palette.black, 0.7),
        inks[Ink.BROWN] if apart(inks[Ink.BROWN], inks[Ink.YELLOW]) > 20 else palette.black,
        mixed(inks[Ink.BROWN], palette.black, 0.75),
        inks[Ink.DEEP],
        inks[Ink.RED],
        mixed(inks[Ink.GREEN], palette.black, 0.7),
        inks[Ink.DEEP],
        inks[Ink.RED],
        inks[Ink.BLUE],
        inks[Ink.BROWN],
    ]
    for ink in skins:
        flat.append(ink)
        # A little black sets shadow off from lips.
        dotted.append(mixed(overprinted(ink, palette.dot), palette.black, 0.15))
    seen = plan.person * (plan.separation.black < 0)
    seen *= 1 - plan.separation.near
    areas = [float(seen[plate > 0].sum()) for plate in plan.separation.plates[: len(Ink)]]
    areas[Ink.PAPER] = areas[Ink.GREY] = 0.0
    slipped = int(np.argmax(areas))
    move = np.array([[1, 0, look.slip[0] * unit], [0, 1, look.slip[1] * unit]], np.float32)

    def moved(plate: FloatImage) -> FloatImage:
        size = (plate.shape[1], plate.shape[0])
        beside = cv2.warpAffine(plate, move, size, borderMode=cv2.BORDER_REPLICATE)
        return beside.astype(np.float32, copy=False)

    plates = plan.separation.plates
    beside = moved(np.minimum(plates[slipped], 2 * plan.person - 1))
    # Hair stays in register: paper beside a face would look like a halo.
    far = 1 - smoothstep(plan.separation.near, low=0.3, high=0.7)
    # So would paper between a cloth and its own shadow.
    darker = np.maximum(plan.separation.plates[Ink.DEEP], plan.separation.plates[Ink.BROWN]) > 0
    reach = gaussian(darker.astype(np.float32), sigma=max(1.0, 6 * unit))
    far *= 1 - smoothstep(reach, low=0.05, high=0.25)
    return _Inks(
        flat=tuple(flat),
        dotted=tuple(dotted),
        slipped=slipped,
        beside=_crisp(beside, plan.factor, middle=0.0),
        may_slip=far,
        person=_crisp(plan.person, plan.factor),
    )


def _lightness(tone: SkinTone, white: float) -> float:
    """L* that a skin is printed for: a dark photo is made up for a little, colourful skin is deep."""
    chroma = float(np.hypot(tone.red, tone.yellow))
    hue = float(np.rad2deg(np.arctan2(tone.yellow, max(tone.red, 1.0))))

    def between(value: float, low: float, high: float) -> float:
        return float(np.clip((value - low) / (high - low), 0, 1))

    # The grey of eyes as L*, near enough.
    missing = _GIVEN_BACK * lost_light((tone.lightness, tone.red, tone.yellow), 100 * white)
    # Dark skin is more golden than light skin, in bright light too.
    golden = between(hue, 48, 54) * between(chroma, 25.5, 29)
    return tone.lit + missing - 8 * golden


def _colour_rows(
    colours: ByteImage,
    plan: PosterPlan,
    look: PopLook,
    sheet: _Sheet,
    window: Window,
    inks: _Inks,
    *,
    top: int,
    bottom: int,
) -> None:
    """Print some rows in place: the backdrop, and over it what lies in the columns where somebody is."""
    shape = (bottom - top, colours.shape[1])
    planes: list[FloatImage] = [np.zeros(shape, np.float32) for _ in range(3)]
    if plan.contour is not None:
        behind = second_ink(sheet.pattern, window, width=shape[1], top=top, bottom=bottom)
        ends = ((np.float32(first), np.float32(second)) for first, second in zip(*sheet.behind, strict=True))
        planes = [behind * (second - first) + first for first, second in ends]
    few = slice(max(0, top // plan.factor - 1), bottom // plan.factor + 1)
    shown = extent((inks.person[few] > 0) | (inks.beside[few] > 0))
    if shown is not None:
        # One column more on each side: linear interpolation looks no farther.
        across = grown(shown, 1, inks.person[few].shape)[1]
        printed = slice(across.start * plan.factor, across.stop * plan.factor)
        _print_rows([plane[:, printed] for plane in planes], plan, look, sheet, window, inks, across, top)
    cv2.merge([to_bytes(plane) for plane in planes], colours[top:bottom])


def _print_rows(
    planes: list[FloatImage],
    plan: PosterPlan,
    look: PopLook,
    sheet: _Sheet,
    window: Window,
    inks: _Inks,
    across: slice,
    top: int,
) -> None:
    """Print people over rows of a backdrop, red, green and blue, from row `top`, in place; `across` are the
    columns of the plan that they show."""
    factor = plan.factor
    shape = planes[0].shape
    bottom = top + shape[0]
    part = plan.separation
    flat = [np.zeros(shape, np.float32) for _ in range(3)]
    dotted = [np.zeros(shape, np.float32) for _ in range(3)]
    total = np.full(shape, 1e-3, np.float32)
    few = slice(max(0, top // factor - 1), bottom // factor + 1)
    home = np.zeros(shape, np.float32)
    for index, plate in enumerate(part.plates):
        seen = plate[few, across]
        if float(seen.max()) < _NOTHING:
            continue
        # All plates drawn crisp would take more room than a processor has near it.
        above = few.start * factor
        crisp = _crisp(seen, factor, middle=0.0)
        cover = _printed_rows(crisp, factor=factor, top=top - above, bottom=bottom - above)
        if index == inks.slipped:
            home = cover
        total += cover
        for channel in range(3):
            cv2.scaleAdd(cover, inks.flat[index][channel], flat[channel], flat[channel])
            cv2.scaleAdd(cover, inks.dotted[index][channel], dotted[channel], dotted[channel])
    screen = _screen(sheet, look, window)
    screen = replace(screen, left=screen.left + across.start * factor, top=screen.top + top)
    tone = enlarged_rows(part.dots[:, across], factor=factor, top=top, bottom=bottom)
    tone[tone < SMALLEST_DOT] = 0
    dots = halftone(tone, screen)
    np.reciprocal(total, out=total)
    person = _printed_rows(inks.person[:, across], factor=factor, top=top, bottom=bottom)
    beside = _printed_rows(inks.beside[:, across], factor=factor, top=top, bottom=bottom)
    far = enlarged_rows(inks.may_slip[:, across], factor=factor, top=top, bottom=bottom)
    beside = beside * (1 - home) * far
    slips = bool(beside.any())
    for channel, back in enumerate(planes):
        plane = flat[channel]
        dotted[channel] -= plane
        dotted[channel] *= dots
        plane += dotted[channel]
        plane *= total
        if plan.contour is not None:
            plane -= back
            plane *= person
            plane += back
        own, dotty = (colours_[inks.slipped][channel] for colours_ in (inks.flat, inks.dotted))
        if slips:
            plane *= 1 - (np.float32(1 - own) + dots * np.float32(own - dotty)) * beside
        back[:] = plane


def _crisp(plate: FloatImage, factor: int, *, middle: float = 0.5) -> FloatImage:
    """Draw a plate's soft border together, to be about a pixel wide once it is enlarged and clipped."""
    gain = np.float32(2.2 * factor)
    crisp: FloatImage = plate * gain
    crisp += np.float32(0.5) - gain * np.float32(middle)
    return crisp


def _printed_rows(crisp: FloatImage, *, factor: int, top: int, bottom: int) -> FloatImage:
    """Where some rows of a plate are printed, at full size: 0…1."""
    cover = enlarged_rows(crisp, factor=factor, top=top, bottom=bottom)
    np.clip(cover, 0, 1, out=cover)
    return cover


def _iris_ink(hue: FloatImage, palette: Palette) -> Colour:
    """The ink of irises of some a*, b*."""
    red, yellow = (float(value) for value in hue)
    if red > 0:
        return mixed(palette.inks[Ink.BROWN], palette.black, 0.4)
    # Pale eyes glare.
    green = mixed(palette.inks[Ink.GREEN], palette.inks[Ink.PAPER], 0.25)
    blue = mixed(palette.inks[Ink.BLUE], palette.inks[Ink.GREY], 0.25)
    return mixed(green if yellow > _GREEN_EYES else blue, palette.black, 0.28)


def _print_features(
    colours: ByteImage,
    key: ByteImage,
    portrait: Portrait,
    plan: PosterPlan,
    look: PopLook,
    inks: _Inks,
    *,
    unit: float,
    apart: tuple[Closeup, ...],
) -> None:
    palette = look.palette
    paper = palette.inks[Ink.PAPER]
    skins = plan.separation.skins
    fair = mixed(palette.inks[Ink.BROWN], palette.black, 0.35)
    for index, face in enumerate(drawn_faces(portrait, plan.factor)):
        if face.width < SMALLEST_FACE or any(closeup.holds(face) for closeup in apart):
            continue
        skin = inks.flat[len(Ink) + index]
        iris = _iris_ink(iris_hue(portrait.picture, face), palette)
        white = mixed(paper, skin, 0.16)
        print_brows(colours, key, portrait.picture, face, fair=fair, black=palette.black)
        print_eyes(colours, key, face, iris=iris, white=white, light_from=look.light_from)
        redder = lip_redness(portrait.picture, face, skins[index].red)
        red = mixed(overprinted(skin, palette.dot), palette.inks[Ink.RED], 0.4)
        lips = mixed(skin, red, float(np.clip(0.3 + (redder - 4) / 22, 0.35, 1)))
        shift = (0.6 * look.slip[0] * unit, 0.6 * look.slip[1] * unit)
        print_jaw(key, portrait, face, weight=0.85 * look.line_weight)
        print_nose(key, face)
        print_lips(colours, key, portrait.picture, face, lips=lips, teeth=paper, shift=shift)
        if plan.spectacled:
            print_spectacles(key, portrait, face)
