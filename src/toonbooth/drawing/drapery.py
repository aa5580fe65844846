"""Clothes and hair as a comic artist draws them: a local colour, folds and shine in crisp shapes, and lines.

All is told by how many times lighter a place is than its surroundings, not by how much: so a black suit has
lapels and folds as a white shirt has.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.cloth import bodily_hue, woven_cloth
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.flow import Flow, order
from toonbooth.imaging.lines import line_response
from toonbooth.imaging.morphology import small_parts
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.resize import Size, enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, guided_planes
from toonbooth.imaging.tones import smoothstep

_BLACK = 0.12
"""Luma beside which black has no folds any more, but noise."""

_SPAN = float(np.log((1 + _BLACK) / _BLACK))
"""From black to white, in powers of e."""

_TONES = ((-0.45, 0.8), (-0.21, 0.9), (-0.08, 1.0), (0.11, 1.0), (0.32, 1.0))
"""Where the next lighter tone begins, in powers of e, and how many tones it is lighter."""

_MIDDLE = sum(0.5 * tones * (1 if edge > 0 else -1) for edge, tones in _TONES)
_SHADOW, _LIGHT = max(edge for edge, _ in _TONES if edge < 0), min(edge for edge, _ in _TONES if edge > 0)

_GARMENT = 0.19
"""Difference, in powers of e, from which on it is another garment and no fold."""

_THREAD = np.float32(0.1)
"""Difference up to which it is a thread, and no border between garments."""

_TEXTURE = 0.25
"""Difference up to which a thread stands out; more is a border."""

_FINEST = 0.08
"""Difference under which there is no fold on the smoothest cloth."""

_SOFT = 0.65
"""Share of their depth that shadows on hands lose."""

_LOCKS = 1.4
"""How much more a difference counts in hair than in cloth."""

_CROPPED = 1.3
"""How much cropped hair counts as rough, against cloth."""

_SCRAP = 600.0
"""Area in square units under which a brush leaves a shape on cloth out."""

_INK = 0.8
"""Response of a line for one power of e."""

_THREADS = 0.2
"""Response of a weave of one power of e."""

_MOST_INK = 0.08
"""Response that no border exceeds."""


@dataclass(frozen=True, slots=True)
class Drapery:
    """Clothes and hair, all (H, W) float32.

    base : L* of the local colour.
    level : how many tones lighter than that, negative is darker; whole numbers but at shapes' borders.
    photo : L* as it is; `stray` is how far a drawing may go from it.
    lines : response of the lines, as that of `line_response`, 0 but where people and `cover` are.
    cover : 0 on bare skin, 1 elsewhere.
    woven : where cloth is, 0 … 1, from `woven_cloth`.
    bare : where hands and arms may be, 0 … 1, that are not known as skin.
    """

    base: FloatImage
    level: FloatImage
    photo: FloatImage
    stray: FloatImage
    lines: FloatImage
    cover: FloatImage
    woven: FloatImage
    bare: FloatImage

    def light(self, step: float) -> FloatImage:
        """L*, (H, W), of a drawing in which tones in the middle lie `step` apart."""
        drawn = _opened(self.base)
        # In the dark tones lie nearer to each other.
        drawn += self.level * (np.float32(0.36 * step) + np.float32(0.0077 * step) * drawn)
        photo = _opened(self.photo)
        np.maximum(drawn, photo - self.stray, out=drawn)
        np.minimum(drawn, photo + self.stray, out=drawn)
        return drawn


def tones_of(picture: ByteImage) -> ByteImage:
    """Luma on a scale of ratios, (H, W): 0 … 255 for black to white."""
    return cv2.LUT(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), _RATIOS).astype(np.uint8, copy=False)


_RATIOS = np.rint(255 * (1 + np.log((np.arange(256) / 255 + _BLACK) / (1 + _BLACK)) / _SPAN)).astype(np.uint8)


def find_drapery(tones: ByteImage, lab: FloatImage, flow: Flow, regions: Regions, *, unit: float) -> Drapery:
    """Find folds, shine and seams.

    Parameters
    ----------
    tones : uint8 array, shape (H, W)
        From `tones_of`, smoothed along the picture's structures.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    flow : of the picture
    regions : of the same size
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    planes = planes_of(lab)
    lightness = planes[0]
    tone = np.multiply(tones, np.float32(_SPAN / 255), dtype=np.float32)
    few = _few(tone)
    # Strands run one way; threads, sequins and cropped hair run every way.
    ordered, level_ways = order(flow, few, sigma=max(1.0, 4 * unit))
    disorder = smoothstep(ordered, low=0.65, high=0.4)
    unlike_hair = np.maximum(disorder, smoothstep(level_ways, low=-0.2, high=0.2))
    woven = woven_cloth(lightness, unlike_hair, regions, unit=unit)
    rough = _roughness(tone, np.maximum(shrunk(woven, few), np.float32(_CROPPED) * disorder), unit=unit)
    contrast = np.maximum(np.float32(_FINEST), np.float32(2) * rough)
    (smooth,) = guided_planes([tone], tone, radius=max(1, round(7 * unit)), contrast=contrast)
    sharp = smooth.over(tone)
    calm = cv2.GaussianBlur(sharp, (3, 3), 0.7).astype(np.float32, copy=False)
    wide = gaussian(sharp, sigma=max(0.7, 6 * unit))
    calm = cv2.blendLinear(wide, calm, woven, 1 - woven).astype(np.float32, copy=False)
    own = shrunk(calm, few)
    local, light = guided_planes(
        [own, shrunk(lightness, few)],
        own,
        radius=max(2, round(20 * unit)),
        contrast=_GARMENT,
        weight=shrunk(regions.person * (1 - regions.skin), few) + np.float32(1e-3),
    )
    form = calm - local.over(calm)
    # Where a weave is rough its shadows are no folds; in hair what is fainter than a fold is a lock.
    plain = np.maximum(woven, enlarged(disorder, (tone.shape[1], tone.shape[0])))
    form *= (np.float32(_LOCKS) + np.float32(1 - _LOCKS) * plain) / (1 + np.float32(200) * rough * rough)
    level = _levels(_without_scraps(form, woven, unit=unit))
    bare = _bare(planes, woven, disorder, regions, unit=unit)
    level *= 1 - np.float32(_SOFT) * bare
    skin = np.maximum(regions.skin, regions.features)
    cover: FloatImage = 1 - cv2.erode(skin, np.ones((3, 3), np.uint8)).astype(np.float32, copy=False)
    lines = _lines(sharp, tone, rough, unit=unit)
    lines *= cover
    lines *= regions.person
    stray = np.float32(9) + np.float32(55) * rough
    # The local colour ends where garments do, and has no thread.
    ends = sharp - calm
    ends -= np.clip(ends, -_THREAD, _THREAD)
    return Drapery(light.over(calm + ends), level, lightness, stray, lines, cover, woven, bare)


def _few(plane: FloatImage) -> Size:
    """The size at which is worked out what changes slowly."""
    return max(1, plane.shape[1] // 4), max(1, plane.shape[0] // 4)


def _bare(
    lab: list[FloatImage], woven: FloatImage, disorder: FloatImage, regions: Regions, *, unit: float
) -> FloatImage:
    """Where hands, bald heads and shaded necks are, or what is like them, (H, W), 0 … 1: for soft shadows."""
    size = (woven.shape[1], woven.shape[0])
    few = _few(woven)
    lightness, a, b, where = (
        cv2.resize(plane, few, interpolation=cv2.INTER_NEAREST).astype(np.float32, copy=False)
        for plane in (*lab, woven)
    )
    # Shine has lost its colour; what is around it tells.
    a, b = (gaussian(plane, sigma=max(1.0, 3 * unit)) for plane in (a, b))
    hue = bodily_hue(a, b, cv2.magnitude(a, b).astype(np.float32, copy=False))
    hue *= smoothstep(lightness, low=22, high=36)
    # Hair of that hue runs one way.
    np.maximum(where, disorder, out=where)
    for x, y, across in regions.heads:
        rows = slice(max(0, round((y + 0.45 * across) / 4)), max(0, round((y + across) / 4)))
        columns = slice(max(0, round((x - 0.42 * across) / 4)), max(0, round((x + 0.42 * across) / 4)))
        where[rows, columns] = 1
    return enlarged(hue * where, size)


def _roughness(tone: FloatImage, where: FloatImage, *, unit: float) -> FloatImage:
    """How rough the weave is, (H, W), in powers of e; `where`, on few pixels, is how much that matters."""
    threads: FloatImage = np.abs(tone - gaussian(tone, sigma=max(1.0, 4 * unit)))
    np.minimum(threads, np.float32(_TEXTURE), out=threads)
    few = (where.shape[1], where.shape[0])
    mean = gaussian(shrunk(threads, few), sigma=max(0.8, 2.5 * unit))
    return enlarged(mean * where, (tone.shape[1], tone.shape[0]))


def _without_scraps(form: FloatImage, woven: FloatImage, *, unit: float) -> FloatImage:
    """Without shapes on cloth that are too small for a brush."""
    few = np.ascontiguousarray(form[::2, ::2])
    smallest = max(3.0, _SCRAP * unit * unit / 4)
    scraps = small_parts((few < np.float32(_SHADOW)) | (few > np.float32(_LIGHT)), smallest)
    around = cv2.dilate(scraps.view(np.uint8), np.ones((3, 3), np.uint8))
    size = (form.shape[1], form.shape[0])
    kept: FloatImage = form * (1 - cv2.resize(around, size, interpolation=cv2.INTER_NEAREST) * woven)
    return kept


def _levels(form: FloatImage) -> FloatImage:
    """Tones counted, with borders one pixel wide however slowly light falls off."""
    across, down = (cv2.Sobel(form, cv2.CV_32F, *way, scale=0.125) for way in ((1, 0), (0, 1)))
    steep = 1 / (cv2.magnitude(across, down) + np.float32(0.004))
    away = form * steep
    level = np.zeros_like(form)
    for edge, tones in _TONES:
        # Half a pixel beyond the border on either side the tone is whole.
        beyond = cv2.scaleAdd(steep, -edge, away)
        np.clip(beyond, -0.5, 0.5, out=beyond)
        cv2.scaleAdd(beyond, tones, level, level)
    level += np.float32(_MIDDLE)
    return level


def _lines(sharp: FloatImage, tone: FloatImage, rough: FloatImage, *, unit: float) -> FloatImage:
    lines = line_response(sharp, sigma=max(0.6, 1.05 * unit))
    broad = line_response(tone, sigma=max(0.9, 2.6 * unit))
    cv2.scaleAdd(broad, 0.6, lines, lines)
    # Threads answer, too.
    cv2.scaleAdd(rough, -_THREADS, lines, lines)
    np.maximum(lines, 0, out=lines)
    lines *= np.float32(_INK)
    lines /= 1 + lines * np.float32(1 / _MOST_INK)
    # Ink lies on both sides of a border.
    both = cv2.GaussianBlur(lines, (5, 5), 0.9)
    np.maximum(lines, both * np.float32(1.1), out=lines)
    return lines


def _opened(lightness: FloatImage) -> FloatImage:
    """Black opened to a dark colour in which folds can be seen."""
    opened: FloatImage = np.float32(4) + lightness * np.float32(0.955)
    # In bytes' colours a ramp is as good as a curve.
    opened += np.clip((np.float32(34) - lightness) * np.float32(12 / 22), 0, np.float32(12))
    return opened
