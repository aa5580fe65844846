"""Eyes: the lids' contour and the iris of one eye, far finer than the face mesh has them.

References
----------
A. Ablavatski, A. Vakunov, I. Grishchenko, K. Raveendran, M. Zhdanovich, "Real-time Pupil Tracking from
Monocular Video for Digital Puppetry", CVPR Workshop on Computer Vision for AR/VR, 2020.
doi:10.48550/arXiv.2006.11341
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from toonbooth.imaging.pixels import to_float
from toonbooth.portrait.mesh import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Mesh
from toonbooth.portrait.model import Eye, Points
from toonbooth.portrait.models import IRIS_LANDMARK
from toonbooth.portrait.network import Network
from toonbooth.portrait.sampling import Pyramid, Region

_INPUT_SIZE: Final = 64
# The network is trained on squares 2.3 times as wide as the eye.
_MARGIN: Final = 2.3
_LID_POINTS: Final = 16

# The network's points 0…8 run along the lower lid from the outer to the inner corner, 9…15 along the upper
# lid between the corners. Ours: outer corner, upper lid, inner corner, lower lid back.
_CONTOUR: Final = (0, 9, 10, 11, 12, 13, 14, 15, 8, 7, 6, 5, 4, 3, 2, 1)


class IrisFinder:
    """The iris network. It knows left eyes only; right ones are shown to it mirrored."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self._network = Network(folder, IRIS_LANDMARK, threads=threads)

    def find_left_eye(self, pyramid: Pyramid, mesh: Mesh) -> Eye:
        """The eye on the left of the picture when the head is upright."""
        return self._find(pyramid, _region_around(mesh, LEFT_EYE_CORNERS, mirrored=False))

    def find_right_eye(self, pyramid: Pyramid, mesh: Mesh) -> Eye:
        """The eye on the right of the picture when the head is upright."""
        return self._find(pyramid, _region_around(mesh, RIGHT_EYE_CORNERS, mirrored=True))

    def _find(self, pyramid: Pyramid, region: Region) -> Eye:
        sampled = pyramid.sample(region, width=_INPUT_SIZE, height=_INPUT_SIZE, border=cv2.BORDER_REPLICATE)
        lids, iris = self._network.run(to_float(sampled))
        contour = lids.reshape(-1, 3)[:_LID_POINTS, :2][list(_CONTOUR)] / np.float32(_INPUT_SIZE)
        # Centre, then the iris' rim: one side, top, other side, bottom.
        centre, side, _, other_side, _ = iris.reshape(5, 3)[:, :2] / np.float32(_INPUT_SIZE)
        x, y = region.to_picture(centre[np.newaxis])[0]
        return Eye(
            contour=region.to_picture(contour),
            iris_centre=(float(x), float(y)),
            iris_radius=float(np.hypot(*(side - other_side))) / 2 * region.width,
            openness=measure_openness(contour),
        )


def measure_openness(contour: Points) -> float:
    """Lid distance over eye width, from a contour in the order of `Eye.contour`."""
    width = float(np.hypot(*(contour[8] - contour[0])))
    upper, lower = contour[3:6], contour[[13, 12, 11]]
    return float(np.hypot(*(upper - lower).T).mean()) / max(width, 1e-6)


def _region_around(mesh: Mesh, corners: tuple[int, int], *, mirrored: bool) -> Region:
    outer, inner = mesh.points[list(corners)]
    across = (inner - outer) * (-1.0 if mirrored else 1.0)
    x, y = (outer + inner) / 2
    side = float(np.hypot(*across)) * _MARGIN
    return Region(
        float(x), float(y), side, side, angle=float(np.arctan2(across[1], across[0])), mirrored=mirrored
    )
