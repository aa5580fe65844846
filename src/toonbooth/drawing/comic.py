"""The `comic` style: cel tones under ink lines of varying weight."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.backdrop import Backdrop, draw_backdrop
from toonbooth.drawing.cel import CelTones, cel_tones
from toonbooth.drawing.closeup import Closeup, find_closeups, lay_back, look_closely
from toonbooth.drawing.eyes import draw_eyes, enlarge_eyes
from toonbooth.drawing.inking import outline, wanted_lines
from toonbooth.drawing.regions import find_regions
from toonbooth.imaging.colour import lab_to_rgb, luma, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.lines import darkness_of_lines, ink, without_specks
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import Size, enlarged, enlarged_smoothly, shrunk
from toonbooth.imaging.smoothing import enlarge_guided, flatten, gaussian
from toonbooth.portrait.model import Portrait

_FACE_WIDTH = 400.0
"""Face width in pixels at which lengths and strengths below are meant."""

_NO_FACE_SHARE = 0.28
"""Without a face, lengths are those of a face this share of the picture's short side."""


@dataclass(frozen=True, slots=True)
class ComicLook:
    """What a seed decides about a comic.

    line_weight : 1 is normal; more is bolder.
    ink : colour of the ink as L*a*b*.
    tones : how colours are gathered.
    backdrop, tint : treatment of the background and its colour as (a*, b*).
    light_from : -1 left … 1 right, the side that light comes from.
    light : how strongly that side is lit, in L*.
    """

    line_weight: float
    ink: tuple[float, float, float]
    tones: CelTones
    backdrop: Backdrop
    tint: tuple[float, float]
    light_from: float
    light: float


_INKS = ((9.0, 6.0, -8.0), (10.0, 9.0, 5.0), (9.0, -2.0, -10.0), (8.0, 2.0, 1.0))
_TINTS = ((0.0, 16.0), (-5.0, -11.0), (-9.0, 4.0), (9.0, 6.0), (5.0, -9.0))


def choose_look(rng: np.random.Generator) -> ComicLook:
    """Draw the look of one comic."""
    backdrops = tuple(Backdrop)
    return ComicLook(
        line_weight=float(rng.uniform(0.85, 1.3)),
        ink=_INKS[rng.integers(len(_INKS))],
        tones=CelTones(
            step=float(rng.uniform(9.0, 14.0)),
            skin_step=float(rng.uniform(6.0, 8.5)),
            saturation=float(rng.uniform(1.1, 1.3)),
            warmth=float(rng.uniform(-3.0, 3.5)),
            blush=float(rng.uniform(2.0, 5.0)),
        ),
        backdrop=backdrops[rng.integers(len(backdrops))],
        tint=_TINTS[rng.integers(len(_TINTS))],
        light_from=float(rng.choice([-1.0, 1.0])),
        light=float(rng.uniform(2.0, 6.0)),
    )


def draw_comic(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a comic."""
    look = choose_look(rng)
    portrait = enlarge_eyes(portrait, strength=0.13)
    height, width = portrait.picture.shape[:2]
    sheet = _Sheet.under(portrait, look)
    drawing = _draw(portrait, sheet, look)
    for closeup in find_closeups(portrait, small=180, wanted=300, largest_zoom=2.2, budget=1.0):
        close = _draw(look_closely(portrait, closeup), sheet.closely(closeup), look)
        drawing = lay_back(drawing, close, closeup, frame=(width, height))
    return portrait.with_picture(drawing)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a picture is drawn upon, shared by the whole and its closeups.

    behind : (h, w, 3) float32 L*a*b*, the background, at any size.
    light : (h, w) float32, added to L*.
    width : of the whole picture over width of these.
    """

    behind: FloatImage
    light: FloatImage
    shrink: float

    @classmethod
    def under(cls, portrait: Portrait, look: ComicLook) -> _Sheet:
        height, width = portrait.picture.shape[:2]
        unit = _unit(portrait)
        shrink = max(2.0, min(6.0, 6.0 * unit), min(height, width) / 400)
        size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
        lab = rgb_to_lab(to_float(flatten(shrunk(portrait.picture, size), passes=2, tone=26.0)))
        person = shrunk(portrait.matte, size)
        behind = draw_backdrop(lab, person, kind=look.backdrop, tint=look.tint, unit=unit / shrink)
        return cls(behind, _light(size, look), width / size[0])

    def closely(self, closeup: Closeup) -> _Sheet:
        """The part under a closeup, at that size over two: smooth things need no more."""
        zoom = self.shrink * closeup.zoom
        size = (max(4, closeup.size[0] // 2), max(4, closeup.size[1] // 2))
        move = np.array(
            [[2 / zoom, 0, closeup.left / self.shrink], [0, 2 / zoom, closeup.top / self.shrink]], np.float32
        )

        def part(image: FloatImage) -> FloatImage:
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            moved = cv2.warpAffine(image, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            return moved.astype(np.float32, copy=False)

        return _Sheet(part(self.behind), part(self.light), 2.0)


def _draw(portrait: Portrait, sheet: _Sheet, look: ComicLook) -> ByteImage:
    picture = portrait.picture
    height, width = picture.shape[:2]
    size = (width, height)
    unit = _unit(portrait)
    scale = min(0.5, 0.5 / unit)
    small_size = (max(4, round(width * scale)), max(4, round(height * scale)))
    scale = small_size[0] / width
    small_unit = unit * scale

    # Everything smooth happens on a small picture ...
    small = shrunk(picture, small_size)
    small_grey = luma(small)
    flow = edge_tangent_flow(small_grey, scale=max(1.0, 3.5 * small_unit))
    silky = FlowSmoother(flow, reach=max(1.0, 8.0 * small_unit), taps=2)
    smooth = silky.smooth(flatten(small, passes=2, tone=22.0, reach=5, median=3)) * np.float32(1 / 255)
    lab = rgb_to_lab(smooth)
    smooth_grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    person = shrunk(portrait.matte, small_size) if portrait.faces else np.ones(small_size[::-1], np.float32)
    regions = find_regions(lab, person, portrait.faces, scale=scale)
    plate = cel_tones(lab, regions, look.tones, unit=small_unit)
    if portrait.faces:
        behind = enlarged_smoothly(sheet.behind, small_size)
        plate = behind + (plate - behind) * person[..., None]
    plate[..., 0] += enlarged(sheet.light, small_size)

    # ... lines and features on the whole one.
    grey = luma(picture)
    colour = enlarge_guided(lab_to_rgb(plate), small_grey, grey, radius=2, contrast=0.03)
    clean = enlarge_guided(smooth_grey, small_grey, grey, radius=2, contrast=0.03)
    features = enlarged(regions.features, size)
    texture = grey - clean
    # Eyes, brows and mouth keep their own fine drawing.
    colour += (texture * features * np.float32(1.1))[..., None]

    traced = clean + texture * np.maximum(features, np.float32(0.3))
    response = darkness_of_lines(traced, sigma=max(0.6, 1.05 * unit), wide=0.5)
    behind_lines = 0.4 if look.backdrop is Backdrop.OWN else 0.12
    wanted = wanted_lines(
        regions, portrait.faces, scale=scale, unit=small_unit, behind=behind_lines if portrait.faces else 1.0
    )
    response *= enlarged(wanted, size)
    # Where everything is a line nothing is: dense texture pays a higher price.
    response /= 1 + np.float32(110) * gaussian(response, sigma=16 * unit)
    along = FlowSmoother(flow.resized(width, height), reach=max(1.0, 4.0 * unit), taps=2)
    lines = ink(response, along=along, threshold=0.011 / look.line_weight, softness=0.5)
    lines = without_specks(lines, area=70 * unit * unit)
    if portrait.faces:
        contour = outline(
            person, weight=3.2 * look.line_weight, light_from=look.light_from, unit=small_unit, size=size
        )
        lines = np.maximum(lines, contour)
    np.clip(colour, 0, 1, out=colour)
    draw_eyes(colour, portrait.faces, light_from=look.light_from)
    # Inner lines are a dark version of what they lie on, the outline is nearly the ink itself.
    inked = colour * np.float32(0.3) + lab_to_rgb(np.array([[look.ink]], np.float32)) * np.float32(0.5)
    colour += (inked - colour) * (lines * np.float32(0.9))[..., None]
    return to_bytes(colour)


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)


def _light(size: Size, look: ComicLook) -> FloatImage:
    """Light falling in from above and one side, in L*."""
    width, height = size
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * np.float32(look.light_from)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    field: FloatImage = np.float32(look.light) * (x * np.float32(0.7) - y * np.float32(0.5))
    return field
