"""Faces of flat portraits: each is traced at about one size, the small ones of groups like all others."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.beards import beard_evidence
from toonbooth.drawing.closeup import Closeup, look_closely
from toonbooth.drawing.flat_features import draw_features
from toonbooth.drawing.flat_flesh import bare_skin
from toonbooth.drawing.likeness import face_window, look_at
from toonbooth.drawing.pen import Colour
from toonbooth.drawing.regions import Regions, polygon_mask
from toonbooth.drawing.skin_surface import Surface
from toonbooth.drawing.vector import Shape
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Face, Portrait, scaled

_TRACED_FROM, _TRACED_AT, _TRACED_TO = 215.0, 260.0, 340.0
"""Widths in pixels between which a face is traced as it is, and the one that others are brought to."""

_LARGEST_ZOOM = 4.0
"""Beyond it an enlarged photo has nothing more to give."""

_SHOWS_HAIR = 50.0
"""Width in pixels, where masses are sought, below which a face shows no texture to tell hair by."""

_SPUR = 0.035
"""Half the width, in face widths, of what lies on a face and is none of it."""

_MIDDLE = np.array([*facemap.LEFT_BROW, *facemap.RIGHT_BROW, 123, 352, 58, 288, 172, 397, facemap.CHIN])
"""A face's outline below its brows."""


def whole_faces(surface: Surface, faces: tuple[Face, ...], *, scale: float) -> Surface:
    """Between brows and chin faces are skin but for what is broad: a lock, a hand; small faces wholly.

    These have too few pixels to tell skin by its colour.
    """
    skin = surface.skin.copy()
    size = (skin.shape[0], skin.shape[1])
    for face in faces:
        width = face.width * scale
        middle = cv2.convexHull(scaled(face.landmarks, scale)[_MIDDLE])[:, 0]
        whole = polygon_mask(size, middle, feather=0.015 * width)
        if width >= _SHOWS_HAIR:
            other = (skin < 0.5).astype(np.uint8)
            broad = cv2.morphologyEx(other, cv2.MORPH_OPEN, disk(_SPUR * width))
            whole *= gaussian(1 - broad.astype(np.float32), sigma=max(0.7, 0.008 * width))
        np.maximum(skin, whole, out=skin)
    return replace(surface, skin=skin)


def is_bearded(light: FloatImage, grey: FloatImage, regions: Regions, face: Face, *, scale: float) -> bool:
    """Whether what is dark on a lower face is hair.

    Parameters
    ----------
    light : float32 array, shape (H, W), L*, smoothed
    grey : float32 array, shape (H, W), range [0, 1], with its texture
    regions : of the same size
    face : in the coordinates of the full picture
    scale : float
        Size of `light` over size of the full picture.
    """
    if face.width * scale < _SHOWS_HAIR:
        return False
    points = scaled(face.landmarks, scale)
    window = face_window(replace(face, landmarks=points), light.shape)
    bare = bare_skin(regions.skin[window], regions.within(window)) > 0.8
    local = points - np.array([window[1].start, window[0].start], np.float32)
    return beard_evidence(light[window], grey[window], bare, local) > 0.5


def draw_face(
    portrait: Portrait,
    face: Face,
    skin: FloatImage,
    *,
    factor: int,
    paint: Colour,
    shade: Colour,
    light_from: float,
    bearded: bool,
) -> list[Shape]:
    """One face's features from back to front, in pixels of the picture.

    Parameters
    ----------
    portrait : Portrait
    face : one of its faces
    skin : float32 array, where skin is drawn; the picture, padded, is `factor` times as large
    paint : the tone that this face's skin is drawn in
    shade : the tone of shade on it
    light_from : float, -1 left … 1 right
    bearded : whether what is dark on its lower face is hair
    """
    height, width = portrait.picture.shape[:2]
    rows, columns = face_window(face, portrait.picture.shape)
    if _TRACED_FROM <= face.width <= _TRACED_TO:
        covered = _part_enlarged(skin, (rows, columns), factor=factor)
        seen = look_at(portrait, face, portrait.picture, covered)
        seen = replace(seen, paint=paint)
        return list(draw_features(seen, shade=shade, light_from=light_from, bearded=bearded))
    margin = round(0.2 * face.width)
    left, top = max(0, columns.start - margin), max(0, rows.start - margin)
    right, bottom = min(width, columns.stop + margin), min(height, rows.stop + margin)
    zoom = min(_LARGEST_ZOOM, _TRACED_AT / face.width)
    closeup = Closeup(left, top, right - left, bottom - top, zoom)
    close = look_closely(replace(portrait, faces=(face,)), closeup)
    if not close.faces:
        return []
    near = close.faces[0]
    near_skin = _part_enlarged(skin, (slice(top, bottom), slice(left, right)), factor=factor)
    zoomed = enlarged(near_skin, closeup.size) if zoom > 1 else shrunk(near_skin, closeup.size)
    window = face_window(near, close.picture.shape)
    seen = look_at(close, near, close.picture, np.ascontiguousarray(zoomed[window]))
    shapes = draw_features(replace(seen, paint=paint), shade=shade, light_from=light_from, bearded=bearded)
    shrink = closeup.width / closeup.size[0]
    return [shape.moved(scale=shrink, corner=(float(left), float(top))) for shape in shapes]


def _part_enlarged(image: FloatImage, window: tuple[slice, slice], *, factor: int) -> FloatImage:
    """Rows and columns of an image made `factor` times larger."""
    few: list[slice] = []
    wanted: list[slice] = []
    for side, length in zip(window, image.shape, strict=True):
        # One pixel more on each side: linear interpolation looks no farther.
        first, last = max(0, side.start // factor - 1), min(length, -(-side.stop // factor) + 1)
        few.append(slice(first, last))
        wanted.append(slice(side.start - first * factor, side.stop - first * factor))
    part = np.ascontiguousarray(image[few[0], few[1]])
    large = enlarged(part, (part.shape[1] * factor, part.shape[0] * factor))
    return np.ascontiguousarray(large[wanted[0], wanted[1]])
