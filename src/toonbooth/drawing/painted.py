"""The `painted` style: a smooth digital painting in planes of light and shadow, with the brush to be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.cel import without_rim
from toonbooth.drawing.closeup import find_closeups, look_closely
from toonbooth.drawing.details import find_details
from toonbooth.drawing.earrings import find_earrings
from toonbooth.drawing.exposure import well_lit
from toonbooth.drawing.eyes import draw_eyes, enlarge_eyes
from toonbooth.drawing.figure import Drawing, figure_above
from toonbooth.drawing.grading import Grade, grade
from toonbooth.drawing.ground import Ground, GroundLook, PaintedGround, paint_ground
from toonbooth.drawing.handling import (
    Subject,
    brush_ways,
    find_beards,
    find_hair,
    find_sleek,
    paint_subject,
)
from toonbooth.drawing.pencil_tones import distance_from_heads
from toonbooth.drawing.regions import clean_matte, find_regions
from toonbooth.drawing.rim_light import find_rim_light, without_glare
from toonbooth.drawing.scraps import clean_rim, with_earrings
from toonbooth.drawing.surfaces import settle_skin
from toonbooth.imaging.brushwork import (
    BrushDirections,
)
from toonbooth.imaging.colour import lab_to_rgb, luma, planes_of, rgb_to_lab
from toonbooth.imaging.flow import Flow, FlowSmoother, edge_tangent_flow
from toonbooth.imaging.kuwahara import anisotropic_kuwahara
from toonbooth.imaging.lines import line_response
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import enlarged, enlarged_rows, padded, shrunk
from toonbooth.imaging.smoothing import GuidedPlane, flatten, gaussian, guided_planes
from toonbooth.imaging.tones import ordered_dither, smoothstep
from toonbooth.portrait.model import Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""


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
    portrait = enlarge_eyes(well_lit(portrait), strength=0.08)
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


@dataclass(frozen=True, slots=True)
class _Study:
    """All that is decided on the small picture; `factor` times smaller than the painting.

    subject : what strokes are to paint.
    planes : its colours as R, G, B to be enlarged along the photo's edges; then the smooth grey.
    brushy : how far strokes cover the study, 0 … 1.
    grain : how much of the photo's fine drawing stays: features.
    """

    factor: int
    subject: Subject
    planes: list[GuidedPlane]
    clean: GuidedPlane
    person: FloatImage
    brushy: FloatImage
    grain: FloatImage


def _paint(portrait: Portrait, ground: PaintedGround, look: PaintedLook, rng: np.random.Generator) -> Drawing:
    unit = _unit(portrait)
    factor = max(2, round(2 * unit))
    height, width = portrait.picture.shape[:2]
    picture = padded(portrait.picture, multiple=factor)
    large = (picture.shape[1], picture.shape[0])
    study = _study(portrait, picture, ground.directions, look, unit=unit / factor, factor=factor)
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
    draw_eyes(drawing, portrait, light_from=look.grade.side)
    return Drawing(drawing, figure_above(study.person, (width, height), factor=factor))


def _study(
    portrait: Portrait,
    picture: ByteImage,
    drift: BrushDirections,
    look: PaintedLook,
    *,
    unit: float,
    factor: int,
) -> _Study:
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 2.6 * unit))
    along = FlowSmoother(flow, reach=max(1.0, 6.0 * unit), taps=2)
    even = flatten(small, passes=1, tone=24.0, reach=5, median=3)
    photo, even_grey = rgb_to_lab(to_float(even)), luma(even)
    lab = photo
    faces, scale = portrait.faces, 1 / factor
    if faces:
        person = shrunk(padded(portrait.matte, multiple=factor), size)
        person, lab = clean_rim(person, photo, faces, scale=scale, unit=unit)
        person = clean_matte(person, faces, scale=scale, unit=unit)
        bare = person
        person = with_earrings(person, photo, faces, scale=scale)
        np.maximum(person, find_earrings(photo, bare, faces, scale=scale), out=person)
        jewels = person - bare
    else:
        person, jewels = np.ones(size[::-1], np.float32), np.zeros(size[::-1], np.float32)
    planes = along.smooth(anisotropic_kuwahara(lab, even_grey, flow, radius=max(1.2, 6.0 * unit)))
    regions = find_regions(planes, grey, person, faces, scale=scale)
    regions = settle_skin(regions, planes, grey, faces, scale=scale)
    # Features keep more of their drawing than a broad brush leaves.
    hair = find_hair(lab, grey, regions, unit=unit)
    rim = find_rim_light(lab, regions, faces, scale=scale)
    if rim.any():
        lab, planes = (without_glare(each, rim, regions.skin) for each in (lab, planes))
        regions = replace(regions, skin=np.maximum(regions.skin, rim))
    details = (1 - rim) * find_details(lab, planes, regions, hair, flow.coherence, unit=unit)
    np.maximum(details, cv2.dilate(jewels, np.ones((3, 3), np.uint8)), out=details)
    fine = np.maximum(np.maximum(regions.features, regions.mouth), details)
    sleek = find_sleek(grey, unit=unit)
    # Curls, cropped hair and weave are masses: along their own flow they would turn to poured caramel.
    fluffy = (1 - regions.skin) * (1 - sleek) * np.float32(0.85)
    masses = gaussian(lab, sigma=max(0.8, 4.5 * unit))
    planes = cv2.blendLinear(masses, planes, fluffy, 1 - fluffy).astype(np.float32, copy=False)
    lab = cv2.blendLinear(lab, planes, fine, 1 - fine).astype(np.float32, copy=False)
    tone = np.multiply(cv2.extractChannel(lab, 0), np.float32(0.01), dtype=np.float32)
    graded = grade(lab, regions, look.grade, unit=unit)
    beards = find_beards(lab, hair, regions)
    if beards.any():
        warm_beards(graded, beards)
    # Hair and folds as strands along the flow, a little stronger than life.
    strands = along.smooth(along.smooth(grey - gaussian(grey, sigma=max(0.8, 4.0 * unit))))
    away = (1 - regions.skin) * (1 - fine) * sleek * (np.float32(0.3) + np.float32(0.5) * hair)
    graded[..., 0] += np.clip(strands * 75, -9, 12) * away
    stranded = smoothstep(gaussian(np.abs(strands), sigma=max(1.0, 8.0 * unit)), low=0.006, high=0.018)
    stranded *= sleek
    accents = np.maximum(line_response(tone, sigma=max(0.6, 2.2 * unit)), 0)
    graded[..., 0] *= 1 - np.clip(accents * 4.5, 0, 0.4) * np.maximum(fine, 0.35 * regions.skin)
    # Where a form turns to the light a touch of it is set: nose, lower lip, cheekbones.
    raised = gaussian(tone, sigma=max(0.8, 2.0 * unit)) - gaussian(tone, sigma=max(1.0, 8.0 * unit))
    touch = np.clip(raised * 100 - np.float32(1.2), 0, 6) * np.maximum(regions.skin, regions.lips)
    graded[..., 0] += np.float32(1.6) * touch
    np.clip(graded[..., 0], 0, 100, out=graded[..., 0])
    if faces:
        graded = without_rim(graded, person, unit=1.8 * unit)
    *planes_large, clean = guided_planes(
        [*planes_of(lab_to_rgb(graded)), even_grey], grey, radius=2, contrast=0.03
    )

    lightness = cv2.extractChannel(graded, 0)
    steep = cv2.magnitude(
        cv2.Scharr(lightness, cv2.CV_32F, 1, 0, scale=1 / 32),
        cv2.Scharr(lightness, cv2.CV_32F, 0, 1, scale=1 / 32),
    ).astype(np.float32, copy=False)
    detail = smoothstep(
        gaussian(steep, sigma=max(0.7, 1.5 * unit)) * np.float32(max(unit, 0.3)), low=1.5, high=6.0
    )
    brushy = (np.float32(0.92) - np.float32(0.1) * regions.skin) * (1 - np.float32(0.5) * detail)
    brushy *= 1 - smoothstep(fine, low=0.02, high=0.5)
    # Where strands turn and cross a brush would only stir them.
    brushy *= 1 - np.float32(0.45) * hair * (1 - np.float32(0.5) * sleek)
    calm = person
    if faces:
        calm = gaussian(person, sigma=max(0.7, 1.6 * unit))
        # Heads are cut out clearly; farther off edges are lost in the ground.
        lost = smoothstep(distance_from_heads(size, faces, scale=scale), low=0.9, high=2.0)
        calm += np.float32(0.8) * lost * (gaussian(person, sigma=max(0.7, 6.0 * unit)) - calm)
        np.maximum(calm, jewels, out=calm)
    directions = brush_ways(tone, calm, regions, drift, hair, beards, unit=unit)
    points = gaussian(np.abs(grey - gaussian(grey, sigma=max(0.8, 3 * unit))), sigma=max(1.0, 6 * unit))
    glitter = smoothstep(points, low=0.075, high=0.105)
    surface = smoothstep(calm, low=0.3, high=0.6) * smoothstep(brushy, low=0.05, high=0.2)
    subject = Subject(graded, directions, surface, regions.skin, stranded, sleek, hair, beards, glitter)
    return _Study(factor, subject, planes_large, clean, calm, brushy, fine)


def warm_beards(lab: FloatImage, beards: FloatImage) -> None:
    """Paint black and grey beards warm, in place: beside skin a neutral grey looks blue."""
    _, a, b = planes_of(lab)
    grey = beards * smoothstep(np.hypot(a, b), low=14.0, high=5.0)
    lab[..., 1] += np.float32(2.5) * grey
    lab[..., 2] += np.float32(5.0) * grey


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


def _bristles(study: _Study, *, rng: np.random.Generator) -> FloatImage:
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
    study: _Study,
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
