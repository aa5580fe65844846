"""What a painter sets last, with the smallest brush: thin things with firm edges that broad strokes lose."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.lines import long_enough
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep


def lost_in_planes(lab: FloatImage, planes: FloatImage) -> FloatImage:
    """By how much a picture, L*a*b*, shape (H, W, 3), differs from the same in broad planes, shape (H, W)."""
    light, red, yellow = planes_of(cv2.absdiff(lab, planes).astype(np.float32, copy=False))
    lost: FloatImage = light + np.float32(0.7) * (red + yellow)
    return lost


def find_details(
    lost: FloatImage,
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
    lost : float32 array, shape (H, W), in L*
        By how much the picture without its noise differs from itself in broad planes.
    regions : of the same size
    hair : float32 array, shape (H, W), 0 … 1
    coherence : float32 array, shape (H, W), of the picture's flow
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W): 0 as broad as can be … 1 as fine as can be.
    """
    energy: FloatImage = np.square(lost)
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
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    around = cv2.medianBlur(grey, 2 * max(1, min(7, round(7 * unit))) + 1)
    lost = cv2.absdiff(grey, around).astype(np.float32) * np.float32(100 / 255)
    return find_details(lost, regions, hair, coherence, unit=unit)


def find_objects(tone: FloatImage, body: FloatImage, *, unit: float) -> FloatImage:
    """Find what stands out from clothes by its tone: hands, cuffs, watches, pins, a glass.

    Parameters
    ----------
    tone : float32 array, shape (H, W), 0 paper … 1 dark
    body : float32 array, shape (H, W), 0 … 1
        Where it is looked for: people without heads and hair.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W), 0 … 1; a dark dial within a light hand is part of it.
    """
    # Beside a bare neck or a white wall all cloth would stand out.
    unlike = np.abs(tone - masked_blur(tone, body, sigma=max(1.0, 70 * unit)))
    apart = gaussian(body * smoothstep(unlike, low=0.16, high=0.3), sigma=max(0.8, 7 * unit))
    found: FloatImage = body * np.minimum(np.float32(1.7) * apart, 1)
    return found
