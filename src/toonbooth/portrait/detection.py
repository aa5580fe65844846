"""Face detection: where in a region of the picture faces may be.

Two single-shot detectors of one family. Both see faces from about 16 pixels of their input. The short-range
one, the cheaper per pixel, is purely convolutional, so its input may have another size than the 128 pixels it
was trained with: it then finds faces from 16 to over 140 pixels in one look, at any tilt, without tiles and
their seams. The full-range one takes squares of 192.

References
----------
V. Bazarevsky, Y. Kartynnik, A. Vakunov, K. Raveendran, M. Grundmann, "BlazeFace: Sub-millisecond Neural Face
Detection on Mobile GPUs", CVPR Workshop on Computer Vision for AR/VR, 2019. doi:10.48550/arXiv.1907.05047
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from toonbooth.portrait.model import Points
from toonbooth.portrait.models import FACE_DETECTION_FULL_RANGE, FACE_DETECTION_SHORT_RANGE, ModelFile
from toonbooth.portrait.network import Network, sigmoid
from toonbooth.portrait.sampling import Pyramid, Region, to_signed

_SAME_FACE_OVERLAP: Final = 0.3
# Photos come in few shapes; every one has a coarse and a fine look. The largest holds 40 MB.
_SIZES_KEPT: Final = 5

LEFT_EYE: Final = 0
RIGHT_EYE: Final = 1
NOSE_TIP: Final = 2
MOUTH: Final = 3


@dataclass(frozen=True, slots=True)
class Detection:
    """A place where a face may be, in pixels of the picture.

    box : (x0, y0, x1, y1), brow to chin, along the axes of the region it was found in.
    points : (6, 2): left eye, right eye (of an upright picture), nose tip, mouth, left ear, right ear.
    score : 0…1.
    """

    box: NDArray[np.float32]
    points: Points
    score: float

    @property
    def side(self) -> float:
        """The longer side of the box, pixels."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


@dataclass(frozen=True, slots=True)
class DetectorKind:
    """What differs between the detectors: `grids` lists (pixels between cells, anchors per cell)."""

    model: ModelFile
    grids: tuple[tuple[int, int], ...]


# Strides of 8, 16, 16 and 16 pixels with two anchors each; the three of equal stride interleave.
SHORT_RANGE: Final = DetectorKind(FACE_DETECTION_SHORT_RANGE, ((8, 2), (16, 6)))
FULL_RANGE: Final = DetectorKind(FACE_DETECTION_FULL_RANGE, ((4, 1),))


@lru_cache(maxsize=8)
def lay_anchors(grids: tuple[tuple[int, int], ...], *, width: int, height: int) -> Points:
    """Centres of all anchors in pixels of the input, in the order of the network's outputs; read-only."""
    layers = []
    for stride, anchors_per_cell in grids:
        across, down = (np.arange(0, length, stride) + stride / 2 for length in (width, height))
        centres = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(centres, anchors_per_cell, axis=0))
    anchors = np.concatenate(layers).astype(np.float32)
    anchors.flags.writeable = False
    return anchors


class FaceDetector:
    """One of the two detection networks, loaded once for each of the sizes that were used last."""

    def __init__(self, folder: Path, kind: DetectorKind, *, threads: int) -> None:
        self._grids = kind.grids
        self._load = lru_cache(maxsize=_SIZES_KEPT)(
            lambda size: Network(folder, kind.model, threads=threads, size=size)
        )

    def detect(
        self, pyramid: Pyramid, region: Region, *, width: int, height: int, min_score: float
    ) -> list[Detection]:
        """Look for faces in an upright region, scaled to this many pixels; best first, each face once.

        `width` and `height` must be multiples of 16, and 192 for the full-range detector.
        """
        sampled = pyramid.sample(region, width=width, height=height)
        raw_boxes, logits = self._load((height, width)).run(to_signed(sampled))
        scores = sigmoid(logits[:, 0])
        candidates = np.flatnonzero(scores >= min_score)
        if candidates.size == 0:
            return []

        # Per anchor: centre and size of the box, then six points, in pixels and from the anchor's centre.
        values = raw_boxes[candidates].reshape(-1, 8, 2)
        anchors = lay_anchors(self._grids, width=width, height=height)[candidates]
        half = values[:, 1] / 2
        centres = values[:, 0] + anchors
        points = values[:, 2:] + anchors[:, np.newaxis]
        corners = np.stack([centres - half, centres + half], axis=1)
        geometry = np.concatenate([corners, points], axis=1)

        detections = []
        for merged, score in blend_overlapping(geometry, scores[candidates]):
            placed = region.to_picture((merged / (width, height)).astype(np.float32))
            detections.append(Detection(placed[:2].reshape(4), placed[2:], score))
        return detections


def blend_overlapping(
    geometry: NDArray[np.float32], scores: NDArray[np.float32]
) -> list[tuple[NDArray[np.float32], float]]:
    """Average boxes that overlap the best remaining one, weighted by score; steadier than keeping the best.

    geometry : (N, 2 + K, 2); the first two points are the corners of the box.
    Returns one (2 + K, 2) and the best score for every group, best first.
    """
    remaining = np.argsort(-scores, kind="stable")
    blended = []
    while remaining.size:
        best = remaining[0]
        boxes = geometry[remaining, :2].reshape(-1, 4)
        group = overlap(boxes[0], boxes) > _SAME_FACE_OVERLAP
        group[0] = True  # a box without area overlaps nothing, not even itself
        members = remaining[group]
        weights = scores[members, np.newaxis, np.newaxis]
        blended.append(
            ((geometry[members] * weights).sum(axis=0) / weights.sum(), float(scores[best])),
        )
        remaining = remaining[~group]
    return blended


def overlap(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with (N, 4) boxes, all (x0, y0, x1, y1)."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)
