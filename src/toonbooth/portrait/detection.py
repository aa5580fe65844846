"""Face detection: where in a region of the picture faces may be.

Two single-shot detectors of one family. The short-range one sees faces that fill a good part of its input,
the full-range one sees faces down to a tenth of that. Both are trained on photos of upright people.

References
----------
V. Bazarevsky, Y. Kartynnik, A. Vakunov, K. Raveendran, M. Grundmann, "BlazeFace: Sub-millisecond Neural Face
Detection on Mobile GPUs", CVPR Workshop on Computer Vision for AR/VR, 2019. doi:10.48550/arXiv.1907.05047
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from toonbooth.portrait.model import Points
from toonbooth.portrait.models import FACE_DETECTION_FULL_RANGE, FACE_DETECTION_SHORT_RANGE, ModelFile
from toonbooth.portrait.network import Network, sigmoid
from toonbooth.portrait.sampling import Pyramid, Region, to_signed

_SAME_FACE_OVERLAP: Final = 0.3

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
    """What differs between the two detectors: `grids` lists (cells per side, anchors per cell)."""

    model: ModelFile
    input_size: int
    grids: tuple[tuple[int, int], ...]


# Strides of 8, 16, 16 and 16 pixels with two anchors each; the three of equal stride interleave: 896 anchors.
SHORT_RANGE: Final = DetectorKind(FACE_DETECTION_SHORT_RANGE, 128, ((16, 2), (8, 6)))
# One anchor for every 4 × 4 pixels: 2304.
FULL_RANGE: Final = DetectorKind(FACE_DETECTION_FULL_RANGE, 192, ((48, 1),))


def lay_anchors(grids: tuple[tuple[int, int], ...]) -> Points:
    """Centres of all anchors as fractions of the input, in the order of the network's outputs."""
    layers = []
    for cells, anchors_per_cell in grids:
        ticks = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        centres = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(centres, anchors_per_cell, axis=0))
    return np.concatenate(layers).astype(np.float32)


class FaceDetector:
    """One of the two detection networks."""

    def __init__(self, folder: Path, kind: DetectorKind, *, threads: int) -> None:
        self._network = Network(folder, kind.model, threads=threads)
        self._input_size = kind.input_size
        self._anchors = lay_anchors(kind.grids)

    def detect(self, pyramid: Pyramid, region: Region, *, min_score: float) -> list[Detection]:
        """Look for faces in an upright square region; best first, each face once."""
        sampled = pyramid.sample(region, self._input_size)
        raw_boxes, logits = self._network.run(to_signed(sampled))
        scores = sigmoid(logits[:, 0])
        candidates = np.flatnonzero(scores >= min_score)
        if candidates.size == 0:
            return []

        # Per anchor: centre and size of the box, then six points, all relative to the anchor's centre.
        values = raw_boxes[candidates].reshape(-1, 8, 2) / self._input_size
        anchors = self._anchors[candidates]
        half = values[:, 1] / 2
        centres = values[:, 0] + anchors
        points = values[:, 2:] + anchors[:, np.newaxis]
        corners = np.stack([centres - half, centres + half], axis=1)
        geometry = np.concatenate([corners, points], axis=1)

        detections = []
        for merged, score in blend_overlapping(geometry, scores[candidates]):
            placed = region.to_picture(merged)
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
