"""The key plate of a poster: solid black, lines and outlines, drawn with a round pen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from toonbooth.drawing.inking import ink_rows, outer_distance, outline_rows
from toonbooth.drawing.inks import Colour
from toonbooth.drawing.poster_plan import PosterPlan
from toonbooth.imaging.colour import luma
from toonbooth.imaging.halftone import Screen, halftone
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import enlarged_rows
from toonbooth.imaging.smoothing import gaussian_exactly
from toonbooth.imaging.windows import Window, bands_around, grown, seen_from, times
from toonbooth.portrait.model import Face

SMALLEST_DOT = 0.035
"""Tone below which nothing is dotted: a dot that is hardly there is a speck."""


_HEAD = 1.0
"""How far a head with its hair reaches from the middle of its face, in the face's own width and height."""


def key_bands(plan: PosterPlan, *, rows: int) -> Sequence[Window]:
    """Where of the plan anything may be black, in bands of so many rows."""
    busy = (plan.person > 0) | (plan.lines.welcome > 0)
    if plan.contour is not None:
        busy |= outer_distance(plan.contour, plan.outline) > -1
    # What is enlarged reaches into the next pixel.
    return bands_around(cv2.dilate(busy.view(np.uint8), np.ones((3, 3), np.uint8)) > 0, rows=rows)


def key_of(picture: ByteImage, plan: PosterPlan, band: Window, *, halo: int) -> ByteImage:
    """The key plate of a band of the plan, uint8, at the picture's size; lines look `halo` pixels around."""
    factor = plan.factor
    seen = grown(band, halo // factor, plan.person.shape)
    within = times(seen_from(seen, band), factor)
    columns, top, bottom = seen[1], band[0].start * factor, band[0].stop * factor

    def large(plane: FloatImage) -> FloatImage:
        return enlarged_rows(plane[:, columns], factor=factor, top=top, bottom=bottom)

    grey = luma(np.ascontiguousarray(picture[times(seen, factor)]))
    skip = within[0].start
    lines = ink_rows(plan.lines.in_columns(columns), grey, factor=factor, top=top, skip=skip, bottom=bottom)
    # Ink is there or not.
    lines -= np.float32(0.3)
    lines *= np.float32(2.2)
    np.clip(lines, 0, 1, out=lines)
    mass = large(plan.separation.black)
    mass *= np.float32(factor)
    mass += np.float32(0.5)
    np.clip(mass, 0, 1, out=mass)
    person = large(plan.person)
    mass *= person
    np.maximum(lines, mass, out=lines)
    if plan.features[seen].any():
        dark = large(plan.border)
        dark -= gaussian_exactly(grey, sigma=max(0.7, 0.95 * plan.lines.sigma))[within[0]]
        dark *= np.float32(18)
        dark += np.float32(0.5)
        np.clip(dark, 0, 1, out=dark)
        # A dark background beside a brow is none of it.
        dark *= person
        np.maximum(lines, dark, out=lines)
    if plan.contour is not None:
        contour, half = plan.contour.in_columns(columns), plan.outline[:, columns]
        np.maximum(lines, outline_rows(contour, half, factor=factor, top=top, bottom=bottom), out=lines)
    return to_bytes(np.ascontiguousarray(lines[:, within[1]]))


def smooth_key(key: ByteImage, *, sigma: float) -> None:
    """Draw the key plate's borders as a round pen would, in place."""
    soft = cv2.GaussianBlur(key, (0, 0), sigma)
    half = 70 / max(1.0, sigma)
    ramp = (np.arange(256, dtype=np.float32) - np.float32(112 - half)) * np.float32(255 / (2 * half))
    key[:] = cv2.LUT(soft, np.clip(ramp, 0, 255).astype(np.uint8))


def clean_key(key: ByteImage, faces: tuple[Face, ...], *, area: float) -> None:
    """Take specks of black and pinholes in black off the key plate, in place; faces keep smaller ones, and
    heads smaller ones than clothes."""

    def smallest(outline: cv2.typing.MatLike) -> float:
        x, y = (float(v) for v in outline[0, 0])
        away = min(
            (
                max(
                    abs(x - face.box.centre[0]) / face.box.width,
                    abs(y - face.box.centre[1]) / face.box.height,
                )
                for face in faces
            ),
            default=np.inf,
        )
        if away < _HEAD:
            return area * (1 if away < 0.6 else 7)
        # Long strokes on clothes are folds and pockets.
        return area * (7 if max(cv2.boundingRect(outline)[2:]) > 9 * np.sqrt(area) else 18)

    mask = (key > 100).astype(np.uint8)
    outlines, nesting = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    specks, pinholes = [], []
    for index, outline in enumerate(outlines):
        size = cv2.contourArea(outline)
        if nesting[0][index][3] >= 0:
            if size < area:
                pinholes.append(outline)
        elif size < smallest(outline):
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
        paper = cv2.bitwise_not(key[rows])
        inked = cv2.merge([cv2.LUT(key[rows], _inked(share)) for share in black])
        cv2.multiply(colours[rows], cv2.merge([paper] * 3), colours[rows], scale=1 / 255)
        cv2.add(colours[rows], inked, colours[rows])


def _inked(share: float) -> ByteImage:
    """What each amount of black adds to one channel."""
    amounts: ByteImage = np.rint(np.arange(256) * share).astype(np.uint8)
    return amounts
