"""Where on the picture skin, eyes, mouth, brows and hair lie, as soft masks for the styles to work with."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import enlarge_guided, gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Regions:
    """Soft masks, all (H, W) float32 in 0…1, of one size.

    person : who stands before the background.
    skin : bare skin of faces, necks, arms, without eyes, brows and lips.
    features : eyes, brows, lips and nostrils with a margin, where detail matters.
    eyes : eye openings with lids and lashes.
    lips : outer lips.
    mouth : what an open mouth shows, teeth above all.
    cheeks : where a blush sits.
    """

    person: FloatImage
    skin: FloatImage
    features: FloatImage
    eyes: FloatImage
    lips: FloatImage
    mouth: FloatImage
    cheeks: FloatImage


def polygon_mask(
    shape: tuple[int, int], points: Points, *, grow: float = 1.0, feather: float = 0.0
) -> FloatImage:
    """Fill a polygon, grown about its centre, its border blurred over `feather` pixels."""
    mask = np.zeros(shape, np.uint8)
    centre = points.mean(axis=0)
    grown = (points - centre) * grow + centre
    fixed = np.round(grown * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    if feather > 0:
        mask = cv2.GaussianBlur(mask, (0, 0), feather).astype(np.uint8, copy=False)
    return np.multiply(mask, np.float32(1 / 255), dtype=np.float32)


def find_regions(lab: FloatImage, person: FloatImage, faces: tuple[Face, ...], *, scale: float) -> Regions:
    """Tell the parts of a portrait apart.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3)
        The picture, smoothed, in L*a*b*.
    person : float32 array, shape (H, W)
        The matte at the same size.
    faces : faces in the coordinates of the full picture.
    scale : float
        Size of `lab` over size of the full picture.

    Returns
    -------
    Regions of the size of `lab`.
    """
    shape = person.shape
    nothing = np.zeros(shape, np.float32)
    skin, features, eyes, lips, mouth, cheeks = (nothing.copy() for _ in range(6))
    for face in faces:
        width = face.width * scale
        points: Points = (face.landmarks + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
        if width < 6:
            continue
        near = _window(points, width, shape)
        local = points - np.array([near[1].start, near[0].start], np.float32)
        size = (near[0].stop - near[0].start, near[1].stop - near[1].start)
        fine, soft = width * 0.006, width * 0.014

        these_eyes = np.maximum(
            polygon_mask(size, _eye_and_lashes(local[facemap.LEFT_EYE]), feather=soft),
            polygon_mask(size, _eye_and_lashes(local[facemap.RIGHT_EYE]), feather=soft),
        )
        brows = np.maximum(
            polygon_mask(size, local[facemap.LEFT_BROW], grow=1.2, feather=soft),
            polygon_mask(size, local[facemap.RIGHT_BROW], grow=1.2, feather=soft),
        )
        these_lips = polygon_mask(size, local[facemap.LIPS_OUTER], grow=1.08, feather=soft)
        this_mouth = polygon_mask(size, local[facemap.LIPS_INNER], grow=1.0, feather=fine)
        if _opening(local) < 0.035 * width:
            this_mouth *= 0
        nose = polygon_mask(size, local[facemap.NOSE_TIP], grow=1.0, feather=soft * 2)
        detail = np.maximum.reduce([these_eyes, brows, these_lips])
        this_skin = _skin_like_face(lab[near], person[near], local, detail, width)

        for whole, part in (
            (skin, this_skin),
            (features, np.maximum(detail, 0.5 * nose)),
            (eyes, these_eyes),
            (lips, these_lips),
            (mouth, this_mouth),
            (cheeks, _blush(size, local, width)),
        ):
            np.maximum(whole[near], part, out=whole[near])
    return Regions(person, skin, features, eyes, lips, mouth, cheeks)


def _window(points: Points, width: float, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns around a face in which its skin is looked for: head, neck, shoulders."""
    x0, y0 = points.min(axis=0)
    x1, y1 = points.max(axis=0)
    left, right = int(max(0, x0 - 1.3 * width)), int(min(shape[1], x1 + 1.3 * width))
    top, bottom = int(max(0, y0 - 0.8 * width)), int(min(shape[0], y1 + 1.8 * width))
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))


def _eye_and_lashes(eye: Points) -> Points:
    """The eye opening with room for lids and lashes: more upwards and to the sides than down."""
    centre = eye.mean(axis=0)
    width = float(np.ptp(eye[:, 0]))
    # A closed or narrow eye still has lids to show.
    grown = (eye - centre) * np.array([1.35, 1.5], np.float32)
    grown[:, 1] += np.sign(grown[:, 1]) * width * 0.08
    moved: Points = grown + centre
    return moved


def _blush(size: tuple[int, int], points: Points, width: float) -> FloatImage:
    blush = np.zeros(size, np.float32)
    for cheek in (facemap.LEFT_CHEEK, facemap.RIGHT_CHEEK):
        x, y = points[cheek]
        columns = ((np.arange(size[1], dtype=np.float32) - x) / (0.13 * width)) ** 2
        rows = ((np.arange(size[0], dtype=np.float32) - y) / (0.09 * width)) ** 2
        blush += np.exp(-rows)[:, None] * np.exp(-columns)[None, :]
    return blush


def _opening(points: Points) -> float:
    return float(np.hypot(*(points[14] - points[13])))


def _skin_like_face(
    lab: FloatImage, person: FloatImage, points: Points, detail: FloatImage, width: float
) -> FloatImage:
    """Skin by colour: a Gaussian in L*a*b* learnt inside the face, kept to where skin can be."""
    size = person.shape
    oval = polygon_mask(size, points[facemap.OVAL], grow=0.93)
    seed = (oval > 0.9) & (detail < 0.05)
    samples = lab[seed]
    if len(samples) < 30:
        return polygon_mask(size, points[facemap.OVAL], feather=width * 0.02) * person
    median = np.median(samples, axis=0)
    typical = samples[np.abs(samples - median) @ np.array([0.5, 1, 1], np.float32) < 22]
    mean = typical.mean(axis=0)
    # Shadow and light move L far more than hue: the floor keeps flat studio light from excluding them.
    covariance = np.cov(typical.T) + np.diag([60.0, 4.0, 6.0])
    whiten = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    away = ((lab - mean.astype(np.float32)).reshape(-1, 3) @ whiten).reshape(lab.shape)
    distance = away[..., 0] ** 2 + away[..., 1] ** 2 + away[..., 2] ** 2
    likely = np.exp(np.minimum(3 - distance, 0) * np.float32(1 / 3))

    centre = points[facemap.OVAL].mean(axis=0)
    rows = ((np.arange(size[0], dtype=np.float32) - centre[1]) / (1.6 * width)) ** 2
    columns = ((np.arange(size[1], dtype=np.float32) - centre[0]) / (1.1 * width)) ** 2
    reach = smoothstep(rows[:, None] + columns[None, :], low=3.2, high=1.2)
    likely *= reach * smoothstep(person, low=0.3, high=0.7)
    # Inside the face skin is expected: freckles and shine must not punch holes. Beards and glasses still can.
    core = polygon_mask(size, points[facemap.OVAL], grow=0.9, feather=width * 0.03)
    likely = np.maximum(likely, core * smoothstep(distance, low=16, high=7))
    likely = gaussian(likely.astype(np.float32, copy=False), sigma=width * 0.008)
    # Along the picture's own edges, or hairlines and chins blur.
    grey = np.ascontiguousarray(lab[..., 0]) * np.float32(0.01)
    radius = max(2, round(width * 0.02))
    return smoothstep(enlarge_guided(likely, grey, grey, radius=radius, contrast=0.04), low=0.25, high=0.7)
