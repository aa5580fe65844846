"""The person's silhouette without scraps of the background that a coarse matte leaves inside it."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.imaging.colour import dot
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face

_DEPTH = 15.0
"""Units from the edge to which a matte may be wrong."""

_HEADS, _BODIES, _LEAST_CALM = 5.0, 13.0, 1.8
"""Units, and least pixels, over which outlines of heads and of bodies are evened out."""

_TOLD_APART = (14.0, 30.0)
"""Difference in L*a*b* from which on colours inside and outside tell a scrap from the person."""


def without_scraps(person: FloatImage, lab: FloatImage, *, unit: float) -> FloatImage:
    """Take out of a matte what looks like the background beside it and not like the person beside it.

    Parameters
    ----------
    person : float32 array, shape (H, W), range [0, 1]
        The matte.
    lab : float32 array, shape (H, W, 3), L*a*b*
        The picture, smoothed.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W), nowhere above `person`.
    """
    height, width = person.shape
    size = (max(1, width // 2), max(1, height // 2))
    few, few_lab = shrunk(person, size), shrunk(lab, size)
    depth = max(1.0, _DEPTH * unit / 2)
    inside = cv2.erode(few, disk(depth)).astype(np.float32, copy=False)
    behind = (1 - smoothstep(few, low=0.02, high=0.3)).astype(np.float32)
    within = masked_blur(few_lab, smoothstep(inside, low=0.5, high=0.9), sigma=1.3 * depth)
    without = masked_blur(few_lab, behind, sigma=0.9 * depth)
    to_person = _distance(few_lab, within)
    to_background = _distance(few_lab, without)
    likeness = to_background / (to_person + to_background + np.float32(1))
    scrap = smoothstep(likeness, low=0.3, high=0.16)
    scrap *= smoothstep(_distance(within, without), low=_TOLD_APART[0], high=_TOLD_APART[1])
    # Only the rim, and only where the background is near enough to be known.
    scrap *= 1 - inside
    scrap *= smoothstep(gaussian(behind, sigma=0.9 * depth), low=0.02, high=0.12)
    thread = 2 * max(1, round(1.5 * unit)) + 1
    opened = cv2.morphologyEx(scrap, cv2.MORPH_OPEN, np.ones((thread, thread), np.uint8))
    calm = gaussian(opened.astype(np.float32, copy=False), sigma=max(0.7, 2.2 * unit))
    scrap = smoothstep(enlarged(calm, (width, height)), low=0.3, high=0.7)
    return person * (1 - scrap)


def calm_outline(person: FloatImage, faces: tuple[Face, ...], *, scale: float, unit: float) -> FloatImage:
    """Draw a matte's edge as a pen would: a smooth curve around heads, long calm ones around bodies.

    Parameters
    ----------
    person : float32 array, shape (H, W), range [0, 1]
    faces : faces in the coordinates of the full picture
    scale : float
        Size of the matte over size of the full picture.
    unit : float, pixels
        A four-hundredth of a face's width. Twice as much makes curves twice as calm.

    Returns
    -------
    float32 array, shape (H, W), range [0, 1].
    """
    height, width = person.shape
    half = shrunk(person, (max(1, width // 2), max(1, height // 2)))
    heads = np.zeros((max(1, height // 4), max(1, width // 4)), np.float32)
    for face in faces:
        x, y = (float(value) * scale / 4 for value in face.box.centre)
        reach = max(face.width * scale / 4, 1.0)
        columns = np.square((np.arange(heads.shape[1], dtype=np.float32) - np.float32(x)) / np.float32(reach))
        rows = np.square(
            (np.arange(heads.shape[0], dtype=np.float32) - np.float32(y)) / np.float32(1.1 * reach)
        )
        np.maximum(heads, smoothstep(rows[:, None] + columns[None, :], low=1.7, high=1.0), out=heads)
    # At the frame, too: a wide blur knows nothing of how an outline goes on beyond, and bends it.
    for away in (np.arange(heads.shape[1]), np.arange(heads.shape[0])[:, None]):
        frame = np.minimum(away, away[::-1]).astype(np.float32) / np.float32(max(0.6 * _BODIES * unit, 1.0))
        np.maximum(heads, smoothstep(frame, low=1.0, high=0.3), out=heads)
    fine = blurred_on(person, sigma=max(_LEAST_CALM, _HEADS * unit))
    broad = gaussian(half, sigma=0.5 * max(_LEAST_CALM, _BODIES * unit))
    # Bumps go; what is behind a notch is drawn as little of the person as may be.
    broad = np.minimum(broad, cv2.dilate(half, disk(max(1.0, 0.5 * _HEADS * unit))))
    broad = enlarged(broad.astype(np.float32, copy=False), (width, height))
    near = enlarged(heads, (width, height))
    calm = cv2.blendLinear(fine, broad, near, 1 - near).astype(np.float32, copy=False)
    return smoothstep(calm, low=0.34, high=0.66)


def blurred_on(person: FloatImage, *, sigma: float) -> FloatImage:
    """A matte blurred as if people went on beyond the picture the way they reach its edge.

    A plain blur mirrors the picture there: outlines that cross its edge aslant would turn to meet it upright,
    and a cropped crown would end in a step.
    """
    blurred: FloatImage = gaussian(person, sigma=sigma)
    reach = round(3 * sigma) + 1
    if 2 * reach >= min(person.shape):
        return blurred
    for turns in range(4):
        seen, result = np.rot90(person, turns), np.rot90(blurred, turns)
        edge = seen[0] > 0.5
        if edge.any() and not edge.all():
            strip = np.ascontiguousarray(seen[: 2 * reach])
            whole = np.concatenate([_carried_on(strip, reach), strip])
            result[:reach] = gaussian(whole, sigma=sigma)[reach : 2 * reach]
    return blurred


def _carried_on(strip: FloatImage, reach: int) -> FloatImage:
    """The rows above a matte's first one, as straight as its outlines reach that."""
    inside = (strip > 0.5).astype(np.uint8)
    within, without = (cv2.distanceTransform(each, cv2.DIST_L2, 3) for each in (inside, 1 - inside))
    depth = within - without
    beyond: FloatImage = np.clip(2 * depth[0] - depth[reach:0:-1] + np.float32(0.5), 0, 1)
    return beyond.astype(np.float32, copy=False)


def _distance(one: FloatImage, other: FloatImage) -> FloatImage:
    difference = one - other
    distance: FloatImage = np.sqrt(dot(difference, difference))
    return distance
