"""Tones: steps and soft thresholds."""

import numpy as np

from toonbooth.imaging.pixels import FloatImage


def soft_steps(values: FloatImage, *, step: float, softness: float) -> FloatImage:
    """Gather values on evenly spaced tones with soft borders between them.

    Parameters
    ----------
    values : float32 array, any shape
    step : float, unit of values, > 0
        Distance between tones. Turning it up leaves fewer tones.
    softness : float, in (0, 1]
        Share of a step over which one tone passes into the next. Small values give hard cel shapes, 1 only
        hints at them.

    Returns
    -------
    float32 array of the same shape: multiples of `step` where a tone is flat.

    Raises
    ------
    ValueError
        If step or softness is out of range.

    References
    ----------
    H. Winnemöller, S. C. Olsen, B. Gooch, "Real-time video abstraction", ACM TOG 25(3), 2006.
    doi:10.1145/1141911.1142018
    """
    if step <= 0 or not 0 < softness <= 1:
        raise ValueError("step must be positive and softness within 0 and 1")
    within = values * np.float32(1 / step)
    tone: FloatImage = np.floor(within)
    within -= tone
    tone += smoothstep(within, low=0.5 - 0.5 * softness, high=0.5 + 0.5 * softness)
    tone *= np.float32(step)
    return tone


def smoothstep(values: FloatImage, *, low: float, high: float) -> FloatImage:
    """0 below low, 1 above high, an S-curve between; high below low turns it round.

    Both may be shares of something that is nothing, in a photo without light or colours: a step, then.
    """
    if high == low:
        return (values > low).astype(np.float32)
    x: FloatImage = values - np.float32(low)
    x *= np.float32(1 / (high - low))
    np.clip(x, 0, 1, out=x)
    curve: FloatImage = np.float32(-2) * x
    curve += np.float32(3)
    curve *= x
    curve *= x
    return curve


def ordered_dither(shape: tuple[int, ...]) -> FloatImage:
    """What to add to a picture before it is rounded to bytes, so that slow gradients show no bands.

    Parameters
    ----------
    shape : (H, W)

    Returns
    -------
    float32 array of that shape: a pattern of 4 × 4 pixels within half a level of 255 either way, mean 0. Rows
    repeat every four, so a picture may be rounded in bands.

    References
    ----------
    B. E. Bayer, "An optimum method for two-level rendition of continuous-tone pictures", ICC 1973.
    """
    height, width = shape
    tiles = np.tile(_BAYER, (-(-height // 4), -(-width // 4)))
    dither: FloatImage = tiles[:height, :width]
    return dither


_BAYER = ((np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16 - 0.5).astype(
    np.float32
) * np.float32(1 / 255)
