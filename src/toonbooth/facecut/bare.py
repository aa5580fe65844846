"""The bare face: what lies within one smooth line from the hairline to the chin."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.contour import keep_within, outline_face
from toonbooth.facecut.finishing import Layer
from toonbooth.facecut.frame import frame_head
from toonbooth.facecut.heads import find_head_area
from toonbooth.facecut.jaw import PER_SEGMENT
from toonbooth.facecut.outlines import fill_polygon
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.imaging.resize import shrunk
from toonbooth.portrait.model import Face, Points, Portrait

_FINE_PIXELS: Final = 400.0
"""Smaller faces are filled this much larger: an edge of few pixels shows every one of its steps."""

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
    contour = outline_face(face.landmarks, unit, face.yaw, head.hairline, head.chin[::PER_SEGMENT])
    contour = keep_within(contour, portrait.matte, unit)

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
    area = _fill_finely(contour - np.array([left, top], np.float32), (right - left, bottom - top), unit)
    alpha = np.asarray(cv2.GaussianBlur(area, (0, 0), max(0.5, _SOFT * unit)), np.float32)
    return Layer(_colours_within(to_float(part), alpha, max(0.8, _SOFT * unit)), alpha, left, top)


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
