"""From a picture to a portrait: the order in which the networks are asked, and what is believed of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.detection import FULL_RANGE, SHORT_RANGE, Detection, FaceDetector, overlap
from toonbooth.portrait.iris import IrisFinder
from toonbooth.portrait.matting import PersonMatte
from toonbooth.portrait.mesh import FaceMesh, Mesh, region_around
from toonbooth.portrait.model import Box, Face, Portrait
from toonbooth.portrait.models import verify_models
from toonbooth.portrait.sampling import Pyramid, Region

_MIN_DETECTION_SCORE: Final = 0.5
_MIN_MESH_SCORE: Final = 0.5


class PortraitAnalyser:
    """Finds everybody in a picture. Holds the networks' buffers: one caller at a time."""

    def __init__(self, models_folder: Path, *, threads: int = 1) -> None:
        verify_models(models_folder)
        self._short_range = FaceDetector(models_folder, SHORT_RANGE, threads=threads)
        self._full_range = FaceDetector(models_folder, FULL_RANGE, threads=threads)
        self._mesh = FaceMesh(models_folder, threads=threads)
        self._iris = IrisFinder(models_folder, threads=threads)
        self._matte = PersonMatte(models_folder, threads=threads)

    def analyse(self, picture: ByteImage) -> Portrait:
        """Measure a photo."""
        pyramid = Pyramid(picture)
        faces = self._find_faces(pyramid)
        return Portrait(picture, faces, self._matte.estimate(pyramid))

    def _find_faces(self, pyramid: Pyramid) -> tuple[Face, ...]:
        whole = Region.around_all(pyramid.picture).squared()
        detections = [
            *self._short_range.detect(pyramid, whole, min_score=_MIN_DETECTION_SCORE),
            *self._full_range.detect(pyramid, whole, min_score=_MIN_DETECTION_SCORE),
        ]
        kept: list[Detection] = []
        for detection in sorted(detections, key=lambda each: -each.score):
            if not kept or overlap(detection.box, np.stack([each.box for each in kept])).max() < 0.3:
                kept.append(detection)
        faces = []
        for detection in kept:
            mesh = self._mesh.fit(pyramid, region_around(detection))
            mesh = self._mesh.fit(pyramid, mesh.region())
            if mesh.score >= _MIN_MESH_SCORE:
                faces.append(self._describe(pyramid, mesh, mesh.score))
        return tuple(sorted(faces, key=lambda face: face.box.centre[0]))

    def _describe(self, pyramid: Pyramid, mesh: Mesh, score: float) -> Face:
        low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
        return Face(
            box=Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
            score=score,
            landmarks=mesh.points,
            depth=mesh.depth,
            left_eye=self._iris.find_left_eye(pyramid, mesh),
            right_eye=self._iris.find_right_eye(pyramid, mesh),
            roll=mesh.roll,
            yaw=mesh.yaw,
        )
