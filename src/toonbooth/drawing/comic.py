"""The `comic` style: cel tones under ink lines of varying weight."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.backdrop import Backdrop, draw_backdrop
from toonbooth.drawing.eyes import draw_eyes, enlarge_eyes
from toonbooth.drawing.regions import Regions, find_regions
from toonbooth.imaging.colour import lab_to_rgb, luma, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.lines import darkness_of_lines, ink, without_specks
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.smoothing import enlarge_guided, flatten, gaussian
from toonbooth.imaging.tones import smoothstep, soft_steps
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
    warmth : shift of all colours in b*, positive is warmer.
    saturation : factor on all colours.
    backdrop, tint : treatment of the background and its colour as (a*, b*).
    light_from : -1 left … 1 right, the side that light comes from.
    light : how strongly that side is lit, in L*.
    step : distance between tones of clothes and hair, in L*.
    """

    line_weight: float
    ink: tuple[float, float, float]
    warmth: float
    saturation: float
    backdrop: Backdrop
    tint: tuple[float, float]
    light_from: float
    light: float
    step: float


_INKS = ((9.0, 6.0, -8.0), (10.0, 9.0, 5.0), (9.0, -2.0, -10.0), (8.0, 2.0, 1.0))
_TINTS = ((-2.0, 22.0), (-8.0, -16.0), (-14.0, 4.0), (14.0, 8.0), (8.0, -14.0))


def choose_look(rng: np.random.Generator) -> ComicLook:
    """Draw the look of one comic."""
    backdrops = tuple(Backdrop)
    return ComicLook(
        line_weight=float(rng.uniform(0.85, 1.3)),
        ink=_INKS[rng.integers(len(_INKS))],
        warmth=float(rng.uniform(-3.0, 5.0)),
        saturation=float(rng.uniform(1.12, 1.32)),
        backdrop=backdrops[rng.integers(len(backdrops))],
        tint=_TINTS[rng.integers(len(_TINTS))],
        light_from=float(rng.choice([-1.0, 1.0])),
        light=float(rng.uniform(2.0, 6.0)),
        step=float(rng.uniform(9.0, 14.0)),
    )


def draw_comic(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """Draw a portrait as a comic."""
    look = choose_look(rng)
    portrait = enlarge_eyes(portrait, strength=0.13)
    return portrait.with_picture(_draw(portrait, look))


def _draw(portrait: Portrait, look: ComicLook) -> ByteImage:
    picture = portrait.picture
    height, width = picture.shape[:2]
    unit = _unit(portrait)
    scale = min(0.5, 0.5 / unit)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    scale = size[0] / width
    small_unit = unit * scale

    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    flat = flatten(small, passes=2, tone=22.0, reach=5, median=3)
    matte = cv2.resize(portrait.matte, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    person = smoothstep(matte, low=0.25, high=0.75) if portrait.faces else matte
    guide_small = luma(small)
    flow = edge_tangent_flow(guide_small, scale=max(1.0, 3.5 * small_unit))
    silky = FlowSmoother(flow, reach=max(1.0, 7.0 * small_unit), taps=2)
    smooth = silky.smooth(flat)
    lab = rgb_to_lab(smooth * np.float32(1 / 255))
    regions = find_regions(lab, person, portrait.faces, scale=scale)

    plate = _tone(lab, regions, look, unit=small_unit)
    behind = draw_backdrop(lab, person, kind=look.backdrop, tint=look.tint, unit=small_unit)
    plate = behind + (plate - behind) * person[..., None] if portrait.faces else plate
    plate = _light(plate, look)

    guide = luma(picture)
    colour = enlarge_guided(lab_to_rgb(plate), guide_small, guide, radius=2, contrast=0.03)
    clean = enlarge_guided(smooth[..., 1] * np.float32(1 / 255), guide_small, guide, radius=2, contrast=0.03)

    def enlarged(mask: FloatImage) -> FloatImage:
        return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR).astype(
            np.float32, copy=False
        )

    features = enlarged(regions.features)
    # Eyes, brows and mouth keep their own fine drawing.
    detail = (guide - clean) * features * np.float32(0.85)
    colour += detail[..., None]

    grey = clean + (guide - clean) * np.maximum(features, np.float32(0.3))
    response = darkness_of_lines(grey, sigma=max(0.6, 1.05 * unit), wide=0.5)
    gain = enlarged(_line_gain(regions))
    along = FlowSmoother(flow.resized(width, height), reach=max(1.0, 4.0 * unit), taps=2)
    # Where everything is a line nothing is: dense texture pays a higher price.
    crowd = gaussian(response, sigma=14 * unit)
    response = response / (1 + crowd * np.float32(60))
    lines = ink(response * gain, along=along, threshold=0.013 / look.line_weight, softness=0.5)
    lines = without_specks(lines, area=60 * unit * unit)
    outline = _silhouette(person, look, unit=small_unit, size=(width, height)) if portrait.faces else None
    if outline is not None:
        lines = np.maximum(lines, outline)
    colour = np.clip(colour, 0, 1)
    draw_eyes(colour, portrait.faces, light_from=look.light_from)
    inked = colour * np.float32(0.22) + lab_to_rgb(np.array([[look.ink]], np.float32)) * np.float32(0.55)
    colour += (inked - colour) * (lines * np.float32(0.92))[..., None]
    return to_bytes(colour)


def _unit(portrait: Portrait) -> float:
    face = portrait.main_face
    width = face.width if face else _NO_FACE_SHARE * min(portrait.picture.shape[:2])
    return max(width / _FACE_WIDTH, 0.05)


def _tone(lab: FloatImage, regions: Regions, look: ComicLook, *, unit: float) -> FloatImage:
    """Cel tones: skin in few soft ones, everything else stepped."""
    lightness, a, b = (np.ascontiguousarray(lab[..., c]) for c in range(3))
    opened = np.float32(9) + lightness * np.float32(0.91)
    opened += np.float32(6) * np.exp(-(((lightness - 20) / 14) ** 2))
    stepped = soft_steps(opened, step=look.step, sharpness=2.2)
    tones = opened + (stepped - opened) * np.float32(0.75)
    a *= np.float32(look.saturation)
    b *= np.float32(look.saturation)

    strong = regions.skin > 0.8
    if np.count_nonzero(strong) > 30:
        calm = enlarge_guided(
            lab,
            lightness * np.float32(0.01),
            lightness * np.float32(0.01),
            radius=max(2, round(9 * unit)),
            contrast=0.05,
        )
        middle = float(np.median(lightness[strong]))
        form = calm[..., 0] - np.float32(middle)
        # Hard shadows age people: the form stays, its depth is halved.
        bent: FloatImage = np.where(form < 0, form * np.float32(0.62), form * np.float32(0.55))
        bent = soft_steps(bent + np.float32(3), step=7.0, sharpness=1.6) - 3.0
        shadow = smoothstep(form, low=-4.0, high=-12.0)
        base = middle + max(0.0, 66.0 - middle) * 0.22
        mask = regions.skin * (1 - regions.features)
        tones += (base + bent - tones) * mask
        tones += (lightness * np.float32(1.0) + (base - middle) - tones) * regions.features
        a += (calm[..., 1] * np.float32(1.1) + 1.0 + 2.5 * shadow - a) * mask
        b += (calm[..., 2] * np.float32(1.1) + 2.0 * shadow - b) * mask
        red = float(np.median(lab[..., 1][strong]))
        teeth = regions.mouth * smoothstep(lab[..., 1], low=red + 4, high=red - 4)
        teeth *= smoothstep(lightness, low=middle - 25, high=middle)
        tones += 4 * teeth
        a *= 1 - np.float32(0.5) * teeth
        b *= 1 - np.float32(0.4) * teeth
    b += np.float32(look.warmth)
    return cv2.merge([np.clip(tones, 0, 100).astype(np.float32), a, b]).astype(np.float32, copy=False)


def _line_gain(regions: Regions) -> FloatImage:
    bare = regions.skin * (1 - regions.features)
    gain = 0.45 + 0.55 * regions.person
    gain = gain * (1 - 0.8 * gaussian(bare, sigma=1.0))
    gain = gain * (1 - 0.85 * regions.mouth)
    weight: FloatImage = gain.astype(np.float32)
    return weight


def _silhouette(person: FloatImage, look: ComicLook, *, unit: float, size: tuple[int, int]) -> FloatImage:
    calm = gaussian(person, sigma=max(1.0, 3.0 * unit))
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1, scale=0.125)
    steep = cv2.magnitude(across, down) + np.float32(1e-4)
    distance = (calm - 0.5) / steep
    # Away from the light, and downwards, the line swells.
    facing = (across * look.light_from * 0.7 - down * 0.0) / steep
    weight = (1.1 + 0.9 * facing) * look.line_weight * max(unit * 2, 0.35)
    sure = smoothstep(steep * max(1.0, 3.0 * unit), low=0.08, high=0.2)
    enlarge = size[0] / person.shape[1]
    distance = cv2.resize(np.clip(distance, -30, 30), size, interpolation=cv2.INTER_CUBIC) * enlarge
    half = cv2.resize(np.maximum(weight, 0.3).astype(np.float32), size) * 0.5 * enlarge
    line = np.clip(half + 0.5 - np.abs(distance - half * 0.5), 0, 1)
    return (line * cv2.resize(sure, size)).astype(np.float32)


def _light(lab: FloatImage, look: ComicLook) -> FloatImage:
    height, width = lab.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * np.float32(look.light_from)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    lit = lab.copy()
    lit[..., 0] += np.float32(look.light) * (x * np.float32(0.7) - y * np.float32(0.5))
    return lit
