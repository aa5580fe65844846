"""What a painting is to show, decided on a small picture: colours, where strokes go, what stays fine."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing.cel import bodily_hue, without_rim
from toonbooth.drawing.chains import find_chains
from toonbooth.drawing.details import find_details, find_objects, lost_in_planes
from toonbooth.drawing.flesh import calm_lips
from toonbooth.drawing.grading import Grade, grade
from toonbooth.drawing.handling import (
    Subject,
    brush_ways,
    find_beards,
    find_hair,
    find_sleek,
)
from toonbooth.drawing.jewels import matte_and_jewels, without_jewels
from toonbooth.drawing.regions import Regions, clean_matte, find_regions
from toonbooth.drawing.rim_light import find_rim_light, without_glare
from toonbooth.drawing.scraps import clean_rim
from toonbooth.drawing.silhouette import calm_outline
from toonbooth.drawing.surfaces import settle_skin
from toonbooth.drawing.vignette import distance_from_heads
from toonbooth.imaging.brushwork import BrushDirections
from toonbooth.imaging.colour import lab_to_rgb, luma, planes_of, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.kuwahara import anisotropic_kuwahara
from toonbooth.imaging.lines import line_response
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.ranks import medians
from toonbooth.imaging.resize import Size, shrunk
from toonbooth.imaging.smoothing import GuidedPlane, flatten, gaussian, guided_planes
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import around_point
from toonbooth.portrait.model import Portrait

_ENOUGH_SKIN = 30
"""Pixels of a face below which it has no colour of its own."""

_MATT = 0.5
"""Part of the lips' shine that isn't painted: what is left is a small light."""


@dataclass(frozen=True, slots=True)
class PaintedStudy:
    """All that is decided on the small picture; `factor` times smaller than the painting.

    subject : what strokes are to paint.
    planes : its colours as R, G, B to be enlarged along the photo's edges.
    clean : the smooth grey, likewise.
    person : how much is painted of what is not the ground, 0 … 1.
    brushy : how far strokes cover the study, 0 … 1.
    grain : how much of the photo's fine drawing stays: features.
    beards : how likely each face has one.
    """

    factor: int
    subject: Subject
    planes: list[GuidedPlane]
    clean: GuidedPlane
    person: FloatImage
    brushy: FloatImage
    grain: FloatImage
    beards: tuple[float, ...]


def study_painting(
    portrait: Portrait, picture: ByteImage, drift: BrushDirections, look: Grade, *, unit: float, factor: int
) -> PaintedStudy:
    """Decide what a painting shows.

    Parameters
    ----------
    portrait : the photo and its geometry
    picture : uint8 array, shape (H, W, 3)
        The photo, padded to a multiple of `factor`.
    drift : BrushDirections, of any size
        The way over the ground.
    look : Grade
    unit : float, pixels of the study
        A four-hundredth of a face's width.
    factor : int
        How many times smaller the study is.
    """
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 2.6 * unit))
    along = FlowSmoother(flow, reach=max(1.0, 6.0 * unit), taps=2)
    even = flatten(small, passes=1, tone=24.0, reach=5, median=3)
    lab, even_grey = rgb_to_lab(to_float(even)), luma(even)
    faces, scale = portrait.faces, 1 / factor
    distance = distance_from_heads(size, faces, scale=scale)
    person, jewels, lab = _person(portrait, lab, factor=factor, unit=unit)
    planes = along.smooth(anisotropic_kuwahara(lab, even_grey, flow, radius=max(1.2, 6.0 * unit)))
    regions = find_regions(planes, grey, person, faces, scale=scale)
    regions = settle_skin(regions, planes, grey, faces, scale=scale)
    skin = without_jewels(regions.skin, jewels) * warm_beyond_faces(planes, distance)
    regions = replace(regions, skin=skin)
    hair, sleek = find_hair(lab, grey, regions, unit=unit), find_sleek(grey, unit=unit)
    rim = find_rim_light(lab, regions, faces, scale=scale)
    if rim.any():
        lab, planes = (without_glare(each, rim, regions.skin) for each in (lab, planes))
        regions = replace(regions, skin=np.maximum(regions.skin, rim))
    lost = lost_in_planes(lab, planes)
    details = (1 - rim) * find_details(lost, regions, hair, flow.coherence, unit=unit)
    body = smoothstep(distance, low=0.85, high=1.15) * person * (1 - hair)
    # A watch or a microphone is detail all over.
    objects = find_objects(1 - planes_of(lab)[0] * np.float32(0.01), body, unit=unit)
    objects *= smoothstep(gaussian(lost, sigma=max(0.8, 6 * unit)), low=1.0, high=2.5)
    np.maximum(details, objects, out=details)
    np.maximum(details, cv2.dilate(jewels, np.ones((3, 3), np.uint8)), out=details)
    chains = find_chains(small, regions, faces, scale=scale)
    if chains is not None:
        np.maximum(details, cv2.dilate(chains, np.ones((3, 3), np.uint8)), out=details)
    fine = np.maximum.reduce([regions.features, regions.mouth, regions.frames, details])
    # Curls, cropped hair and weave are masses: along their own flow they would turn to poured caramel.
    fluffy = (1 - regions.skin) * (1 - sleek) * np.float32(0.85)
    masses = gaussian(lab, sigma=max(0.8, 4.5 * unit))
    curls = gaussian(lab, sigma=max(0.6, 2.0 * unit))
    masses = cv2.blendLinear(curls, masses, hair, 1 - hair).astype(np.float32, copy=False)
    planes = cv2.blendLinear(masses, planes, fluffy, 1 - fluffy).astype(np.float32, copy=False)
    # Features and thin things keep more of their drawing than a broad brush leaves.
    lab = cv2.blendLinear(lab, planes, fine, 1 - fine).astype(np.float32, copy=False)
    tone = np.multiply(cv2.extractChannel(lab, 0), np.float32(0.01), dtype=np.float32)
    graded = grade(lab, regions, look, unit=unit)
    beards = find_beards(lab, hair, regions)
    if beards.any():
        warm_beards(graded, beards)
    # Hair and folds as strands along the flow, a little stronger than life.
    strands = along.smooth(along.smooth(grey - gaussian(grey, sigma=max(0.8, 4.0 * unit))))
    away = (1 - regions.skin) * (1 - fine) * sleek * (np.float32(0.3) + np.float32(0.5) * hair)
    graded[..., 0] += np.clip(strands * 75, -9, 12) * away
    stranded = smoothstep(gaussian(np.abs(strands), sigma=max(1.0, 8.0 * unit)), low=0.006, high=0.018)
    _model(graded, tone, regions, fine, unit=unit)
    calm_gloss(graded, regions)
    if faces:
        graded = without_rim(graded, person, unit=1.8 * unit)
    *planes_large, clean = guided_planes(
        [*planes_of(lab_to_rgb(graded)), even_grey], grey, radius=2, contrast=0.03
    )
    brushy = _brushy(graded, regions, fine, unit=unit)
    # Where strands turn and cross a brush would only stir them.
    brushy *= 1 - np.float32(0.45) * hair * (1 - np.float32(0.5) * sleek)
    calm = _outline(person, jewels, distance, unit=unit) if faces else person
    directions = brush_ways(tone, calm, regions, drift, hair, beards, unit=unit)
    points = gaussian(np.abs(grey - gaussian(grey, sigma=max(0.8, 3 * unit))), sigma=max(1.0, 6 * unit))
    glitter = smoothstep(points, low=0.075, high=0.105)
    # Arms that were not told for skin are painted as smoothly: the strokes of cloth would scar them.
    _, red, yellow = planes_of(graded)
    limbs = body * bodily_hue(red, yellow, cv2.magnitude(red, yellow).astype(np.float32, copy=False))
    skin = np.maximum(regions.skin, limbs)
    surface = smoothstep(calm, low=0.3, high=0.6) * smoothstep(brushy, low=0.05, high=0.2)
    subject = Subject(graded, directions, surface, skin, stranded * sleek, sleek, hair, beards, glitter)
    return PaintedStudy(factor, subject, planes_large, clean, calm, brushy, fine, regions.beards)


def _person(
    portrait: Portrait, lab: FloatImage, *, factor: int, unit: float
) -> tuple[FloatImage, FloatImage, FloatImage]:
    """The person with their earrings, those alone, and colours mended where walls shine through hair."""
    size: Size = (lab.shape[1], lab.shape[0])
    faces, scale = portrait.faces, 1 / factor
    if not faces:
        return np.ones(size[::-1], np.float32), np.zeros(size[::-1], np.float32), lab
    matte, jewels = matte_and_jewels(portrait, multiple=factor, size=size, unit=unit)
    matte, mended = clean_rim(matte, lab, faces, scale=scale, unit=unit)
    bare = clean_matte(matte, faces, scale=scale, unit=unit)
    bare = calm_outline(bare, faces, scale=scale, unit=unit)
    person = np.maximum(bare, jewels)
    return person, person - bare, mended


def warm_beyond_faces(lab: FloatImage, distance: FloatImage) -> FloatImage:
    """0 where what was taken for skin beyond a face is grey or blue, as a shirt beside it, 1 elsewhere."""
    _, red, yellow = planes_of(lab)
    warm = smoothstep(np.float32(0.6) * red + np.float32(0.8) * yellow, low=0.0, high=2.5)
    near = smoothstep(distance, low=0.66, high=0.52)
    # A photo without colours has none to tell by.
    return np.maximum(warm, near) if float(np.abs(lab[::3, ::3, 1:]).mean()) > 1 else np.ones_like(warm)


def _model(graded: FloatImage, tone: FloatImage, regions: Regions, fine: FloatImage, *, unit: float) -> None:
    """Deepen lines, and set touches of light on nose, chin and cheekbones, in place."""
    accents = np.maximum(line_response(tone, sigma=max(0.6, 2.2 * unit)), 0)
    graded[..., 0] *= 1 - np.clip(accents * 4.5, 0, 0.4) * np.maximum(fine, 0.35 * regions.skin)
    raised = gaussian(tone, sigma=max(0.8, 2.0 * unit)) - gaussian(tone, sigma=max(1.0, 8.0 * unit))
    touch = np.clip(raised * 100 - np.float32(1.2), 0, 6) * regions.skin
    # Around lips it would be a second lip.
    touch *= 1 - smoothstep(gaussian(regions.lips, sigma=max(0.8, 7.0 * unit)), low=0.02, high=0.2)
    graded[..., 0] += np.float32(1.6) * touch
    np.clip(graded[..., 0], 0, 100, out=graded[..., 0])


def calm_gloss(graded: FloatImage, regions: Regions) -> None:
    """Leave lips their own colour under their gloss, in place: a white streak is no lip."""
    for head, (x, y, width) in enumerate(regions.heads):
        middle = np.array([x, y], np.float32)
        window = around_point(middle, graded.shape, reach=0.8 * width)
        near = regions.within(window)
        part = np.ascontiguousarray(graded[window])
        skin = near.skin * regions.share_of(head)[window] if len(regions.heads) > 1 else near.skin
        sure = skin > 0.8
        if np.count_nonzero(sure) < _ENOUGH_SKIN:
            continue
        lightness, red, yellow = (float(value) for value in medians(part[sure].T))
        drawn = planes_of(part)
        calm_lips(drawn, near.lips, near.mouth, (lightness, red, yellow), matt=_MATT)
        graded[window] = cv2.merge(drawn)


def _brushy(graded: FloatImage, regions: Regions, fine: FloatImage, *, unit: float) -> FloatImage:
    """How far strokes may cover the study: less where it has edges, hardly where it is fine."""
    lightness = cv2.extractChannel(graded, 0)
    steep = cv2.magnitude(
        cv2.Scharr(lightness, cv2.CV_32F, 1, 0, scale=1 / 32),
        cv2.Scharr(lightness, cv2.CV_32F, 0, 1, scale=1 / 32),
    ).astype(np.float32, copy=False)
    detail = smoothstep(
        gaussian(steep, sigma=max(0.7, 1.5 * unit)) * np.float32(max(unit, 0.3)), low=1.5, high=6.0
    )
    brushy: FloatImage = (np.float32(0.92) - np.float32(0.1) * regions.skin) * (1 - np.float32(0.5) * detail)
    brushy *= 1 - smoothstep(fine, low=0.02, high=0.5)
    return brushy


def _outline(person: FloatImage, jewels: FloatImage, distance: FloatImage, *, unit: float) -> FloatImage:
    """How a person ends: heads are cut out clearly, farther off edges are lost in the ground."""
    calm = gaussian(person, sigma=max(0.7, 1.6 * unit))
    lost = smoothstep(distance, low=0.9, high=2.0)
    # Inside, or they would be lost in what the photo has behind them.
    soft = np.float32(1.6) * gaussian(person, sigma=max(0.7, 6.0 * unit)) - np.float32(0.6)
    calm += np.float32(0.9) * lost * (np.clip(soft, 0, 1) - calm)
    return np.maximum(calm, jewels)


def warm_beards(lab: FloatImage, beards: FloatImage) -> None:
    """Paint black and grey beards warm, in place: beside skin a neutral grey looks blue."""
    _, a, b = planes_of(lab)
    grey = beards * smoothstep(np.hypot(a, b), low=14.0, high=5.0)
    lab[..., 1] += np.float32(2.5) * grey
    lab[..., 2] += np.float32(5.0) * grey
