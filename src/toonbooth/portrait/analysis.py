"""From a picture to a portrait: which way is up, who is there, and which pixels are people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.earrings import find_earrings
from toonbooth.portrait.finding import DRAWING, PHOTO, Effort, FaceFinder
from toonbooth.portrait.iris import IrisFinder
from toonbooth.portrait.matting import PersonMatte
from toonbooth.portrait.mesh import Mesh
from toonbooth.portrait.model import Box, Face, Portrait
from toonbooth.portrait.models import verify_models
from toonbooth.portrait.sampling import Pyramid

# A head that leans this far is leaning; beyond, the picture lies on its side.
_MAX_LEAN: Final = np.radians(60)
# Evidence at which a face is as likely as not, and how fast belief grows with it: a clear face gets 0.99.
_DOUBTFUL_EVIDENCE: Final = 8.0
_EVIDENCE_STEP: Final = 2.0


class PortraitAnalyser:
    """Finds everybody in a picture.

    Holds the networks' buffers: one caller at a time, so one analyser for every worker. `threads` makes it
    faster and changes no byte of the result.
    """

    def __init__(self, models_folder: Path, *, threads: int = 1) -> None:
        verify_models(models_folder)
        self._finder = FaceFinder(models_folder, threads=threads)
        self._iris = IrisFinder(models_folder, threads=threads)
        self._matte = PersonMatte(models_folder, threads=threads)

    def analyse(self, picture: ByteImage) -> Portrait:
        """Measure a photo.

        Parameters
        ----------
        picture : uint8 array, shape (H, W, 3), sRGB
            Meant for a longest side about 1080: faces from 40 pixels up are found there, from 1/27 of the
            longest side in general.

        Returns
        -------
        The portrait. Its picture is turned upright when the heads in the photo lie on their side or stand on
        their head; otherwise it is the same array.

        Raises
        ------
        ValueError
            If picture is not a colour picture of bytes.
        """
        return self._analyse(picture, PHOTO)

    def analyse_drawing(self, picture: ByteImage) -> Portrait:
        """Measure a cartoon, or any image of unknown origin: looks longer and believes fainter evidence, so
        it may see a face where there is none."""
        return self._analyse(picture, DRAWING)

    def _analyse(self, picture: ByteImage, effort: Effort) -> Portrait:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"picture must be uint8 (H, W, 3), not {picture.dtype} {picture.shape}")
        pyramid, meshes = self._find_upright(picture, effort)
        faces = [self._describe(pyramid, mesh) for mesh in meshes]
        faces.sort(key=lambda face: face.box.centre)
        matte, jewels = find_earrings(self._matte.estimate(pyramid, meshes), pyramid.picture, faces)
        return Portrait(pyramid.picture, tuple(faces), matte, jewels=jewels)

    def _find_upright(self, picture: ByteImage, effort: Effort) -> tuple[Pyramid, list[Mesh]]:
        """Turn the picture the way its heads say, or else until somebody is found; unturned if nobody is."""
        pyramid = Pyramid(picture)
        meshes = self._finder.find(pyramid, effort)
        if meshes:
            turns = count_quarter_turns(meshes)
            if turns == 0:
                return pyramid, meshes
            turned = Pyramid(turn(picture, turns))
            return turned, self._finder.find(turned, effort)
        for turns in (1, 3, 2):
            turned = Pyramid(turn(picture, turns))
            meshes = self._finder.find(turned, effort.for_a_guess)
            # A face found lying in a picture that was turned by guess speaks for another guess.
            if meshes and count_quarter_turns(meshes) == 0:
                return turned, self._finder.find(turned, effort)
        return pyramid, []

    def _describe(self, pyramid: Pyramid, mesh: Mesh) -> Face:
        x0, y0, x1, y1 = (float(value) for value in mesh.box)
        return Face(
            box=Box(x0, y0, x1 - x0, y1 - y0),
            score=score_of(mesh),
            landmarks=mesh.points,
            depth=mesh.depth,
            left_eye=self._iris.find_left_eye(pyramid, mesh),
            right_eye=self._iris.find_right_eye(pyramid, mesh),
            roll=mesh.roll,
            yaw=mesh.yaw,
        )


def count_quarter_turns(meshes: Sequence[Mesh]) -> int:
    """How often to turn the picture a quarter counterclockwise until the heads are up: 0…3.

    Heads count by their area, so that somebody lying in front of a group doesn't turn it.
    """
    direction = np.zeros(2)
    for mesh in meshes:
        width, height = mesh.box[2:] - mesh.box[:2]
        direction += float(width * height) * np.array([np.cos(mesh.roll), np.sin(mesh.roll)])
    lean = float(np.arctan2(direction[1], direction[0]))
    return 0 if abs(lean) <= _MAX_LEAN else round(lean / (np.pi / 2)) % 4


def turn(picture: ByteImage, quarters: int) -> ByteImage:
    """Turn counterclockwise by quarters."""
    return np.ascontiguousarray(np.rot90(picture, quarters))


def score_of(mesh: Mesh) -> float:
    """Evidence to 0…1."""
    return float(1 / (1 + np.exp((_DOUBTFUL_EVIDENCE - mesh.evidence) / _EVIDENCE_STEP)))
