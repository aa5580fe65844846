"""The `flat` style: a portrait cut out of coloured paper, every region a smooth shape of one colour.

The picture is traced into shapes first; painted they are the drawing, written down they are an SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing.bare_crown import with_bare_crown
from toonbooth.drawing.chains import find_chains
from toonbooth.drawing.exposure import well_lit
from toonbooth.drawing.eyes import enlarge_eyes
from toonbooth.drawing.flat_backdrop import PAIRS, BackdropShape, FlatBackdrop, lay_backdrop
from toonbooth.drawing.flat_border import white_border
from toonbooth.drawing.flat_chips import without_chips
from toonbooth.drawing.flat_ears import draw_ears, with_ears
from toonbooth.drawing.flat_faces import draw_face, is_bearded, whole_faces
from toonbooth.drawing.flat_flesh import (
    Flesh,
    measure_flesh,
    painted_flesh,
    with_shadows,
)
from toonbooth.drawing.flat_hues import one_hue_each
from toonbooth.drawing.flat_jewels import trace_chains, trace_jewels
from toonbooth.drawing.flat_skin import FlatSkin, trace_skin
from toonbooth.drawing.flesh import like_flesh
from toonbooth.drawing.jewels import matte_and_jewels, set_apart
from toonbooth.drawing.mass_tones import SHADES, MassTones
from toonbooth.drawing.masses import trace_masses
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import clean_matte, find_regions
from toonbooth.drawing.scraps import clean_rim
from toonbooth.drawing.silhouette import calm_outline, without_scraps
from toonbooth.drawing.skin_surface import SMALLEST_DRAWN_FACE, Surface, close_skin
from toonbooth.drawing.vector import Shape, cover, paint, to_svg
from toonbooth.drawing.whose_skin import whose_skin
from toonbooth.imaging.colour import luma, planes_of, rgb_to_lab
from toonbooth.imaging.contours import trace_field
from toonbooth.imaging.flow import Flow, FlowSmoother, edge_tangent_flow
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.resize import Size, enlarged, padded, shrunk
from toonbooth.imaging.smoothing import flatten, gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent, grown
from toonbooth.portrait.model import Face, Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""

_LARGEST_SVG = 290_000
"""Characters beyond which outlines are simplified."""

_TEXTURE = 13.0
"""Differences in L*a*b* up to this are strands and weave; larger ones are edges."""

_FIGURE_EDGE = 1.2
"""Pixels over which the figure's edge is softened, to be found again in its place in a small copy."""

_CLOSE = 110.0
"""Pixels of a face's width that masses are sought at, at least."""

_MOST_PIXELS = 420_000
"""Of a picture on which masses are sought, where it has to be larger for that."""

_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class FlatLook:
    """What a seed decides about a flat portrait.

    saturation : factor on the colours of hair and clothes.
    masses : how hair and clothes are gathered.
    skin : how skin is toned.
    backdrop : what lies behind.
    border : width of a sticker's white border, thousandths of the face's width; 0 is none.
    light_from : -1 left, 1 right.
    """

    saturation: float
    masses: MassTones
    skin: FlatSkin
    backdrop: FlatBackdrop
    border: float
    light_from: float


def choose_look(rng: np.random.Generator) -> FlatLook:
    """Draw the look of one flat portrait."""
    kinds = tuple(BackdropShape)
    look = FlatLook(
        saturation=float(rng.uniform(1.15, 1.4)),
        masses=MassTones(
            count=int(rng.integers(9, 13)) - 3,
            apart=float(rng.uniform(6.0, 9.0)),
            contrast=float(rng.uniform(0.4, 0.7)),
        ),
        skin=FlatSkin(
            shadow=float(rng.uniform(6.0, 10.0)),
            neck=2.0 + 0.3 * int(rng.integers(2)),
            blush=float(rng.uniform(0.12, 0.27)),
        ),
        backdrop=FlatBackdrop(
            kind=kinds[rng.integers(len(kinds))],
            order=tuple(int(index) for index in rng.permutation(len(PAIRS))),
            turned=bool(rng.integers(2)),
            side=float(rng.choice([-1.0, 1.0])),
        ),
        border=float(rng.choice([0.0, 22.0])),
        light_from=float(rng.choice([-1.0, 1.0])),
    )
    shade = SHADES[rng.integers(len(SHADES))]
    return replace(look, masses=replace(look.masses, shade=shade))


def draw_flat(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait in flat shapes."""
    look = choose_look(rng)
    portrait = _prepared(portrait)
    size = (portrait.picture.shape[1], portrait.picture.shape[0])
    traced = _trace(portrait, look)
    picture = paint(traced.shapes, size)
    if traced.person is None:
        return portrait.with_picture(picture)
    # In bytes: quicker than in fractions, and fine enough.
    figure = cv2.GaussianBlur(cover(traced.person, size), (0, 0), _FIGURE_EDGE)
    return portrait.drawn_as(picture, to_float(figure.astype(np.uint8, copy=False)))


def trace_flat(portrait: Portrait, rng: np.random.Generator) -> tuple[Shape, ...]:
    """The shapes that `draw_flat` paints, from back to front."""
    look = choose_look(rng)
    return _trace(_prepared(portrait), look).shapes


def flat_svg(portrait: Portrait, rng: np.random.Generator) -> str:
    """The picture that `draw_flat` draws, as an SVG document."""
    height, width = portrait.picture.shape[:2]
    shapes = trace_flat(portrait, rng)
    svg = to_svg(shapes, (width, height))
    least_area = 0.5
    while len(svg) > _LARGEST_SVG:
        shapes = tuple(shape.simplified(least_area=least_area) for shape in shapes)
        svg = to_svg(shapes, (width, height))
        least_area *= 4
    return svg


def _prepared(portrait: Portrait) -> Portrait:
    return enlarge_eyes(well_lit(set_apart(portrait)), strength=0.08)


@dataclass(frozen=True, slots=True)
class _Traced:
    """All shapes from back to front, and which of them the people are; None when nobody is there."""

    shapes: tuple[Shape, ...]
    person: Shape | None


def _trace(portrait: Portrait, look: FlatLook) -> _Traced:
    unit = _unit(portrait)
    factor = max(2, round(2 * unit))
    height, width = portrait.picture.shape[:2]
    picture = padded(portrait.picture, multiple=2 * factor)
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    small = shrunk(picture, size)
    grey = luma(small)
    fine = unit / factor
    flow = edge_tangent_flow(grey, scale=max(1.0, 4.5 * fine))
    along = FlowSmoother(flow, reach=max(1.0, 12.0 * fine), taps=2)
    smooth = along.smooth(flatten(small, passes=2, tone=30.0, reach=5, median=5))
    smooth *= np.float32(1 / 255)
    lab = rgb_to_lab(smooth)

    def full(shape: Shape) -> Shape:
        return shape.moved(scale=factor, corner=(0.0, 0.0))

    if not portrait.faces:
        everywhere = np.ones(size[::-1], np.float32)
        tones = replace(look.masses, count=look.masses.count + 5)
        masses = _masses(_lively(lab, look), everywhere, tones, flow, unit=fine)
        return _Traced(tuple(full(shape) for shape in masses), None)

    faces, scale = portrait.faces, 1 / factor
    matte, jewels = matte_and_jewels(portrait, multiple=2 * factor, size=size, unit=fine)
    person, lab = clean_rim(
        clean_matte(matte, faces, scale=scale, unit=fine), lab, faces, scale=scale, unit=fine
    )
    person = without_scraps(person, lab, unit=fine)
    sharp = rgb_to_lab(to_float(small))
    person = calm_outline(person, faces, scale=scale, unit=fine)
    worn, worn_shapes = trace_jewels(jewels * (person < 0.5), person, sharp, unit=fine)
    regions = find_regions(lab, grey, person, faces, scale=scale)
    surface = whole_faces(close_skin(lab, regions, faces, scale=scale), faces, scale=scale)
    skin = with_bare_crown(surface.skin, planes_of(lab)[0], grey, person, faces, scale=scale)
    shaded = with_shadows(skin, lab, person, faces, scale=scale)
    skin, ears = with_ears(skin, lab, person, faces, shaded=shaded, scale=scale)
    surface = replace(surface, skin=skin)
    flesh: list[Flesh | None] = [
        measure_flesh(lab, own.skin, regions, face, scale=scale)
        for own, face in zip(_skins(lab, surface, faces, scale=scale), faces, strict=True)
    ]
    plain = _unmixed(lab, surface.skin, person, unit=fine)
    drawn, heads = one_hue_each(_lively(plain, look), person, surface.skin, faces, scale=scale)
    hair = np.maximum.reduce(heads) if heads else np.zeros_like(person)
    # Hands, and skin that was not told for skin, must not look like another's beside it.
    painted = painted_flesh(drawn, plain, [each for each in flesh if each])
    drawn = cv2.blendLinear(drawn, painted, hair, 1 - hair).astype(np.float32, copy=False)
    like = np.maximum.reduce([np.zeros_like(person), *(like_flesh(lab, each.tone) for each in flesh if each)])
    surface = replace(surface, skin=without_chips(surface.skin, person, hair, like, faces, scale=scale))
    # Under skin nothing is seen of hair and cloth.
    under = cv2.erode(surface.skin, disk(10 * fine)).astype(np.float32, copy=False)
    masses = _masses(
        drawn,
        person * (1 - under),
        look.masses,
        flow,
        hair=heads,
        unit=fine,
        closer=_closer(picture, drawn - lab, unit=unit),
        known=[each.paint for each in flesh if each],
    )
    spacing = max(2.0, 8 * fine)
    outline = np.maximum(person, worn)
    silhouette = trace_field(outline, level=0.5, spacing=spacing, least_area=max(12.0, 300 * fine * fine))
    surface = replace(surface, skin=_beyond(surface.skin, person, unit=fine))
    shapes = list(_behind(portrait, look, lab, person, size=(width, height), scale=scale))
    if look.border > 0:
        wide = max(2.0, look.border * fine * _FACE_WIDTH / 1000)
        shapes.append(full(white_border(person, worn, width=wide, spacing=2 * spacing)))
    on_person = list(masses)
    skins = _skins(lab, surface, faces, scale=scale)
    for face, each, own, seen in zip(faces, flesh, skins, ears, strict=True):
        if each is not None:
            on_person.append(trace_skin(lab, own, regions, face, each, look.skin, scale=scale))
            fold = look.skin.deep_shade(each.paint)
            on_person += draw_ears(seen, fold, width=face.width * scale)
    on_person += worn_shapes
    on_person += trace_chains(find_chains(small, regions, faces, scale=scale), sharp, unit=fine)
    figure = full(Shape(silhouette, masses[0].colour if masses else _WHITE, 1.0, tuple(on_person)))
    # Whatever a turned head has at its edge ends there.
    features: list[Shape] = []
    for face, each in zip(faces, flesh, strict=True):
        if each is not None and face.width >= SMALLEST_DRAWN_FACE:
            bearded = is_bearded(planes_of(lab)[0], grey, regions, face, scale=scale)
            features += draw_face(
                portrait,
                face,
                surface.skin,
                factor=factor,
                paint=each.paint,
                shade=look.skin.shade(each.paint),
                light_from=look.light_from,
                bearded=bearded,
            )
    figure = replace(figure, inside=(*figure.inside, *features))
    shapes.append(figure)
    return _Traced(tuple(shapes), figure)


def _masses(
    lab: FloatImage,
    where: FloatImage,
    tones: MassTones,
    flow: Flow,
    *,
    hair: Sequence[FloatImage] | None = None,
    unit: float,
    closer: FloatImage | None = None,
    known: Sequence[Colour] = (),
) -> tuple[Shape, ...]:
    """Masses of hair and cloth, sought on more pixels where faces are small."""
    if hair is None:
        return trace_masses(_combed(lab, flow, where, unit=unit), where, tones, unit=unit)
    for each in hair:
        lab = _combed(lab, flow, each, unit=unit)
    if closer is None:
        return trace_masses(lab, where, tones, hair=hair, known=known, unit=unit)
    more = closer.shape[1] / where.shape[1]
    size = (closer.shape[1], closer.shape[0])
    where, hair = enlarged(where, size), [enlarged(each, size) for each in hair]
    # Strands are no sharper for being larger, and at the silhouette the smaller one has no background left.
    soft = 1 - cv2.erode(where, disk(3)).astype(np.float32, copy=False)
    soft = np.maximum.reduce([soft, *(cv2.dilate(each, disk(2)) for each in hair)]).astype(np.float32)
    closer = cv2.blendLinear(enlarged(lab, size), closer, soft, 1 - soft).astype(np.float32, copy=False)
    shapes = trace_masses(closer, where, tones, hair=hair, known=known, unit=unit * more)
    return tuple(shape.moved(scale=1 / more, corner=(0.0, 0.0)) for shape in shapes)


def _closer(picture: ByteImage, change: FloatImage, *, unit: float) -> FloatImage | None:
    """A larger copy of the picture for small faces, its colours changed as those of a smaller one were.

    None where the smaller one is large enough.
    """
    height, width = picture.shape[:2]
    share = min(_CLOSE / (unit * _FACE_WIDTH), (_MOST_PIXELS / (height * width)) ** 0.5, 1.0)
    if share < 1.15 * change.shape[1] / width:
        return None
    size = (round(share * width), round(share * height))
    seen = flatten(shrunk(picture, size), passes=2, tone=30.0, reach=5, median=3)
    return rgb_to_lab(to_float(seen)) + enlarged(change, size)


def _combed(lab: FloatImage, flow: Flow, hair: FloatImage, *, unit: float) -> FloatImage:
    """Gather hair into strands: its colours even out along their flow, not across edges, with no others."""
    found = extent(hair > 0.1)
    if found is None:
        return lab
    window = grown(found, max(2, round(8 * unit)), hair.shape)
    part, weight = lab[window], hair[window]
    height, width = weight.shape
    half = (max(1, width // 2), max(1, height // 2))
    flow = Flow(flow.x[window], flow.y[window], flow.coherence[window]).resized(*half)
    along = FlowSmoother(flow, reach=max(1.0, 16 * unit), taps=4)
    counted = [np.multiply(plane, weight, dtype=np.float32) for plane in planes_of(part)]
    even = along.smooth(along.smooth(shrunk(cv2.merge([*counted, weight]).astype(np.float32), half)))
    *planes, total = planes_of(enlarged(even, (width, height)))
    even = cv2.merge([plane / np.maximum(total, np.float32(0.05)) for plane in planes]).astype(np.float32)
    away = np.sqrt(np.square(even - part).sum(axis=2))
    share = weight * smoothstep(away, low=2 * _TEXTURE, high=_TEXTURE) * smoothstep(total, low=0.05, high=0.2)
    combed = lab.copy()
    combed[window] = cv2.blendLinear(even, np.ascontiguousarray(part), share, 1 - share)
    return combed


def _lively(lab: FloatImage, look: FlatLook) -> FloatImage:
    lively: FloatImage = lab * np.array([1, look.saturation, look.saturation], np.float32)
    return lively


def _unmixed(lab: FloatImage, skin: FloatImage, person: FloatImage, *, unit: float) -> FloatImage:
    """Continue hair and cloth to the skin and to the silhouette, where the photo has mixed their colours."""
    reach = 2 * max(1, round(3 * unit)) + 1
    sure = np.minimum(
        cv2.erode(1 - skin, np.ones((reach, reach), np.uint8)),
        cv2.erode(person, disk(max(2.5, 16 * unit))),
    ).astype(np.float32, copy=False)
    weight = sure + np.float32(1e-4)
    total = gaussian(weight, sigma=max(0.8, 8 * unit))
    near = cv2.merge(
        [
            gaussian(np.multiply(plane, weight, dtype=np.float32), sigma=max(0.8, 8 * unit)) / total
            for plane in cv2.split(lab)
        ]
    )
    known = np.clip(total * 12, 0, 1) * (1 - sure)
    return cv2.blendLinear(near.astype(np.float32), lab, known, 1 - known).astype(np.float32, copy=False)


def _beyond(skin: FloatImage, person: FloatImage, *, unit: float) -> FloatImage:
    """Skin that reaches a silhouette goes on beyond it, so that no rim of anything else shows there."""
    grown = cv2.dilate(skin, disk(10 * unit)).astype(np.float32, copy=False)
    further: FloatImage = np.maximum(skin, grown * (1 - smoothstep(person, low=0.5, high=0.95)))
    return further


def _skins(lab: FloatImage, surface: Surface, faces: tuple[Face, ...], *, scale: float) -> list[Surface]:
    """For every face the skin that is its own."""
    middles = [((face.landmarks.mean(axis=0) + 0.5) * scale - 0.5, face.width * scale) for face in faces]
    heads = [(float(x), float(y), across) for (x, y), across in middles]
    return [
        replace(surface, skin=surface.skin * share, stubble=surface.stubble * share)
        for share in whose_skin(lab, surface.skin, heads)
    ]


def _behind(
    portrait: Portrait,
    look: FlatLook,
    lab: FloatImage,
    person: FloatImage,
    *,
    size: Size,
    scale: float,
) -> tuple[Shape, ...]:
    face = portrait.main_face
    if face is None:
        return ()
    x, y = face.box.centre
    width = face.width
    # The head's rim: what the backdrop will lie beside.
    inner = cv2.erode(person, np.ones((3, 3), np.uint8), iterations=max(2, round(0.05 * width * scale)))
    rim = (person > 0.9) & (inner < 0.5)
    bottom = int(np.clip((y + 0.4 * width) * scale, 1, rim.shape[0]))
    tones = lab[:bottom][rim[:bottom]]
    if len(tones) < 12:
        return lay_backdrop(look.backdrop, size, None, head=(x, y, width))
    lightness, a, b = (float(value) for value in np.median(tones, axis=0))
    return lay_backdrop(look.backdrop, size, (lightness, a, b), head=(x, y, width))


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)
