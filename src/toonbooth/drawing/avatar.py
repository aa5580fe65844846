"""The `avatar` style: clean skin, features drawn anew with a pen, hair and clothes in a few masses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.backdrop import Backdrop, BackdropLook
from toonbooth.drawing.cel import without_rim
from toonbooth.drawing.closeup import Closeup, find_closeups, lay_back, look_closely
from toonbooth.drawing.complexion import SMALLEST_DRAWN_FACE, SkinTones, as_flesh, close_skin, lay_skin
from toonbooth.drawing.eyes import enlarge_eyes
from toonbooth.drawing.features import (
    BROWS,
    draw_brow,
    draw_folds,
    draw_jaw,
    draw_mouth,
    draw_nose,
    draw_wrinkles,
)
from toonbooth.drawing.gaze import CREASES, draw_eye, iris_colour
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
from toonbooth.drawing.likeness import Likeness, face_window, look_at
from toonbooth.drawing.pen import Pen
from toonbooth.drawing.regions import clean_matte, find_regions
from toonbooth.drawing.sheet import Light, Sheet
from toonbooth.drawing.silhouette import smoothed, without_scraps
from toonbooth.imaging.colour import lab_to_rgb, luma, planes_of, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.lines import line_reach
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import Size, enlarged, enlarged_rows, enlarged_smoothly, padded, shrunk
from toonbooth.imaging.smoothing import GuidedPlane, flatten, gaussian, guided_planes
from toonbooth.imaging.tones import smoothstep, soft_steps
from toonbooth.portrait.model import Face, Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""

_CLOSEUP_PIXELS = 600_000
"""Pixels that closeups may always have."""

_BACKDROPS = (Backdrop.GRADIENT, Backdrop.GLOW, Backdrop.TINT)
_TINTS = ((1.0, 20.0), (-7.0, -15.0), (-14.0, 5.0), (14.0, 7.0), (7.0, -14.0), (-12.0, -6.0), (2.0, 3.0))


_EYES = (facemap.LEFT_EYE, facemap.RIGHT_EYE)


@dataclass(frozen=True, slots=True)
class AvatarLook:
    """What a seed decides about an avatar.

    line_weight : 1 is normal; more is bolder.
    step : distance between the tones of hair and clothes, L*.
    saturation : factor on the colours of hair and clothes.
    skin : how skin is toned.
    backdrop : how the background is drawn.
    light : how light falls.
    """

    line_weight: float
    step: float
    saturation: float
    skin: SkinTones
    backdrop: BackdropLook
    light: Light


def choose_look(rng: np.random.Generator) -> AvatarLook:
    """Draw the look of one avatar."""
    side = float(rng.choice([-1.0, 1.0]))
    return AvatarLook(
        line_weight=float(rng.uniform(0.8, 1.3)),
        step=float(rng.uniform(9.0, 14.0)),
        saturation=float(rng.uniform(1.05, 1.35)),
        skin=SkinTones(
            shadow=float(rng.uniform(5.0, 8.5)),
            blush=float(rng.uniform(3.0, 7.0)),
            warmth=float(rng.uniform(0.0, 3.0)),
            side=side,
        ),
        backdrop=BackdropLook(
            kind=_BACKDROPS[rng.integers(len(_BACKDROPS))],
            tint=_TINTS[rng.integers(len(_TINTS))],
            slant=float(rng.choice([-1.0, 0.0, 1.0])),
        ),
        light=Light(side=side, strength=float(rng.uniform(2.0, 6.0))),
    )


def draw_avatar(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as an avatar."""
    look = choose_look(rng)
    portrait = enlarge_eyes(portrait, strength=0.18)
    height, width = portrait.picture.shape[:2]
    sheet = Sheet.under(portrait, look.backdrop, look.light, face_width=_FACE_WIDTH * _unit(portrait))
    # Quiet: what is behind the person tells of its colours, not of its shapes.
    behind = gaussian(sheet.behind, sigma=0.03 * max(sheet.behind.shape))
    behind[..., 0] = np.float32(50) + np.float32(0.48) * behind[..., 0]
    sheet = replace(sheet, behind=behind)
    # A small picture has few pixels to spend and is worth more of them.
    budget = max(0.6, _CLOSEUP_PIXELS / (height * width))
    closeups = find_closeups(portrait, small=190, wanted=300, largest_zoom=2.4, budget=budget)
    # A face that is drawn again from near needs no features from afar.
    far = tuple(face for face in portrait.faces if not any(_shows(closeup, face) for closeup in closeups))
    drawing = _draw(portrait, sheet, look, featured=far)
    for closeup in closeups:
        near = look_closely(portrait, closeup)
        close = _draw(near, sheet.closely(closeup), look, featured=near.faces)
        drawing = lay_back(drawing, close, closeup, frame=(width, height))
    return portrait.with_picture(drawing)


def _shows(closeup: Closeup, face: Face) -> bool:
    x, y = face.box.centre
    return 0 <= x - closeup.left < closeup.width and 0 <= y - closeup.top < closeup.height


def _draw(portrait: Portrait, sheet: Sheet, look: AvatarLook, *, featured: tuple[Face, ...]) -> ByteImage:
    unit = _unit(portrait)
    factor = max(2, round(2 * unit))
    height, width = portrait.picture.shape[:2]
    picture = padded(portrait.picture, multiple=factor)
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    plan = _plan(portrait, picture, sheet, look, unit=unit / factor, factor=factor, size=size)
    drawing = np.empty_like(picture)
    halo = -(-line_reach(plan.lines.sigma) // factor) * factor
    band = max(-(-96 // factor) * factor, 4 * halo)
    for top in range(0, picture.shape[0], band):
        _draw_rows(drawing, picture, plan, top=top, bottom=min(top + band, picture.shape[0]), halo=halo)
    drawing = np.ascontiguousarray(drawing[:height, :width])
    for face in featured:
        if face.width >= SMALLEST_DRAWN_FACE:
            _draw_face(drawing, portrait, face, plan, look)
    return drawing


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that is decided on the small picture; `factor` times smaller than the drawing."""

    factor: int
    colours: list[GuidedPlane]
    clean: GuidedPlane
    skin: FloatImage
    complexion: list[FloatImage]
    person: FloatImage
    background: list[FloatImage]
    features: FloatImage
    lines: LinePlan
    contour: Contour | None
    outline: FloatImage


def _plan(
    portrait: Portrait,
    picture: ByteImage,
    sheet: Sheet,
    look: AvatarLook,
    *,
    unit: float,
    factor: int,
    size: Size,
) -> _Plan:
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 4.0 * unit))
    along = FlowSmoother(flow, reach=max(1.0, 9.0 * unit), taps=2)
    smooth = along.smooth(flatten(small, passes=2, tone=26.0, reach=5, median=3))
    smooth *= np.float32(1 / 255)
    smooth_grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    lab = rgb_to_lab(smooth)
    faces, scale = portrait.faces, 1 / factor
    if faces:
        matte = shrunk(padded(portrait.matte, multiple=factor), size)
        person = clean_matte(without_scraps(matte, lab, unit=unit), faces, scale=scale, unit=unit)
        person = smoothed(person, faces, scale=scale, unit=unit)
        contour = find_contour(person, smooth_grey, unit=unit)
    else:
        person, contour = np.ones(size[::-1], np.float32), None
    regions = find_regions(lab, grey, person, faces, scale=scale)
    surface = close_skin(lab, regions, faces, scale=scale)
    skin = surface.skin
    complexion = lay_skin(lab, surface, regions, look.skin, unit=unit)

    masses = as_flesh(_masses(lab, look, unit=unit), lab, surface)
    light = enlarged(sheet.light, size)
    background: list[FloatImage] = []
    if faces:
        # Hair goes on as hair up to the skin's edge, cloth as cloth: the photo has mixed their colours there.
        masses = without_rim(masses, 1 - skin, unit=unit)
        masses = without_rim(masses, person, unit=unit)
        behind = enlarged_smoothly(sheet.behind, size)
        behind[..., 0] += light
        background = planes_of(lab_to_rgb(behind))
    masses[..., 0] += light
    complexion[..., 0] += np.float32(0.5) * light
    *colours, clean = guided_planes(
        [*planes_of(lab_to_rgb(masses)), smooth_grey], grey, radius=2, contrast=0.035
    )
    behind_lines = 0.0 if faces else 1.0
    # Beards may have lines: their hairs.
    regions = replace(regions, skin=regions.skin * (1 - surface.stubble))
    wanted = wanted_lines(regions, faces, contour, scale=scale, unit=unit, behind=behind_lines)
    # Skin has no lines but those that are drawn later; its border may have.
    reach = 2 * max(1, round(2.5 * unit)) + 1
    bare = cv2.erode(skin, np.ones((reach, reach), np.uint8)).astype(np.float32, copy=False)
    wanted *= 1 - bare * (1 - np.float32(0.6) * surface.stubble)
    wanted *= 1 - np.float32(0.85) * _hairlines(skin, faces, scale=scale, unit=unit)
    lines = plan_lines(
        grey, smooth_grey, wanted, along, threshold=0.0105 / look.line_weight, unit=unit, factor=factor
    )
    outline = np.zeros((0, 0), np.float32)
    if contour is not None:
        outline = outline_width(contour, weight=3.8 * look.line_weight, light_from=look.light.side, unit=unit)
    complexion_planes = planes_of(lab_to_rgb(complexion))
    return _Plan(
        factor,
        colours,
        clean,
        skin,
        complexion_planes,
        person,
        background,
        regions.features,
        lines,
        contour,
        outline,
    )


def _hairlines(skin: FloatImage, faces: tuple[Face, ...], *, scale: float, unit: float) -> FloatImage:
    """Where hair meets the forehead: hair ends there in a tone, not in a line."""
    heads = np.zeros_like(skin)
    reach = 2 * max(1, round(6 * unit)) + 1
    for face in faces:
        x, y = (face.landmarks[[facemap.FOREHEAD_TOP, 9]].mean(axis=0) + 0.5) * scale - 0.5
        width = face.width * scale
        columns = np.square(
            (np.arange(skin.shape[1], dtype=np.float32) - np.float32(x)) / np.float32(0.62 * width)
        )
        rows = np.square(
            (np.arange(skin.shape[0], dtype=np.float32) - np.float32(y)) / np.float32(0.5 * width)
        )
        np.maximum(heads, smoothstep(rows[:, None] + columns[None, :], low=1.15, high=0.8), out=heads)
    border = cv2.dilate(skin, np.ones((reach, reach), np.uint8)).astype(np.float32, copy=False)
    return heads * border


def _masses(lab: FloatImage, look: AvatarLook, *, unit: float) -> FloatImage:
    """Hair and clothes as a few masses: folds and shine stand out before tones are counted."""
    lightness, a, b = planes_of(lab)
    around = gaussian(lightness, sigma=14 * unit)
    shaped = lightness + (lightness - around) * np.float32(0.45)
    opened = np.float32(5) + shaped * np.float32(0.95)
    opened += np.float32(4) * smoothstep(lightness, low=45, high=15)
    stepped = soft_steps(opened, step=look.step, softness=0.75)
    opened += (stepped - opened) * np.float32(0.75)
    np.clip(opened, 0, 100, out=opened)
    return cv2.merge([opened, a * np.float32(look.saturation), b * np.float32(look.saturation)]).astype(
        np.float32, copy=False
    )


def _draw_rows(
    drawing: ByteImage, picture: ByteImage, plan: _Plan, *, top: int, bottom: int, halo: int
) -> None:
    factor = plan.factor
    above, below = max(0, top - halo), min(picture.shape[0], bottom + halo)
    rows = slice(top - above, bottom - above)
    grey = luma(picture[above:below])
    traced = plan.clean.rows_over(grey, factor=factor, top=above)
    traced += (grey - traced) * np.float32(0.12)
    lines = ink_rows(plan.lines, traced, factor=factor, top=top, skip=top - above, bottom=bottom)
    lines *= np.float32(0.58)
    if plan.contour is not None:
        outline = outline_rows(plan.contour, plan.outline, factor=factor, top=top, bottom=bottom)
        np.maximum(lines, outline, out=lines)
    skin = _skin_rows(plan, top=top, bottom=bottom)
    skinned = bool(skin.any())
    behind = np.float32(1) - smoothstep(
        enlarged_rows(plan.person, factor=factor, top=top, bottom=bottom), low=0.2, high=0.8
    )
    open_air = bool(plan.background) and bool(behind.any())
    # Ink is a dark version of what it lies on.
    paper = np.float32(1) - np.float32(0.78) * lines
    lines *= np.float32(0.035)
    layers = []
    for channel, (colour, complexion) in enumerate(zip(plan.colours, plan.complexion, strict=True)):
        plane = colour.rows_over(grey[rows], factor=factor, top=top)
        if skinned:
            bare = enlarged_rows(complexion, factor=factor, top=top, bottom=bottom)
            bare -= plane
            bare *= skin
            plane += bare
        if open_air:
            # Laid over all that is the photo's, whose own background must not shine through at the edge.
            air = enlarged_rows(plan.background[channel], factor=factor, top=top, bottom=bottom)
            air -= plane
            air *= behind
            plane += air
        np.clip(plane, 0, 1, out=plane)
        plane *= paper
        plane += lines
        layers.append(to_bytes(plane))
    cv2.merge(layers, drawing[top:bottom])


def _skin_rows(plan: _Plan, *, top: int, bottom: int) -> FloatImage:
    return enlarged_rows(plan.skin, factor=plan.factor, top=top, bottom=bottom)


def _draw_face(drawing: ByteImage, portrait: Portrait, face: Face, plan: _Plan, look: AvatarLook) -> None:
    rows, columns = face_window(face, drawing.shape)
    factor = plan.factor
    top, bottom = rows.start // factor * factor, min(-(-rows.stop // factor), plan.skin.shape[0]) * factor
    skin = _skin_rows(plan, top=top, bottom=bottom)[rows.start - top : rows.stop - top, columns]
    seen = look_at(portrait, face, drawing, np.ascontiguousarray(skin))
    window = to_float(np.ascontiguousarray(drawing[rows, columns]))
    pen, side = Pen(window), look.light.side
    draw_wrinkles(pen, seen)
    draw_folds(pen, seen)
    draw_jaw(pen, seen)
    for draw, part, margin in (
        (draw_nose, facemap.NOSE_TIP, 0.08),
        (draw_mouth, facemap.LIPS_OUTER, 0.12),
    ):
        close = seen.near(part, margin=margin)
        draw(_pen_on(window, seen, close), close, light_from=side)
    colour = iris_colour(seen, (face.left_eye, face.right_eye))
    for eye, outline, crease in zip((face.left_eye, face.right_eye), _EYES, CREASES, strict=True):
        close = seen.near(np.concatenate([outline, crease]), margin=0.06)
        draw_eye(_pen_on(window, seen, close), close, eye, crease, colour, light_from=side)
    for outline, top, bottom in BROWS:
        close = seen.near(outline, margin=0.06)
        draw_brow(_pen_on(window, seen, close), close, outline, top, bottom)
    _keep_spectacles(pen, seen)
    drawing[rows, columns] = to_bytes(window)


def _pen_on(window: FloatImage, whole: Likeness, part: Likeness) -> Pen:
    x, y = (part.corner - whole.corner).astype(int)
    height, width = part.size
    return Pen(window[y : y + height, x : x + width])


def _keep_spectacles(pen: Pen, seen: Likeness) -> None:
    """Frames in their own dark colour, in front of everything that was drawn."""
    if not seen.frames.any():
        return
    lab = seen.lab.copy()
    lab[..., 0] *= np.float32(0.85)
    pen.lay(lab, smoothstep(gaussian(seen.frames, sigma=0.003 * seen.width), low=0.15, high=0.55))


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)
