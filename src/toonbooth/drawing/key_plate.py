"""The key plate of a poster: solid black, lines and outlines, drawn with a round pen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toonbooth.drawing.inking import ink_rows, outline_rows
from toonbooth.drawing.inks import Colour
from toonbooth.drawing.poster_plan import PosterPlan
from toonbooth.imaging.colour import luma
from toonbooth.imaging.halftone import Screen, halftone
from toonbooth.imaging.pixels import ByteImage, to_bytes
from toonbooth.imaging.resize import enlarged_rows
from toonbooth.imaging.smoothing import gaussian_exactly
from toonbooth.imaging.windows import bands_around
from toonbooth.portrait.model import Face

SMALLEST_DOT = 0.035
"""Tone below which nothing is dotted: a dot that is hardly there is a speck."""


def key_rows(picture: ByteImage, plan: PosterPlan, *, top: int, bottom: int, halo: int) -> ByteImage:
    factor = plan.factor
    above, below = max(0, top - halo), min(picture.shape[0], bottom + halo)
    rows = slice(top - above, bottom - above)
    grey = luma(picture[above:below])
    lines = ink_rows(plan.lines, grey, factor=factor, top=top, skip=top - above, bottom=bottom)
    # Ink is there or not.
    lines -= np.float32(0.3)
    lines *= np.float32(2.2)
    np.clip(lines, 0, 1, out=lines)
    mass = enlarged_rows(plan.separation.black, factor=factor, top=top, bottom=bottom)
    mass *= np.float32(factor)
    mass += np.float32(0.5)
    np.clip(mass, 0, 1, out=mass)
    person = enlarged_rows(plan.person, factor=factor, top=top, bottom=bottom)
    mass *= person
    np.maximum(lines, mass, out=lines)
    if plan.features[above // factor : below // factor].any():
        border = enlarged_rows(plan.border, factor=factor, top=top, bottom=bottom)
        dark = border - gaussian_exactly(grey, sigma=max(0.7, 0.95 * plan.lines.sigma))[rows]
        dark *= np.float32(18)
        dark += np.float32(0.5)
        np.clip(dark, 0, 1, out=dark)
        # A dark background beside a brow is none of it.
        dark *= person
        np.maximum(lines, dark, out=lines)
    if plan.contour is not None:
        outline = outline_rows(plan.contour, plan.outline, factor=factor, top=top, bottom=bottom)
        np.maximum(lines, outline, out=lines)
    return to_bytes(lines)


def smooth_key(key: ByteImage, *, sigma: float) -> None:
    """Draw the key plate's borders as a round pen would, in place."""
    soft = cv2.GaussianBlur(key, (0, 0), sigma)
    half = 70 / max(1.0, sigma)
    ramp = (np.arange(256, dtype=np.float32) - np.float32(112 - half)) * np.float32(255 / (2 * half))
    key[:] = cv2.LUT(soft, np.clip(ramp, 0, 255).astype(np.uint8))


def clean_key(key: ByteImage, faces: tuple[Face, ...], *, area: float) -> None:
    """Take specks of black and pinholes in black off the key plate, in place; faces keep smaller ones."""

    def on_face(outline: cv2.typing.MatLike) -> bool:
        x, y = (float(v) for v in outline[0, 0])
        return any(
            abs(x - face.box.centre[0]) < 0.6 * face.box.width
            and abs(y - face.box.centre[1]) < 0.6 * face.box.height
            for face in faces
        )

    mask = (key > 100).astype(np.uint8)
    outlines, nesting = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    specks, pinholes = [], []
    for index, outline in enumerate(outlines):
        size = cv2.contourArea(outline)
        if nesting[0][index][3] >= 0:
            if size < area:
                pinholes.append(outline)
        elif size < area or (size < 7 * area and not on_face(outline)):
            specks.append(outline)
    # Pinholes first: a speck may have one, and goes with it. A speck's soft rim goes too.
    for small, grey, rim in ((pinholes, 255, 1), (specks, 0, 3)):
        cv2.drawContours(key, small, -1, (grey,), cv2.FILLED)
        cv2.drawContours(key, small, -1, (grey,), rim)
    # What never got black is no line but dirt.
    inked = cv2.dilate((key > 100).astype(np.uint8), np.ones((5, 5), np.uint8))
    cv2.multiply(key, inked, dst=key)


def dot_key(key: ByteImage, plan: PosterPlan, screen: Screen) -> None:
    """Print dots of black where the plan wants some, in place."""
    factor = plan.factor
    for rows, columns in bands_around(plan.separation.grain > SMALLEST_DOT, rows=32):
        top, bottom = rows.start * factor, rows.stop * factor
        left, right = columns.start * factor, columns.stop * factor
        grain = plan.separation.grain[:, columns]
        tone = enlarged_rows(np.ascontiguousarray(grain), factor=factor, top=top, bottom=bottom)
        tone[tone < SMALLEST_DOT] = 0
        dots = halftone(tone, replace(screen, left=screen.left + left, top=screen.top + top))
        part = key[top:bottom, left:right]
        np.maximum(part, to_bytes(dots), out=part)


def print_key(colours: ByteImage, key: ByteImage, black: Colour) -> None:
    """Print the key plate over all others, in place."""
    for top in range(0, key.shape[0], 128):
        rows = slice(top, top + 128)
        cover = key[rows].astype(np.float32) * np.float32(1 / 255)
        planes = []
        for channel, plane in enumerate(cv2.split(colours[rows])):
            under = plane.astype(np.float32)
            under += cover * (np.float32(255 * black[channel]) - under)
            planes.append(np.rint(under).astype(np.uint8))
        cv2.merge(planes, colours[rows])
