"""What the colour and the light of skin are worth: its hues, how light it is drawn, where it folds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import Regions
from toonbooth.drawing.skin_paint import missing_light
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import median, percentile
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent

_PORES, _DEEPEST, _KEPT = 1.6, 12.0, 0.75
"""A crease is deeper than the first, L*; it is drawn as deep as the second at most, and at this share."""


def like_flesh(lab: FloatImage, tone: Colour) -> FloatImage:
    """0 … 1, (H, W): where a picture, L*a*b*, has the hue of a skin of that tone and about its light."""
    middle, red, yellow = tone
    lightness, a, b = planes_of(lab)
    chroma = np.sqrt(a * a + b * b) + np.float32(1e-3)
    strength = max(float(np.hypot(red, yellow)), 1.0)
    along: FloatImage = a * np.float32(red / strength) + b * np.float32(yellow / strength)
    flesh = smoothstep(along / chroma, low=0.93, high=0.985)
    flesh *= smoothstep(chroma, low=0.4 * strength, high=0.7 * strength)
    flesh *= smoothstep(lightness, low=0.5 * middle, high=0.72 * middle)
    return flesh


def hue_of_skin(red: float, yellow: float, *, lightness: float, colourful: float) -> tuple[float, float]:
    """The nearest hue that skin has by daylight: lamps and screens make it blue, grey or orange.

    Parameters
    ----------
    red, yellow : a*, b* as measured
    lightness : L* as measured
        Skin of middling depth that has hardly any colour looks grey, sooner than light or dark skin.
    colourful : float, 0 … 1
        0 for a black and white photo, whose skin stays grey.
    """
    angle = float(np.arctan2(yellow, red))
    strength = float(np.hypot(red, yellow))
    # Redder than this it looks boiled in a drawing.
    likely = float(np.clip(angle, 0.87, 1.2))
    # What points the other way says nothing about the skin.
    strength *= max(0.0, float(np.cos(angle - likely)))
    least = float(np.interp(lightness, [30.0, 50.0, 62.0, 80.0], [16.0, 23.0, 23.0, 18.5]))
    strength = max(strength, least * colourful)
    return strength * float(np.cos(likely)), strength * float(np.sin(likely))


def ember(chroma: FloatImage, lightness: FloatImage) -> FloatImage:
    """Factor on the colours of what has skin's hue, (H, W), 0 … 1: an ear in the shade must not glow."""
    room = np.float32(9) + np.float32(0.55) * lightness
    factor: FloatImage = np.minimum(1, room / (chroma + np.float32(1)))
    # Orange cloth in the light may be as strong as it likes.
    factor += smoothstep(lightness, low=24.0, high=36.0) * (1 - factor)
    return factor


def teeth_in(lab: FloatImage, mouth: FloatImage, *, middle: float, red: float) -> FloatImage:
    """How surely teeth are seen, (H, W), 0 … 1: light and less red than skin, in an open mouth.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
    mouth : float32 array, shape (H, W), 0 … 1
        Where a mouth is open.
    middle, red : L* and a* of the person's skin in `lab`
    """
    teeth: FloatImage = mouth * smoothstep(lab[..., 1], low=red + 4, high=red - 4)
    teeth *= smoothstep(lab[..., 0], low=middle - 25, high=middle)
    return teeth


def calm_lips(
    drawn: Sequence[FloatImage], lips: FloatImage, mouth: FloatImage, skin: Colour, *, matt: float
) -> None:
    """Give lips one colour, redder and darker than the skin, in place: with their shine they would be white.

    Parameters
    ----------
    drawn : L*, a* and b*, float32 arrays, shape (H, W) each; written to
    lips, mouth : float32 arrays, shape (H, W), 0 … 1
        Where the lips are, and what they show when they are open.
    skin : L*, a*, b* that the skin is drawn in
    matt : share of their shine that is taken away
    """
    light, a, b = drawn
    sure = (lips > 0.8) & (mouth < 0.1)
    if np.count_nonzero(sure) < 12:
        return
    middle, red, yellow = (median(plane[sure]) for plane in drawn)
    cover = smoothstep(lips, low=0.55, high=0.95) * (1 - mouth)
    # The line between the lips is dark and stays; what shines is held to a glint.
    shine = np.maximum(light - np.float32(middle + 2), 0)
    darker = float(np.clip(middle - (skin[0] - 5), 0, 8)) + np.float32(matt) * shine
    own = smoothstep(light, low=middle - 22, high=middle - 8)
    light -= cover * darker * own
    even = np.float32(0.75) * cover * own
    a += even * (np.float32(max(1.08 * red, min(1.7 * skin[1], skin[1] + 9))) - a)
    b += even * (np.float32(0.88 * yellow) - b)


def unbleach_lips(drawn: Sequence[FloatImage], lips: FloatImage, mouth: FloatImage, skin: Colour) -> None:
    """Take most of the glare off lips, and give them a lip's red where it was, in place: else they are white.

    Parameters are those of `calm_lips`; lips that are darker than skin stay what they are.
    """
    window = extent(lips > 0.5)
    if window is None:
        return
    light, a, b = (plane[window] for plane in drawn)
    cover = smoothstep(lips[window], low=0.55, high=0.95) * (1 - mouth[window])
    glare = np.maximum(light - np.float32(skin[0] - 2), 0) * cover
    light -= np.float32(0.75) * glare
    pale = smoothstep(glare, low=1.0, high=8.0)
    a += pale * np.maximum(np.float32(1.25 * skin[1]) - a, 0)
    b += np.float32(0.5) * pale * (np.float32(0.9 * skin[2]) - b)


def creases(
    lightness: FloatImage, bare: FloatImage, *, unit: float, reach: float = 7.0, kept: float = _KEPT
) -> FloatImage:
    """What age and laughter have drawn into skin, L*, 0 or less: folds and wrinkles, no pores, no freckles.

    Parameters
    ----------
    lightness : float32 array, shape (H, W), L*
        The picture, in strokes.
    bare : float32 array, shape (H, W), 0 … 1
        Where skin is.
    unit : float, pixels
        A four-hundredth of a face's width.
    reach : float, units
        Half the width of the widest fold that counts.
    kept : float, 0 … 1
        Share of a fold's depth that is drawn.
    """
    around = gaussian(lightness, sigma=max(1.0, reach * unit))
    depth = np.minimum(gaussian(lightness, sigma=max(0.5, 1.0 * unit)) - around + np.float32(_PORES), 0)
    result: FloatImage = np.maximum(depth, np.float32(-_DEEPEST)) * bare * np.float32(kept)
    return result


def colourfulness(lab: FloatImage) -> float:
    """0 for a black and white picture … 1 for a coloured one: the former stays what it is."""
    return min(1.0, float(np.abs(lab[::4, ::4, 1:]).mean()) / 4)


def calm_of(chroma: float) -> float:
    """Factor on the colours of skin of a given chroma: strong colour looks orange in a drawing."""
    return float(min(1.0, 29.0 / max(chroma, 1.0)) ** 0.8)


def lift_of(middle: float, yellow: float) -> float:
    """How much lighter skin of a given L* and b* is drawn: most in the middle; burnt out, it is toned.

    The more melanin, the yellower is skin at the same lightness: brown skin stays brown.

    References
    ----------
    A. Chardon, I. Cretois, C. Hourseau, "Skin colour typology and suntanning pathways", International Journal
    of Cosmetic Science 13(4), 1991, doi:10.1111/j.1467-2494.1991.tb00561.x.
    """
    lift = float(
        np.interp(middle, [42.0, 52.0, 60.0, 67.0, 73.0, 82.0, 100.0], [0.3, 4.5, 7.0, 8.0, 6.8, 1.5, -14.0])
    )
    return lift * float(np.interp(yellow, [19.0, 24.0], [1.0, 0.3])) if lift > 0 else lift


def sunlit(form: FloatImage) -> float:
    """How much lighter than its median a face in hard light is drawn, L*; `form` is L* from that median."""
    lit = percentile(form, 80)
    return 0.65 * lit * float(np.interp(lit, [8.0, 16.0], [0.0, 1.0]))


def underexposure(lightness: FloatImage, regions: Regions, tone: Colour) -> float:
    """How much light is missing, L*: eye whites, alike in everybody, tell dark photos from dark skin.

    Parameters
    ----------
    lightness : float32 array, shape (H, W), L*
    regions : of the same size
    tone : L*, a*, b* of the person's skin in the photo
    """
    seen = lightness[regions.eyes > 0.9]
    if len(seen) < 12:
        return 0.0
    white = percentile(seen, 92)
    return max(float(np.clip((52.0 - white) * 0.4, 0.0, 7.0)), 0.75 * missing_light(tone, white))
