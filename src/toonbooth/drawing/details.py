"""What a painter sets last, with the smallest brush: thin things with firm edges that broad strokes lose."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.colour import bytes_to_lab, planes_of
from toonbooth.imaging.lines import long_enough
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep


def find_details(
    lab: FloatImage,
    planes: FloatImage,
    regions: Regions,
    hair: FloatImage,
    coherence: FloatImage,
    *,
    unit: float,
) -> FloatImage:
    """Find fingers, chains, rims and collars: what differs from the picture in planes, here and there.

    Where everything differs it is weave, curls or sequins, which a painter doesn't copy thread by thread.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture without its noise.
    planes : float32 array, shape (H, W, 3), L*a*b*
        The same in broad planes.
    regions : of the same size
    hair : float32 array, shape (H, W), 0 … 1
    coherence : float32 array, shape (H, W), of the picture's flow
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W): 0 as broad as can be … 1 as fine as can be.
    """
    lost = cv2.absdiff(lab, planes)
    light, red, yellow = planes_of(lost.astype(np.float32, copy=False))
    energy: FloatImage = np.square(light + np.float32(0.7) * (red + yellow))
    # Wide blurs overshoot a little below nothing.
    here, around = (
        np.sqrt(np.maximum(gaussian(energy, sigma=sigma), 0))
        for sigma in (max(0.8, 2.5 * unit), max(2.0, 18 * unit))
    )
    details = smoothstep(here - np.float32(0.8) * around, low=0.8, high=3.5)
    # What is thin runs somewhere; threads cross each other.
    details *= smoothstep(gaussian(coherence, sigma=max(0.8, 2.5 * unit)), low=0.5, high=0.75)
    details *= (1 - hair) * regions.person
    details = cv2.dilate(details, np.ones((3, 3), np.uint8)).astype(np.float32, copy=False)
    details *= long_enough(details, threshold=0.4, area=max(36.0, 600 * unit * unit))
    return gaussian(details, sigma=max(0.7, 1.5 * unit))


def find_thin(
    picture: ByteImage, regions: Regions, hair: FloatImage, coherence: FloatImage, *, unit: float
) -> FloatImage:
    """Find the details of a picture, uint8, (H, W, 3), that a median of their surroundings doesn't have."""
    around = cv2.medianBlur(picture, 2 * max(1, min(7, round(7 * unit))) + 1)
    seen, planes = (bytes_to_lab(each.astype(np.uint8, copy=False)) for each in (picture, around))
    return find_details(seen, planes, regions, hair, coherence, unit=unit)
