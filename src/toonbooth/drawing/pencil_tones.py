"""How dark a pencil draws what a photo shows: skin by its own scale, folds clear, highlights as paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_paint import missing_light
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median, medians, percentile
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import around_point

_ENOUGH = 30
"""Pixels of bare skin below which nothing is said about it."""

_FORM = 0.055
"""How much the tones of a face in good light differ from their surroundings: their standard deviation."""

_PALE, _STRAND = 0.12, 0.09
"""How dark white hair is drawn, and by how much its strands differ."""


def pencil_tones(
    lab: FloatImage, regions: Regions, *, unit: float, hair: FloatImage | None = None
) -> FloatImage:
    """Translate lightness into the darkness that pencil reaches.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*, smoothed
    regions : of the same size
    unit : float, pixels
        A four-hundredth of a face's width.
    hair : float32 array, shape (H, W), 0 … 1, optional
        Where hair is: fair hair stays fair between its strands.

    Returns
    -------
    float32 array, shape (H, W): 0 bare paper … 1 as dark as the pencil gets.
    """
    lightness, red = planes_of(lab)[:2]
    # One pixel in nine tells the range as well as all of them.
    few, person = lightness[::3, ::3], regions.person[::3, ::3]
    seen = few[person > 0.7]
    if len(seen) < 16:
        seen = few.ravel()
    black, white = (float(value) for value in np.percentile(seen, (1.5, 98.5)))
    # A photo's range is stretched, but only so far: dark skin in dim light is still dark skin.
    black, white = float(np.clip(black, 0, 22)), float(np.clip(white, 84, 97))
    white = min(white, _white_in_this_light(lightness, regions))
    light = (lightness - np.float32(black)) * np.float32(1 / (white - black))
    np.clip(light, 0, 1, out=light)
    tone: FloatImage = np.float32(1) - light
    # Form is exaggerated: what is darker than its surroundings gets darker, lights turn to paper.
    wide = tone - _surroundings(tone, regions, sigma=max(1.0, 26 * unit))
    bare = (regions.skin > 0.8) & (regions.features < 0.2)
    if np.count_nonzero(bare) > _ENOUGH:
        # A face against the light, or in a flat one, has its form all the same.
        more = float(np.clip(_FORM / max(float(wide[bare].std()), 1e-3), 1, 1.7))
        wide *= 1 + np.float32(more - 1) * regions.skin
        # Lights are small on fair skin: bags and cheeks left all white would be swollen. In dark skin they
        # are what its form is drawn with.
        fair_share = float(np.interp(median(tone[bare]), (0.4, 0.58), (0.35, -0.5)))
        wide -= np.float32(fair_share) * regions.skin * np.minimum(wide, 0)
    # Strands and folds stand out most where all is dark, and there the photo shows them least.
    fine = tone - gaussian(tone, sigma=max(0.8, 7 * unit))
    # Cubic enlargement overshoots: squares may come back below nothing.
    spread = np.sqrt(np.maximum(gaussian(fine * fine, sigma=max(1.0, 14 * unit)), 0))
    fine *= np.float32(0.05) / (spread + np.float32(0.02)) * (1 - regions.skin)
    folds = _folds(tone, spread, regions, unit=unit)
    tone = _shoulder(tone)
    cloth = np.zeros_like(tone)
    if hair is not None:
        cloth = regions.person * (1 - regions.skin) * (1 - hair) * (1 - regions.features)
    share = np.float32(0.4) + np.float32(0.45) * regions.skin - np.float32(0.4) * cloth
    tone += wide * share * (1 - np.float32(0.6) * regions.features)
    tone += np.clip(fine, -0.2, 0.14)
    if hair is not None:
        tone += cloth * (folds - np.float32(0.35) * np.maximum(tone - np.float32(0.4), 0))
        lock = gaussian(tone, sigma=max(1.0, 16 * unit))
        pale = (1 - regions.skin) * (1 - regions.features) * smoothstep(lock, low=0.72, high=0.45)
        tone += pale * ((1 - np.float32(0.16) * hair) * lock + np.float32(0.55) * (tone - lock) - tone)
    if np.count_nonzero(bare) > _ENOUGH:
        middle = median(tone[bare])
        fair = _fairness(lightness, regions, bare)
        own = [float(value) for value in medians(lab[bare].T)]
        missing = missing_light((own[0], own[1], own[2]), _eye_white(lightness, regions) or 0.0)
        # A face against the light is one even grey: more of that may go.
        ease = min((0.45 + 0.014 * missing * fair) * middle, 0.15 * fair + 0.021 * missing)
        shade = np.maximum(tone - np.float32(middle + 0.1), 0)
        # Hard shadows age people, and skin is never as dark as cloth can be.
        deep = np.maximum(tone - np.float32(0.5), 0)
        drawn = tone - (np.float32(ease) + np.float32(0.25) * shade + np.float32(0.3) * deep)
        # Against the light nothing of a face is paper: its lights are left so all the same.
        veil = max(percentile(drawn[bare], 8) - 0.03, 0.0) * min(1.0, fair + 0.08 * missing)
        drawn -= np.float32(veil)
        # On dark skin a shine is lighter, but no hole in it.
        np.maximum(drawn, np.float32(0.35 * middle * (1 - fair)), out=drawn)
        tone += (drawn - tone) * regions.skin * (1 - regions.features)
        # Lips differ from skin by their red more than by their lightness.
        redder = np.clip(red - np.float32(median(red[bare])), 0, 22)
        lips = regions.lips * (1 - regions.mouth)
        tone += lips * (np.float32(0.02) + np.float32(0.004) * redder)
        painted = np.float32(middle - ease + 0.1) + np.float32(0.005) * redder
        tone -= lips * np.float32(0.8) * np.maximum(tone - painted, 0)
    np.clip(tone, 0, 1, out=tone)
    # Sockets stay clear of the lids and pupils that will be drawn in them.
    tone *= 1 - np.float32(0.3) * regions.eyes
    # Teeth are hardly touched; what lies in the dark behind them is dark, or a mouth is one with its lips.
    hollow = smoothstep(tone, low=0.5, high=0.68)
    tone += regions.mouth * (np.float32(0.3) * hollow - np.float32(0.5) * tone * (1 - hollow))
    if not regions.heads:
        # Where nothing is the subject, nothing is to be heavy.
        tone *= np.float32(0.8)
    result: FloatImage = tone.astype(np.float32, copy=False)
    return result


def shade_pale_hair(
    tone: FloatImage, lab: FloatImage, regions: Regions, hair: FloatImage, *, unit: float
) -> FloatImage:
    """Give pale hair the shade of its strands: left to the paper it would be a balloon of wire, or bars.

    Parameters
    ----------
    tone : float32 array, shape (H, W), from `pencil_tones`
    lab : float32 array, shape (H, W, 3), L*a*b*, smoothed
    regions : of the same size
    hair : float32 array, shape (H, W), 0 … 1
        Where hair is known to be. Around the top of a head, what is neither skin nor feature is hair, too.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W), nowhere less than `tone`.
    """
    shaded = tone.copy()
    for x, y, across in regions.heads:
        window = around_point(np.array([x, y], np.float32), tone.shape, reach=1.5 * across)
        part, near = tone[window], regions.within(window)
        right = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None, :] - np.float32(x)
        down = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - np.float32(y)
        # Down to the ears: collars are white, too.
        deep = np.where(down > 0, np.float32(1.8), np.float32(0.8)) * down
        away = (right * right + deep * deep) * np.float32(1 / (across * across))
        crown = smoothstep(away, low=1.0, high=0.64) * near.person
        crown *= 1 - np.maximum(near.skin, np.maximum(near.features, near.mouth))
        light = np.ascontiguousarray(lab[window][..., 0])
        np.maximum(crown, hair[window] * smoothstep(light, low=88.0, high=78.0), out=crown)
        if not (crown * (_PALE + _STRAND - part) > 0.01).any():
            continue
        fine = light - gaussian(light, sigma=max(1.0, 9 * unit))
        spread = np.sqrt(np.maximum(gaussian(fine * fine, sigma=max(1.0, 25 * unit)), 0))
        strands = np.clip(fine / (spread + np.float32(0.4)), -1.5, 1.5)
        least = np.float32(_PALE) - np.float32(_STRAND) * strands
        np.maximum(shaded[window], part + crown * np.maximum(least - part, 0), out=shaded[window])
    return shaded


def above_skin(tone: FloatImage, regions: Regions) -> FloatImage:
    """How much darker than the skin a place is drawn, 0 … 1, so that no grey ring lies around eyes and lips.

    Parameters
    ----------
    tone : float32 array, shape (H, W), as it will be drawn
    regions : of the same size
    """
    bare = (regions.skin > 0.8) & (regions.features < 0.2)
    if np.count_nonzero(bare) <= _ENOUGH:
        return np.ones_like(tone)
    middle = median(tone[bare])
    return smoothstep(tone, low=middle + 0.02, high=middle + 0.18)


def chalk_lights(lab: FloatImage, tone: FloatImage, regions: Regions, *, unit: float) -> FloatImage:
    """Where white chalk goes on toned paper: on what stands out as light, and on what is white.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*, smoothed
    tone : float32 array, shape (H, W), from `pencil_tones`; lead and chalk never meet
    regions : of the same size
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W): 0 none … 1 as white as chalk gets.
    """
    lightness = planes_of(lab)[0]
    relief = lightness - _surroundings(lightness, regions, sigma=max(1.0, 34 * unit))
    raised = (
        np.float32(0.85)
        * smoothstep(relief, low=2.5, high=14.0)
        * (np.float32(0.5) + np.float32(0.5) * regions.skin)
    )
    white = smoothstep(lightness, low=84.0, high=95.0) * (1 - np.float32(0.6) * regions.skin)
    lights = np.maximum(raised, np.float32(0.8) * white) * smoothstep(tone, low=0.22, high=0.04)
    lights *= regions.person * (1 - np.float32(0.5) * regions.features)
    np.maximum(lights, np.float32(0.6) * regions.mouth * smoothstep(tone, low=0.3, high=0.1), out=lights)
    return lights.astype(np.float32, copy=False)


def _surroundings(plane: FloatImage, regions: Regions, *, sigma: float) -> FloatImage:
    """The mean around every place; skin is compared with skin, or hair would leave a halo on it."""
    around = gaussian(plane, sigma=sigma)
    bare = regions.skin * (1 - regions.features)
    if not bare.any():
        return around
    return around + (masked_blur(plane, bare, sigma=sigma) - around) * bare


def _eye_white(lightness: FloatImage, regions: Regions) -> float | None:
    """L* of the whites of eyes; None where too little of them is seen."""
    seen = lightness[regions.eyes > 0.9]
    return percentile(seen, 96) if len(seen) >= 12 else None


def _fairness(lightness: FloatImage, regions: Regions, bare: NDArray[np.bool_]) -> float:
    """0 dark skin … 1 light skin, which is nearly paper: what is darker than it counts fully.

    Judged beside the whites of the eyes, for in dim light all skin is dark; dark skin is never lightened.
    """
    middle = median(lightness[bare])
    white = _eye_white(lightness, regions)
    ratio = middle / max(white, 1.0) if white is not None else middle / 75
    beside = smoothstep(np.array([ratio], np.float32), low=0.62, high=0.84)[0]
    alone = smoothstep(np.array([middle], np.float32), low=34.0, high=50.0)[0]
    # Eyes darker than skin were squinted or shaded: they say little, and the skin itself has to tell.
    doubt = smoothstep(np.array([ratio], np.float32), low=1.05, high=1.3)[0]
    bright = smoothstep(np.array([middle], np.float32), low=52.0, high=82.0)[0]
    return float(beside * alone * (1 - 0.8 * doubt * (1 - bright)))


def _white_in_this_light(lightness: FloatImage, regions: Regions) -> float:
    """L* that counts as white where faces are, judged by the whites of eyes: about as light in everybody.

    Dark ones tell a face in the shade from dark skin, which stays dark.
    """
    white = _eye_white(lightness, regions)
    if white is None:
        return 100.0
    skin = lightness[regions.skin > 0.8]
    brightest = percentile(skin, 90) if len(skin) > _ENOUGH else 0.0
    # Squinting eyes show no white: skin that is well lit needs no help.
    return max(80.0, brightest + 16.0, white + 26.0)


def _folds(tone: FloatImage, weave: FloatImage, regions: Regions, *, unit: float) -> FloatImage:
    """Folds and fingers, as clear in black cloth and on pale hands as where the photo shows them best.

    `weave` is how much tones differ from pixel to pixel: what is no stronger than that is knit or noise.
    """
    calm = gaussian(tone, sigma=max(0.8, 4 * unit))
    # Light is compared with light, dark with dark, or hands before a suit would be left white.
    dark = smoothstep(calm, low=0.4, high=0.65)
    around = np.zeros_like(calm)
    for side in (dark, 1 - dark):
        mean = masked_blur(calm, side * regions.person, sigma=max(1.5, 24 * unit))
        around += side * mean
    folds: FloatImage = calm - around
    spread = np.sqrt(np.maximum(gaussian(folds * folds, sigma=max(2.0, 45 * unit)), 0))
    folds *= np.float32(0.16) / (spread + np.float32(0.03) + np.float32(1.5) * weave)
    return np.clip(folds, -0.3, 0.3)


def _shoulder(tone: FloatImage) -> FloatImage:
    """Hold the darkest tones apart: pencil gets dark, never black all over."""
    bent: FloatImage = tone - np.float32(0.22) * tone * tone * tone
    return bent
