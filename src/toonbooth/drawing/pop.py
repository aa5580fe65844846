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
from toonbooth.drawing.printed_features import (
    eye_white,
    iris_shade,
    lip_redness,
    print_eyes,
    print_lips,
    print_nose,
)
from toonbooth.drawing.regions import Regions, clean_matte, find_regions
from toonbooth.drawing.separation import Separation, separate
from toonbooth.drawing.skin_area import SkinTone, continued
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

_SMALLEST_DOT = 0.035
"""Tone below which nothing is dotted."""

_NOTHING = 0.004
"""Weight below which a plate is left out."""


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
    study = _study(portrait, look)
    sheet = _Sheet(pattern, pitch, _backdrop_inks(study, look))
    drawing = _draw(study, look, sheet, Window())
    for closeup in find_closeups(portrait, small=250, wanted=380, largest_zoom=2.4, budget=0.8):
        close = _draw(_study(look_closely(portrait, closeup), look), look, sheet, _window(closeup))
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


def _backdrop_inks(plan: _Plan, look: PopLook) -> tuple[Colour, Colour]:
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that is decided on the small picture; `factor` times smaller than the drawing.

    portrait, picture : what is drawn; the picture padded so that `factor` divides its sides.
    unit : pixels of the picture, a four-hundredth of a face's width.
    """

    portrait: Portrait
    picture: ByteImage
    unit: float
    factor: int
    separation: Separation
    person: FloatImage
    features: FloatImage
    border: FloatImage
    lines: LinePlan
    contour: Contour | None
    outline: FloatImage


def _draw(plan: _Plan, look: PopLook, sheet: _Sheet, window: Window) -> ByteImage:
    portrait, picture, unit, factor = plan.portrait, plan.picture, plan.unit, plan.factor
    height, width = portrait.picture.shape[:2]
    colours = np.empty_like(picture)
    key = np.empty(picture.shape[:2], np.uint8)
    halo = -(-line_reach(plan.lines.sigma) // factor) * factor
    band = max(-(-96 // factor) * factor, 4 * halo)
    inks = _inks(plan, portrait, look, unit=unit / factor)
    for top in range(0, picture.shape[0], band):
        bottom = min(top + band, picture.shape[0])
        key[top:bottom] = _key_rows(picture, plan, top=top, bottom=bottom, halo=halo)
        _colour_rows(colours, plan, look, sheet, window, inks, top=top, bottom=bottom)
    _smooth(key, sigma=float(np.clip(1.2 * unit, 0.7, 3.0)))
    _clean(key, portrait.faces, area=max(5.0, 70 * unit * unit))
    _print_features(colours, key, portrait, plan, look, inks, unit=unit)
    _overprint(colours, key, look.palette.black)
    return np.ascontiguousarray(colours[:height, :width])


def _study(portrait: Portrait, look: PopLook) -> _Plan:
    full_unit = _unit(portrait)
    factor = max(2, round(2 * full_unit))
    unit = full_unit / factor
    picture = padded(portrait.picture, multiple=factor)
    size: Size = (picture.shape[1] // factor, picture.shape[0] // factor)
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
        person = _calm_body(clean_matte(matte, faces, scale=scale, unit=unit), faces, scale=scale, unit=unit)
        contour = find_contour(person, smooth_grey, unit=unit)
    else:
        person, contour = np.ones(size[::-1], np.float32), None
    regions = find_regions(lab, grey, person, faces, scale=scale)
    if faces:
        lab = continued(lab, person, unit=unit)
    separation = separate(lab, regions, faces, scale=scale, unit=unit, dottedness=look.dottedness)
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
        portrait,
        picture,
        full_unit,
        factor,
        separation,
        person,
        regions.features,
        border=border,
        lines=lines,
        contour=contour,
        outline=outline,
    )


def _calm_body(person: FloatImage, faces: tuple[Face, ...], *, scale: float, unit: float) -> FloatImage:
    """A matte whose border is calmer away from heads: sleeves are long curves."""
    calm = smoothstep(gaussian(person, sigma=max(1.0, 9 * unit)), low=0.35, high=0.65)
    height, width = person.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    near = np.zeros_like(person)
    for face in faces:
        x, y = (float(v) * scale for v in face.landmarks.mean(axis=0))
        across = face.width * scale
        far = np.square((columns - x) / np.float32(1.2 * across)) + np.square(
            (rows - y) / np.float32(1.2 * across)
        )
        np.maximum(near, smoothstep(far.astype(np.float32, copy=False), low=1.3, high=0.8), out=near)
    return cv2.blendLinear(person, calm, near, 1 - near).astype(np.float32, copy=False)


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
        # Nostrils are holes, not all of the nose's shadow; brows may be faint and are black all the same.
        others = these.features * (1 - these.eyes) * (1 - these.lips)
        rest = others[rows, columns]
        below = np.arange(rest.shape[0])[:, None] + rows.start > y
        border[rows, columns][(rest > 0.1) & below] = dark + 0.33 * max(0.0, middle - dark)
        brow = (rest > 0.3) & ~below
        if np.count_nonzero(brow) > 8:
            own = float(np.percentile(grey[rows, columns][brow], 12))
            if middle - own > 0.05:
                border[rows, columns][brow] = own + 0.4 * (middle - own)
    # Towards the rim of a feature only what is darker still belongs to it.
    inside = gaussian(smoothstep(regions.features, low=0.1, high=0.42), sigma=max(0.7, 5.5 * unit))
    border -= np.float32(0.4) * np.maximum(np.float32(0.95) - inside, 0)
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
    areas = [float(seen[plate > 0].sum()) for plate in plan.separation.plates[: len(Ink)]]
    areas[Ink.PAPER] = areas[Ink.GREY] = 0.0
    slipped = int(np.argmax(areas))
    move = np.array([[1, 0, look.slip[0] * unit], [0, 1, look.slip[1] * unit]], np.float32)

    def moved(plate: FloatImage) -> FloatImage:
        size = (plate.shape[1], plate.shape[0])
        beside = cv2.warpAffine(plate, move, size, borderMode=cv2.BORDER_REPLICATE)
        return beside.astype(np.float32, copy=False)

    beside = moved(np.minimum(plan.separation.plates[slipped], 2 * plan.person - 1))
    # Hair stays in register: paper beside a face would look like a halo.
    far = 1 - smoothstep(plan.separation.near, low=0.3, high=0.7)
    # So would paper between a cloth and its own shadow.
    darker = np.maximum(plan.separation.plates[Ink.DEEP], plan.separation.plates[Ink.BROWN]) > 0
    reach = gaussian(darker.astype(np.float32), sigma=max(1.0, 6 * unit))
    far *= 1 - smoothstep(reach, low=0.05, high=0.25)
    return _Inks(tuple(flat), tuple(dotted), slipped, beside, far, moved(plan.person))


def _lightness(tone: SkinTone, white: float) -> float:
    """L* that a skin is printed for: a dark photo is made up for a little, colourful skin is deep."""
    chroma = float(np.hypot(tone.red, tone.yellow))
    hue = float(np.rad2deg(np.arctan2(tone.yellow, max(tone.red, 1.0))))

    def between(value: float, low: float, high: float) -> float:
        return float(np.clip((value - low) / (high - low), 0, 1))

    missing = 6 * between(white, 0.5, 0.3)
    # Light skin in poor light stays rosy; dark skin is more golden, in bright light too.
    rosy = between(hue, 50, 43) * between(tone.lightness, 38, 48) * between(tone.lightness, 66, 56)
    golden = between(hue, 48, 54) * between(chroma, 25.5, 29)
    return tone.lightness + missing + 8 * rosy - 8 * golden


def _drawn_faces(portrait: Portrait, factor: int) -> list[Face]:
    """The faces that `find_regions` looks at."""
    return [face for face in portrait.faces if face.width / factor >= 6]


def _smooth(key: ByteImage, *, sigma: float) -> None:
    """Draw the key plate's borders as a round pen would, in place."""
    soft = cv2.GaussianBlur(key, (0, 0), sigma)
    half = 70 / max(1.0, sigma)
    ramp = (np.arange(256, dtype=np.float32) - np.float32(112 - half)) * np.float32(255 / (2 * half))
    key[:] = cv2.LUT(soft, np.clip(ramp, 0, 255).astype(np.uint8))


def _clean(key: ByteImage, faces: tuple[Face, ...], *, area: float) -> None:
    """Take specks of black and pinholes in black off the key plate, in place; faces keep smaller ones."""

    def smallest(outline: cv2.typing.MatLike) -> float:
        x, y = (float(v) for v in outline[0, 0])
        inside = any(
            abs(x - face.box.centre[0]) < 0.6 * face.box.width
            and abs(y - face.box.centre[1]) < 0.6 * face.box.height
            for face in faces
        )
        return area if inside else 7 * area

    mask = (key > 100).astype(np.uint8)
    outlines, nesting = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return
    # Pinholes first: a speck may have one, and goes with it.
    for black in (False, True):
        small = [
            outline
            for outline, (_, _, _, parent) in zip(outlines, nesting[0], strict=True)
            if (parent < 0) == black and cv2.contourArea(outline) < (smallest(outline) if black else area)
        ]
        # Their soft rim goes with them.
        cv2.drawContours(key, small, -1, (0 if black else 255,), cv2.FILLED)
        cv2.drawContours(key, small, -1, (0 if black else 255,), 3 if black else 1)


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
        cover = _crisp_rows(plate, factor=factor, top=top, bottom=bottom, middle=0.0)
        total += cover
        for channel in range(3):
            cv2.scaleAdd(cover, inks.flat[index][channel], flat[channel], flat[channel])
            cv2.scaleAdd(cover, inks.dotted[index][channel], dotted[channel], dotted[channel])
    screen = Screen(
        sheet.pitch * window.zoom, look.angle, window.left * window.zoom, window.top * window.zoom + top
    )
    tone = enlarged_rows(part.dots, factor=factor, top=top, bottom=bottom)
    # A dot that is hardly there is a speck.
    tone[tone < _SMALLEST_DOT] = 0
    dots = halftone(tone, screen)
    np.reciprocal(total, out=total)
    person = _crisp_rows(plan.person, factor=factor, top=top, bottom=bottom)
    behind = second_ink(sheet.pattern, window, width=width, top=top, bottom=bottom) if plan.contour else None
    home = _crisp_rows(part.plates[inks.slipped], factor=factor, top=top, bottom=bottom, middle=0.0)
    beside = _crisp_rows(inks.beside, factor=factor, top=top, bottom=bottom, middle=0.0)
    gap = _crisp_rows(inks.gap, factor=factor, top=top, bottom=bottom)
    far = enlarged_rows(inks.may_slip, factor=factor, top=top, bottom=bottom)
    home, beside = home * (1 - beside) * far, beside * (1 - home) * far
    slips = bool(home.any() or beside.any())
    planes = []
    for channel in range(3):
        plane = flat[channel]
        dotted[channel] -= plane
        dotted[channel] *= dots
        plane += dotted[channel]
        plane *= total
        paper = np.float32(inks.flat[Ink.PAPER][channel])
        if slips:
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
        if slips:
            plane *= 1 - (np.float32(1 - own) + dots * np.float32(own - dotty)) * beside
        planes.append(to_bytes(plane))
    cv2.merge(planes, colours[top:bottom])


def _crisp_rows(plate: FloatImage, *, factor: int, top: int, bottom: int, middle: float = 0.5) -> FloatImage:
    """Rows of a plate at full size, its soft border drawn together to about a pixel."""
    cover = enlarged_rows(plate, factor=factor, top=top, bottom=bottom)
    cover -= np.float32(middle)
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
        lips = mixed(overprinted(skin, palette.dot), red, float(np.clip((redder - 3) / 15, 0.1, 0.95)))
        shift = (0.6 * look.slip[0] * unit, 0.6 * look.slip[1] * unit)
        print_nose(key, face)
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
