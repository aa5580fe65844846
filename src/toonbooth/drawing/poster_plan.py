"""What is decided about a poster on a small picture, before anything is printed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.chains import find_chains
from toonbooth.drawing.cloth_inks import Dyes, light_cast
from toonbooth.drawing.inking import Contour, LinePlan, find_contour, plan_lines, wanted_lines
from toonbooth.drawing.jewels import matte_and_jewels
from toonbooth.drawing.poster_look import PopLook
from toonbooth.drawing.printed_ears import ear_places
from toonbooth.drawing.regions import Regions, clean_matte, find_regions, polygon_mask
from toonbooth.drawing.separation import Separation, separate
from toonbooth.drawing.silhouette import calm_outline
from toonbooth.drawing.skin_area import continued
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.resize import Size, padded, shrunk
from toonbooth.imaging.smoothing import flatten, gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import around_point
from toonbooth.portrait.model import Face, Points, Portrait, scaled

SMALLEST_FACE = 50.0
"""Width in pixels under which the photo's own features are printed, not such as landmarks give."""

FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_CALM = 1.2
_ON_CLOTH = 0.65
_IN_EARS = 0.7
"""How few lines there are in dense texture; how welcome they are on cloth and in ears; 1 in hatching."""

_ALONG_RIMS = 14.0
"""How far from light from behind no lines are drawn, units."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""


@dataclass(frozen=True, slots=True)
class PosterPlan:
    """All that is decided on the small picture; `factor` times smaller than the drawing.

    portrait, picture : what is drawn; the picture padded so that `factor` divides its sides.
    unit : pixels of the picture, a four-hundredth of a face's width.
    spectacled : whether anybody wears glasses.
    """

    portrait: Portrait
    picture: ByteImage
    unit: float
    factor: int
    separation: Separation
    person: FloatImage
    features: FloatImage
    border: FloatImage
    lines: LinePlan
    contour: Contour | None
    outline: FloatImage
    spectacled: bool


def plan_poster(portrait: Portrait, look: PopLook, *, known: Dyes | None = None) -> PosterPlan:
    """Decide all; `known` are the materials of a picture that this one is a part of, if it is."""
    full_unit = face_unit(portrait)
    factor = max(2, round(2 * full_unit))
    unit = full_unit / factor
    picture = padded(portrait.picture, multiple=factor)
    size: Size = (picture.shape[1] // factor, picture.shape[0] // factor)
    small = shrunk(picture, size)
    grey = luma(small)
    flow = edge_tangent_flow(grey, scale=max(1.0, 3.5 * unit))
    along = FlowSmoother(flow, reach=max(1.0, 7.0 * unit), taps=2)
    smooth = to_float(along.smooth_bytes(flatten(small, passes=2, tone=24.0, reach=5, median=3)))
    smooth_grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    lab = rgb_to_lab(smooth)
    faces, scale = portrait.faces, 1 / factor
    if faces:
        matte, jewels = matte_and_jewels(portrait, multiple=factor, size=size, unit=unit)
        person = clean_matte(matte, faces, scale=scale, unit=unit)
        person = calm_outline(person, faces, scale=scale, unit=unit)
        jewels *= person < 0.5
        person = np.maximum(person, jewels)
        contour = find_contour(person, smooth_grey, unit=unit)
    else:
        person, contour = np.ones(size[::-1], np.float32), None
        jewels = np.zeros_like(person)
    regions = find_regions(lab, grey, person, faces, scale=scale)
    if faces:
        lab = continued(lab, person, unit=unit)
    chains = find_chains(small, regions, faces, scale=scale)
    if chains is not None:
        np.maximum(jewels, chains, out=jewels)
    cast = known.cast if known else light_cast(portrait.picture, faces)
    separation = separate(
        lab,
        grey,
        regions,
        jewels,
        faces,
        scale=scale,
        unit=unit,
        dottedness=look.dottedness,
        cast=cast,
        known=known,
    )
    wanted = wanted_lines(regions, faces, contour, scale=scale, unit=unit, behind=0.0 if faces else 1.0)
    wanted *= 1 - np.float32(0.25) * regions.features
    shape = (size[1], size[0])
    wanted = np.maximum(wanted, np.float32(_IN_EARS) * ear_places(shape, faces, scale=scale) * person)
    # Weave and folds want few lines; strands of hair want theirs.
    wanted *= np.float32(_ON_CLOTH) + np.float32(1 - _ON_CLOTH) * separation.near
    if separation.rims.any():
        # Where such light ends there is no edge, only shade.
        wanted *= 1 - cv2.dilate(separation.rims, disk(_ALONG_RIMS * unit))
    threshold = 0.0085 / look.line_weight
    lines = plan_lines(
        grey, smooth_grey, wanted, along, threshold=threshold, unit=unit, factor=factor, calm=_CALM
    )
    outline = np.zeros((0, 0), np.float32)
    if contour is not None:
        outline = np.full(size[::-1], 0.5 * 6.0 * look.line_weight * max(unit, 0.25), np.float32)
        outline *= np.float32(0.35) + np.float32(0.65) * contour.sure
    border = _feature_border(grey, regions, _drawn_apart(regions, faces, scale=scale), unit=unit)
    return PosterPlan(
        portrait,
        picture,
        full_unit,
        factor,
        separation,
        person,
        regions.features,
        border=border,
        lines=lines,
        contour=contour,
        outline=outline,
        spectacled=bool(regions.frames.any()),
    )


def _drawn_apart(regions: Regions, faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Where features are drawn from the landmarks and what else is dark is shade, 0 … 1: at brows, and around
    eyes beyond their lashes."""
    shape = (regions.skin.shape[0], regions.skin.shape[1])
    apart = np.zeros(shape, np.float32)
    for face in faces:
        if face.width < SMALLEST_FACE:
            continue
        width = face.width * scale
        points = scaled(face.landmarks, scale)
        window = around_point(points.mean(axis=0), shape, reach=0.8 * width)
        points = (points - (window[1].start, window[0].start)).astype(np.float32)
        size = (window[0].stop - window[0].start, window[1].stop - window[1].start)
        feather = 0.012 * width
        eyes = (points[facemap.LEFT_EYE], points[facemap.RIGHT_EYE])
        brows = (points[facemap.LEFT_BROW], points[facemap.RIGHT_BROW])
        around = np.maximum.reduce(
            [polygon_mask(size, eye, grow=2.2, feather=feather) for eye in eyes]
            + [polygon_mask(size, brow, grow=1.3, feather=feather) for brow in brows]
        )
        for eye in eyes:
            around *= 1 - polygon_mask(size, _lashes(eye), feather=feather)
        np.maximum(apart[window], around, out=apart[window])
    # Rims of glasses hide brows and are drawn as the photo has them.
    return apart * (1 - regions.frames) if regions.frames.any() else apart


def _lashes(eye: Points) -> Points:
    """The outline of an eye with its lashes: more above it and beyond its outer corner than at the nose."""
    middle, along = eye.mean(axis=0), eye[8] - eye[0]
    along = along / max(float(np.hypot(*along)), 1e-3)
    across = np.array([-along[1], along[0]], np.float32)
    inwards, off = (eye - middle) @ along, (eye - middle) @ across
    inwards *= np.where(inwards > 0, np.float32(1.1), np.float32(1.35))
    outline: Points = middle + inwards[:, None] * along + np.float32(1.7) * off[:, None] * across
    return outline.astype(np.float32)


def _feature_border(grey: FloatImage, regions: Regions, apart: FloatImage, *, unit: float) -> FloatImage:
    """The grey below which eyes and the mouth's line are black, head by head; nothing is where `apart`."""
    border = np.full(grey.shape, 0.25, np.float32)
    for head in range(len(regions.heads)):
        these = regions.of_head(head)
        skin, detail = grey[these.skin > 0.8], grey[these.features > 0.7]
        if len(skin) < 30 or len(detail) < 20:
            continue
        middle, dark = float(np.median(skin)), float(np.percentile(detail, 3))
        x, y, across = regions.heads[head]
        rows = slice(int(max(0, y - across)), int(max(0, y + across)))
        columns = slice(int(max(0, x - across)), int(max(0, x + across)))
        border[rows, columns] = dark + 0.42 * max(0.0, middle - dark)
        # Nostrils are holes, not all of the nose's shadow; brows may be faint and are black all the same.
        others = these.features * (1 - these.eyes) * (1 - these.lips)
        rest = others[rows, columns]
        below = np.arange(rest.shape[0])[:, None] + rows.start > y
        border[rows, columns][(rest > 0.1) & below] = dark + 0.33 * max(0.0, middle - dark)
        brow = (rest > 0.3) & ~below
        if np.count_nonzero(brow) > 8:
            own = float(np.percentile(grey[rows, columns][brow], 12))
            if middle - own > 0.05:
                border[rows, columns][brow] = own + 0.4 * (middle - own)
    # Towards the rim of a feature only what is darker still belongs to it.
    inside = gaussian(smoothstep(regions.features, low=0.1, high=0.42), sigma=max(0.7, 5.5 * unit))
    border -= np.float32(0.4) * np.maximum(np.float32(0.95) - inside, 0)
    border -= np.float32(2) * apart
    return border


def drawn_faces(portrait: Portrait, factor: int) -> list[Face]:
    """The faces that `find_regions` looks at."""
    return [face for face in portrait.faces if face.width / factor >= 6]


def face_unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / FACE_WIDTH, 0.05)
