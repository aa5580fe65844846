"""How a painter handles the brush: which way it goes over skin, hair and cloth, what each brush paints."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.brushwork import Brush, BrushDirections, brush_directions, lay_strokes, paint_strokes
from toonbooth.imaging.colour import lab_to_rgb, planes_of
from toonbooth.imaging.flow import Flow, FlowSmoother, edge_tangent_flow
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.ranks import median, medians
from toonbooth.imaging.resize import Size, enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep

_JAW = np.float32(0.55)
"""Half a jaw's width, and how far below the nose its beard ends, in face widths."""


_UNLIKELY = 0.05
"""Likelihood of a beard below which none is looked for."""

_RIDGE = 0.09
"""Square of half a nose's height, in face widths."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be painted, all of one size; masks are float32 in 0 … 1.

    lab : (H, W, 3) float32, L*a*b*.
    directions : BrushDirections, of any size.
    surface : where strokes belong: the person, without eyes and mouth.
    skin : bare skin.
    strands : where hair or folds ask for a fine brush.
    sleek : where what is seen runs one way, as combed hair does and curls don't.
    hair : where hair is.
    beards : where it is short and grows on faces.
    glitter : where cloth is all points of light.
    """

    lab: FloatImage
    directions: BrushDirections
    surface: FloatImage
    skin: FloatImage
    strands: FloatImage
    sleek: FloatImage
    hair: FloatImage
    beards: FloatImage
    glitter: FloatImage


def find_hair(lab: FloatImage, grey: FloatImage, regions: Regions, *, unit: float) -> FloatImage:
    """Find hair and beards by their place and by what they look like.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    grey : float32 array, shape (H, W), range [0, 1]
        The picture as it is.
    regions : of the same size
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W): 1 around a face, not under its chin, where a surface is rough or much darker
    than skin; a shaded temple or a bald head is neither.
    """
    hair = np.zeros_like(grey)
    sure = regions.skin > 0.8
    if np.count_nonzero(sure) < 20:
        return hair
    below = np.zeros_like(grey)
    columns = np.arange(grey.shape[1], dtype=np.float32)[None, :]
    rows = np.arange(grey.shape[0], dtype=np.float32)[:, None]
    for x, y, across in regions.heads:
        right = (columns - np.float32(x)) / np.float32(across)
        down = (rows - np.float32(y)) / np.float32(across)
        deep = np.where(down > 0, np.float32(1.5), np.float32(0.8)) * down
        away: FloatImage = (right * right + deep * deep).astype(np.float32, copy=False)
        np.maximum(hair, smoothstep(away, low=1.1, high=0.75), out=hair)
        fall = right * right + np.square(np.maximum(down - np.float32(0.3), 0) * np.float32(0.6))
        fall = smoothstep(fall.astype(np.float32, copy=False), low=1.3, high=0.8)
        np.maximum(below, fall * smoothstep(down, low=0.1, high=0.3), out=below)
    lightness = planes_of(lab)[0]
    typical = median(lightness[sure])
    fine = np.abs(grey - gaussian(grey, sigma=max(0.8, 3 * unit)))
    rough = gaussian(fine, sigma=max(1.0, 5 * unit)) / (np.float32(0.08) + grey)
    looks = smoothstep(lightness, low=typical - 18, high=typical - 32)
    np.maximum(looks, smoothstep(rough, low=0.018, high=0.04), out=looks)
    other = (1 - regions.skin) * (1 - np.maximum(regions.features, regions.mouth))
    hair *= looks * other
    # What falls to the shoulders is known by the colours that it has on the head.
    seen = lab[(hair * regions.person > 0.8) & (below < 0.1)]
    if len(seen) >= 50:
        middle = medians(seen.T)
        spread = np.maximum(1.5 * np.abs(seen - middle).mean(axis=0), (9.0, 3.5, 4.5))
        unlike = np.zeros_like(grey)
        for plane, mean, usual in zip(planes_of(lab), middle, spread, strict=True):
            unlike += np.square((plane - mean) * np.float32(1 / usual))
        unlike = gaussian(unlike, sigma=max(0.8, 2 * unit))
        falling = below * other * smoothstep(unlike, low=6.0, high=3.0)
        falling *= smoothstep(gaussian(rough, sigma=max(1.0, 8 * unit)), low=0.018, high=0.035)
        np.maximum(hair, falling * regions.person, out=hair)
    return hair


def find_sleek(grey: FloatImage, *, unit: float) -> FloatImage:
    """Tell what runs one way over a long stretch, as combed hair and folds do, from curls and weave.

    Parameters
    ----------
    grey : float32 array, shape (H, W), range [0, 1]
        The picture as it is.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W): 0 every way … 1 one way.
    """
    height, width = grey.shape
    few = shrunk(grey, (max(1, width // 2), max(1, height // 2)))
    flow = edge_tangent_flow(few, scale=max(1.5, 7.0 * unit))
    return enlarged(smoothstep(flow.coherence, low=0.45, high=0.8), (width, height))


def find_beards(lab: FloatImage, hair: FloatImage, regions: Regions) -> FloatImage:
    """Find what of the hair is a beard: dark, on the lower part of a face that has one.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    hair : float32 array, shape (H, W), from `find_hair`
    regions : of the same size; somebody must have looked for beards

    Returns
    -------
    float32 array, shape (H, W), nowhere more than `hair`.
    """
    height, width = hair.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    beards = np.zeros_like(hair)
    sure = regions.skin > 0.8
    if np.count_nonzero(sure) < 20:
        return beards
    for (x, y, across), likely in zip(regions.heads, regions.beards, strict=True):
        if likely < _UNLIKELY:
            continue
        down = (rows - np.float32(y)) * np.float32(1 / across)
        right = (columns - np.float32(x)) * np.float32(1 / across)
        # As a jaw is: narrower towards the chin.
        jaw = (np.square(right / _JAW) + np.square((down - np.float32(0.2)) / _JAW)).astype(np.float32)
        place = smoothstep(down, low=0.02, high=0.16) * smoothstep(jaw, low=1.15, high=0.85)
        np.maximum(beards, np.float32(likely) * place, out=beards)
    if not beards.any():
        return beards
    lightness = planes_of(lab)[0]
    typical = float(np.median(lightness[sure]))
    beards *= hair * smoothstep(lightness, low=typical - 10, high=typical - 22)
    return beards


def brush_ways(
    tone: FloatImage,
    person: FloatImage,
    regions: Regions,
    drift: BrushDirections,
    hair: FloatImage,
    beards: FloatImage,
    *,
    unit: float,
) -> BrushDirections:
    """Decide which way the brush goes: around heads, along hair and folds, over the ground.

    Parameters
    ----------
    tone : float32 array, shape (H, W), range [0, 1]
        The picture in planes.
    person : float32 array, shape (H, W)
        The matte.
    regions : of the same size
    drift : BrushDirections, of any size
        The way over the ground.
    hair, beards : float32 arrays, shape (H, W), from `find_hair` and `find_beards`
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    BrushDirections at half the size.
    """
    size = (max(1, tone.shape[1] // 2), max(1, tone.shape[0] // 2))
    few, skin = shrunk(tone, size), shrunk(regions.skin, size)
    ground = BrushDirections(enlarged(drift.cos2, size), enlarged(drift.sin2, size))
    loose = brush_directions(few, scale=max(0.7, 20.0 * unit), drift=ground, steadiness=4e-4)
    around = _around_heads(regions.heads, size, ridge=_RIDGE)
    # Where nothing is to be seen of its strands, hair and beards grow away from the face.
    # Beards do so whatever is seen of them, or the brush would curl in them.
    firmly = -1 - np.float32(15) * shrunk(beards, size)
    rings = _around_heads(regions.heads, size, ridge=0.0)
    away = BrushDirections(rings.cos2 * firmly, rings.sin2 * firmly)
    combed = brush_directions(few, scale=max(0.7, 12.0 * unit), drift=away, steadiness=2e-4)
    loose = loose.mixed(combed, shrunk(hair, size))
    firm = brush_directions(few, scale=max(0.7, 9.0 * unit), drift=around, steadiness=4e-4)
    return ground.mixed(loose.mixed(firm, skin), smoothstep(shrunk(person, size), low=0.2, high=0.6))


def _around_heads(
    heads: tuple[tuple[float, float, float], ...], size: Size, *, ridge: float
) -> BrushDirections:
    """Directions that run around heads and down their noses, at half the size of the masks.

    Rings around the very middle of a face would be a snout: a ridge runs through it, wide as the square root
    of that many face widths.
    """
    width, height = size
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    cos2, sin2 = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for x, y, across in (tuple(each / 2 for each in head) for head in heads):
        right, down = (
            (columns - np.float32(x)) / np.float32(across),
            (rows - np.float32(y)) / np.float32(across),
        )
        square = right * right + down * down
        near = 1 / (np.float32(0.02) + square * square)
        cos2 += near * (down * down - right * right - np.float32(ridge))
        sin2 -= near * 2 * right * down
    return BrushDirections(cos2, sin2).unit()


def paint_subject(
    subject: Subject, *, size: Size, unit: float, brush: float, rng: np.random.Generator
) -> ByteImage:
    """Paint a person: broad strokes first, long ones along hair and folds, single hairs in the end.

    Parameters
    ----------
    subject : Subject
    size : (width, height) of the sheet in pixels; the same field of view
    unit : float, pixels of the sheet
        A four-hundredth of a face's width.
    brush : float
        Factor on the size of all brushes.
    rng : numpy.random.Generator

    Returns
    -------
    uint8 array, shape (height, width, 4): sRGB, and the thickness of the paint.

    References
    ----------
    B. Cabral, L. C. Leedom, "Imaging vector fields using line integral convolution", SIGGRAPH 1993.
    doi:10.1145/166117.166151
    """
    rgb = to_bytes(lab_to_rgb(subject.lab))
    canvas: ByteImage = enlarged(np.dstack([rgb, np.full(rgb.shape[:2], 128, np.uint8)]), size)
    skin = smoothstep(subject.skin, low=0.3, high=0.7)
    cloth = subject.surface * (1 - skin)
    hair = cloth * subject.hair
    combed = hair * subject.sleek * (1 - subject.beards)
    fluffy = hair * (1 - subject.sleek) * (1 - subject.beards)
    strands = np.maximum(cloth * subject.strands * (1 - hair), combed)
    beards = cloth * subject.beards
    step = unit * brush

    def lay(wanted: FloatImage, brush: Brush) -> None:
        if wanted.any():
            paint_strokes(
                canvas, lay_strokes(subject.lab, subject.directions, wanted, brush, size=size, rng=rng)
            )

    lay(cloth, Brush(max(8.0, 20 * step), 6.5, coverage=1.7, tolerance=24.0, variety=1.8))
    # Where hair begins is no place for a stroke of skin: it would be a dark fleck on a temple.
    bare = subject.surface * smoothstep(subject.skin, low=0.55, high=0.95)
    lay(bare, Brush(max(4.0, 17 * step), 5.0, coverage=2.0, tolerance=8.0, variety=1.0))
    lay(fluffy, Brush(max(3.0, 9 * step), 3.2, coverage=1.8, tolerance=12.0, variety=3.0, colourful=0.5))
    lay(strands, Brush(max(3.0, 9 * step), 13.0, coverage=1.2, tolerance=18.0, variety=2.5, colourful=0.5))
    lay(beards, Brush(max(3.0, 8 * step), 4.5, coverage=1.6, tolerance=20.0, variety=2.5, colourful=0.5))
    # Wet in wet: the ends of strokes melt into what they pass into, their sides stay.
    rows, columns = _box(subject.surface, size)
    wet = _along(subject.directions, size, (rows, columns), reach=max(1.0, 4.5 * unit))
    canvas[rows, columns] = wet.smooth_bytes(wet.smooth_bytes(np.ascontiguousarray(canvas[rows, columns])))
    # Points of light and single hairs lie on top, dry.
    glitter = cloth * subject.glitter
    lay(glitter, Brush(max(1.5, 5 * step), 1.8, coverage=0.9, tolerance=60.0, variety=11.0, colourful=0.3))
    lay(fluffy, Brush(max(1.5, 5 * step), 2.6, coverage=0.7, tolerance=30.0, variety=9.0, colourful=0.15))
    lay(combed, Brush(max(1.5, 3.0 * step), 24.0, coverage=0.4, tolerance=18.0, variety=7.0, colourful=0.15))
    lay(beards, Brush(max(1.3, 2.4 * step), 8.0, coverage=0.7, tolerance=30.0, variety=9.0, colourful=0.2))
    canvas[rows, columns] = cv2.GaussianBlur(canvas[rows, columns], (0, 0), max(0.4, 0.55 * unit))
    return canvas


def _box(mask: FloatImage, size: Size) -> tuple[slice, slice]:
    """Rows and columns of the sheet outside of which a smaller mask of it is 0."""
    x, y, across, down = cv2.boundingRect((mask > 0).astype(np.uint8))
    width, height = size[0] / mask.shape[1], size[1] / mask.shape[0]
    return (
        slice(int(y * height), int((y + max(1, down)) * height)),
        slice(int(x * width), int((x + max(1, across)) * width)),
    )


def _along(
    directions: BrushDirections, size: Size, window: tuple[slice, slice], *, reach: float
) -> FlowSmoother:
    """A smoother along the brush's way, for a window of the sheet."""
    angles = directions.angles()
    x, y = (
        # Directions have no sign to be interpolated, and they are as calm as their pixels are large.
        np.ascontiguousarray(cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST)[window])
        for plane in cv2.polarToCart(np.ones_like(angles), angles)
    )
    return FlowSmoother(
        Flow(x.astype(np.float32, copy=False), y.astype(np.float32, copy=False), np.ones_like(x)),
        reach=reach,
        taps=1,
    )
