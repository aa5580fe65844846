"""The `comic` style: cel tones under ink lines of varying weight."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.cel import CelTones, cel_tones, without_rim
from toonbooth.drawing.cel_backdrop import Scene, SceneLook, draw_scene
from toonbooth.drawing.closeup import find_closeups, lay_back, look_closely
from toonbooth.drawing.eyes import draw_eyes, enlarge_eyes
from toonbooth.drawing.inking import (
    Contour,
    LinePlan,
    find_contour,
    ink_rows,
    outline_rows,
    outline_width,
    plan_lines,
    wanted_lines,
)
from toonbooth.drawing.jawline import draw_jaws
from toonbooth.drawing.regions import clean_matte, find_regions
from toonbooth.drawing.rim import even_rim, settle_rim, with_slender
from toonbooth.drawing.scraps import with_earrings
from toonbooth.drawing.sheet import Light, Sheet, falling_light
from toonbooth.drawing.surfaces import settle_surfaces
from toonbooth.imaging.colour import lab_to_rgb, luma, planes_of, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.lines import line_reach
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import Size, enlarged, enlarged_rows, enlarged_smoothly, padded, shrunk
from toonbooth.imaging.smoothing import GuidedPlane, flatten, guided_planes
from toonbooth.imaging.tones import ordered_dither
from toonbooth.portrait.model import Face, Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""


_TRACED_TEXTURE = 0.1
"""Share of a surface's texture that lines are traced from: enough for fine strokes, too little for specks."""

_CALM = 1.5
"""How few lines there are in dense texture, against 1 where hatching is wanted."""

_INNER_INK = 0.8
"""Strength of the lines within the person; the outline's is 1."""


@dataclass(frozen=True, slots=True)
class ComicLook:
    """What a seed decides about a comic.

    line_weight : 1 is normal; more is bolder.
    ink : colour of the ink as L*a*b*.
    tones : how colours are gathered.
    scene : how the background is drawn.
    light : how light falls.
    """

    line_weight: float
    ink: tuple[float, float, float]
    tones: CelTones
    scene: SceneLook
    light: Light


_INKS = ((9.0, 6.0, -8.0), (10.0, 9.0, 5.0), (9.0, -2.0, -10.0), (8.0, 2.0, 1.0))
_TINTS = ((2.0, 30.0), (-8.0, -20.0), (-19.0, 9.0), (20.0, 10.0), (12.0, -22.0), (-20.0, -7.0))


def choose_look(rng: np.random.Generator) -> ComicLook:
    """Draw the look of one comic."""
    scenes = tuple(Scene)
    return ComicLook(
        line_weight=float(rng.uniform(0.8, 1.3)),
        ink=_INKS[rng.integers(len(_INKS))],
        tones=CelTones(
            step=float(rng.uniform(9.0, 14.0)),
            skin_step=float(rng.uniform(8.5, 11.0)),
            saturation=float(rng.uniform(1.05, 1.3)),
            warmth=float(rng.uniform(-4.0, 5.0)),
            blush=float(rng.uniform(1.5, 4.0)),
        ),
        scene=SceneLook(
            scene=scenes[rng.integers(len(scenes))],
            tint=_TINTS[rng.integers(len(_TINTS))],
            slant=float(rng.choice([-1.0, -0.5, 0.5, 1.0])),
        ),
        light=Light(side=float(rng.choice([-1.0, 1.0])), strength=float(rng.uniform(2.0, 6.0))),
    )


def draw_comic(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a comic."""
    look = choose_look(rng)
    portrait = enlarge_eyes(portrait, strength=0.13)
    height, width = portrait.picture.shape[:2]
    unit = _unit(portrait)
    sheet = _sheet(portrait, look, face_width=_FACE_WIDTH * unit)
    drawing = _draw(portrait, sheet, look)
    for closeup in find_closeups(portrait, small=180, wanted=300, largest_zoom=2.2, budget=1.0):
        close = _draw(look_closely(portrait, closeup), sheet.closely(closeup), look)
        drawing = lay_back(drawing, close, closeup, frame=(width, height))
    return portrait.with_picture(drawing)


def _draw(portrait: Portrait, sheet: Sheet, look: ComicLook) -> ByteImage:
    unit = _unit(portrait)
    factor = max(2, round(2 * unit))
    height, width = portrait.picture.shape[:2]
    picture = padded(portrait.picture, multiple=factor)
    small_size = (picture.shape[1] // factor, picture.shape[0] // factor)
    plan = _plan(portrait, picture, sheet, look, unit=unit / factor, factor=factor, size=small_size)
    drawing = np.empty_like(picture)
    # In bands, so that what is worked out for a pixel stays near the processor until it is done.
    halo = -(-line_reach(plan.lines.sigma) // factor) * factor
    band = max(-(-96 // factor) * factor, 4 * halo)
    for top in range(0, picture.shape[0], band):
        _draw_rows(drawing, picture, plan, top=top, bottom=min(top + band, picture.shape[0]), halo=halo)
    drawing = np.ascontiguousarray(drawing[:height, :width])
    draw_jaws(drawing, portrait, weight=look.line_weight)
    draw_eyes(drawing, portrait, light_from=look.light.side)
    return drawing


@dataclass(frozen=True, slots=True)
class _Veil:
    """Hides the photo's background from what follows the photo's edges: person, and the grey laid behind."""

    person: FloatImage
    behind: FloatImage

    def over(self, grey: FloatImage, *, factor: int, top: int) -> FloatImage:
        """Some rows of the photo's grey, the first of them row `top`, before the drawn background."""
        bottom = top + grey.shape[0]
        person = enlarged_rows(self.person, factor=factor, top=top, bottom=bottom)
        # Crisper than the small matte is: the silhouette is a cut.
        person *= np.float32(2.2)
        person -= np.float32(0.6)
        np.clip(person, 0, 1, out=person)
        behind = enlarged_rows(self.behind, factor=factor, top=top, bottom=bottom)
        grey = grey - behind
        grey *= person
        grey += behind
        return grey


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that is decided on the small picture; `factor` times smaller than the drawing."""

    factor: int
    colours: list[GuidedPlane]
    clean: GuidedPlane
    features: FloatImage
    veil: _Veil | None
    lines: LinePlan
    contour: Contour | None
    outline: FloatImage
    ink: FloatImage


def _plan(
    portrait: Portrait,
    picture: ByteImage,
    sheet: Sheet,
    look: ComicLook,
    *,
    unit: float,
    factor: int,
    size: Size,
) -> _Plan:
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 3.5 * unit))
    along = FlowSmoother(flow, reach=max(1.0, 7.0 * unit), taps=2)
    smooth = along.smooth(flatten(small, passes=2, tone=22.0, reach=5, median=3))
    smooth *= np.float32(1 / 255)
    smooth_grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    lab = rgb_to_lab(smooth)
    faces, scale = portrait.faces, 1 / factor
    if faces:
        matte = shrunk(padded(portrait.matte, multiple=factor), size)
        person = clean_matte(settle_rim(matte, lab, unit=unit), faces, scale=scale, unit=unit)
        person = even_rim(person, unit=unit)
        jewelled = with_earrings(
            person, _crisp_below_ears(lab, small, faces, scale=scale), faces, scale=scale
        )
        person = with_slender(person, jewelled, length=40 * unit)
        contour = find_contour(person, smooth_grey, unit=unit)
    else:
        person, contour = np.ones(size[::-1], np.float32), None
    regions = find_regions(lab, grey, person, faces, scale=scale)
    regions = settle_surfaces(regions, lab, grey, faces, scale=scale)
    plate = cel_tones(lab, regions, look.tones, unit=unit)
    if faces:
        plate = without_rim(plate, person, unit=unit)
        behind = enlarged_smoothly(sheet.behind, size)
        plate = cv2.blendLinear(plate, behind, person, 1 - person).astype(np.float32, copy=False)
    plate[..., 0] += enlarged(sheet.light, size)
    planes = planes_of(lab_to_rgb(plate))
    veil, guide = None, grey
    if faces:
        veil = _Veil(person, behind[..., 0] * np.float32(0.01))
        guide = veil.over(grey, factor=1, top=0)
        smooth_grey = veil.over(smooth_grey, factor=1, top=0)
    *colours, clean = guided_planes([*planes, smooth_grey], guide, radius=2, contrast=0.03)
    behind_lines = 0.0 if faces else 1.0
    wanted = wanted_lines(regions, faces, contour, scale=scale, unit=unit, behind=behind_lines)
    threshold = 0.0075 / look.line_weight
    lines = plan_lines(
        guide, smooth_grey, wanted, along, threshold=threshold, unit=unit, factor=factor, calm=_CALM
    )
    outline = np.zeros((0, 0), np.float32)
    if contour is not None:
        outline = outline_width(contour, weight=4.8 * look.line_weight, light_from=look.light.side, unit=unit)
    ink = lab_to_rgb(np.array([[look.ink]], np.float32))[0, 0]
    return _Plan(factor, colours, clean, regions.features, veil, lines, contour, outline, ink)


def _draw_rows(
    drawing: ByteImage, picture: ByteImage, plan: _Plan, *, top: int, bottom: int, halo: int
) -> None:
    factor = plan.factor
    above, below = max(0, top - halo), min(picture.shape[0], bottom + halo)
    rows = slice(top - above, bottom - above)
    grey = luma(picture[above:below])
    if plan.veil is not None:
        grey = plan.veil.over(grey, factor=factor, top=above)
    traced = plan.clean.rows_over(grey, factor=factor, top=above)
    texture = grey - traced
    # Eyes, brows and mouth keep their own fine drawing; most bands have none.
    detailed = bool(plan.features[above // factor : below // factor].any())
    if detailed:
        features = enlarged_rows(plan.features, factor=factor, top=above, bottom=below)
        traced += texture * np.maximum(features, np.float32(_TRACED_TEXTURE))
        detail = texture[rows] * features[rows]
        detail *= np.float32(1.1)
    else:
        traced += texture * np.float32(_TRACED_TEXTURE)
    lines = ink_rows(plan.lines, traced, factor=factor, top=top, skip=top - above, bottom=bottom)
    lines *= np.float32(_INNER_INK)
    if plan.contour is not None:
        outline = outline_rows(plan.contour, plan.outline, factor=factor, top=top, bottom=bottom)
        np.maximum(lines, outline, out=lines)

    # Ink keeps some of the colour it lies on: a dark version of it, never black.
    paper = np.float32(1) - np.float32(0.76) * lines
    lines *= np.float32(0.5)
    grain = ordered_dither(lines.shape)
    layers = []
    for colour, share in zip(plan.colours, plan.ink, strict=True):
        plane = colour.rows_over(grey[rows], factor=factor, top=top)
        if detailed:
            plane += detail
        np.clip(plane, 0, 1, out=plane)
        plane *= paper
        plane += lines * share
        plane += grain
        layers.append(to_bytes(plane))
    cv2.merge(layers, drawing[top:bottom])


def _crisp_below_ears(
    lab: FloatImage, small: ByteImage, faces: tuple[Face, ...], *, scale: float
) -> FloatImage:
    """The smoothed picture, but as it was where earrings hang: smoothing melts thin things."""
    crisp = lab.copy()
    for face in faces:
        (x, y), width = face.box.centre, face.width
        left, right, top, bottom = (
            max(0, int(v * scale))
            for v in (x - 0.85 * width, x + 0.85 * width, y - 0.2 * width, y + 1.1 * width)
        )
        window = (slice(top, bottom), slice(left, right))
        if small[window].size:
            crisp[window] = rgb_to_lab(to_float(small[window]))
    return crisp


def _sheet(portrait: Portrait, look: ComicLook, *, face_width: float) -> Sheet:
    height, width = portrait.picture.shape[:2]
    shrink = 2
    size = (max(8, width // shrink), max(8, height // shrink))
    face = portrait.main_face
    x, y = face.box.centre if face else (width / 2, height / 2)
    head = Head(x / shrink, y / shrink, face_width / shrink)
    behind = draw_scene(size, look.scene, head=head, hair=_hair_lightness(portrait))
    return Sheet(behind, falling_light(size, look.light), float(shrink))


def _hair_lightness(portrait: Portrait) -> float:
    """L* of what is just above the forehead, hair or bald."""
    face = portrait.main_face
    if face is None:
        return 50.0
    x, y = face.landmarks[facemap.FOREHEAD_TOP]
    reach = max(2.0, 0.12 * face.width)
    rows = slice(max(0, int(y - 2.4 * reach)), max(1, int(y - 1.2 * reach)))
    columns = slice(max(0, int(x - 2 * reach)), max(1, int(x + 2 * reach)))
    seen = portrait.picture[rows, columns]
    return float(np.median(rgb_to_lab(to_float(seen))[..., 0])) if seen.size else 50.0


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)
