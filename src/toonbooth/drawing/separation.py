"""Colour separation for a poster: which flat ink each place gets, where it is dotted, where black."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.bare_crown import with_bare_crown
from toonbooth.drawing.beards import beard_evidence
from toonbooth.drawing.cloth_inks import Cast, Dyes
from toonbooth.drawing.flat_flesh import with_shadows
from toonbooth.drawing.flat_hues import in_one_light
from toonbooth.drawing.flat_inks import flat_plates, margins
from toonbooth.drawing.ink_places import higher, near_heads
from toonbooth.drawing.inks import Ink
from toonbooth.drawing.printed_beards import dotted, find_beards, solid
from toonbooth.drawing.printed_black import calm_black, find_bleached, without_flecks
from toonbooth.drawing.printed_ears import with_ears
from toonbooth.drawing.printed_hair import told_from_hair
from toonbooth.drawing.printed_rims import find_rims
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.drawing.skin_area import SkinTone, closed_skin, measure_skin, skin_form
from toonbooth.drawing.skin_paint import eye_white_of, lost_light
from toonbooth.drawing.whose_skin import whose_skin
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, scaled

_BEARDED = 0.1
"""Evidence from which on a beard is believed: what it hides would be printed as red skin."""

_GREY_HAIR = 8.0
"""L* by which grey hair must be darker than other to be black."""

_FOLDED = 0.3
"""How much folds stand out of the cloth around them; turning it up makes more of them black."""

_GOLD = 9.0
"""b*, in one light, from which on an earring is gold."""


@dataclass(frozen=True, slots=True)
class Separation:
    """What is printed where; all planes (h, w) float32 of one small size.

    plates : one per flat ink, in the order of `Ink` and then one per head's skin; -1 … 1, printed where
        positive.
    dots : 0 … 1, how dense dots are.
    grain : 0 … 1, how dense dots of black are: beards, where they thin out.
    black : pixels from the border of solid black, positive inside, at most 3.
    skins : one per head.
    skin : 0 … 1, all skin, closed.
    rims : 0 … 1, light from behind on skin.
    near : 1 around heads, 0 elsewhere.
    dyes : the materials of the clothes.
    """

    plates: tuple[FloatImage, ...]
    dots: FloatImage
    grain: FloatImage
    black: FloatImage
    skins: tuple[SkinTone, ...]
    skin: FloatImage
    rims: FloatImage
    near: FloatImage
    dyes: Dyes


def separate(
    lab: FloatImage,
    grey: FloatImage,
    regions: Regions,
    jewels: FloatImage,
    faces: tuple[Face, ...],
    *,
    scale: float,
    unit: float,
    dottedness: float,
    cast: Cast = (0.0, 0.0, 0.0),
    known: Dyes | None = None,
) -> Separation:
    """Give every place its flat ink, its dots and its black.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3), L*a*b*, smoothed
    grey : float32 array, shape (h, w), range [0, 1]
        The picture with its texture.
    regions : of the same size
    jewels : float32 array, shape (h, w)
        Earrings.
    faces : faces in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.
    unit : float, pixels of `lab`
        A four-hundredth of a face's width.
    dottedness : float, about 1
        Turning it up dots more of the skin.
    cast : of the light
    known : the materials of a picture that this one is a part of, if it is
    """
    skin = closed_skin(lab, regions, faces, scale=scale, unit=unit)
    skin = with_bare_crown(skin, planes_of(lab)[0], grey, regions.person, faces, scale=scale)
    skin = np.maximum(skin, _around_eyes(skin.shape, faces, scale=scale) * regions.person)
    skin = told_from_hair(skin, lab, regions, faces, scale=scale)
    skin = with_ears(skin, lab, regions, faces, scale=scale)
    rims = find_rims(skin, planes_of(lab)[0], regions, faces, scale=scale)
    skin = np.maximum(skin, rims)
    under = _shadows(skin, lab, grey, regions, faces, scale=scale)
    beards = find_beards(planes_of(lab)[0], grey, regions, faces, scale=scale)
    skin = np.maximum.reduce([skin, under, smoothstep(beards, low=0.1, high=0.4)])
    bare = regions.skin * (1 - smoothstep(regions.features, low=0.05, high=0.4))
    shares = whose_skin(lab, skin, regions.heads)
    tones = [measure_skin(lab, bare * share) for share in shares]
    middle = SkinTone(65.0, 14.0, 18.0, 8.0, 68.0)
    sure = [tone for tone in tones if tone is not None]
    skins = tuple(tone or (sure[0] if sure else middle) for tone in tones)

    # Clothes of who stands in the shade are lighter than they look, too.
    whites = [eye_white_of(lab, face, scale=scale) for face in faces]
    lost = [
        lost_light((tone.lightness, tone.red, tone.yellow), white)
        for tone, white in zip(skins, whites, strict=False)
    ]
    if lost and known is None:
        cast = (cast[0] - max(0.0, *lost), cast[1], cast[2])
    near = near_heads(regions, skin.shape)
    plates, dyes = flat_plates(lab, skin, skins, near, regions, unit=unit, cast=cast, known=known)
    whole_skin = plates[len(Ink)] if shares else np.zeros_like(skin)
    # Shoulders and hands that only their ink makes skin belong to somebody, too.
    shares = whose_skin(lab, whole_skin, regions.heads)
    skin_plates = [whole_skin * share for share in shares]
    plates = [*plates[: len(Ink)], *skin_plates]
    if jewels.any():
        plates = [plate * (1 - jewels) if plate.any() else plate for plate in plates]
        ink = _metal(lab[jewels > 0.5])
        plates[ink] = plates[ink] + jewels

    calm_features = 1 - smoothstep(regions.features, low=0.05, high=0.4)
    seen = np.maximum(bare, smoothstep(whole_skin, low=0.6, high=0.9) * calm_features)
    nose = np.maximum(seen, whole_skin * (1 - smoothstep(regions.features, low=0.5, high=0.75)))
    black, dots = _cloth_and_hair(planes_of(lab)[0], whole_skin, plates, regions, near, unit=unit)
    inner = np.zeros_like(skin)
    for face in faces:
        oval = scaled(face.landmarks[facemap.OVAL], scale)
        feather = max(1.0, 0.04 * face.width * scale)
        np.maximum(inner, polygon_mask(skin.shape, oval, grow=0.74, feather=feather), out=inner)
        chin = scaled(face.landmarks[[*facemap.JAW[5:-5], 61, 291]], scale)
        np.maximum(inner, polygon_mask(skin.shape, chin, grow=0.96, feather=feather), out=inner)
    for share, tone, (_, _, across) in zip(shares, skins, regions.heads, strict=True):
        form, raised = (
            plane - np.float32(tone.lightness)
            for plane in skin_form(lab, seen * share, nose * share, unit=unit)
        )
        on = whole_skin * share
        tone_of = smoothstep(raised, low=-0.25 * tone.spread, high=-2.2 * tone.spread) * np.float32(0.55)
        # On a small face a blush would be a rash.
        blush = np.float32(0.2 * np.clip((across / scale - 150) / 100, 0, 1)) * regions.cheeks
        tone_of = np.maximum(np.float32(dottedness) * tone_of, blush)
        # Deep shadow is printed solid: dots that run together leave a dirty net.
        deep = -2.1 * tone.spread
        # Beside lips it would run together with them; around eyes and on chins it would be a bruise.
        apart = 1 - smoothstep(gaussian(regions.lips, sigma=max(1.0, 12 * unit)), low=0.06, high=0.3)
        apart *= 1 - inner
        tone_of += apart * (1 - tone_of) * smoothstep(raised, low=deep + 0.8, high=deep - 0.8)
        dots += on * (tone_of - dots)
        # Only a cast shadow is so dark that the key plate prints it.
        dark = np.float32(-max(36.0, 3.8 * tone.spread)) - form - np.float32(30) * under
        black += on * (np.minimum(dark, np.float32(20)) - black)
    grain = np.zeros_like(dots)
    if beards.any():
        grain = dotted(beards)
        # Two nets of dots upon each other would be dirt.
        dots *= 1 - smoothstep(beards, low=0.05, high=0.3)
        np.maximum(black, np.clip(solid(beards), -30, 20), out=black, where=beards > 0)
    black -= np.float32(30) * np.maximum(jewels, rims)
    black = np.clip(black, -12, 12)
    bleached = find_bleached(black, plates[Ink.PAPER] + plates[Ink.GREY], regions.person, near, unit=unit)
    black += bleached * (12 - black)
    black = calm_black(black, whole_skin, near, unit=unit)
    without_flecks(black, plates[Ink.DEEP], near, regions.person, unit=unit)
    return Separation(margins(plates), dots, grain, _distance(black), skins, whole_skin, rims, near, dyes)


def _around_eyes(shape: tuple[int, ...], faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Where the eyes of faces lie, with their corners: skin, even in the deepest shade of a face's side."""
    size = (shape[0], shape[1])
    found = np.zeros(size, np.float32)
    for face in faces:
        points = scaled(face.landmarks, scale)
        feather = max(0.7, 0.02 * face.width * scale)
        oval = polygon_mask(size, points[facemap.OVAL], feather=feather)
        for eye in (facemap.LEFT_EYE, facemap.RIGHT_EYE):
            np.maximum(found, polygon_mask(size, points[eye], grow=1.8, feather=feather) * oval, out=found)
    return found


def _metal(seen: FloatImage) -> Ink:
    """The ink of earrings, by their colours, shape (N, 3): gold is yellow, all else is as light as paper."""
    if not len(seen):
        return Ink.PAPER
    yellow = float(np.percentile(seen[:, 2] * in_one_light(seen[:, 0]), 75))
    return Ink.YELLOW if yellow > _GOLD else Ink.PAPER


def _shadows(
    skin: FloatImage,
    lab: FloatImage,
    grey: FloatImage,
    regions: Regions,
    faces: tuple[Face, ...],
    *,
    scale: float,
) -> FloatImage:
    """Skin under chins and at ears that is too dark to be told by its colour; black there looks like a beard.

    Where somebody has a beard nothing is added.
    """
    height, width = skin.shape
    half = (max(1, width // 2), max(1, height // 2))
    few = shrunk(skin, half)
    added = with_shadows(few, shrunk(lab, half), shrunk(regions.person, half), faces, scale=scale / 2) - few
    if not added.any():
        return np.zeros_like(skin)
    shaded = smoothstep(enlarged(added, (width, height)), low=0.2, high=0.8)
    light, sure = planes_of(lab)[0], regions.skin > 0.8
    drawn = [face for face in faces if face.width * scale >= 6]
    for head, face in enumerate(drawn):
        points = scaled(face.landmarks, scale)
        bare = sure & (polygon_mask(skin.shape, points[facemap.OVAL]) > 0.5)
        if beard_evidence(light, grey, bare, points) > _BEARDED:
            shaded = shaded * (1 - regions.share_of(head)) if len(drawn) > 1 else np.zeros_like(shaded)
    return shaded


def _distance(signed: FloatImage) -> FloatImage:
    """Turn a field into pixels from where it is zero, so that its border is equally crisp everywhere."""
    across = cv2.Sobel(signed, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(signed, cv2.CV_32F, 0, 1, scale=0.125)
    steep = gaussian(cv2.magnitude(across, down).astype(np.float32, copy=False), sigma=1.0)
    distance: FloatImage = np.clip(signed / (steep + np.float32(0.25)), -3, 3)
    return distance


def _cloth_and_hair(
    light: FloatImage,
    skin: FloatImage,
    plates: list[FloatImage],
    regions: Regions,
    near: FloatImage,
    *,
    unit: float,
) -> tuple[FloatImage, FloatImage]:
    """Where hair and clothes are black, and how dense their dots are."""
    body = regions.person * (1 - skin)
    wide = masked_blur(light, np.square(body), sigma=max(2.0, 34 * unit))
    around = masked_blur(light, np.square(body), sigma=max(1.0, 11 * unit))
    # Strands are fine; folds are few and broad: weave would make a camouflage of blacks and blues.
    strands = gaussian(light + (light - around) * np.float32(0.7), sigma=max(0.8, 4.0 * unit))
    folds = around + (around - wide) * np.float32(_FOLDED)
    shaped = cv2.blendLinear(strands, folds, near, 1 - near).astype(np.float32, copy=False)
    border = np.clip((np.float32(0.52) + np.float32(0.18) * near) * wide + np.float32(6) + 2 * near, 10, 33)
    # Between dark hair and skin there is no third colour.
    beside = smoothstep(gaussian(skin, sigma=max(1.0, 7 * unit)), low=0.04, high=0.3)
    border += np.float32(20) * near * beside * higher(regions, part=0.2) * smoothstep(wide, low=52, high=38)
    # Of grey hair dots tell how dark it is; a black blot on it would be a cap.
    black = border - shaped - np.float32(_GREY_HAIR) * near * plates[Ink.GREY]
    # Dots on cloth follow its form; its weave would be a rash.
    light = gaussian(light, sigma=max(1.0, 5 * unit))
    light = cv2.blendLinear(light, around, near, 1 - near).astype(np.float32, copy=False)
    pale = plates[Ink.PAPER] + plates[Ink.GREY]
    reach = np.float32(12) + np.float32(26) * pale
    dots = np.float32(0.55) * np.clip((border + reach + np.float32(4) - light) / reach, 0, 1)
    shade = smoothstep(light, low=92, high=60) * np.float32(0.4)
    dots += plates[Ink.PAPER] * (shade - dots)
    # Of what is grey, dots tell how dark it is.
    grey = np.clip((np.float32(76) - light) * np.float32(1 / 74), 0, 0.78)
    dots += plates[Ink.GREY] * (grey - dots)
    dots *= 1 - plates[Ink.DEEP]
    return black.astype(np.float32, copy=False), dots.astype(np.float32, copy=False)
