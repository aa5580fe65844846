"""The `pop` style: a poster printed in few flat inks, halftone dots and a black key plate."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.closeup import Closeup, find_closeups, lay_back, look_closely
from toonbooth.drawing.eyes import enlarge_eyes
from toonbooth.drawing.inking import (
    Contour,
    LinePlan,
    find_contour,
    ink_rows,
    outline_rows,
    plan_lines,
    wanted_lines,
)
from toonbooth.drawing.inks import PALETTES, Colour, Ink, Palette, apart, mixed, overprinted, skin_ink
from toonbooth.drawing.poster_backdrop import Pattern, Print, Window, second_ink
from toonbooth.drawing.printed_features import eye_white, iris_shade, lip_redness, print_eyes, print_lips
from toonbooth.drawing.regions import Regions, clean_matte, find_regions
from toonbooth.drawing.separation import Separation, SkinTone, continued, separate
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.halftone import Screen, halftone
from toonbooth.imaging.lines import line_reach
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import Size, enlarged_rows, padded, shrunk
from toonbooth.imaging.smoothing import flatten, gaussian, gaussian_exactly
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""

_NOTHING = 0.004
"""Coverage below which a plate is left out."""


@dataclass(frozen=True, slots=True)
class PopLook:
    """What a seed decides about a poster.

    palette : inks.
    line_weight : 1 is normal; more is bolder.
    pitch : of the dots, in pixels at a face of normal width.
    angle : radians, of the dots' grid.
    dottedness : how much of the skin is dotted.
    slip : (x, y) pixels at a face of normal width, how far one ink lies beside its place.
    pattern : of the backdrop.
    turn : radians, of the pattern.
    rays : how many, if any.
    order : which inks the backdrop prefers, first choice first.
    light_from : -1 left … 1 right.
    """

    palette: Palette
    line_weight: float
    pitch: float
    angle: float
    dottedness: float
    slip: tuple[float, float]
    pattern: Pattern
    turn: float
    rays: int
    order: tuple[Ink, ...]
    light_from: float


_BACKDROP_INKS = (Ink.YELLOW, Ink.BLUE, Ink.RED, Ink.GREY)


def choose_look(rng: np.random.Generator) -> PopLook:
    """Draw the look of one poster."""
    patterns = tuple(Pattern)
    angle = float(rng.uniform(0, 2 * np.pi))
    slip = float(rng.uniform(2.4, 4.0))
    return PopLook(
        palette=PALETTES[rng.integers(len(PALETTES))],
        line_weight=float(rng.uniform(0.9, 1.4)),
        pitch=float(rng.uniform(7.5, 11.0)),
        angle=float(rng.choice([0.26, 0.52, 0.785])),
        dottedness=float(rng.uniform(0.85, 1.15)),
        slip=(slip * float(np.cos(angle)), slip * float(np.sin(angle))),
        pattern=patterns[rng.integers(len(patterns))],
        turn=float(rng.choice([-1.0, 1.0]) * rng.uniform(0.0, 0.6) + rng.choice([0.0, np.pi])),
        rays=int(rng.integers(9, 17)),
        order=tuple(Ink(int(i)) for i in rng.permutation([int(ink) for ink in _BACKDROP_INKS])),
        light_from=float(rng.choice([-1.0, 1.0])),
    )


def draw_pop(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a pop-art print."""
    look = choose_look(rng)
    portrait = enlarge_eyes(portrait, strength=0.08)
    height, width = portrait.picture.shape[:2]
    face = portrait.main_face
    unit = _unit(portrait)
    x, y = face.box.centre if face else (width / 2, height / 2)
    pattern = Print(
        look.pattern,
        Head(x, y, _FACE_WIDTH * unit),
        (width, height),
        look.turn,
        look.rays,
        max(6.0, 2.1 * look.pitch * unit),
    )
    # Dots want a size at which they are seen as dots.
    pitch = max(5.5, look.pitch * unit)
    sheet = _Sheet(pattern, pitch, _backdrop_inks(portrait, look))
    drawing = _draw(portrait, look, sheet, Window())
    for closeup in find_closeups(portrait, small=250, wanted=380, largest_zoom=2.4, budget=0.8):
        close = _draw(look_closely(portrait, closeup), look, sheet, _window(closeup))
        drawing = lay_back(drawing, close, closeup, frame=(width, height))
    return portrait.with_picture(drawing)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a whole picture and its closeups share: pattern, pitch of the dots in pixels, backdrop inks."""

    pattern: Print
    pitch: float
    behind: tuple[Colour, Colour]


def _window(closeup: Closeup) -> Window:
    return Window(float(closeup.left), float(closeup.top), closeup.zoom)


def _backdrop_inks(portrait: Portrait, look: PopLook) -> tuple[Colour, Colour]:
    """Two inks for the backdrop that stand apart from the person's own colours."""
    inks = look.palette.inks
    size = (48, 48)
    small = shrunk(portrait.picture, size).reshape(-1, 3).astype(np.float32) / np.float32(255)
    weight = shrunk(portrait.matte, size).reshape(-1)
    sure = small[weight > 0.8]
    colours = [
        tuple(float(v) for v in np.median(part, axis=0)) for part in np.array_split(sure, 4) if len(part)
    ]

    def stands_out(ink: Ink) -> float:
        return min((apart(inks[ink], (c[0], c[1], c[2])) for c in colours), default=100.0)

    order = sorted(look.order, key=lambda ink: (stands_out(ink) < 22.0, look.order.index(ink)))
    first = inks[order[0]]
    second = inks[order[1]]
    if look.pattern in (Pattern.DOTS, Pattern.RAYS):
        second = mixed(first, inks[Ink.PAPER], 0.55) if look.rays % 2 else second
    return first, second


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that is decided on the small picture; `factor` times smaller than the drawing."""

    factor: int
    separation: Separation
    person: FloatImage
    features: FloatImage
    border: FloatImage
    lines: LinePlan
    contour: Contour | None
    outline: FloatImage


def _draw(portrait: Portrait, look: PopLook, sheet: _Sheet, window: Window) -> ByteImage:
    unit = _unit(portrait)
    factor = max(2, round(2 * unit))
    height, width = portrait.picture.shape[:2]
    picture = padded(portrait.picture, multiple=factor)
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    plan = _plan(portrait, picture, look, unit=unit / factor, factor=factor, size=size)
    colours = np.empty_like(picture)
    key = np.empty(picture.shape[:2], np.uint8)
    halo = -(-line_reach(plan.lines.sigma) // factor) * factor
    band = max(-(-96 // factor) * factor, 4 * halo)
    inks = _inks(plan, portrait, look, unit=unit / factor)
    for top in range(0, picture.shape[0], band):
        bottom = min(top + band, picture.shape[0])
        key[top:bottom] = _key_rows(picture, plan, top=top, bottom=bottom, halo=halo)
        _colour_rows(colours, plan, look, sheet, window, inks, top=top, bottom=bottom)
    _clean(key, area=max(6.0, 130 * unit * unit))
    _print_features(colours, key, portrait, plan, look, inks, unit=unit)
    _overprint(colours, key, look.palette.black)
    return np.ascontiguousarray(colours[:height, :width])


def _plan(
    portrait: Portrait, picture: ByteImage, look: PopLook, *, unit: float, factor: int, size: Size
) -> _Plan:
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 3.5 * unit))
    along = FlowSmoother(flow, reach=max(1.0, 7.0 * unit), taps=2)
    smooth = along.smooth(flatten(small, passes=2, tone=24.0, reach=5, median=3))
    smooth *= np.float32(1 / 255)
    smooth_grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    lab = rgb_to_lab(smooth)
    faces, scale = portrait.faces, 1 / factor
    if faces:
        matte = shrunk(padded(portrait.matte, multiple=factor), size)
        person = clean_matte(matte, faces, scale=scale, unit=unit)
        contour = find_contour(person, smooth_grey, unit=unit)
    else:
        person, contour = np.ones(size[::-1], np.float32), None
    regions = find_regions(lab, grey, person, faces, scale=scale)
    if faces:
        lab = continued(lab, person, unit=unit)
    fine = along.smooth(np.ascontiguousarray(lab[..., 0]))
    separation = separate(lab, fine, regions, faces, scale=scale, unit=unit, dottedness=look.dottedness)
    wanted = wanted_lines(regions, faces, contour, scale=scale, unit=unit, behind=0.0 if faces else 1.0)
    wanted *= 1 - np.float32(0.25) * regions.features
    threshold = 0.0085 / look.line_weight
    lines = plan_lines(grey, smooth_grey, wanted, along, threshold=threshold, unit=unit, factor=factor)
    outline = np.zeros((0, 0), np.float32)
    if contour is not None:
        outline = np.full(size[::-1], 0.5 * 6.0 * look.line_weight * max(unit, 0.25), np.float32)
        outline *= np.float32(0.35) + np.float32(0.65) * contour.sure
    border = _feature_border(grey, regions, unit=unit)
    return _Plan(
        factor,
        separation,
        person,
        regions.features,
        border=border,
        lines=lines,
        contour=contour,
        outline=outline,
    )


def _feature_border(grey: FloatImage, regions: Regions, *, unit: float) -> FloatImage:
    """The grey below which eyes, brows and the mouth's line are black, head by head."""
    border = np.full(grey.shape, 0.25, np.float32)
    for head in range(len(regions.heads)):
        these = regions.of_head(head)
        skin, detail = grey[these.skin > 0.8], grey[these.features > 0.7]
        if len(skin) < 30 or len(detail) < 20:
            continue
        middle, dark = float(np.median(skin)), float(np.percentile(detail, 3))
        x, y, across = regions.heads[head]
        rows = slice(int(max(0, y - across)), int(max(0, y + across)))
        columns = slice(int(max(0, x - across)), int(max(0, x + across)))
        border[rows, columns] = dark + 0.42 * max(0.0, middle - dark)
    # Towards the rim of a feature only what is darker still belongs to it.
    inside = gaussian(smoothstep(regions.features, low=0.1, high=0.42), sigma=max(0.7, 3.5 * unit))
    border -= np.float32(0.45) * np.maximum(np.float32(0.85) - inside, 0)
    return border


@dataclass(frozen=True, slots=True)
class _Inks:
    """Colours of the flat plates and what dots make of them; which plate slipped, where it lies and where it
    may; where the backdrop's plate leaves room for the person."""

    flat: tuple[Colour, ...]
    dotted: tuple[Colour, ...]
    slipped: int
    beside: FloatImage
    may_slip: FloatImage
    gap: FloatImage


def _inks(plan: _Plan, portrait: Portrait, look: PopLook, *, unit: float) -> _Inks:
    palette = look.palette
    inks = palette.inks
    flat = [*inks]
    dotted = [
        mixed(inks[Ink.PAPER], inks[Ink.BLUE], 0.75),
        mixed(inks[Ink.GREY], inks[Ink.DEEP], 0.8),
        palette.black,
        mixed(inks[Ink.RED], palette.black, 0.7),
        inks[Ink.BROWN] if apart(inks[Ink.BROWN], inks[Ink.YELLOW]) > 20 else palette.black,
        mixed(inks[Ink.BROWN], palette.black, 0.75),
        inks[Ink.DEEP],
    ]
    faces = _drawn_faces(portrait, plan.factor)
    for tone, face in zip(plan.separation.skins, faces, strict=True):
        white = eye_white(portrait.picture, (face.left_eye, face.right_eye))
        ink = skin_ink(_lightness(tone, white), palette)
        flat.append(ink)
        dotted.append(overprinted(ink, palette.dot))
    seen = plan.person * (plan.separation.black < 0)
    seen *= 1 - plan.separation.near
    areas = [float((plate * seen).sum()) for plate in plan.separation.plates[: len(Ink)]]
    areas[Ink.PAPER] = areas[Ink.GREY] = 0.0
    slipped = int(np.argmax(areas))
    move = np.array([[1, 0, look.slip[0] * unit], [0, 1, look.slip[1] * unit]], np.float32)

    def moved(plate: FloatImage) -> FloatImage:
        size = (plate.shape[1], plate.shape[0])
        beside = cv2.warpAffine(plate, move, size, borderMode=cv2.BORDER_REPLICATE)
        return beside.astype(np.float32, copy=False)

    beside = moved(plan.separation.plates[slipped] * plan.person)
    # Hair stays in register: paper beside a face would look like a halo.
    far = 1 - smoothstep(plan.separation.near, low=0.3, high=0.7)
    return _Inks(tuple(flat), tuple(dotted), slipped, beside, far, moved(plan.person))


def _lightness(tone: SkinTone, white: float) -> float:
    """L* that a skin is printed for: a dark photo is made up for a little, colourful skin is deep."""
    missing = float(np.clip((0.5 - white) * 30, 0, 6))
    chroma = float(np.hypot(tone.red, tone.yellow))
    return tone.lightness + missing - float(np.clip(0.45 * (chroma - 25.0), 0, 2.5))


def _drawn_faces(portrait: Portrait, factor: int) -> list[Face]:
    """The faces that `find_regions` looks at."""
    return [face for face in portrait.faces if face.width / factor >= 6]


def _clean(key: ByteImage, *, area: float) -> None:
    """Take specks of black and pinholes in black off the key plate, in place."""
    for black in (True, False):
        mask = (key > 100).astype(np.uint8) if black else (key <= 100).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8 if black else 4)
        speck = np.zeros(count, np.uint8)
        speck[1:] = stats[1:, cv2.CC_STAT_AREA] < area
        here = speck[labels]
        if black:
            # Their soft rim goes with them, but not that of what stays beside them.
            here = cv2.dilate(here, np.ones((3, 3), np.uint8)) & (1 - mask * (1 - here))
            key[here > 0] = 0
        else:
            key[here > 0] = 255


def _key_rows(picture: ByteImage, plan: _Plan, *, top: int, bottom: int, halo: int) -> ByteImage:
    factor = plan.factor
    above, below = max(0, top - halo), min(picture.shape[0], bottom + halo)
    rows = slice(top - above, bottom - above)
    grey = luma(picture[above:below])
    lines = ink_rows(plan.lines, grey, factor=factor, top=top, skip=top - above, bottom=bottom)
    # Ink is there or not.
    lines -= np.float32(0.3)
    lines *= np.float32(2.2)
    np.clip(lines, 0, 1, out=lines)
    mass = enlarged_rows(plan.separation.black, factor=factor, top=top, bottom=bottom)
    mass *= np.float32(factor)
    mass += np.float32(0.5)
    np.clip(mass, 0, 1, out=mass)
    mass *= enlarged_rows(plan.person, factor=factor, top=top, bottom=bottom)
    np.maximum(lines, mass, out=lines)
    if plan.features[above // factor : below // factor].any():
        border = enlarged_rows(plan.border, factor=factor, top=top, bottom=bottom)
        dark = border - gaussian_exactly(grey, sigma=max(0.7, 0.95 * plan.lines.sigma))[rows]
        dark *= np.float32(18)
        dark += np.float32(0.5)
        np.clip(dark, 0, 1, out=dark)
        np.maximum(lines, dark, out=lines)
    if plan.contour is not None:
        outline = outline_rows(plan.contour, plan.outline, factor=factor, top=top, bottom=bottom)
        np.maximum(lines, outline, out=lines)
    return to_bytes(lines)


def _colour_rows(
    colours: ByteImage,
    plan: _Plan,
    look: PopLook,
    sheet: _Sheet,
    window: Window,
    inks: _Inks,
    *,
    top: int,
    bottom: int,
) -> None:
    factor = plan.factor
    width = colours.shape[1]
    shape = (bottom - top, width)
    part = plan.separation
    flat = [np.zeros(shape, np.float32) for _ in range(3)]
    dotted = [np.zeros(shape, np.float32) for _ in range(3)]
    total = np.full(shape, 1e-3, np.float32)
    few = slice(max(0, top // factor - 1), bottom // factor + 1)
    for index, plate in enumerate(part.plates):
        if float(plate[few].max()) < _NOTHING:
            continue
        cover = _crisp_rows(plate, factor=factor, top=top, bottom=bottom)
        cover += np.float32(1e-3)
        total += cover
        for channel in range(3):
            flat[channel] += cover * np.float32(inks.flat[index][channel])
            dotted[channel] += cover * np.float32(inks.dotted[index][channel])
    screen = Screen(
        sheet.pitch * window.zoom, look.angle, window.left * window.zoom, window.top * window.zoom + top
    )
    dots = halftone(enlarged_rows(part.dots, factor=factor, top=top, bottom=bottom), screen)
    np.reciprocal(total, out=total)
    person = _crisp_rows(plan.person, factor=factor, top=top, bottom=bottom)
    behind = second_ink(sheet.pattern, window, width=width, top=top, bottom=bottom) if plan.contour else None
    home, beside, gap = (
        _crisp_rows(each, factor=factor, top=top, bottom=bottom)
        for each in (part.plates[inks.slipped], inks.beside, inks.gap)
    )
    far = enlarged_rows(inks.may_slip, factor=factor, top=top, bottom=bottom)
    home, beside = home * (1 - beside) * far, beside * (1 - home) * far
    planes = []
    for channel in range(3):
        plane = flat[channel]
        dotted[channel] -= plane
        dotted[channel] *= dots
        plane += dotted[channel]
        plane *= total
        paper = np.float32(inks.flat[Ink.PAPER][channel])
        plane += home * (paper - plane)
        if behind is not None:
            first, second = (np.float32(ink[channel]) for ink in sheet.behind)
            back = behind * (second - first)
            back += first
            back += gap * (paper - back)
            plane -= back
            plane *= person
            plane += back
        own, dotty = (colours_[inks.slipped][channel] for colours_ in (inks.flat, inks.dotted))
        taken = (np.float32(1 - own) + dots * np.float32(own - dotty)) * beside
        plane *= 1 - taken
        planes.append(to_bytes(plane))
    cv2.merge(planes, colours[top:bottom])


def _crisp_rows(plate: FloatImage, *, factor: int, top: int, bottom: int) -> FloatImage:
    """Rows of a plate at full size, its soft border drawn together to about a pixel."""
    cover = enlarged_rows(plate, factor=factor, top=top, bottom=bottom)
    cover -= np.float32(0.5)
    cover *= np.float32(2.2 * factor)
    cover += np.float32(0.5)
    np.clip(cover, 0, 1, out=cover)
    return cover


def _print_features(
    colours: ByteImage,
    key: ByteImage,
    portrait: Portrait,
    plan: _Plan,
    look: PopLook,
    inks: _Inks,
    *,
    unit: float,
) -> None:
    palette = look.palette
    paper = palette.inks[Ink.PAPER]
    skins = plan.separation.skins
    for index, face in enumerate(_drawn_faces(portrait, plan.factor)):
        if face.width < 50:
            continue
        skin = inks.flat[len(Ink) + index]
        light, blue = iris_shade(portrait.picture, (face.left_eye, face.right_eye))
        iris = palette.inks[Ink.BLUE] if blue > -0.02 and light > 0.28 else palette.inks[Ink.BROWN]
        white = mixed(paper, skin, 0.08)
        print_eyes(colours, key, face, iris=iris, white=white, light_from=look.light_from)
        redder = lip_redness(portrait.picture, face, skins[index].red)
        red = overprinted(skin, mixed(palette.dot, palette.inks[Ink.RED], 0.5))
        lips = mixed(overprinted(skin, palette.dot), red, float(np.clip(redder / 12, 0.15, 1)))
        shift = (0.6 * look.slip[0] * unit, 0.6 * look.slip[1] * unit)
        print_lips(colours, key, portrait.picture, face, lips=lips, teeth=paper, shift=shift)


def _overprint(colours: ByteImage, key: ByteImage, black: Colour) -> None:
    """Print the key plate over all others, in place."""
    for top in range(0, key.shape[0], 128):
        rows = slice(top, top + 128)
        cover = key[rows].astype(np.float32) * np.float32(1 / 255)
        planes = []
        for channel, plane in enumerate(cv2.split(colours[rows])):
            under = plane.astype(np.float32)
            under += cover * (np.float32(255 * black[channel]) - under)
            planes.append(np.rint(under).astype(np.uint8))
        cv2.merge(planes, colours[rows])


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)
