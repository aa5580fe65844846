"""The bare face: what lies within one smooth line from the hairline to the chin."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.carrying import carried
from toonbooth.facecut.contour import keep_within, outline_face
from toonbooth.facecut.finishing import Layer
from toonbooth.facecut.frame import frame_head
from toonbooth.facecut.heads import find_head_area
from toonbooth.facecut.jaw import PER_SEGMENT, jaw_line
from toonbooth.facecut.jaw_scraps import without_scraps
from toonbooth.facecut.jaw_strips import without_strips
from toonbooth.facecut.landmarks import LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE
from toonbooth.facecut.locks import find_locks
from toonbooth.facecut.outlines import dilated, eroded, fill_polygon
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.imaging.resize import shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Face, Points, Portrait

_FINE_PIXELS: Final = 400.0
"""Smaller faces are filled this much larger: an edge of few pixels shows every one of its steps."""

_CHIN_LINE: Final = 0.03
"""How far inside the end of a chin its line and the shadow along it have ended, face widths."""

_LASHES, _BROW = 0.03, 0.012
"""How far around eyes and brows something of them may be, face widths."""

_TEMPLE: Final = 8
"""Points of a hairline, from either end, that lie beside the eyes or below them."""

_FRAMES: Final = [4, 5, -5, -6]
_GLASSES: Final = 0.005
"""Points of a hairline beside the eyes, which only glasses draw out farther than this, face widths."""

_LOCKS: Final = 0.08
_INTO_LOCKS: Final = 0.7
"""How far inside the usual contour there is a lock, face widths, and how much of that it hides more."""

_DARKER: Final = 0.08
"""How much darker than the skin, luma."""

_HAIRS: Final = 0.015
_MELT: Final = 0.012
"""How far from hair skin has its own colour, and how softly one becomes the other, face widths."""

_SOFT: Final = 0.003
"""How soft the edge is all around: standard deviation, face widths."""


def cut_bare_face(portrait: Portrait, face: Face) -> Layer:
    """Cut a face out along its contour.

    Parameters
    ----------
    portrait : Portrait
    face : Face
        One of its faces.

    Returns
    -------
    Layer
    """
    unit = face.width
    frame = frame_head(face)
    head = find_head_area(portrait, face, frame)
    chin = head.chin[::PER_SEGMENT]
    contour = outline_face(face.landmarks, unit, face.yaw, head.hairline, chin, whole=True)
    contour = keep_within(contour, portrait.matte, unit)
    own = outline_face(
        face.landmarks, unit, face.yaw, _below_locks(head.hairline), chin - np.float32(_CHIN_LINE)
    )

    height, width = portrait.picture.shape[:2]
    room = 0.05 * unit + 3
    left, top = (
        int(np.clip(low, 0, most - 1))
        for low, most in zip(contour.min(axis=0) - room, (width, height), strict=True)
    )
    right, bottom = (
        int(np.clip(high, 1, most))
        for high, most in zip(contour.max(axis=0) + room, (width, height), strict=True)
    )
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    part = portrait.picture[top:bottom, left:right]
    corner, size = np.array([left, top], np.float32), (right - left, bottom - top)
    area = _fill_finely(contour - corner, size, unit)
    alpha = np.asarray(cv2.GaussianBlur(area, (0, 0), max(0.5, _SOFT * unit)), np.float32)
    bare = fill_polygon(own - corner, size=size)
    jaw = jaw_line(face.landmarks, unit, face.yaw, head.chin) - corner
    clean = without_strips(without_scraps(to_float(part), jaw, unit=unit), alpha, jaw, unit=unit)
    glasses = head.hairline is not None and bool(head.hairline[_FRAMES].max() > _GLASSES)
    locks = find_locks(clean, bare, face.landmarks - corner, unit=unit, glasses=glasses)
    features = _features(face.landmarks - corner, size, unit) * (1 - locks)
    colours = _bared(clean, bare * (1 - locks), features, unit)
    return Layer(_colours_within(colours, alpha, max(0.8, _SOFT * unit)), alpha, left, top)


def _below_locks(hairline: FloatImage | None) -> FloatImage | None:
    """A hairline that goes on into the locks beside the eyes, to which `trace_hairline` leaves room."""
    if hairline is None:
        return None
    deeper = hairline.copy()
    beside = [*range(_TEMPLE), *range(len(hairline) - _TEMPLE, len(hairline))]
    deeper[beside] += _INTO_LOCKS * np.minimum(deeper[beside] + np.float32(_LOCKS), 0)
    return deeper


def _bared(image: FloatImage, bare: FloatImage, features: FloatImage, unit: float) -> FloatImage:
    """The picture with its skin going on where hair hangs over a face, or a line ends it."""
    skin = eroded(bare > 0.5, max(1.0, _HAIRS * unit)) & (features < 0.5)
    spread = carried(image, skin, unit=unit)
    # Brows and lashes are darker than the skin; what is lighter there are locks.
    dark = features * np.clip((luma_of(spread) - luma_of(image)) * np.float32(1 / _DARKER), 0, 1)
    share = gaussian(np.maximum(bare, dark), sigma=max(0.7, _MELT * unit))[..., np.newaxis]
    bared: FloatImage = spread + np.clip(2 * share - 1, 0, 1) * (image - spread)
    return bared


def _features(landmarks: Points, size: tuple[int, int], unit: float) -> FloatImage:
    """Where eyes, lashes and brows are."""
    features = np.zeros((size[1], size[0]), np.bool_)
    for ring, around in ((LEFT_EYE, _LASHES), (RIGHT_EYE, _LASHES), (LEFT_BROW, _BROW), (RIGHT_BROW, _BROW)):
        hull = cv2.convexHull(landmarks[list(ring)]).reshape(-1, 2).astype(np.float32)
        features |= dilated(fill_polygon(hull, size=size) > 0.5, around * unit)
    return features.astype(np.float32)


def _colours_within(image: FloatImage, alpha: FloatImage, sigma: float) -> FloatImage:
    """The picture with the face's own colours running on beyond its edge, so that nothing of what lies there
    shows in half-transparent pixels."""
    inside = np.clip((alpha - np.float32(0.9)) * 10, 0, 1)
    colours = np.zeros_like(image)
    filled = np.zeros_like(alpha)
    for reach in (sigma, 3 * sigma):
        near = np.asarray(cv2.GaussianBlur(inside, (0, 0), reach), np.float32)
        spread = np.asarray(cv2.GaussianBlur(image * inside[..., np.newaxis], (0, 0), reach), np.float32)
        share = (1 - filled) * np.minimum(near * 20, 1)
        colours += (share / (near + np.float32(1e-6)))[..., np.newaxis] * spread
        filled += share
    outside = ((1 - inside) * filled)[..., np.newaxis]
    own: FloatImage = image + outside * (colours / (filled[..., np.newaxis] + np.float32(1e-6)) - image)
    return own


def _fill_finely(contour: Points, size: tuple[int, int], unit: float) -> FloatImage:
    times = int(np.clip(np.ceil(_FINE_PIXELS / unit), 1, 8))
    # From pixel centres of the picture to those of the finer one.
    finer = (contour + np.float32(0.5)) * np.float32(times) - np.float32(0.5)
    area = fill_polygon(finer, size=(size[0] * times, size[1] * times))
    return area if times == 1 else shrunk(area, size)
