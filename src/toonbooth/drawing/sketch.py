"""The `sketch` style: graphite on paper, tone hatched along the form over a soft smudge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing.chains import find_chains
from toonbooth.drawing.closeup import Closeup, find_closeups, look_closely
from toonbooth.drawing.details import find_objects, find_thin
from toonbooth.drawing.exposure import well_lit
from toonbooth.drawing.eyes import enlarge_eyes
from toonbooth.drawing.figure import Drawing, figure_above
from toonbooth.drawing.form import HandMoves, find_slopes, follow_structure, strokes_around
from toonbooth.drawing.handling import find_hair, find_sleek
from toonbooth.drawing.jawline import jaw_stroke
from toonbooth.drawing.jewels import matte_and_jewels, set_apart
from toonbooth.drawing.pencil_eyes import draw_pencil_eyes
from toonbooth.drawing.pencil_lines import PencilLines, pencil_lines, plan_pencil_lines
from toonbooth.drawing.pencil_mouth import draw_pencil_mouths
from toonbooth.drawing.pencil_tones import above_skin, chalk_lights, pencil_tones, shade_pale_hair
from toonbooth.drawing.regions import clean_matte, find_regions
from toonbooth.drawing.silhouette import calm_outline
from toonbooth.drawing.sketch_look import Pencil, SketchLook, choose_look
from toonbooth.drawing.surfaces import settle_skin
from toonbooth.drawing.vignette import Frame, frame_of, vignette
from toonbooth.imaging.colour import bytes_to_lab, lab_to_rgb, luma
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.lines import line_response
from toonbooth.imaging.paper import paper_grain
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import Size, enlarged, enlarged_smoothly, padded, shrunk
from toonbooth.imaging.smoothing import flatten, gaussian
from toonbooth.imaging.strokes import Directions, Hatching, draw_strokes, hatch
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import grown, seen_from
from toonbooth.portrait.model import Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""


_DARKEST = 2.2
"""Density beyond which nobody sees a difference."""

_LAYERS = 2.4
"""Density of all layers of hatching together."""

_SHEET = 1000.0
"""Length in pixels that smaller pictures are drawn at, as far as their photo allows."""


_MARGIN = 0.06
"""Share of a sheet's short side over which the drawing fades at its edges."""

_CHALK = (98.0, 0.0, 1.5)
"""L*a*b* of white chalk."""


def draw_sketch(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait in pencil."""
    look = choose_look(rng)
    portrait = enlarge_eyes(well_lit(set_apart(portrait)), strength=0.08)
    height, width = portrait.picture.shape[:2]
    whole = Closeup(0, 0, width, height, min(2.4, _SHEET / max(height, width)))
    if whole.zoom > 1.2 and min(whole.size) >= 8:
        # On a small sheet a pencil line is as broad as an eyelid.
        near = look_closely(portrait, whole)
        large = _draw(near, frame_of(near, margin=_MARGIN), look, rng)
        return Drawing(shrunk(large.picture, (width, height)), shrunk(large.figure, (width, height))).of(
            portrait
        )
    frame = frame_of(portrait, margin=_MARGIN)
    sheet = _draw(portrait, frame, look, rng)
    drawing = sheet
    closeups = find_closeups(portrait, small=200, wanted=300, largest_zoom=2.0, budget=1.0)
    for closeup in closeups:
        part = frame.within(closeup, (width, height))
        close = _draw(look_closely(portrait, closeup), part, look, rng)
        drawing = drawing.with_closeup(close, closeup)
    return _sharper_on_people(drawing, sheet, portrait, closeups).of(portrait)


def _sharper_on_people(
    drawing: Drawing, sheet: Drawing, portrait: Portrait, closeups: tuple[Closeup, ...]
) -> Drawing:
    """The sharper pencil is for the person: two sorts of hatching behind them would show a seam."""
    sigma = max(1.0, 8 * _unit(portrait))
    picture = drawing.picture.copy()
    for window in (closeup.window for closeup in closeups):
        seen = grown(window, int(np.ceil(3 * sigma)), picture.shape)
        near = gaussian(np.ascontiguousarray(portrait.matte[seen]), sigma=sigma)[seen_from(seen, window)]
        around = smoothstep(near, low=0.08, high=0.4)
        sharp, soft = (np.ascontiguousarray(each.picture[window]) for each in (drawing, sheet))
        picture[window] = cv2.blendLinear(sharp, soft, around, 1 - around)
    return replace(drawing, picture=picture)


def _draw(portrait: Portrait, frame: Frame, look: SketchLook, rng: np.random.Generator) -> Drawing:
    unit = _unit(portrait)
    height, width = portrait.picture.shape[:2]
    factor = max(2, round(2 * unit))
    picture = padded(portrait.picture, multiple=factor)
    full: Size = (picture.shape[1], picture.shape[0])
    size = (full[0] // factor, full[1] // factor)
    study = _study(
        portrait, picture, frame.at(size), look, size=size, factor=factor, unit=unit / factor, rng=rng
    )

    strokes = _hatched(study, look, full=full, unit=unit, rng=rng)
    # Strokes end where the light begins; eyes, brows and lips are rubbed in more than hatched.
    reached = smoothstep(study.tone, low=0.02, high=0.2)
    # What is light within something dark isn't drowned by the strokes beside it.
    reached *= np.float32(0.5) + np.float32(0.5) * smoothstep(study.tone, low=0.15, high=0.5)
    reached *= np.float32(1) - np.float32(0.6) * study.drawn_features
    density = np.multiply(strokes, enlarged(reached, full), dtype=np.float32)
    density *= np.float32(_LAYERS / 255)
    rub = np.float32(look.smudge) * study.rubbed + np.float32(0.78 - look.smudge) * study.drawn_features
    density += enlarged(study.tone * rub + _told_apart(study), full)
    density += pencil_lines(study.lines, full, weight=look.line_weight, factor=factor)
    _draw_features(density, picture, study)
    _draw_jaws(density, portrait, study.beards, look)
    draw_pencil_mouths(density, portrait.picture, portrait.faces)
    lights = draw_pencil_eyes(density, portrait.picture, portrait.faces, light_from=look.light_from)

    grain = paper_grain(full, coarseness=max(0.7, 0.9 * min(1.5, max(full) / 1080)), rng=rng)
    drawn = _on_paper(density, grain, look.pencil)
    if look.pencil.chalk:
        drawn = _chalked(drawn, study, lights, grain, look, unit=unit, rng=rng)
    figure = figure_above(study.person, (width, height), factor=factor)
    return Drawing(np.ascontiguousarray(drawn[:height, :width]), figure)


def _told_apart(study: _Study) -> FloatImage:
    """What is rubbed in beside that, so that things are told apart on a body: what is darker than around."""
    around = gaussian(study.tone, sigma=max(1.0, 18 * study.unit / study.factor))
    more: FloatImage = np.float32(0.9) * study.body * np.maximum(study.tone - around, 0)
    return more


def _chalked(
    drawn: ByteImage,
    study: _Study,
    lights: FloatImage,
    grain: FloatImage,
    look: SketchLook,
    *,
    unit: float,
    rng: np.random.Generator,
) -> ByteImage:
    """Lay white chalk on the lights: a soft rub, strokes over it, and a dot in every eye."""
    full: Size = (drawn.shape[1], drawn.shape[0])
    pitch, reach = look.spacing * max(unit, 0.75), max(unit, 0.5)
    layer = Hatching(1.2 * pitch, 22 * reach, 0.05, 0.9, 0.06)
    strokes = hatch(study.lights, study.around, layer, size=full, rng=rng, even=study.even)
    chalk = enlarged(study.lights * np.float32(0.4), full)
    chalk += draw_strokes(strokes, size=full, pen=max(1, round(0.8 * unit))) * np.float32(0.6 / 255)
    # Chalk catches on the same tooth as lead.
    chalk *= 1 + np.float32(0.2) * grain
    np.maximum(chalk, lights, out=chalk)
    np.clip(chalk, 0, 0.95, out=chalk)
    colour = to_bytes(lab_to_rgb(np.array([[_CHALK]], np.float32)))[0, 0]
    # Filling a picture channel by channel takes a thirtieth of the time of filling it pixel by pixel.
    white = cv2.merge([np.full(chalk.shape, share, np.uint8) for share in colour])
    return cv2.blendLinear(drawn, white, 1 - chalk, chalk).astype(np.uint8, copy=False)


def _draw_jaws(density: FloatImage, portrait: Portrait, beards: tuple[float, ...], look: SketchLook) -> None:
    """Draw the line from ear to chin to ear of every face without a beard, in place."""
    for face, beard in zip(portrait.faces, beards, strict=True):
        stroke = jaw_stroke(portrait, face, weight=look.line_weight, light_from=look.light_from)
        if stroke is not None and beard < 0.5:
            window, lead = stroke
            np.maximum(density[window], np.float32(0.95) * lead, out=density[window])


def _draw_features(density: FloatImage, picture: ByteImage, study: _Study) -> None:
    """Give eyes, brows, nose and lips all the detail that the photo has of them, in place."""
    factor = study.factor
    x, y, width, height = cv2.boundingRect((study.features > 0.02).astype(np.uint8))
    if not width or not height:
        return
    few = slice(y, y + height), slice(x, x + width)
    window = slice(y * factor, (y + height) * factor), slice(x * factor, (x + width) * factor)
    size = (width * factor, height * factor)
    grey = luma(np.ascontiguousarray(picture[window]))
    detail = enlarged(study.calm[few], size) - grey
    detail *= enlarged(study.features[few], size)
    part = density[window]
    part += np.float32(1.1) * detail
    part += (
        np.float32(7.0)
        * enlarged(study.features[few], size)
        * np.maximum(line_response(grey, sigma=float(np.clip(0.9 * study.unit, 0.6, 2.5))), 0)
    )
    np.maximum(part, 0, out=part)


@dataclass(frozen=True, slots=True)
class _Study:
    """All that is decided on the small picture, `factor` times smaller than the drawing.

    person : 1 is person; 1 everywhere when nobody is there.
    tone : what is to be reached, 0 … 1, with the vignette.
    calm : the picture's grey without fine detail.
    body : 1 on a person's clothes and hands.
    features : where all detail is drawn.
    drawn_features : where that is darker than the skin around it.
    rubbed : where tone is rubbed in under the strokes.
    strokes : how the hand moves.
    around : how it would move if there were nothing but form.
    even : where tone is made of soft strokes.
    lights : where chalk goes on toned paper.
    lines : contours and edges.
    beards : how likely each face has one.
    """

    factor: int
    unit: float
    person: FloatImage
    tone: FloatImage
    calm: FloatImage
    body: FloatImage
    features: FloatImage
    drawn_features: FloatImage
    rubbed: FloatImage
    strokes: HandMoves
    around: Directions
    even: FloatImage
    lights: FloatImage
    lines: PencilLines
    beards: tuple[float, ...]


def _study(
    portrait: Portrait,
    picture: ByteImage,
    frame: Frame,
    look: SketchLook,
    *,
    size: Size,
    factor: int,
    unit: float,
    rng: np.random.Generator,
) -> _Study:
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 3.0 * unit))
    silky = FlowSmoother(flow, reach=max(1.0, 5.0 * unit), taps=2)
    even = flatten(small, passes=1, tone=20.0, reach=5, median=3)
    smooth = silky.smooth(even)
    calm = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY) * np.float32(1 / 255)
    lab = bytes_to_lab(np.rint(smooth).astype(np.uint8))
    faces, scale = portrait.faces, 1 / factor
    person = np.ones(size[::-1], np.float32)
    if faces:
        matte, jewels = matte_and_jewels(portrait, multiple=factor, size=size, unit=unit)
        person = clean_matte(matte, faces, scale=scale, unit=unit)
        person = calm_outline(person, faces, scale=scale, unit=unit)
        np.maximum(person, jewels, out=person)
    regions = find_regions(lab, grey, person, faces, scale=scale)
    regions = settle_skin(regions, lab, grey, faces, scale=scale)
    hair = find_hair(lab, grey, regions, unit=unit)
    sleek = find_sleek(grey, unit=unit)
    thin = sleek * find_thin(even, regions, hair, flow.coherence, unit=unit)
    chains = find_chains(small, regions, faces, scale=scale)
    if chains is not None:
        np.maximum(thin, chains, out=thin)
    features = np.maximum(regions.features, np.float32(0.9) * thin)
    # Every groove between teeth would be dirt.
    features *= 1 - np.float32(0.5) * regions.mouth
    tone = pencil_tones(lab, regions, unit=unit, hair=hair)
    tone = shade_pale_hair(tone, lab, regions, hair, unit=unit)
    far = smoothstep(frame.distance, low=0.75, high=2.2)
    body = far * person
    objects = find_objects(tone, np.minimum(2 * body, 1) * (1 - hair), unit=unit)
    np.maximum(features, np.float32(0.8) * objects, out=features)
    lights = chalk_lights(lab, tone, regions, unit=unit) if look.pencil.chalk else np.zeros_like(tone)
    lights *= 1 - np.float32(0.8) * far
    if look.pencil.chalk:
        # Toned paper is the first tone by itself.
        tone = np.maximum(tone - np.float32(0.07), 0) * np.float32(1.04)
    lights *= frame.sheet
    features *= frame.sheet
    hand = _hand_pressure(size, unit=unit, rng=rng)
    if faces:
        faded = vignette(tone, person, faces, frame, look.ending, scale=scale)
        tone = faded + np.float32(0.7) * objects * (tone - faded)
    tone *= frame.sheet
    lines = plan_pencil_lines(
        calm,
        silky,
        regions,
        faces,
        light_from=look.light_from,
        far=far,
        hair=hair,
        sleek=sleek,
        scale=scale,
        unit=unit,
    ).pressed(frame.sheet * hand * (1 - np.float32(0.97) * smoothstep(frame.distance, low=2.6, high=4.6)))
    slopes = find_slopes(person, faces, scale=scale, unit=unit)
    around = strokes_around(*slopes, angle=look.angle, roundness=0.55)
    moves = follow_structure(around, flow, calm, regions, hair, far=far, unit=unit)
    # Clothes are rubbed in as heads are: strokes alone would be rain over them.
    rubbed = (np.float32(0.3) + np.float32(0.7) * person) * (
        1 - far * (np.float32(0.75) - np.float32(0.6) * person)
    )
    return _Study(
        factor,
        unit * factor,
        person,
        tone,
        calm,
        body,
        features,
        features * above_skin(tone, regions),
        rubbed,
        moves,
        around,
        np.maximum(np.maximum(regions.skin, 1 - person), np.float32(0.4) * (1 - hair) * far),
        lights,
        lines,
        regions.beards,
    )


def _hatched(
    study: _Study, look: SketchLook, *, full: Size, unit: float, rng: np.random.Generator
) -> ByteImage:
    """Three layers of strokes: along the form, across it for darker tones, and short ones in the deepest."""
    pitch = look.spacing * max(unit, 0.75)
    reach = max(unit, 0.5)
    pen = max(1, round(0.8 * unit))
    moves = study.strokes
    # Strands are crossed at a small angle, or hair turns to cloth.
    turn = np.float32(look.cross) * (1 - np.float32(0.8) * moves.flowing)
    layers = (
        (moves.directions, Hatching(pitch, 26 * reach, 0.03, 0.5, 0.07), 0.85),
        (moves.directions.turned(turn), Hatching(1.1 * pitch, 24 * reach, 0.28, 0.85, 0.06), 0.75),
        (moves.directions.turned(0.35 * turn), Hatching(0.9 * pitch, 17 * reach, 0.5, 1.05, 0.08), 0.8),
    )
    total = np.zeros(full[::-1], np.uint8)
    for directions, hatching, weight in layers:
        strokes = hatch(
            study.tone, directions, hatching, size=full, rng=rng, lengthen=moves.length, even=study.even
        )
        sheet = draw_strokes(strokes, size=full, pen=pen)
        cv2.addWeighted(total, 1.0, sheet, weight / _LAYERS, 0, total)
    return total


def _hand_pressure(size: Size, *, unit: float, rng: np.random.Generator) -> FloatImage:
    """A hand presses now more, now less: a calm field around 1."""
    few = (max(2, round(size[0] / max(4.0, 40 * unit))), max(2, round(size[1] / max(4.0, 40 * unit))))
    swell = rng.standard_normal(few[::-1], dtype=np.float32)
    field: FloatImage = 1 + np.float32(0.28) * enlarged_smoothly(swell, size)
    return np.clip(field, np.float32(0.35), np.float32(1.7))


def _on_paper(density: FloatImage, grain: FloatImage, pencil: Pencil) -> ByteImage:
    """Lay lead on paper, plane by plane; density is used up.

    Lead darkens by the law of Beer and Lambert, so layers cross without ever getting blacker than lead.
    """
    ends = lab_to_rgb(np.array([[pencil.lead, pencil.paper]], np.float32))[0]
    # Lead catches on the paper's tooth, and bare paper shows it a little.
    density += (density * np.float32(0.22) + np.float32(0.007)) * grain
    density *= np.float32(1 / _DARKEST)
    share = to_bytes(density)
    depth = np.linspace(0, _DARKEST, 256, dtype=np.float32)[:, None] + np.float32(0.012)
    table = to_bytes(ends[0] + (ends[1] - ends[0]) * np.exp(np.float32(-1.3) * depth))
    planes = [cv2.LUT(share, np.ascontiguousarray(table[:, channel])) for channel in range(3)]
    return cv2.merge(planes).astype(np.uint8, copy=False)


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)
