"""The `sketch` style: graphite on paper, tone hatched along the form over a soft smudge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.closeup import find_closeups, lay_back, look_closely
from toonbooth.drawing.eyes import enlarge_eyes
from toonbooth.drawing.form import HandMoves, find_slopes, follow_structure, strokes_around
from toonbooth.drawing.pencil_eyes import draw_pencil_eyes
from toonbooth.drawing.pencil_lines import PencilLines, pencil_lines, plan_pencil_lines
from toonbooth.drawing.pencil_tones import (
    Vignette,
    distance_from_heads,
    margins,
    pencil_tones,
    vignette,
)
from toonbooth.drawing.regions import clean_matte, find_regions
from toonbooth.imaging.colour import lab_to_rgb, luma, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.paper import paper_grain
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import Size, enlarged, padded, shrunk
from toonbooth.imaging.smoothing import flatten
from toonbooth.imaging.strokes import Hatching, draw_strokes, hatch
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""


@dataclass(frozen=True, slots=True)
class Pencil:
    """A pencil and the paper it is used on, both L*a*b*."""

    lead: tuple[float, float, float]
    paper: tuple[float, float, float]


_PENCILS = (
    Pencil((17.0, 0.0, -1.5), (97.0, 0.0, 2.0)),
    Pencil((15.0, 0.5, 1.0), (95.0, 0.8, 6.0)),
    Pencil((22.0, 14.0, 18.0), (95.0, 1.5, 8.0)),
    Pencil((34.0, 38.0, 33.0), (95.5, 1.5, 7.0)),
    Pencil((24.0, 6.0, -30.0), (97.0, -0.5, 1.0)),
    Pencil((16.0, 0.0, -3.0), (93.0, -1.0, -2.5)),
)
"""Graphite on white and on cream, sepia, sanguine, blue, graphite on pale grey."""


@dataclass(frozen=True, slots=True)
class SketchLook:
    """What a seed decides about a sketch.

    pencil : Pencil.
    angle : radians clockwise from the x axis, of hatching on flat ground.
    cross : radians between the first layer of hatching and the second.
    spacing : pixels between strokes at a face of normal width.
    smudge : 0 … 1, how much of the tone is rubbed in under the strokes.
    line_weight : 1 is normal; more is bolder.
    light_from : -1 left … 1 right, the side that the light comes from.
    ending : how clothes and background end.
    """

    pencil: Pencil
    angle: float
    cross: float
    spacing: float
    smudge: float
    line_weight: float
    light_from: float
    ending: Vignette


def choose_look(rng: np.random.Generator) -> SketchLook:
    """Draw the look of one sketch."""
    # Half of all sketches are graphite; hands hatch from lower left to upper right, or the other way.
    pencil = _PENCILS[rng.choice(len(_PENCILS), p=(0.22, 0.2, 0.18, 0.16, 0.12, 0.12))]
    side = float(rng.choice([-1.0, 1.0]))
    lean = float(rng.choice([-1.0, -1.0, 1.0]))
    return SketchLook(
        pencil=pencil,
        angle=lean * float(rng.uniform(0.62, 1.1)),
        cross=float(rng.uniform(0.75, 1.2)) * float(rng.choice([-1.0, 1.0])),
        spacing=float(rng.uniform(2.1, 3.1)),
        smudge=float(rng.uniform(0.28, 0.5)),
        line_weight=float(rng.uniform(0.8, 1.3)),
        light_from=-side,
        ending=Vignette(side, float(rng.uniform(0.12, 0.34)), float(rng.uniform(0.55, 0.85))),
    )


def draw_sketch(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait in pencil."""
    look = choose_look(rng)
    portrait = enlarge_eyes(portrait, strength=0.07)
    height, width = portrait.picture.shape[:2]
    drawing = _draw(portrait, look, rng)
    for closeup in find_closeups(portrait, small=250, wanted=380, largest_zoom=2.4, budget=0.8):
        close = _draw(look_closely(portrait, closeup), look, rng)
        drawing = lay_back(drawing, close, closeup, frame=(width, height))
    return portrait.with_picture(drawing)


def _draw(portrait: Portrait, look: SketchLook, rng: np.random.Generator) -> ByteImage:
    unit = _unit(portrait)
    height, width = portrait.picture.shape[:2]
    factor = 2
    picture = padded(portrait.picture, multiple=factor)
    full: Size = (picture.shape[1], picture.shape[0])
    size = (full[0] // factor, full[1] // factor)
    study = _study(portrait, picture, look, size=size, factor=factor, unit=unit / factor)
    grey = luma(picture)

    features = enlarged(study.features, full)
    tone = enlarged(study.tone, full)
    calm = enlarged(study.calm, full)
    calm -= grey
    # Eyes, brows and lips are drawn with all that is seen of them.
    calm *= features
    calm *= np.float32(1.1)
    tone += calm
    np.clip(tone, 0, 1, out=tone)

    density = _hatched(study, look, full=full, unit=unit, rng=rng)
    # Strokes end where the light begins.
    density *= smoothstep(tone, low=0.02, high=0.2)
    density *= np.float32(1) - np.float32(0.55) * features
    tone *= np.float32(look.smudge) * enlarged(study.rubbed, full) + np.float32(0.85 - look.smudge) * features
    density += tone
    density += pencil_lines(study.lines, grey, weight=look.line_weight, factor=factor, unit=unit)
    draw_pencil_eyes(density, grey, portrait.faces, light_from=look.light_from)

    grain = paper_grain(full, coarseness=max(0.7, 0.9 * min(1.5, max(full) / 1080)), rng=rng)
    # Graphite catches on the paper's tooth; pressed hard it fills the hollows too.
    density *= np.float32(1) + grain * (np.float32(0.24) - np.float32(0.16) * np.minimum(density, 1))
    alpha = np.float32(1) - np.exp(np.float32(-1.3) * np.maximum(density, 0))
    drawn = _on_paper(alpha, grain, look.pencil)
    return np.ascontiguousarray(drawn[:height, :width])


@dataclass(frozen=True, slots=True)
class _Study:
    """All that is decided on the small picture, `factor` times smaller than the drawing.

    tone : what is to be reached, 0 … 1, with the vignette.
    calm : the picture's grey without fine detail.
    features : where all detail is drawn.
    rubbed : where tone is rubbed in under the strokes.
    strokes : how the hand moves.
    even : where tone is made of soft strokes.
    lines : contours and edges.
    """

    factor: int
    tone: FloatImage
    calm: FloatImage
    features: FloatImage
    rubbed: FloatImage
    strokes: HandMoves
    even: FloatImage
    lines: PencilLines


def _study(
    portrait: Portrait, picture: ByteImage, look: SketchLook, *, size: Size, factor: int, unit: float
) -> _Study:
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 3.0 * unit))
    silky = FlowSmoother(flow, reach=max(1.0, 5.0 * unit), taps=2)
    smooth = silky.smooth(flatten(small, passes=1, tone=20.0, reach=5, median=3))
    smooth *= np.float32(1 / 255)
    calm = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    lab = rgb_to_lab(smooth)
    faces, scale = portrait.faces, 1 / factor
    person = np.ones(size[::-1], np.float32)
    if faces:
        matte = shrunk(padded(portrait.matte, multiple=factor), size)
        person = clean_matte(matte, faces, scale=scale, unit=unit)
    regions = find_regions(lab, grey, person, faces, scale=scale)
    tone = pencil_tones(np.ascontiguousarray(lab[..., 0]), regions, unit=unit)
    far = distance_from_heads(size, faces, scale=scale)
    sheet = margins(size, share=0.06)
    if faces:
        tone = vignette(tone, person, faces, far, look.ending, scale=scale)
    tone *= sheet
    lines = plan_pencil_lines(
        calm, silky, regions, faces, light_from=look.light_from, far=far, scale=scale, unit=unit
    ).faded(sheet)
    slopes = find_slopes(person, faces, scale=scale, unit=unit)
    around = strokes_around(*slopes, angle=look.angle, roundness=0.55)
    moves = follow_structure(around, flow, calm, regions, far=far, unit=unit)
    rubbed = np.float32(0.3) + np.float32(0.7) * person
    return _Study(factor, tone, calm, regions.features, rubbed, moves, regions.skin, lines)


def _hatched(
    study: _Study, look: SketchLook, *, full: Size, unit: float, rng: np.random.Generator
) -> FloatImage:
    """Three layers of strokes: along the form, across it for darker tones, and short ones in the deepest."""
    pitch = look.spacing * float(np.clip(unit, 0.75, 2.0))
    reach = float(np.clip(unit, 0.5, 2.0))
    moves = study.strokes
    # Strands are crossed at a small angle, or hair turns to cloth.
    turn = np.float32(look.cross) * (1 - np.float32(0.8) * moves.flowing)
    layers = (
        (moves.directions, Hatching(pitch, 26 * reach, 0.03, 0.5, 0.07), 0.85),
        (moves.directions.turned(turn), Hatching(1.1 * pitch, 24 * reach, 0.28, 0.85, 0.06), 0.75),
        (moves.directions.turned(0.35 * turn), Hatching(0.9 * pitch, 17 * reach, 0.5, 1.05, 0.08), 0.8),
    )
    total = np.zeros(full[::-1], np.float32)
    for directions, hatching, weight in layers:
        strokes = hatch(
            study.tone, directions, hatching, size=full, rng=rng, lengthen=moves.length, even=study.even
        )
        sheet = draw_strokes(strokes, size=full)
        total += sheet * np.float32(weight / 255)
    return total


def _on_paper(alpha: FloatImage, grain: FloatImage, pencil: Pencil) -> ByteImage:
    """Mix lead and paper, plane by plane; bare paper shows its tooth a little."""
    ends = lab_to_rgb(np.array([[pencil.lead, pencil.paper]], np.float32))[0]
    alpha += np.float32(0.006) * grain + np.float32(0.012)
    share = to_bytes(alpha)
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    table = to_bytes(ends[1] + (ends[0] - ends[1]) * ramp)
    planes = [cv2.LUT(share, np.ascontiguousarray(table[:, channel])) for channel in range(3)]
    return cv2.merge(planes).astype(np.uint8, copy=False)


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)
