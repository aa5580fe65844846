"""The person's matte: which pixels of the picture are people.

The segmentation network sees 256 × 256 pixels, whatever it is shown. One look at the whole picture finds
bodies; two more at every head, one in a mirror, find hair and ears, which is where a wrong matte hurts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.guided import guided_filter
from toonbooth.imaging.morphology import disk
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.doubt import settle_doubt
from toonbooth.portrait.mesh import FACE_OVAL, Mesh
from toonbooth.portrait.models import SELFIE_SEGMENTATION
from toonbooth.portrait.network import Network
from toonbooth.portrait.sampling import Pyramid, Region

_INPUT_SIZE: Final = 256
# Head and shoulders, in face widths. Against the hand-made masks (tests/data/head_masks), above the jaw, the
# matte was wrong by 2.7 % of a squared face width with one look four faces wide, by 2.0 % with one of three,
# by 1.8 % with another in the mirror, and by 1.6 % with the levels below. Narrower ones lose big hair.
_HEAD_REGION_FACES: Final = 3.0
_MAX_HEADS: Final = 6
# A second look that doesn't show clearly more than the first isn't worth its time.
_MAX_HEAD_REGION: Final = 0.85
# Looks fade into each other over this part of their side.
_FADE: Final = 0.15
# Against a head's look, the look at the whole picture counts next to nothing.
_WHOLE_WEIGHT: Final = 1e-3
# How far from the first look's silhouette hair may reach, of the picture's longer side.
_REACH: Final = 0.015
_SUBSAMPLING: Final = 4
# What the guided filter leaves of doubt next to the silhouette is cut off at both ends.
_LEVELS: Final = (0.3, 0.7)
# What hangs on nobody by more than this, in face widths, and isn't this part of the largest person, is a
# scrap of the background.
_PERSON: Final = 0.3
_BRIDGE: Final = 0.05
_SCRAP: Final = 0.2
# So much of a face's outline is surely face: the mesh overshoots jaws by up to a tenth of their width, and
# the wall beside them would be filled in.
_SURE_FACE: Final = 0.88
# Share of a face under which the look at the whole picture has missed somebody: a small one in a group.
_MISSED: Final = 0.35


class PersonMatte:
    """The segmentation network, and the refinement of its small masks to the picture's own edges."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self._network = Network(folder, SELFIE_SEGMENTATION, threads=threads)

    def estimate(self, pyramid: Pyramid, meshes: Sequence[Mesh]) -> FloatImage:
        """(H, W), 1 is person. People whose faces are known come out finer."""
        picture = pyramid.picture
        height, width = picture.shape[:2]
        canvas = _Canvas(width, height)
        whole = Region.around_all(picture)
        canvas.add(self._segment(pyramid, whole), whole, weight=np.float32(_WHOLE_WEIGHT))
        # Two looks rarely err in the same place: what a head's look adds must touch what the first one saw.
        support = canvas.blended()
        for mesh in sorted(meshes, key=lambda each: -each.width)[:_MAX_HEADS]:
            region = head_region(mesh, whole)
            if canvas.share_under(support, mesh) < _MISSED:
                # The first look didn't see this one at all, so it says nothing about them.
                canvas.cover(support, region)
            if region.width * region.height <= _MAX_HEAD_REGION * whole.width * whole.height:
                weight = _fade(region, whole)
                mirrored = replace(region, mirrored=True)
                canvas.add(self._segment(pyramid, region), region, weight=weight)
                canvas.add(self._segment(pyramid, mirrored), mirrored, weight=weight[:, ::-1])
        mask = canvas.blended() * np.minimum(1, 2 * grow(support, max(support.shape) * _REACH))
        known = np.zeros_like(mask)
        for mesh in meshes:
            canvas.fill(known, mesh)
        np.maximum(mask, known, out=mask)
        if meshes:
            bridge = _BRIDGE * min(each.width for each in meshes) / _SUBSAMPLING
            mask = without_scraps(mask, known, bridge_pixels=bridge)
            mask = _settled(mask, pyramid, whole, meshes)
        return guided_filter(
            mask,
            picture,
            radius_pixels=max(width, height) / 110,
            tolerance=1e-3,
            subsampling=_SUBSAMPLING,
            levels=_LEVELS,
        )

    def _segment(self, pyramid: Pyramid, region: Region) -> FloatImage:
        sampled = pyramid.sample(region, width=_INPUT_SIZE, height=_INPUT_SIZE, border=cv2.BORDER_REPLICATE)
        (mask,) = self._network.run(to_float(sampled))
        return np.ascontiguousarray(mask[..., 0])


def _settled(mask: FloatImage, pyramid: Pyramid, whole: Region, meshes: Sequence[Mesh]) -> FloatImage:
    """Let colours decide where the looks are in doubt; half the mask's size shows them well enough."""
    height, width = (ceil(side / 2) for side in mask.shape)
    small = pyramid.sample(whole, width=width, height=height, border=cv2.BORDER_REPLICATE)
    face_width = float(np.median([mesh.width for mesh in meshes])) / (2 * _SUBSAMPLING)
    return settle_doubt(mask, small, face_width=face_width)


class _Canvas:
    """Where masks of several regions are put together, at the scale at which they are refined."""

    def __init__(self, width: int, height: int) -> None:
        self._scale = 1 / _SUBSAMPLING
        self._size = (ceil(width * self._scale), ceil(height * self._scale))
        self._sum = np.zeros(self._size[::-1], np.float32)
        self._weight = np.zeros_like(self._sum)

    def add(self, mask: FloatImage, region: Region, *, weight: FloatImage | np.float32) -> None:
        """Lay a mask over its region; `weight` has the mask's shape or is one number."""
        weights = np.broadcast_to(weight, mask.shape).astype(np.float32)
        # From pixel centres of the mask to the picture, to pixel centres of the canvas.
        matrix = region.grid_matrix(width=_INPUT_SIZE, height=_INPUT_SIZE)
        matrix *= self._scale
        matrix[:, 2] += 0.5 * self._scale - 0.5
        laid = cv2.warpAffine(
            np.dstack([mask * weights, weights]), matrix, self._size, borderMode=cv2.BORDER_CONSTANT
        )
        self._sum += laid[..., 0]
        self._weight += laid[..., 1]

    def blended(self) -> FloatImage:
        """The weighted mean of all masks."""
        return np.divide(self._sum, np.maximum(self._weight, 1e-9), dtype=np.float32)

    def fill(self, mask: FloatImage, mesh: Mesh) -> None:
        """A face is person throughout, however dark one half of it may be."""
        cv2.fillConvexPoly(mask, self._oval(mesh, size=_SURE_FACE), 1.0)

    def share_under(self, mask: FloatImage, mesh: Mesh) -> float:
        """How much of a face a mask covers, 0 … 1."""
        face = np.zeros(mask.shape, np.uint8)
        cv2.fillConvexPoly(face, self._oval(mesh), 1)
        return float(mask[face > 0].mean()) if face.any() else 1.0

    def cover(self, mask: FloatImage, region: Region) -> None:
        """Fill an upright region of a mask, in place."""
        half = np.array([region.width, region.height]) / 2
        low, high = (np.array([region.x, region.y]) + sign * half for sign in (-1, 1))
        left, top = np.maximum(np.rint((low + 0.5) * self._scale), 0).astype(int)
        right, bottom = np.rint((high + 0.5) * self._scale).astype(int)
        mask[top:bottom, left:right] = 1

    def _oval(self, mesh: Mesh, *, size: float = 1.0) -> NDArray[np.int32]:
        points = mesh.points[list(FACE_OVAL)]
        centre = points.mean(axis=0)
        oval = (centre + (points - centre) * np.float32(size) + 0.5) * self._scale - 0.5
        hull: NDArray[np.int32] = cv2.convexHull(np.rint(oval).astype(np.int32)).astype(np.int32)
        return hull


def grow(mask: FloatImage, radius_pixels: float) -> FloatImage:
    """The largest value within a radius."""
    return np.asarray(cv2.dilate(mask, disk(radius_pixels)), dtype=np.float32)


def without_scraps(mask: FloatImage, known: FloatImage, *, bridge_pixels: float) -> FloatImage:
    """A mask without its small parts, and without those that hang on large ones by a thin bridge.

    Parts where `known` isn't 0 are somebody, however small beside the others: they stay.
    """
    disc = disk(bridge_pixels / 2)
    solid = cv2.erode((mask > _PERSON).astype(np.uint8), disc, borderType=cv2.BORDER_REPLICATE)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    small = (areas > 0) & (areas < _SCRAP * areas.max())
    small[np.unique(labels[known > 0])] = False
    if not small.any():
        return mask
    # Each scrap goes with the soft rim around it, but never takes a bit of a person along.
    scrap = cv2.dilate(small[labels].astype(np.uint8), disc, iterations=3)
    kept = cv2.dilate(((labels > 0) & ~small[labels]).astype(np.uint8), disc, iterations=2)
    return np.where((scrap > 0) & (kept == 0), np.float32(0), mask)


def head_region(mesh: Mesh, whole: Region) -> Region:
    """An upright square around head and shoulders, moved and if need be cut to lie inside the picture."""
    x0, y0, x1, y1 = (float(value) for value in mesh.box)
    side = mesh.width * _HEAD_REGION_FACES
    width, height = min(side, whole.width), min(side, whole.height)
    x = np.clip((x0 + x1) / 2, width / 2 - 0.5, whole.width - width / 2 - 0.5)
    y = np.clip((y0 + y1) / 2 + 0.3 * mesh.width, height / 2 - 0.5, whole.height - height / 2 - 0.5)
    return replace(whole, x=float(x), y=float(y), width=width, height=height)


def _fade(region: Region, whole: Region) -> FloatImage:
    """Weights of a look: 1, falling to 0 towards those of its sides that lie inside the picture."""
    ticks = (np.arange(_INPUT_SIZE, dtype=np.float32) + np.float32(0.5)) / np.float32(_INPUT_SIZE)
    ramps = []
    for centre, length, limit in (
        (region.x, region.width, whole.width),
        (region.y, region.height, whole.height),
    ):
        ramp = np.ones_like(ticks)
        if centre - length / 2 > 0:
            ramp = np.minimum(ramp, ticks / np.float32(_FADE))
        if centre + length / 2 < limit - 1:
            ramp = np.minimum(ramp, (1 - ticks) / np.float32(_FADE))
        ramps.append(ramp * ramp * (3 - 2 * ramp))
    return np.outer(ramps[1], ramps[0]).astype(np.float32)
