"""Tones: steps, curves and soft thresholds over lightness."""

import numpy as np

from toonbooth.imaging.pixels import FloatImage


def soft_steps(values: FloatImage, *, step: float, sharpness: float) -> FloatImage:
    """Gather values on evenly spaced tones with soft steps between them.

    Parameters
    ----------
    values : float32 array, any shape
    step : float, unit of values, > 0
        Distance between tones. Turning it up leaves fewer tones.
    sharpness : float, >= 0
        0 changes nothing; 2 gives soft cel tones, 6 hard ones.

    Returns
    -------
    float32 array of the same shape. The mean over each step is kept.

    References
    ----------
    H. Winnemöller, S. C. Olsen, B. Gooch, "Real-time video abstraction", ACM TOG 25(3), 2006.
    doi:10.1145/1141911.1142018
    """
    if step <= 0 or sharpness < 0:
        raise ValueError("step must be positive and sharpness not negative")
    if sharpness == 0:
        return values
    scaled = values * np.float32(1 / step)
    nearest = np.floor(scaled)
    # Within one step: -1…1 around the border between two tones.
    offset = (scaled - nearest) * np.float32(2) - np.float32(1)
    bent = np.tanh(offset * np.float32(sharpness)) * np.float32(1 / np.tanh(sharpness))
    stepped: FloatImage = (nearest + np.float32(0.5) + np.float32(0.5) * bent) * np.float32(step)
    return stepped


def smoothstep(values: FloatImage, *, low: float, high: float) -> FloatImage:
    """0 below low, 1 above high, an S-curve between; high below low turns it round."""
    x = np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), np.float32(0), np.float32(1))
    curve: FloatImage = x * x * (np.float32(3) - np.float32(2) * x)
    return curve
