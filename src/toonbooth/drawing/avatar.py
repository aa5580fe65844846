"""The `avatar` style: clean skin, the person's own features in strokes, clear eyes, hair in a few masses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.cel import bodily_hue, without_rim
from toonbooth.drawing.cel_backdrop import SceneLook, choose_scene
from toonbooth.drawing.chains import find_chains, with_chains
from toonbooth.drawing.cloth import surroundings, without_flecks, without_mottle, woven_cloth
from toonbooth.drawing.complexion import SkinTones, as_flesh, lay_skin
from toonbooth.drawing.exposure import with_lit_faces
from toonbooth.drawing.eyes import enlarge_eyes, iris_hue
from toonbooth.drawing.figure import Drawing
from toonbooth.drawing.flesh import ember
from toonbooth.drawing.gaze import CREASES, draw_eye, eye_tones
from toonbooth.drawing.inking import wanted_lines
from toonbooth.drawing.jawline import draw_jaws
from toonbooth.drawing.jewels import set_apart, without_jewels
from toonbooth.drawing.lenses import find_spectacles
from toonbooth.drawing.likeness import Likeness, eyes_window, look_at
from toonbooth.drawing.pen import Pen
from toonbooth.drawing.plate import Ink, LineWork, Plate, make_plate
from toonbooth.drawing.regions import Regions, find_regions
from toonbooth.drawing.sheet import Light, Sheet
from toonbooth.drawing.skin_surface import SMALLEST_DRAWN_FACE, Surface, close_skin
from toonbooth.drawing.study import FACE_WIDTH, Study, draw_with_closeups, study, unit_of
from toonbooth.drawing.surfaces import settle_surfaces
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import enlarged, enlarged_rows
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep, soft_steps
from toonbooth.portrait.model import Face, Portrait

_THRESHOLD = 0.014
"""Response at which a line is half inked; more leaves fewer lines."""

_OUTLINE = 3.8
"""Width of the outline in units."""

_INK = Ink(strength=0.58, keep=0.22, colour=np.full(3, 0.035, np.float32))
"""A dark version of what it lies on."""

_FRINGE_ROUGHNESS = 3.5
"""L* by which hair over a forehead strays from its mean, in coarse strokes."""

_EYES = (facemap.LEFT_EYE, facemap.RIGHT_EYE)


@dataclass(frozen=True, slots=True)
class AvatarLook:
    """What a seed decides about an avatar.

    line_weight : 1 is normal; more is bolder.
    step : distance between the tones of hair and clothes, L*.
    saturation : factor on the colours of hair and clothes.
    skin : how skin is toned.
    scene : how the background is drawn.
    light : how light falls.
    """

    line_weight: float
    step: float
    saturation: float
    skin: SkinTones
    scene: SceneLook
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
            blush=float(rng.uniform(2.0, 5.0)),
            warmth=float(rng.uniform(0.0, 3.0)),
            side=side,
        ),
        scene=choose_scene(rng, vivid=1.0),
        light=Light(side=side, strength=float(rng.uniform(2.0, 6.0))),
    )


def draw_avatar(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as an avatar."""
    look = choose_look(rng)
    portrait = enlarge_eyes(with_lit_faces(set_apart(portrait)), strength=0.12)
    sheet = Sheet.before(portrait, look.scene, look.light, face_width=FACE_WIDTH * unit_of(portrait))
    return draw_with_closeups(portrait, sheet, partial(_draw, look))


def _draw(look: AvatarLook, portrait: Portrait, sheet: Sheet, featured: tuple[Face, ...]) -> Drawing:
    plate, skin, beards = _plan(study(portrait), sheet, look)
    height, width = portrait.picture.shape[:2]
    drawing = plate.draw((width, height), _INK, behind=sheet.behind)
    draw_jaws(
        drawing, portrait, featured, beards=beards, weight=0.45 * look.line_weight, light_from=look.light.side
    )
    for face in featured:
        if face.width >= SMALLEST_DRAWN_FACE:
            _draw_face(drawing, portrait, face, skin, factor=plate.factor, light_from=look.light.side)
    return Drawing(drawing, plate.figure((width, height)))


def _plan(seen: Study, sheet: Sheet, look: AvatarLook) -> tuple[Plate, FloatImage, tuple[float, ...]]:
    """The plate, where skin is drawn on it, (h, w), and how likely each face has a beard."""
    lab, person, faces, unit, scale = seen.lab, seen.person, seen.faces, seen.unit, seen.scale
    regions = find_regions(lab, seen.grey, person, faces, scale=scale)
    regions = settle_surfaces(regions, lab, seen.grey, faces, scale=scale)
    surface = close_skin(
        lab, regions, faces, scale=scale, fringe_roughness=_FRINGE_ROUGHNESS, warm_light=True
    )
    surface = replace(surface, skin=without_jewels(surface.skin, seen.jewels))
    skin, stubble = surface.skin, surface.stubble
    complexion = lay_skin(lab, surface, regions, look.skin, unit=unit)
    masses = as_flesh(_masses(lab, regions, look, unit=unit), lab, surface)
    if faces:
        # Hair goes on as hair up to the skin's edge, cloth as cloth: the photo has mixed their colours there.
        masses = without_rim(masses, 1 - skin, unit=unit)
        masses = without_rim(masses, person, unit=unit)
    light = enlarged(sheet.light, seen.size)
    masses[..., 0] += light
    complexion[..., 0] += np.float32(0.5) * light
    colours = cv2.blendLinear(complexion, masses, skin, 1 - skin).astype(np.float32, copy=False)
    colours = with_chains(colours, seen.small, find_chains(seen.small, regions, faces, scale=scale))
    colours[..., 0] *= np.float32(seen.gain)
    if faces:
        behind = sheet.behind.in_lab(seen.size)
        colours = cv2.blendLinear(colours, behind, person, 1 - person).astype(np.float32, copy=False)
    plate = make_plate(
        seen,
        colours,
        fine=np.maximum(regions.features, np.float32(0.7) * stubble),
        wanted=_wanted_lines(seen, regions, surface),
        work=LineWork(_THRESHOLD, _OUTLINE, look.line_weight, look.light.side),
    )
    return plate, skin, regions.beards


def _wanted_lines(seen: Study, regions: Regions, surface: Surface) -> FloatImage:
    skin, unit, scale = surface.skin, seen.unit, seen.scale
    # Beards may have lines: their hairs.
    bearded = replace(regions, skin=regions.skin * (1 - surface.stubble))
    wanted = wanted_lines(
        bearded, seen.faces, seen.contour, scale=scale, unit=unit, behind=float(not seen.faces)
    )
    # Skin has no lines but those of its features; its border may have.
    reach = 2 * max(1, round(2.5 * unit)) + 1
    bare = cv2.erode(skin, np.ones((reach, reach), np.uint8)).astype(np.float32, copy=False)
    plain = 1 - regions.features
    wanted *= 1 - bare * (1 - np.float32(0.6) * surface.stubble) * plain
    wanted *= 1 - np.float32(0.85) * _hairlines(skin, seen.faces, scale=scale, unit=unit) * plain
    return wanted


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


def _masses(lab: FloatImage, regions: Regions, look: AvatarLook, *, unit: float) -> FloatImage:
    """Hair and clothes as a few masses: folds and shine stand out before tones are counted."""
    lightness, a, b = planes_of(lab)
    woven = woven_cloth(lightness, regions, unit=unit)
    a, b = (without_flecks(plane, woven, unit=unit) for plane in (a, b))
    around = surroundings(lightness, regions, unit=unit)
    shaped = lightness + (lightness - around) * np.float32(0.45)
    shaped = without_mottle(shaped, woven, unit=unit)
    opened = np.float32(5) + shaped * np.float32(0.95)
    opened += np.float32(4) * smoothstep(lightness, low=45, high=15)
    stepped = soft_steps(opened, step=look.step, softness=0.75)
    opened += (stepped - opened) * np.float32(0.75)
    np.clip(opened, 0, 100, out=opened)
    chroma = cv2.magnitude(a, b).astype(np.float32, copy=False)
    # An ear in the shade must not glow; wine-red cloth may.
    glowing = bodily_hue(a, b, chroma) * (1 - ember(chroma, lightness)) * (1 - woven)
    stronger = np.float32(look.saturation) * (1 - glowing)
    return cv2.merge([opened, a * stronger, b * stronger]).astype(np.float32, copy=False)


def _draw_face(
    drawing: ByteImage, portrait: Portrait, face: Face, skin: FloatImage, *, factor: int, light_from: float
) -> None:
    window = eyes_window(face, drawing.shape)
    rows, columns = window
    top, bottom = rows.start // factor * factor, min(-(-rows.stop // factor), skin.shape[0]) * factor
    near = enlarged_rows(skin, factor=factor, top=top, bottom=bottom)
    near = np.ascontiguousarray(near[rows.start - top : rows.stop - top, columns])
    seen = look_at(portrait, face, drawing, near, window=window)
    part = to_float(np.ascontiguousarray(drawing[window]))
    pen = Pen(part)
    eyes = (face.left_eye, face.right_eye)
    near_eyes = [
        seen.near(np.concatenate([outline, crease]), margin=0.06)
        for outline, crease in zip(_EYES, CREASES, strict=True)
    ]
    tones = eye_tones(seen, near_eyes, eyes, hue=iris_hue(portrait.picture, face))
    for eye, close, crease in zip(eyes, near_eyes, CREASES, strict=True):
        draw_eye(_pen_on(part, seen, close), close, eye, crease, tones, light_from=light_from)
    _keep_spectacles(pen, seen)
    drawing[window] = to_bytes(part)


def _pen_on(window: FloatImage, whole: Likeness, part: Likeness) -> Pen:
    x, y = (part.corner - whole.corner).astype(int)
    height, width = part.size
    return Pen(window[y : y + height, x : x + width])


def _keep_spectacles(pen: Pen, seen: Likeness) -> None:
    """Frames in their own dark colour, in front of everything that was drawn, and whole."""
    if not seen.frames.any():
        return
    rims = smoothstep(gaussian(seen.frames, sigma=0.003 * seen.width), low=0.15, high=0.55)
    worn = find_spectacles(seen)
    if worn is not None:
        rims *= 1 - worn.beyond(seen)
        for path, width in worn.gaps(seen, rims):
            pen.stroke(path, widths=(0.6 * width, 0.75 * width, 0.6 * width), colour=worn.colour(seen))
    lab = seen.lab.copy()
    lab[..., 0] *= np.float32(0.85)
    pen.lay(lab, rims)
