"""Where a matte errs, told by colours: scraps of background left on the person."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.colour import dot, unmix
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import medians
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face


def clean_rim(
    person: FloatImage, lab: FloatImage, faces: tuple[Face, ...], *, scale: float, unit: float
) -> tuple[FloatImage, FloatImage]:
    """Take what looks like the background nearby, and not like the person nearby, off a person's rim.

    Parameters
    ----------
    person : float32 array, shape (H, W)
        The matte.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    faces : faces in the coordinates of the full picture
        What has their colour stays.
    scale : float
        Size of the matte over size of the full picture.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    The matte, float32, shape (H, W), nowhere more than it was; and the picture, float32, shape (H, W, 3), in
    which loose hair has its own colour where the background shone through.
    """
    height, width = person.shape
    size = (max(1, width // 2), max(1, height // 2))
    matte, colours, unit = shrunk(person, size), shrunk(lab, size), unit / 2
    rim = 2 * max(1, round(32 * unit)) + 1
    core: FloatImage = cv2.erode(matte, np.ones((rim, rim), np.uint8)).astype(np.float32, copy=False)
    outside = smoothstep(matte, low=0.15, high=0.02)

    behind, within = (masked_blur(colours, mask, sigma=18 * unit) for mask in (outside, core))
    # How much of the person is in a colour that the two have mixed, and how far it is from any mixture: ears
    # before hair and collars under chins are neither the one nor the other, and stay.
    share, stray, square = unmix(colours, within, behind)
    known = smoothstep(square, low=12.0**2, high=24.0**2) * (1 - core)
    # Before the dark, hair looks like what is behind it beside a light face.
    known *= smoothstep(behind[..., 0] - within[..., 0], low=-2, high=8)
    # Only where both are near enough to be known.
    for mask in (outside, core):
        known *= smoothstep(gaussian(mask, sigma=18 * unit), low=0.004, high=0.025)
    scraps = known * smoothstep(share, low=0.6, high=0.3) * smoothstep(stray, low=16, high=8)
    through = known * np.clip(1 - share, 0, 1) * smoothstep(stray, low=26, high=14)
    # What sticks out and is no colour of the person's is something behind them.
    bump = matte - cv2.morphologyEx(matte, cv2.MORPH_OPEN, disk(11 * unit)).astype(np.float32, copy=False)
    apart = colours - within
    strange = np.sqrt(dot(apart, apart))
    scraps = np.maximum(scraps, bump * smoothstep(strange, low=14, high=28))
    for face in faces:
        other = 1 - _coloured_like(face, colours, scale=scale / 2)
        scraps *= other
        through *= other
    calm, through = (gaussian(mask, sigma=max(0.5, 1.5 * unit)) for mask in (scraps, through))
    weight = enlarged(through, (width, height))
    mended = cv2.blendLinear(enlarged(within, (width, height)), lab, weight, 1 - weight)
    matte = person * (1 - enlarged(calm, (width, height)))
    return matte, mended.astype(np.float32, copy=False)


def _coloured_like(face: Face, lab: FloatImage, *, scale: float) -> FloatImage:
    """How much the hue of every pixel is that of a face; shadow and light count little."""
    height, width = lab.shape[:2]
    where = (face.landmarks * np.float32(scale)).astype(np.int32)
    complexion = medians(lab[where[:, 1].clip(0, height - 1), where[:, 0].clip(0, width - 1)].T)
    away = (lab - complexion) * np.array([1 / 30, 1 / 8, 1 / 9], np.float32)
    like: FloatImage = np.exp(np.float32(-0.5) * dot(away, away))
    return like
