"""Face landmarks: the 468 points of the face mesh in a region that holds one face.

References
----------
Y. Kartynnik, A. Ablavatski, I. Grishchenko, M. Grundmann, "Real-time Facial Surface Geometry from Monocular
Video on Mobile GPUs", CVPR Workshop on Computer Vision for AR/VR, 2019. doi:10.48550/arXiv.1907.06724
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import to_float
from toonbooth.portrait.detection import LEFT_EYE, RIGHT_EYE, Detection
from toonbooth.portrait.model import LANDMARK_COUNT, Points
from toonbooth.portrait.models import FACE_LANDMARK
from toonbooth.portrait.network import Network
from toonbooth.portrait.sampling import Pyramid, Region

_INPUT_SIZE: Final = 192
# The network is trained on squares half as large again as the face.
_MARGIN: Final = 1.5

FOREHEAD: Final = 10
CHIN: Final = 152
LEFT_CHEEK: Final = 234
RIGHT_CHEEK: Final = 454
LEFT_EYE_CORNERS: Final = (33, 133)
"""Outer, inner corner of the eye on the left of the picture."""
RIGHT_EYE_CORNERS: Final = (263, 362)
# fmt: off
FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)
# fmt: on
"""The rim of the mesh, clockwise from the forehead."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Landmarks of one face in pixels; `depth` in the same scale, towards the viewer negative.

    `evidence` is the network's logit that a face is there: see `finding` for what its values mean.
    """

    points: Points
    depth: NDArray[np.float32]
    evidence: float

    @property
    def box(self) -> NDArray[np.float32]:
        """(x0, y0, x1, y1), upright."""
        return np.concatenate([self.points.min(axis=0), self.points.max(axis=0)])

    @property
    def width(self) -> float:
        """As `Face.width`: hardly smaller when the head is turned."""
        across = self.points[RIGHT_CHEEK] - self.points[LEFT_CHEEK]
        down = self.points[CHIN] - self.points[FOREHEAD]
        return float(max(np.hypot(*across), 0.72 * np.hypot(*down)))

    @property
    def roll(self) -> float:
        """Radians, clockwise: the tilt of the head's two axes together, each counting by its length."""
        across = self.points[RIGHT_CHEEK] - self.points[LEFT_CHEEK]
        down = self.points[CHIN] - self.points[FOREHEAD]
        return float(np.arctan2(across[1] - down[0], across[0] + down[1]))

    @property
    def yaw(self) -> float:
        """Radians, positive looks to the right of the picture: the cheek on that side lies farther away."""
        across = self.points[RIGHT_CHEEK] - self.points[LEFT_CHEEK]
        away = self.depth[RIGHT_CHEEK] - self.depth[LEFT_CHEEK]
        return float(np.arctan2(away, across @ np.array([np.cos(self.roll), np.sin(self.roll)])))

    def region(self) -> Region:
        """Where to look again for this face: upright for the head, centred on its points."""
        roll = self.roll
        cosine, sine = np.cos(roll), np.sin(roll)
        axes = np.array([[cosine, sine], [-sine, cosine]])
        along = self.points @ axes.T
        low, high = along.min(axis=0), along.max(axis=0)
        x, y = (low + high) / 2 @ axes
        side = float((high - low).max()) * _MARGIN
        return Region(float(x), float(y), side, side, angle=roll)


def region_around(detection: Detection) -> Region:
    """Where to look for the landmarks of a detected face: its box, turned so that the eyes are level."""
    (x0, y0), (x1, y1) = detection.box[:2], detection.box[2:]
    across = detection.points[RIGHT_EYE] - detection.points[LEFT_EYE]
    side = detection.side * _MARGIN
    return Region(
        float(x0 + x1) / 2, float(y0 + y1) / 2, side, side, angle=float(np.arctan2(across[1], across[0]))
    )


class FaceMesh:
    """The landmark network."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self._network = Network(folder, FACE_LANDMARK, threads=threads)

    def fit(self, pyramid: Pyramid, region: Region) -> Mesh:
        """Lay the mesh over the face in a square region, two thirds of which it should fill."""
        sampled = pyramid.sample(region, width=_INPUT_SIZE, height=_INPUT_SIZE, border=cv2.BORDER_REPLICATE)
        coordinates, logit = self._network.run(to_float(sampled))
        points = coordinates.reshape(LANDMARK_COUNT, 3) / np.float32(_INPUT_SIZE)
        return Mesh(
            points=region.to_picture(points[:, :2]),
            depth=points[:, 2] * np.float32(region.width),
            evidence=float(logit.reshape(-1)[0]),
        )
