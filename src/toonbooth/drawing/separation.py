"""Colour separation for a poster: which flat ink each place gets, where it is dotted, where black."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.inks import Ink
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points

_ENOUGH_SKIN = 30
"""Pixels of sure skin below which its colour isn't worth measuring."""


@dataclass(frozen=True, slots=True)
class SkinTone:
    """One head's skin, as it is in the photo: its middle as L*, a*, b* and the spread of its L*."""

    lightness: float
    red: float
    yellow: float
    spread: float


@dataclass(frozen=True, slots=True)
class Separation:
    """What is printed where; all planes (h, w) float32 of one small size.

    plates : one per flat ink, in the order of `Ink` and then one per head's skin; -1 … 1, printed where
        positive.
    dots : 0 … 1, how dense dots are.
    black : pixels from the border of solid black, positive inside, at most 3.
    skins : one per head.
    skin : 0 … 1, all skin, closed.
    near : 1 around heads, 0 elsewhere.
    """

    plates: tuple[FloatImage, ...]
    dots: FloatImage
    black: FloatImage
    skins: tuple[SkinTone, ...]
    skin: FloatImage
    near: FloatImage


def measure_skin(lab: FloatImage, skin: FloatImage) -> SkinTone | None:
    """The tone of one head's skin; None where too little of it is seen."""
    sure = skin > 0.8
    if np.count_nonzero(sure) < _ENOUGH_SKIN:
        return None
    samples = lab[sure]
    lightness, red, yellow = (float(v) for v in np.median(samples, axis=0))
    low, high = (float(v) for v in np.percentile(samples[:, 0], (12, 88)))
    return SkinTone(lightness, red, yellow, float(np.clip((high - low) / 2, 4.0, 14.0)))


def separate(
    lab: FloatImage,
    regions: Regions,
    faces: tuple[Face, ...],
    *,
    scale: float,
    unit: float,
    dottedness: float,
) -> Separation:
    """Give every place its flat ink, its dots and its black.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3), L*a*b*, smoothed
    regions : of the same size
    faces : faces in the coordinates of the full picture
    scale : float
        Size of `lab` over size of the full picture.
    unit : float, pixels of `lab`
        A four-hundredth of a face's width.
    dottedness : float, about 1
        Turning it up dots more of the skin.
    """
    skin = closed_skin(lab, regions, faces, scale=scale, unit=unit)
    bare = regions.skin * (1 - smoothstep(regions.features, low=0.05, high=0.4))
    shares = _shares(regions)
    tones = [measure_skin(lab, bare * share) for share in shares]
    middle = SkinTone(65.0, 14.0, 18.0, 8.0)
    known = [tone for tone in tones if tone is not None]
    skins = tuple(tone or (known[0] if known else middle) for tone in tones)

    near = _near_heads(regions, skin.shape)
    plates = _flat_plates(lab, skin, skins, near, regions, unit=unit)
    skin_plates = [plates[len(Ink)] * share for share in shares] if shares else []
    whole_skin = plates[len(Ink)] if shares else np.zeros_like(skin)
    plates = [*plates[: len(Ink)], *skin_plates]

    calm_features = 1 - smoothstep(regions.features, low=0.05, high=0.4)
    seen = np.maximum(bare, smoothstep(whole_skin, low=0.6, high=0.9) * calm_features)
    black, dots = _cloth_and_hair(planes_of(lab)[0], whole_skin, plates, regions, unit=unit)
    for share, tone in zip(shares, skins, strict=True):
        form = _skin_form(lab, seen * share, unit=unit) - np.float32(tone.lightness)
        on = whole_skin * share
        tone_of = smoothstep(form, low=-0.25 * tone.spread, high=-2.4 * tone.spread) * np.float32(0.78)
        blush = np.float32(0.2) * regions.cheeks
        dots += on * (np.maximum(np.float32(dottedness) * tone_of, blush) - dots)
        # Only a cast shadow is so dark that the key plate prints it.
        dark = np.float32(-max(33.0, 3.3 * tone.spread)) - form
        black += on * (np.minimum(dark, np.float32(20)) - black)
    return Separation(_margins(plates), dots, _distance(black), skins, whole_skin, near)


def _margins(plates: list[FloatImage]) -> tuple[FloatImage, ...]:
    """By how much each plate outweighs the strongest other one: the borders of all meet without a gap."""
    first = np.zeros_like(plates[0])
    second = np.zeros_like(plates[0])
    for plate in plates:
        np.maximum(second, np.minimum(first, plate), out=second)
        np.maximum(first, plate, out=first)
    return tuple(plate - np.where(plate < first, first, second) for plate in plates)


def _distance(signed: FloatImage) -> FloatImage:
    """Turn a field into pixels from where it is zero, so that its border is equally crisp everywhere."""
    across = cv2.Sobel(signed, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(signed, cv2.CV_32F, 0, 1, scale=0.125)
    steep = gaussian(cv2.magnitude(across, down).astype(np.float32, copy=False), sigma=1.0)
    distance: FloatImage = np.clip(signed / (steep + np.float32(0.25)), -3, 3)
    return distance


def continued(lab: FloatImage, person: FloatImage, *, unit: float) -> FloatImage:
    """Continue a person's colours to their edge, where the photo has mixed them with the background.

    Parameters
    ----------
    lab : float32 array, shape (h, w, 3)
    person : float32 array, shape (h, w)
        The matte.
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    side = 2 * max(1, round(4.0 * unit)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    inside = cv2.erode(person, disc).astype(np.float32, copy=False)
    height, width = person.shape
    half = (max(1, width // 2), max(1, height // 2))
    core = np.square(shrunk(inside, half))
    sigma = max(0.8, 2.0 * unit)
    filled = enlarged(masked_blur(shrunk(lab, half), core, sigma=sigma), (width, height))
    # Thin things, all rim and no inside, keep what they are.
    rim = enlarged(smoothstep(gaussian(core, sigma=sigma), low=0.02, high=0.15), (width, height))
    rim *= 1 - inside
    return cv2.blendLinear(filled, lab, rim, 1 - rim).astype(np.float32, copy=False)


def closed_skin(
    lab: FloatImage, regions: Regions, faces: tuple[Face, ...], *, scale: float, unit: float
) -> FloatImage:
    """Skin without the holes that shine, eyes, brows and lips leave; beards, hair and hats stay outside.

    Returns
    -------
    float32 array, shape (h, w); its borders are smooth curves.
    """
    filled = regions.skin.copy()
    for face in faces:
        width = face.width * scale
        if width < 8:
            continue
        points: Points = (face.landmarks + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
        oval = polygon_mask(filled.shape, points[facemap.OVAL], grow=1.0, feather=0.02 * width)
        sure = (regions.skin > 0.8) & (oval > 0.5)
        if np.count_nonzero(sure) < _ENOUGH_SKIN:
            continue
        middle = float(np.median(lab[..., 0][sure]))
        light = smoothstep(lab[..., 0], low=middle - 22, high=middle - 12)
        np.maximum(filled, oval * light * regions.person, out=filled)
        inner = polygon_mask(filled.shape, points[facemap.OVAL], grow=0.84, feather=0.02 * width)
        np.maximum(filled, inner * smoothstep(regions.features, low=0.05, high=0.3), out=filled)
        _fill_holes(filled, lab[..., 0], darkest=middle - 10, area=0.15 * width * width)
    return smoothstep(gaussian(filled, sigma=max(0.8, 3.0 * unit)), low=0.3, high=0.7)


def _fill_holes(mask: FloatImage, lightness: FloatImage, *, darkest: float, area: float) -> None:
    """Fill what a mask encloses: all that is tiny, and what is light, in place."""
    outside = (mask < 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    if count > 2000:
        return
    height, width = mask.shape
    for index in range(1, count):
        x, y, across, down, size = (int(v) for v in stats[index])
        if x == 0 or y == 0 or x + across == width or y + down == height or size > area:
            continue
        box = (slice(y, y + down), slice(x, x + across))
        hole = labels[box] == index
        if size < 0.012 * area or float(lightness[box][hole].mean()) > darkest:
            mask[box][hole] = 1


def _shares(regions: Regions) -> list[FloatImage]:
    """For every head the share of each place that is nearer to it than to any other."""
    if len(regions.heads) == 1:
        return [np.ones_like(regions.skin)]
    height, width = regions.skin.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    away = [
        np.square((columns - np.float32(x)) / across) + np.square((rows - np.float32(y)) / across)
        for x, y, across in regions.heads
    ]
    if not away:
        return []
    nearest = np.argmin(np.stack(away), axis=0)
    return [np.asarray(nearest == head, np.float32) for head in range(len(away))]


def _near_heads(regions: Regions, shape: tuple[int, ...]) -> FloatImage:
    """1 around heads, where skin has been sought thoroughly, 0 at hands and arms."""
    near = np.zeros(shape, np.float32)
    height, width = shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    for x, y, across in regions.heads:
        far = np.square((columns - x) / np.float32(1.25 * across)) + np.square(
            (rows - y) / np.float32(1.35 * across)
        )
        np.maximum(near, smoothstep(far, low=1.3, high=0.8), out=near)
    return near


def _flat_plates(
    lab: FloatImage,
    skin: FloatImage,
    skins: tuple[SkinTone, ...],
    near: FloatImage,
    regions: Regions,
    *,
    unit: float,
) -> list[FloatImage]:
    """One plate per ink and one for skin: to every place the ink that suits its colour best."""
    height, width = skin.shape
    half = (max(1, width // 2), max(1, height // 2))
    calm = gaussian(shrunk(lab, half), sigma=max(0.6, 2.2 * unit))
    light, a, b = planes_of(calm)
    chroma = cv2.magnitude(a, b).astype(np.float32, copy=False)

    def along(degrees: float) -> FloatImage:
        turn = np.deg2rad(degrees)
        return a * np.float32(np.cos(turn)) + b * np.float32(np.sin(turn))

    dark = np.maximum(np.float32(38) - light, 0)
    scores = [np.zeros_like(light)] * len(Ink)
    scores[Ink.PAPER] = np.float32(10) + np.clip((light - np.float32(66)) * np.float32(0.4), -14, 9)
    scores[Ink.GREY] = np.float32(10) - np.float32(0.3) * np.maximum(np.float32(34) - light, 0)
    scores[Ink.DEEP] = np.float32(8) + np.float32(0.55) * dark - np.maximum(light - np.float32(38), 0)
    scores[Ink.RED] = along(18) - np.float32(5)
    scores[Ink.YELLOW] = along(84) - np.float32(0.25) * np.maximum(np.float32(42) - light, 0)
    scores[Ink.BROWN] = (
        along(60) + np.float32(0.35) * np.minimum(dark, 20) - np.float32(0.4) * np.maximum(light - 50, 0)
    )
    scores[Ink.BROWN] += np.float32(2.0) * (chroma > 5)
    scores[Ink.BLUE] = np.maximum(along(280), along(200)) - np.float32(0.5) * np.maximum(light - 62, 0)
    few_near, few_skin = shrunk(near, half), shrunk(skin, half)
    few_faces = shrunk(_faces_and_necks(regions), half)
    pale = smoothstep(chroma, low=34, high=24) * smoothstep(light, low=62, high=72)
    scores[Ink.YELLOW] -= np.float32(12) * (1 - few_near) * pale
    like_skin, in_shade = np.full_like(light, -50), np.zeros_like(light)
    for tone in skins:
        own = max(4.0, float(np.hypot(tone.red, tone.yellow)))
        to_red, to_yellow = tone.red / own, tone.yellow / own
        # Shadow adds to a skin's chroma and hardly turns its hue; what is grey is no skin.
        off_hue = np.abs(a * np.float32(to_yellow) - b * np.float32(to_red))
        more = chroma - np.float32(own)
        away = off_hue + np.maximum(np.float32(0.4) * more, np.float32(-1.1) * more)
        away += np.float32(1.8) * np.maximum(np.float32(9) - chroma, 0)
        lighter = light - np.float32(tone.lightness)
        # Shadow is the same hue but darker; only hair is much darker still.
        score = np.float32(31) - np.float32(1.2) * away
        score -= np.float32(0.6) * np.maximum(-lighter - np.float32(24), 0)
        score -= np.float32(0.4) * np.maximum(lighter - np.float32(22), 0)
        # Under chins and beside noses a shadow is more likely than a beard of a skin's full colour.
        shaded = smoothstep(chroma, low=0.7 * own, high=0.95 * own) * smoothstep(off_hue, low=11, high=6)
        shaded *= smoothstep(lighter, low=-46, high=-38)
        np.maximum(in_shade, shaded, out=in_shade)
        score += np.float32(17) * few_faces * shaded
        np.maximum(like_skin, score, out=like_skin)
    like_skin += np.float32(1) - np.float32(7) * few_near
    scores[Ink.RED] = scores[Ink.RED] - np.float32(14) * few_near
    darkest = min((tone.lightness for tone in skins), default=0.0) - 8
    lit = smoothstep(light, low=darkest - 6, high=darkest + 2)
    hair = _agree_on_hair(
        scores, like_skin, few_near * (1 - few_skin) * shrunk(_above_chins(regions), half), lit, regions
    )
    if hair not in (Ink.YELLOW, Ink.BROWN):
        # Then what is brown far from the head is a hand.
        like_skin += np.float32(12) * (1 - few_near) * in_shade
    like_skin += (np.float32(90) - like_skin) * smoothstep(few_skin, low=0.4, high=0.6)
    scores = [score - np.float32(40) * smoothstep(few_skin, low=0.4, high=0.6) for score in scores]
    if skins:
        scores.append(like_skin)
    best = np.argmax(np.stack(scores), axis=0).astype(np.uint8)
    best = cv2.medianBlur(best, 3).astype(np.uint8)
    sigma = max(0.7, 2.4 * unit)
    size = (width, height)
    chosen = [
        _without_islands(
            (best == index).astype(np.float32),
            area=max(6.0, 260 * unit * unit),
            strict=few_faces * np.float32(8.0 if index in _NOT_ON_FACES else 0.0),
        )
        for index in range(len(scores))
    ]
    # What an island leaves empty goes to whatever lies around it.
    empty = 1 - np.sum(chosen, axis=0)
    if empty.any():
        around = [gaussian(plate, sigma=max(2.0, 14 * unit)) for plate in chosen]
        share = empty / (np.sum(around, axis=0) + np.float32(1e-4))
        chosen = [plate + each * share for plate, each in zip(chosen, around, strict=True)]
    plates = [
        enlarged(gaussian(plate, sigma=sigma), size) if plate.any() else np.zeros((height, width), np.float32)
        for plate in chosen
    ]
    if skins:
        # The skin's own border is finer than this, and goes before.
        plates[-1] = np.maximum(plates[-1], skin)
        rest = 1 - plates[-1]
        others = np.sum(plates[:-1], axis=0) + np.float32(1e-3)
        plates[:-1] = [plate * rest / others for plate in plates[:-1]]
    return plates


_NOT_ON_FACES = (Ink.PAPER, Ink.GREY, Ink.BLUE, Ink.RED, Ink.YELLOW)
"""Inks of which a small area on a face or neck is a reflection."""

_GOES_WITH = {
    Ink.YELLOW: (Ink.BROWN,),
    Ink.BROWN: (),
    Ink.DEEP: (Ink.GREY,),
    Ink.GREY: (Ink.PAPER,),
    Ink.PAPER: (Ink.GREY,),
}
"""What hair of one ink may have in its shadows or its shine."""


def _agree_on_hair(
    scores: list[FloatImage],
    like_skin: FloatImage,
    zone: FloatImage,
    lit: FloatImage,
    regions: Regions,
) -> Ink | None:
    """Give all hair the ink of most of it: shine and the sky's reflection are not its colour. In place.

    Returns
    -------
    That ink; None where there is no hair.
    """
    best = np.argmax(np.stack([*scores, like_skin]), axis=0)
    counts = np.bincount(best[zone > 0.6], minlength=len(scores) + 1)
    candidates = {ink: int(counts[ink]) for ink in _GOES_WITH}
    # Blond hair is brown in its shadows, but brown hair isn't blond.
    if candidates[Ink.YELLOW] > 0.3 * (candidates[Ink.YELLOW] + candidates[Ink.BROWN]):
        candidates[Ink.YELLOW] += candidates[Ink.BROWN]
    most = max(candidates, key=lambda ink: candidates[ink])
    bias = zone * np.float32(9)
    heads = sum(0.25 * across * across for _, _, across in regions.heads)
    if candidates[most] < 0.1 * heads:
        # A bald head's shine.
        like_skin += bias * lit
        return None
    if most in (Ink.BROWN, Ink.DEEP):
        # A bright rim of a dark head is skin in the light.
        like_skin += np.float32(1.6) * bias * lit
    for ink in _GOES_WITH:
        if ink is most:
            scores[ink] = scores[ink] + bias
        elif ink not in _GOES_WITH[most]:
            scores[ink] = scores[ink] - bias
    return most


def _faces_and_necks(regions: Regions) -> FloatImage:
    """1 from the brows down to the collar, a little wider than a face."""
    height, width = regions.skin.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    found = np.zeros((height, width), np.float32)
    for x, y, across in regions.heads:
        beside = smoothstep(np.abs(columns - np.float32(x)), low=0.68 * across, high=0.56 * across)
        below = smoothstep(rows, low=y - 0.4 * across, high=y - 0.25 * across)
        below *= smoothstep(rows, low=y + 1.3 * across, high=y + 1.1 * across)
        np.maximum(found, beside * below, out=found)
    return found


def _above_chins(regions: Regions) -> FloatImage:
    """1 where a person's hair can be and clothes can't."""
    height = regions.skin.shape[0]
    above = np.zeros((height, 1), np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    for _, y, across in regions.heads:
        np.maximum(above, smoothstep(rows, low=y + 0.9 * across, high=y + 0.6 * across), out=above)
    return regions.person * above


def _without_islands(mask: FloatImage, *, area: float, strict: FloatImage) -> FloatImage:
    """Take small islands off a plate; where `strict` is, areas that many times larger count as small too."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    sizes = stats[:count, cv2.CC_STAT_AREA].astype(np.float32)
    stricter = np.bincount(labels.ravel(), weights=strict.ravel(), minlength=count) / np.maximum(sizes, 1)
    keep = (sizes >= area * (1 + stricter)).astype(np.float32)
    keep[0] = 0
    kept: FloatImage = keep[labels]
    return kept


def _cloth_and_hair(
    light: FloatImage,
    skin: FloatImage,
    plates: list[FloatImage],
    regions: Regions,
    *,
    unit: float,
) -> tuple[FloatImage, FloatImage]:
    """Where hair and clothes are black, and how dense their dots are."""
    body = regions.person * (1 - skin)
    wide = masked_blur(light, np.square(body), sigma=max(2.0, 34 * unit))
    around = masked_blur(light, np.square(body), sigma=max(1.0, 11 * unit))
    shaped = gaussian(light + (light - around) * np.float32(1.0), sigma=max(0.6, 1.6 * unit))
    near = _near_heads(regions, skin.shape)
    border = np.clip((np.float32(0.52) + np.float32(0.18) * near) * wide + np.float32(6) + 2 * near, 10, 33)
    # Between dark hair and skin there is no third colour.
    beside = smoothstep(gaussian(skin, sigma=max(1.0, 7 * unit)), low=0.04, high=0.3)
    border += np.float32(20) * near * beside * smoothstep(wide, low=52, high=38)
    black = border - shaped
    light = gaussian(light, sigma=max(1.0, 5 * unit))
    pale = plates[Ink.PAPER] + plates[Ink.GREY]
    reach = np.float32(12) + np.float32(26) * pale
    dots = np.float32(0.55) * np.clip((border + reach + np.float32(4) - light) / reach, 0, 1)
    shade = smoothstep(light, low=92, high=60) * np.float32(0.4)
    dots += plates[Ink.PAPER] * (shade - dots)
    dots *= 1 - plates[Ink.DEEP]
    return black.astype(np.float32, copy=False), dots.astype(np.float32, copy=False)


def _skin_form(lab: FloatImage, bare: FloatImage, *, unit: float) -> FloatImage:
    """L* of skin as a smooth surface that runs on under eyes, brows and lips."""
    height, width = bare.shape
    size = (max(1, width // 2), max(1, height // 2))
    few = shrunk(np.ascontiguousarray(lab[..., 0]), size)
    weight = np.square(shrunk(bare, size))
    near = masked_blur(few, weight, sigma=max(0.8, 3.0 * unit))
    wide = masked_blur(few, weight, sigma=max(1.5, 16 * unit))
    trust = smoothstep(gaussian(weight, sigma=max(0.8, 3.0 * unit)), low=0.05, high=0.4)
    return enlarged((wide + (near - wide) * trust).astype(np.float32, copy=False), (width, height))
