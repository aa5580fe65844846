"""The person's matte: which pixels of the picture are people.

One look of the network at the whole picture finds bodies; two more at every head, one in a mirror, find hair
and ears, which is where a wrong matte hurts. The bodies of people who are small in the picture, as those of a
group are, get two as well.
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
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.portrait.doubt import settle_doubt
from toonbooth.portrait.foreground import foot_of, with_foreground, without_margins
from toonbooth.portrait.jaw_shadow import without_jaw_shadows
from toonbooth.portrait.looks import LOOK_PIXELS, body_looks, fade, head_looks, nearness, shows_more
from toonbooth.portrait.mesh import FACE_OVAL, Mesh
from toonbooth.portrait.model import scaled
from toonbooth.portrait.models import SELFIE_SEGMENTATION
from toonbooth.portrait.network import Network
from toonbooth.portrait.pockets import without_pockets
from toonbooth.portrait.sampling import Pyramid, Region

# Against a head's look, the look at the whole picture counts next to nothing.
_WHOLE_WEIGHT: Final = 1e-3
# So do looks at bodies in a group, but to people whom no other look is near to.
_BODY_WEIGHT: Final = 0.01
_BODY_REACH: Final = 2.2
# A head's look takes whoever else it shows for background. So beside such looks it counts little away from
# its own face, in face widths, and less for saying that somebody isn't there.
_HEAD_REACH: Final = 0.7
_DENIAL: Final = np.float32(0.2)
# What looks at bodies are so sure of, and so far inside its rim, in face widths, no head's look takes away.
_BODY: Final = 0.75
_BODY_RIM: Final = 0.1
# Looks at a group agree less than two at one person: what most of them say is taken for said by all.
_MAJORITY: Final = (0.3, 0.7)
# How far from the first look's silhouette hair may reach, of the picture's longer side.
_REACH: Final = 0.015
# In a group several looks at bodies have seen every place, nearly as finely as those at heads: hair reaches
# so far beyond them, in face widths, and what they agree isn't likely isn't there.
_GROUP_REACH: Final = 0.06
_GROUP_SUPPORT: Final = (0.25, 0.65)
_SUBSAMPLING: Final = 4
# What is half believed over a wide area has no edge in the picture that the guided filter could give it: it
# would fade out.
_BELIEF: Final = (0.25, 0.75)
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
        whole = Region.around_all(picture)
        canvas = _Canvas(width, height)
        mask = self._look_around(canvas, pyramid, whole, meshes)
        known = np.zeros_like(mask)
        for mesh in meshes:
            canvas.fill(known, mesh)
        np.maximum(mask, known, out=mask)
        foot = mask.shape[0]
        if meshes:
            # Half the mask's size shows colours well enough.
            size = [ceil(side / 2) for side in mask.shape]
            small = pyramid.sample(whole, width=size[1], height=size[0], border=cv2.BORDER_REPLICATE)
            widths = [mesh.width / _SUBSAMPLING for mesh in meshes]
            mask, foot = without_margins(mask, small)
            mask = cleaned(mask, known, small, face_widths=widths)
            mask = without_pockets(mask, pyramid, known, face_width=float(np.median(widths)))
            faces = [
                (scaled(mesh.points, 1 / _SUBSAMPLING), width)
                for mesh, width in zip(meshes, widths, strict=True)
            ]
            mask = with_foreground(mask, small, faces, foot=foot)
        matte = guided_filter(
            mask,
            picture,
            radius_pixels=max(width, height) / 110,
            tolerance=1e-3,
            subsampling=_SUBSAMPLING,
            levels=_LEVELS,
        )
        if foot < mask.shape[0]:
            matte[foot_of(picture) :] = 0
        return without_jaw_shadows(without_frame(matte), picture, meshes)

    def _look_around(
        self, canvas: _Canvas, pyramid: Pyramid, whole: Region, meshes: Sequence[Mesh]
    ) -> FloatImage:
        """What all looks together say, as small as the canvas."""
        canvas.add(self._segment(pyramid, whole), whole, weight=np.float32(_WHOLE_WEIGHT))
        bodies = body_looks(meshes, whole)
        for mesh, region in bodies:
            weight = np.float32(_BODY_WEIGHT) * nearness(region, mesh, reach=_BODY_REACH)
            canvas.add(self._look_twice(pyramid, region), region, weight=weight * fade(region, whole))
        seen = canvas.blended()
        # Two looks rarely err in the same place: what a head's look adds must touch what others saw.
        support = seen.copy()
        for mesh, region in head_looks(meshes, whole):
            if canvas.share_under(support, mesh) < _MISSED:
                # The first look didn't see this one at all, so it says nothing about them.
                canvas.cover(support, region)
            if shows_more(region, whole):
                look, weight = self._look_twice(pyramid, region), fade(region, whole)
                if bodies:
                    weight *= nearness(region, mesh, reach=_HEAD_REACH) * (_DENIAL + (1 - _DENIAL) * look)
                canvas.add(look, region, weight=weight)
        face = float(np.median([mesh.width for mesh in meshes])) / _SUBSAMPLING if meshes else 0.0
        mask = canvas.blended()
        if bodies and len(meshes) > 1:
            mask = supported(mask, support, reach_pixels=_GROUP_REACH * face)
        else:
            mask *= np.minimum(1, 2 * grow(support, max(support.shape) * _REACH))
        if bodies:
            mask = stretch(np.maximum(mask, inside(seen > _BODY, _BODY_RIM * face)), _MAJORITY)
        return mask

    def _look_twice(self, pyramid: Pyramid, region: Region) -> FloatImage:
        """The mean of what the network says about a region and about its mirror image."""
        mirrored = self._segment(pyramid, replace(region, mirrored=True))
        return (self._segment(pyramid, region) + mirrored[:, ::-1]) * np.float32(0.5)

    def _segment(self, pyramid: Pyramid, region: Region) -> FloatImage:
        sampled = pyramid.sample(region, width=LOOK_PIXELS, height=LOOK_PIXELS, border=cv2.BORDER_REPLICATE)
        (mask,) = self._network.run(to_float(sampled))
        return np.ascontiguousarray(mask[..., 0])


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
        matrix = region.grid_matrix(width=LOOK_PIXELS, height=LOOK_PIXELS)
        matrix *= self._scale
        matrix[:, 2] += 0.5 * self._scale - 0.5
        laid = cv2.warpAffine(
            cv2.merge([mask * weights, weights]), matrix, self._size, borderMode=cv2.BORDER_CONSTANT
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


def supported(mask: FloatImage, support: FloatImage, *, reach_pixels: float) -> FloatImage:
    """A mask no surer than another is of something within a radius."""
    return np.minimum(mask, stretch(grow(support, reach_pixels), _GROUP_SUPPORT))


def inside(area: NDArray[np.bool_], rim_pixels: float) -> FloatImage:
    """1 in an area without its rim, 0 elsewhere; where the picture ends is no rim."""
    inner = cv2.erode(area.astype(np.float32), disk(rim_pixels), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(inner, dtype=np.float32)


def stretch(mask: FloatImage, levels: tuple[float, float]) -> FloatImage:
    """Make the lower level 0 and the upper 1, with everything between them."""
    low, high = levels
    stretched = (mask - np.float32(low)) * np.float32(1 / (high - low))
    return np.clip(stretched, np.float32(0), np.float32(1), out=stretched)


def without_frame(matte: FloatImage) -> FloatImage:
    """A matte, in place, without the line that many a picture has around it and the guided filter follows."""
    for turns in range(4):
        turned = np.rot90(matte, turns)
        np.minimum(turned[0], turned[min(2, len(turned) - 1)], out=turned[0])
    return matte


def cleaned(
    mask: FloatImage, known: FloatImage, small: ByteImage, *, face_widths: Sequence[float]
) -> FloatImage:
    """A mask in which colours have decided what was in doubt, without scraps.

    Parameters
    ----------
    mask : float32 array, shape (h, w), range [0, 1]
        How likely every pixel is person.
    known : float32 array, shape (h, w)
        Not 0 where somebody surely is.
    small : uint8 array, shape (ceil(h / 2), ceil(w / 2), 3)
        The picture, of the same field of view.
    face_widths : floats, pixels of `mask`, > 0, at least one

    Returns
    -------
    float32 array, shape (h, w), range [0, 1].
    """
    bridge = _BRIDGE * min(face_widths)
    mask = without_scraps(mask, known, bridge_pixels=bridge)
    mask = stretch(settle_doubt(mask, small, face_width=float(np.median(face_widths)) / 2), _BELIEF)
    # What colours have cut off from everybody counted as a part of them before.
    return without_scraps(mask, known, bridge_pixels=bridge)


def without_scraps(mask: FloatImage, known: FloatImage, *, bridge_pixels: float) -> FloatImage:
    """A mask without its small parts, and without those that hang on large ones by a thin bridge.

    Parts where `known` isn't 0 are somebody, however small beside the others: they stay.
    """
    disc = disk(bridge_pixels / 2)
    solid = cv2.erode((mask > _PERSON).astype(np.uint8), disc, borderType=cv2.BORDER_REPLICATE)
    count, labels = cv2.connectedComponents(solid, connectivity=4)
    areas = np.bincount(labels[solid > 0], minlength=count)
    small = (areas > 0) & (areas < _SCRAP * areas.max())
    small[np.unique(labels[known > 0])] = False
    if not small.any():
        return mask
    # Each scrap goes with the soft rim around it, but never takes a bit of a person along.
    scrap = cv2.dilate(small[labels].astype(np.uint8), disc, iterations=3)
    kept = cv2.dilate(((labels > 0) & ~small[labels]).astype(np.uint8), disc, iterations=2)
    return np.where((scrap > 0) & (kept == 0), np.float32(0), mask)
