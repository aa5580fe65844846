"""How dark a pencil draws what a photo shows: skin by its own scale, clothes looser, highlights as paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_paint import missing_light
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face

_ENOUGH = 30
"""Pixels of bare skin below which nothing is said about it."""

_FORM = 0.055
"""How much the tones of a face in good light differ from their surroundings: their standard deviation."""


@dataclass(frozen=True, slots=True)
class Vignette:
    """How a drawing ends.

    side : -1 left … 1 right, the side where the background is hatched: opposite the light.
    strength : 0 … 1, tone of the background's hatching beside the head.
    looseness : 0 … 1, how far clothes fade away from the head.
    """

    side: float
    strength: float
    looseness: float


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
    # Strands and folds stand out most where all is dark, and there the photo shows them least.
    fine = tone - gaussian(tone, sigma=max(0.8, 7 * unit))
    # Cubic enlargement overshoots: squares may come back below nothing.
    spread = np.sqrt(np.maximum(gaussian(fine * fine, sigma=max(1.0, 14 * unit)), 0))
    fine *= np.float32(0.05) / (spread + np.float32(0.02)) * (1 - regions.skin)
    tone = _shoulder(tone)
    tone += (
        wide * (np.float32(0.4) + np.float32(0.45) * regions.skin) * (1 - np.float32(0.6) * regions.features)
    )
    tone += np.clip(fine, -0.2, 0.14)
    if hair is not None:
        lock = gaussian(tone, sigma=max(1.0, 16 * unit))
        pale = (1 - regions.skin) * (1 - regions.features) * smoothstep(lock, low=0.72, high=0.45)
        tone += pale * ((1 - np.float32(0.16) * hair) * lock + np.float32(0.55) * (tone - lock) - tone)
    if np.count_nonzero(bare) > _ENOUGH:
        middle = float(np.median(tone[bare]))
        fair = _fairness(lightness, regions, bare)
        own = [float(value) for value in np.median(lab[bare], axis=0)]
        missing = missing_light((own[0], own[1], own[2]), _eye_white(lightness, regions) or 0.0)
        ease = min(0.45 * middle, 0.15 * fair + 0.021 * missing)
        shade = np.maximum(tone - np.float32(middle + 0.1), 0)
        # Hard shadows age people, and skin is never as dark as cloth can be.
        deep = np.maximum(tone - np.float32(0.5), 0)
        drawn = tone - (np.float32(ease) + np.float32(0.25) * shade + np.float32(0.3) * deep)
        # On dark skin a shine is lighter, but no hole in it.
        np.maximum(drawn, np.float32(0.35 * middle * (1 - fair)), out=drawn)
        tone += (drawn - tone) * regions.skin * (1 - regions.features)
        # Lips differ from skin by their red more than by their lightness.
        redder = np.clip(red - np.float32(np.median(red[bare])), 0, 22)
        lips = regions.lips * (1 - regions.mouth)
        tone += lips * (np.float32(0.025) + np.float32(0.007) * redder)
        painted = np.float32(middle + 0.12) + np.float32(0.008) * redder
        tone -= lips * np.float32(0.7) * np.maximum(tone - painted, 0)
    np.clip(tone, 0, 1, out=tone)
    # Sockets stay clear of the lids and pupils that will be drawn in them.
    tone *= 1 - np.float32(0.45) * regions.eyes
    # Teeth are hardly touched; what lies in the dark behind them is dark, or a mouth is one with its lips.
    hollow = smoothstep(tone, low=0.5, high=0.68)
    tone += regions.mouth * (np.float32(0.3) * hollow - np.float32(0.5) * tone * (1 - hollow))
    if not regions.heads:
        # Where nothing is the subject, nothing is to be heavy.
        tone *= np.float32(0.8)
    result: FloatImage = tone.astype(np.float32, copy=False)
    return result


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
    return float(np.percentile(seen, 96)) if len(seen) >= 12 else None


def _fairness(lightness: FloatImage, regions: Regions, bare: NDArray[np.bool_]) -> float:
    """0 dark skin … 1 light skin, which is nearly paper: what is darker than it counts fully.

    Judged beside the whites of the eyes, for in dim light all skin is dark; dark skin is never lightened.
    """
    middle = float(np.median(lightness[bare]))
    white = _eye_white(lightness, regions)
    ratio = middle / max(white, 1.0) if white is not None else middle / 75
    beside = smoothstep(np.array([ratio], np.float32), low=0.62, high=0.84)[0]
    alone = smoothstep(np.array([middle], np.float32), low=34.0, high=50.0)[0]
    # Eyes darker than skin were squinted or shaded: they say little.
    doubt = smoothstep(np.array([ratio], np.float32), low=1.05, high=1.3)[0]
    return float(beside * alone * (1 - 0.8 * doubt))


def _white_in_this_light(lightness: FloatImage, regions: Regions) -> float:
    """L* that counts as white where faces are, judged by the whites of eyes: about as light in everybody.

    Dark ones tell a face in the shade from dark skin, which stays dark.
    """
    white = _eye_white(lightness, regions)
    if white is None:
        return 100.0
    skin = lightness[regions.skin > 0.8]
    brightest = float(np.percentile(skin, 90)) if len(skin) > _ENOUGH else 0.0
    # Squinting eyes show no white: skin that is well lit needs no help.
    return max(80.0, brightest + 16.0, white + 26.0)


def _shoulder(tone: FloatImage) -> FloatImage:
    """Hold the darkest tones apart: pencil gets dark, never black all over."""
    bent: FloatImage = tone - np.float32(0.22) * tone * tone * tone
    return bent


def distance_from_heads(size: Size, faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Distance from the nearest face's middle in face widths, (height, width) float32; 0 where nobody is."""
    width, height = size
    if not faces:
        return np.zeros((height, width), np.float32)
    far = np.full((height, width), 1e6, np.float32)
    for face in faces:
        x, y = _from_middle(size, face, scale=scale)
        # Hair rises and falls a long way from the face; clothes begin just below it.
        down = np.where(y > 0, y, np.float32(0.6) * y)
        np.minimum(far, np.square(x * np.float32(0.9)) + np.square(down), out=far)
    return np.sqrt(far)


def vignette(
    tone: FloatImage,
    person: FloatImage,
    faces: tuple[Face, ...],
    distance: FloatImage,
    look: Vignette,
    *,
    scale: float,
) -> FloatImage:
    """Let clothes fade away from the head, leave the background to paper but for loose hatching on one side.

    Parameters
    ----------
    tone : float32 array, shape (H, W), from `pencil_tones`
    person : float32 array, shape (H, W)
        The matte.
    faces : faces in the coordinates of the full picture; at least one
    distance : float32 array, shape (H, W), from `distance_from_heads`
    look : Vignette
    scale : float
        Size of the tone over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W).
    """
    height, width = tone.shape
    behind = np.zeros(tone.shape, np.float32)
    for face in faces:
        x, y = _from_middle((width, height), face, scale=scale)
        reach = np.square((x - np.float32(0.85 * look.side)) / np.float32(0.75))
        reach = reach + np.square((y - np.float32(0.05)) / np.float32(0.95))
        np.maximum(behind, np.exp(-reach), out=behind)
    worn = tone * (1 - np.float32(look.looseness) * smoothstep(distance, low=0.6, high=1.6))
    # In the end only contours are left.
    worn *= 1 - np.float32(0.97) * smoothstep(distance, low=2.5, high=5.2)
    behind *= np.float32(look.strength)
    drawn: FloatImage = behind + (worn - behind) * person
    return drawn


def _from_middle(size: Size, face: Face, *, scale: float) -> tuple[FloatImage, FloatImage]:
    """How far right (1, W) and below (H, 1) of a face's middle places lie, in face widths."""
    across = np.float32(1 / max(face.width * scale, 1.0))
    x, y = ((value + 0.5) * scale - 0.5 for value in face.box.centre)
    columns = (np.arange(size[0], dtype=np.float32)[None, :] - np.float32(x)) * across
    rows = (np.arange(size[1], dtype=np.float32)[:, None] - np.float32(y)) * across
    return columns, rows


def margins(size: Size, *, share: float) -> FloatImage:
    """1 on the sheet, falling to 0 towards its edges, (height, width) float32."""
    width, height = size
    reach = max(1.0, share * min(width, height))
    x = np.minimum(np.arange(width), np.arange(width)[::-1]).astype(np.float32)
    y = np.minimum(np.arange(height), np.arange(height)[::-1]).astype(np.float32)
    beside, above = (smoothstep(edge, low=0.0, high=reach) for edge in (x, y))
    sheet: FloatImage = above[:, None] * beside[None, :]
    return sheet
