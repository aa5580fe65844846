"""The `comic` style: cel tones in strokes, under ink lines of varying weight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from toonbooth.drawing.cel import cel_tones, without_rim
from toonbooth.drawing.cel_backdrop import SceneLook, choose_scene
from toonbooth.drawing.cel_skin import CelTones
from toonbooth.drawing.chains import find_chains, with_chains
from toonbooth.drawing.exposure import with_lit_faces
from toonbooth.drawing.eyes import draw_eyes, enlarge_eyes
from toonbooth.drawing.figure import Drawing
from toonbooth.drawing.inking import wanted_lines
from toonbooth.drawing.jawline import draw_jaws
from toonbooth.drawing.jewels import set_apart, without_jewels
from toonbooth.drawing.plate import Ink, LineWork, Plate, make_plate
from toonbooth.drawing.regions import find_regions
from toonbooth.drawing.sheet import Light, Sheet
from toonbooth.drawing.study import FACE_WIDTH, Study, draw_with_closeups, study, unit_of
from toonbooth.drawing.surfaces import settle_surfaces
from toonbooth.imaging.colour import lab_to_rgb
from toonbooth.imaging.resize import enlarged
from toonbooth.portrait.model import Face, Portrait

_THRESHOLD = 0.011
"""Response at which a line is half inked; more leaves fewer lines."""

_INNER_INK = 0.8
"""Strength of the lines within the person; the outline's is 1."""

_OUTLINE = 4.8
"""Width of the outline in units."""


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


def choose_look(rng: np.random.Generator) -> ComicLook:
    """Draw the look of one comic."""
    return ComicLook(
        line_weight=float(rng.uniform(0.75, 1.45)),
        ink=_INKS[rng.integers(len(_INKS))],
        tones=CelTones(
            step=float(rng.uniform(9.0, 14.0)),
            skin_step=float(rng.uniform(8.5, 11.0)),
            saturation=float(rng.uniform(1.05, 1.35)),
            warmth=float(rng.uniform(-4.0, 5.0)),
            blush=float(rng.uniform(1.5, 4.0)),
        ),
        scene=choose_scene(rng, vivid=1.0),
        light=Light(side=float(rng.choice([-1.0, 1.0])), strength=float(rng.uniform(2.0, 7.0))),
    )


def draw_comic(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a comic."""
    look = choose_look(rng)
    portrait = enlarge_eyes(with_lit_faces(set_apart(portrait)), strength=0.13)
    sheet = Sheet.before(portrait, look.scene, look.light, face_width=FACE_WIDTH * unit_of(portrait))
    return draw_with_closeups(portrait, sheet, partial(_draw, look))


def _draw(look: ComicLook, portrait: Portrait, sheet: Sheet, featured: tuple[Face, ...]) -> Drawing:
    ink = Ink(_INNER_INK, keep=0.24, colour=0.5 * lab_to_rgb(np.array([[look.ink]], np.float32))[0, 0])
    height, width = portrait.picture.shape[:2]
    plate, beards = _plan(study(portrait), sheet, look)
    drawing = plate.draw((width, height), ink, behind=sheet.behind)
    draw_jaws(drawing, portrait, featured, beards=beards, weight=look.line_weight, light_from=look.light.side)
    draw_eyes(drawing, replace(portrait, faces=featured), light_from=look.light.side)
    return Drawing(drawing, plate.figure((width, height)))


def _plan(seen: Study, sheet: Sheet, look: ComicLook) -> tuple[Plate, tuple[float, ...]]:
    """The plate, and how likely each face has a beard."""
    unit, scale, faces, person = seen.unit, seen.scale, seen.faces, seen.person
    regions = find_regions(seen.lab, seen.grey, person, faces, scale=scale)
    regions = settle_surfaces(regions, seen.lab, seen.grey, faces, scale=scale)
    regions = replace(regions, skin=without_jewels(regions.skin, seen.jewels))
    colours = cel_tones(seen.lab, regions, look.tones, unit=unit)
    colours = with_chains(colours, seen.small, find_chains(seen.small, regions, faces, scale=scale))
    colours[..., 0] *= np.float32(seen.gain)
    colours[..., 0] += enlarged(sheet.light, seen.size)
    if faces:
        colours = without_rim(colours, person, unit=unit)
        behind = sheet.behind.in_lab(seen.size)
        colours = cv2.blendLinear(colours, behind, person, 1 - person).astype(np.float32, copy=False)
    wanted = wanted_lines(regions, faces, seen.contour, scale=scale, unit=unit, behind=float(not faces))
    work = LineWork(_THRESHOLD, _OUTLINE, look.line_weight, look.light.side)
    plate = make_plate(seen, colours, fine=regions.features, wanted=wanted, work=work)
    return plate, regions.beards
