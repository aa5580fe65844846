"""The `painted` style: a smooth digital painting in planes of light and shadow, with the brush to be seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.closeup import find_closeups, look_closely
from toonbooth.drawing.exposure import well_lit
from toonbooth.drawing.eyes import draw_eyes, enlarge_eyes
from toonbooth.drawing.figure import Drawing, figure_above
from toonbooth.drawing.grading import Grade
from toonbooth.drawing.ground import Ground, GroundLook, PaintedGround, paint_ground
from toonbooth.drawing.handling import paint_subject
from toonbooth.drawing.jawline import jaw_stroke
from toonbooth.drawing.jewels import set_apart
from toonbooth.drawing.painted_study import PaintedStudy, study_painting
from toonbooth.imaging.brushwork import BrushDirections
from toonbooth.imaging.flow import Flow, FlowSmoother
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import enlarged, enlarged_rows, padded
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import ordered_dither, smoothstep
from toonbooth.portrait.model import Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""

_JAW_SOFTNESS = 0.012
"""Softness of the shade under a jaw, in face widths."""

_JAW_SHADE = (np.float32(0.3), np.float32(0.42), np.float32(0.45))
"""What it takes off red, green and blue."""


@dataclass(frozen=True, slots=True)
class PaintedLook:
    """What a seed decides about a painting.

    grade : how it is coloured.
    ground : what is behind the person.
    brush : factor on the size of all brushes.
    impasto : how much the thickness of paint catches the light.
    bristles : how much the hairs of the brush show.
    """

    grade: Grade
    ground: GroundLook
    brush: float
    impasto: float
    bristles: float


def choose_look(rng: np.random.Generator) -> PaintedLook:
    """Draw the look of one painting."""
    brush = float(rng.uniform(0.85, 1.35))
    plane = float(rng.uniform(6.0, 8.5))
    saturation = float(rng.uniform(1.08, 1.3))
    temperature = float(rng.uniform(1.0, 6.5))
    kinds = tuple(Ground)
    kind = kinds[int(rng.random() * len(kinds))]
    side = float(rng.choice([-1.0, 1.0]))
    return PaintedLook(
        grade=Grade(
            plane=plane,
            saturation=saturation,
            temperature=temperature,
            blush=float(rng.uniform(2.0, 4.5)),
            light=float(rng.uniform(0.05, 0.12)),
            side=side,
        ),
        ground=GroundLook(
            kind=kind,
            side=side,
            brush=brush,
            sweep=float(rng.uniform(0.3, 1.2)) * side,
            turn=float(rng.uniform(-0.22, 0.22)),
            lift=float(rng.uniform(-6.0, 6.0)),
        ),
        brush=brush,
        impasto=float(rng.uniform(0.5, 1.2)),
        bristles=float(rng.uniform(0.6, 1.4)),
    )


def draw_painted(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a painting."""
    look = choose_look(rng)
    portrait = enlarge_eyes(well_lit(set_apart(portrait)), strength=0.08)
    height, width = portrait.picture.shape[:2]
    unit = _unit(portrait)
    half = (max(8, width // 2), max(8, height // 2))
    ground = paint_ground(portrait, look.ground, face_width=_FACE_WIDTH * unit, size=half, rng=rng)
    drawing = _paint(portrait, ground, look, rng)
    for closeup in find_closeups(portrait, small=180, wanted=280, largest_zoom=2.2, budget=0.7):
        under = ground.under(closeup, frame=(width, height))
        close = _paint(look_closely(portrait, closeup), under, look, rng)
        drawing = drawing.with_closeup(close, closeup)
    return drawing.of(portrait)


def _paint(portrait: Portrait, ground: PaintedGround, look: PaintedLook, rng: np.random.Generator) -> Drawing:
    unit = _unit(portrait)
    factor = max(2, round(2 * unit))
    height, width = portrait.picture.shape[:2]
    picture = padded(portrait.picture, multiple=factor)
    large = (picture.shape[1], picture.shape[0])
    study = study_painting(
        portrait, picture, ground.directions, look.grade, unit=unit / factor, factor=factor
    )
    strokes = paint_subject(study.subject, size=large, unit=unit, brush=look.brush, rng=rng)
    behind = padded(enlarged(ground.canvas, (width, height)), multiple=factor)
    bristles = _bristles(study, rng=rng)
    relief = [_relief(each, side=look.grade.side) for each in (strokes, behind)]
    grey = _calm_grey(picture, portrait)
    drawing = np.empty_like(picture)
    band = -(-96 // factor) * factor
    for top in range(0, picture.shape[0], band):
        rows = slice(top, min(top + band, picture.shape[0]))
        _finish_rows(drawing, grey, study, look, (strokes, behind), relief, bristles, rows)
    drawing = np.ascontiguousarray(drawing[:height, :width])
    shade_jaws(drawing, portrait, study.beards, light_from=look.grade.side)
    draw_eyes(drawing, portrait, light_from=look.grade.side)
    return Drawing(drawing, figure_above(study.person, (width, height), factor=factor))


def shade_jaws(
    drawing: ByteImage, portrait: Portrait, beards: tuple[float, ...], *, light_from: float
) -> None:
    """Turn jaws without a beard away from the light with one soft stroke, in place: chins end there."""
    for face, beard in zip(portrait.faces, beards, strict=True):
        stroke = jaw_stroke(portrait, face, weight=2.0, light_from=light_from) if beard < 0.5 else None
        if stroke is not None:
            window, ink = stroke
            soft = gaussian(ink, sigma=max(0.5, _JAW_SOFTNESS * face.width))
            part = drawing[window].astype(np.float32)
            part *= cv2.merge([1 - soft * share for share in _JAW_SHADE])
            drawing[window] = np.rint(part).astype(np.uint8)


def _calm_grey(picture: ByteImage, portrait: Portrait) -> ByteImage:
    """The photo's luma, without weave, pores and single lashes: all is painted, not photographed."""
    photo = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    # Weave and stitches would fray the edges that are painted along it.
    grey = cv2.medianBlur(photo, 5 if _unit(portrait) > 0.5 else 3).astype(np.uint8, copy=False)
    for face in portrait.faces:
        x0, y0 = np.maximum(face.landmarks.min(axis=0) - 4, 0).astype(int)
        x1, y1 = np.maximum(face.landmarks.max(axis=0) + 5, 0).astype(int)
        part = photo[y0:y1, x0:x1]
        if part.size:
            reach = 2 * max(1, round(2.5 * face.width / _FACE_WIDTH)) + 1
            calm = cv2.medianBlur(part, 3) if face.width > 200 else part
            grey[y0:y1, x0:x1] = cv2.bilateralFilter(calm, min(reach, 9), 26.0, reach / 2)
    return grey


def _relief(canvas: ByteImage, *, side: float) -> NDArray[np.int16]:
    """How the thickness of paint catches a light from above and one side, in sixteenths of 1 / 255."""
    kernel = np.array(
        [[-0.5 * (1 - side), -1, -0.5 * (1 + side)], [0, 0, 0], [0.5 * (1 + side), 1, 0.5 * (1 - side)]]
    )
    height = cv2.GaussianBlur(cv2.extractChannel(canvas, 3), (3, 3), 0)
    relief = cv2.filter2D(height, cv2.CV_16S, kernel.astype(np.float32) * 16)
    return relief.astype(np.int16, copy=False)


def _bristles(study: PaintedStudy, *, rng: np.random.Generator) -> FloatImage:
    """Streaks that single hairs of the brush leave along its way, about -1 … 1, at the study's size."""
    size = (study.brushy.shape[1], study.brushy.shape[0])
    way = study.subject.directions
    angles = BrushDirections(enlarged(way.cos2, size), enlarged(way.sin2, size)).angles()
    x, y = cv2.polarToCart(np.ones_like(angles), angles)
    streaks = FlowSmoother(Flow(x.astype(np.float32), y.astype(np.float32), angles), reach=8.0, taps=3)
    noise = cv2.GaussianBlur(rng.integers(0, 256, angles.shape, dtype=np.uint8), (5, 5), 0.9)
    drawn = streaks.smooth(noise.astype(np.uint8, copy=False))
    drawn -= np.float32(drawn.mean())
    return drawn * np.float32(1 / max(1.0, float(drawn.std())))


def _finish_rows(
    drawing: ByteImage,
    calm_grey: ByteImage,
    study: PaintedStudy,
    look: PaintedLook,
    canvases: tuple[ByteImage, ByteImage],
    reliefs: list[NDArray[np.int16]],
    bristles: FloatImage,
    rows: slice,
) -> None:
    factor, top, bottom = study.factor, rows.start, rows.stop
    grey = to_float(calm_grey[rows])

    def large(mask: FloatImage) -> FloatImage:
        return enlarged_rows(mask, factor=factor, top=top, bottom=bottom)

    brushy, streaks = large(study.brushy), large(bristles)
    # Hair and cloth end in a dry brush; skin ends in a clean edge.
    dry = np.float32(0.075) * smoothstep(brushy, low=0.83, high=0.92)
    person = smoothstep(large(study.person) + streaks * dry, low=0.25, high=0.75)
    texture = grey - study.clean.rows_over(grey, factor=factor, top=top)
    texture *= large(study.grain) * np.float32(0.95)
    # Paint lies thin on skin.
    thick = smoothstep(brushy, low=0.76, high=0.98)
    covered = (np.float32(0.2) * brushy + np.float32(0.75) * thick) * person
    light: FloatImage = np.multiply(reliefs[0][rows], covered, dtype=np.float32)
    light += np.multiply(reliefs[1][rows], 1 - person, dtype=np.float32)
    light *= np.float32(0.03 * look.impasto / (16 * 60))
    light += streaks * (covered + 1 - person) * np.float32(0.012 * look.bristles)
    light += 1
    dither = ordered_dither(person.shape)
    layers = []
    for channel, colour in enumerate(study.planes):
        plane = colour.rows_over(grey, factor=factor, top=top)
        plane += texture
        painted = canvases[0][rows][..., channel] * np.float32(1 / 255)
        plane += (painted - plane) * brushy
        behind = canvases[1][rows][..., channel] * np.float32(1 / 255)
        plane += (behind - plane) * (1 - person)
        plane *= light
        plane += dither
        layers.append(to_bytes(plane))
    cv2.merge(layers, drawing[rows])


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)
