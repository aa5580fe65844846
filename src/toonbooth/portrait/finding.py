"""Finding faces: detectors propose, the landmark network disposes.

The detectors are asked for faint hints as well; what they propose may be a cup of coffee, or a face whose
tilt they got wrong. The landmark network's evidence settles both. On photos it is over 14 for a face seen the
right way up, under 12 for the same face upside down or sideways, and hardly ever above 6 for anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from toonbooth.portrait.detection import FULL_RANGE, SHORT_RANGE, Detection, FaceDetector, overlap
from toonbooth.portrait.mesh import FaceMesh, Mesh, region_around
from toonbooth.portrait.sampling import Pyramid, Region

# Above this a mesh cannot be upside down, and no other angle is tried.
_SURE_EVIDENCE: Final = 13.0
# Faces seen from the wrong side have -8 or more, most other things -6 or less: where somebody was found
# already, what is below isn't turned.
_TURNABLE_EVIDENCE: Final = -5.0
_SAME_PLACE_OVERLAP: Final = 0.3
# By so much a hint must be clearer to be followed where another led to no sure face: drawn faces are first
# guessed at much too large.
_CLEARER: Final = 0.2
# The mesh likes to see a second, smaller face in the forehead and eyes of a first one. Cheeks that touch
# cover each other less.
_SAME_FACE_COVERING: Final = 0.35
_CLEAR_DETECTION_SCORE: Final = 0.5
# A crowd is worked through to the end of this many; faint hints only while few of them were tried, because
# every one costs up to five runs of the landmark network.
_MAX_CANDIDATES: Final = 40
_MAX_FAINT_CANDIDATES: Final = 8
# Sizes are rounded up to this, so that pictures of like shape share one: changing it costs milliseconds.
_SIZE_STEP: Final = 32
_FULL_RANGE_PIXELS: Final = 192
# Of the picture's shorter side: with a face that wide, the search for small ones is content with larger ones.
_CLOSE_UP: Final = 0.45
# Of the longer side: where a face that wide is sure, the second opinion of the full-range detector, which
# notices faces that are hard to see, isn't asked for, and the faintest hints aren't followed.
_PROMINENT: Final = 0.12


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look.

    fine_pixels : the longest side at which the picture is searched for small faces; 16 pixels make a face.
    close_up_pixels : the same behind somebody who is close to the camera.
    coarse_pixels : looks at faces that fill much of the picture.
    min_detection_score : 0…1, the faintest hint that is followed.
    min_score_beside : the same beside somebody prominent.
    turning : whether to try a face that isn't seen the right way up at all quarter turns.
    min_hint, min_evidence : what the landmark network must say at first sight, and in the end.
    """

    fine_pixels: int
    close_up_pixels: int
    coarse_pixels: tuple[int, ...]
    min_detection_score: float
    min_score_beside: float
    min_hint: float
    min_evidence: float
    turning: bool = True

    @property
    def for_a_guess(self) -> Effort:
        """Enough to tell whether people stand upright in a picture that was turned by guess: all angles of
        whatever looks like a face have been tried before."""
        return replace(self, fine_pixels=self.close_up_pixels, turning=False)


PHOTO: Final = Effort(
    fine_pixels=448,
    close_up_pixels=224,
    coarse_pixels=(64,),
    min_detection_score=0.3,
    min_score_beside=0.4,
    min_hint=3.0,
    min_evidence=8.0,
)
"""40 pixel faces in pictures of 1080; a cat's face has evidence 6."""

DRAWING: Final = Effort(
    fine_pixels=448,
    close_up_pixels=448,
    coarse_pixels=(64, 96, 160, 256),
    min_detection_score=0.2,
    min_score_beside=0.2,
    min_hint=-2.0,
    min_evidence=6.5,
)
"""Networks trained on photos see drawn faces only faintly. Of 276 drawings of 13 photos the faintest face had
evidence 8.6; in 160 pictures without people and their drawings nine faces were seen, with 6.1 at most."""


class Search:
    """What has been proposed, tried and found in one picture."""

    def __init__(self) -> None:
        self.meshes: list[Mesh] = []
        self._tried: list[tuple[Detection, Mesh | None]] = []
        self._faint: list[Detection] = []

    def add(self, tried: Detection, mesh: Mesh | None) -> None:
        """Remember what a proposal has led to."""
        self._tried.append((tried, mesh))
        if mesh is not None:
            self.meshes.append(mesh)

    def choose_clear(self, detections: Iterable[Detection]) -> Iterator[Detection]:
        """The clear ones in new places; the faint ones are kept for later."""
        for detection in detections:
            if detection.score < _CLEAR_DETECTION_SCORE:
                self._faint.append(detection)
            elif len(self._tried) < _MAX_CANDIDATES and self._is_new(detection):
                yield detection

    def choose_faint(self, *, min_score: float) -> Iterator[Detection]:
        """The best of the faint ones in new places."""
        places = 0
        for detection in sorted(self._faint, key=lambda each: -each.score):
            if detection.score < min_score or places == _MAX_FAINT_CANDIDATES:
                return
            if self._is_new(detection):
                places += 1
                yield detection

    def _is_new(self, detection: Detection) -> bool:
        return not any(
            _same_place(detection, tried, mesh)
            for tried, mesh in self._tried
            if (mesh is not None and mesh.evidence >= _SURE_EVIDENCE)
            or detection.score <= tried.score + _CLEARER
        )

    def widest_sure(self) -> float:
        """Pixels; 0 when no face is beyond doubt."""
        return max((mesh.width for mesh in self.meshes if mesh.evidence >= _SURE_EVIDENCE), default=0.0)


class FaceFinder:
    """Both detectors and the landmark network."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self._short_range = FaceDetector(folder, SHORT_RANGE, threads=threads)
        self._full_range = FaceDetector(folder, FULL_RANGE, threads=threads)
        self._mesh = FaceMesh(folder, threads=threads)

    def find(self, pyramid: Pyramid, effort: Effort) -> list[Mesh]:
        """The meshes of all faces at any tilt, each once, the surest first."""
        whole = Region.around_all(pyramid.picture)
        search = Search()

        def look(detector: FaceDetector, region: Region, width: int, height: int) -> None:
            detections = detector.detect(
                pyramid, region, width=width, height=height, min_score=effort.min_detection_score
            )
            for detection in search.choose_clear(detections):
                least = _TURNABLE_EVIDENCE if search.meshes else -np.inf
                search.add(detection, self._fit(pyramid, region_around(detection), effort, turned_from=least))

        # With as much black around it, a face that fills the picture has the size that the network knows.
        around = replace(whole, width=2 * whole.width, height=2 * whole.height)
        for pixels in effort.coarse_pixels:
            look(self._short_range, *frame(around, 2 * pixels))
        close_up = search.widest_sure() >= _CLOSE_UP * min(whole.width, whole.height)
        look(self._short_range, *frame(whole, effort.close_up_pixels if close_up else effort.fine_pixels))
        prominent = search.widest_sure() >= _PROMINENT * max(whole.width, whole.height)
        if not prominent:
            look(self._full_range, whole.squared(), _FULL_RANGE_PIXELS, _FULL_RANGE_PIXELS)
        least_score = effort.min_score_beside if prominent else effort.min_detection_score
        for detection in search.choose_faint(min_score=least_score):
            # In a picture with somebody upright a faint hint isn't worth the time of looking at it sideways.
            least = np.inf if search.meshes else -np.inf
            search.add(detection, self._fit(pyramid, region_around(detection), effort, turned_from=least))
        return keep_surest(search.meshes)

    def _fit(self, pyramid: Pyramid, region: Region, effort: Effort, *, turned_from: float) -> Mesh | None:
        """Lay the mesh over a proposed face, the right way up; None when there is no face.

        What has less evidence than `turned_from` at first sight isn't looked at from other sides.
        """
        mesh = self._mesh.fit(pyramid, region)
        if mesh.evidence < _SURE_EVIDENCE:
            quarters = (1, 2, 3) if effort.turning and mesh.evidence >= turned_from else ()
            turned = [
                self._mesh.fit(pyramid, replace(region, angle=region.angle + quarter * np.pi / 2))
                for quarter in quarters
            ]
            mesh = max([mesh, *turned], key=lambda each: each.evidence)
            if mesh.evidence < effort.min_hint:
                return None
            # Centre and angle were guesses: one more fit brings them close enough for the last.
            mesh = self._mesh.fit(pyramid, mesh.region())
        # The detector's box trembles; the mesh's own region makes the result independent of it.
        mesh = self._mesh.fit(pyramid, mesh.region())
        return mesh if mesh.evidence >= effort.min_evidence else None


def frame(region: Region, longest_pixels: int) -> tuple[Region, int, int]:
    """Enlarge a region to a size that the network takes: the region, and its width and height in pixels when
    the longer side of what was asked for has `longest_pixels`."""
    scale = max(region.width, region.height) / longest_pixels
    width, height = (
        ceil(length / scale / _SIZE_STEP - 1e-6) * _SIZE_STEP for length in (region.width, region.height)
    )
    return replace(region, width=width * scale, height=height * scale), width, height


def keep_surest(meshes: Iterable[Mesh]) -> list[Mesh]:
    """Of meshes over the same face only the one with most evidence; the surest first."""
    kept: list[Mesh] = []
    for mesh in sorted(meshes, key=lambda each: -each.evidence):
        if all(covering(mesh.box, each.box) <= _SAME_FACE_COVERING for each in kept):
            kept.append(mesh)
    return kept


def _same_place(detection: Detection, tried: Detection, mesh: Mesh | None) -> bool:
    """Whether a proposal is of what another was of, or a part of the face that this one has led to."""
    if mesh is not None and _lies_within(detection, mesh):
        return True
    return float(overlap(detection.box, tried.box[np.newaxis])[0]) >= _SAME_PLACE_OVERLAP


def _lies_within(detection: Detection, mesh: Mesh) -> bool:
    """Whether a proposal is a part of a face that has been found; not the other way round, as a part may have
    been found before its face."""
    box = mesh.box
    larger = float(np.prod(box[2:] - box[:2])) > detection.side**2
    return larger and covering(detection.box, box) > _SAME_FACE_COVERING


def covering(box: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How much of the smaller of two boxes, (x0, y0, x1, y1), lies in the larger: 0…1."""
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    smaller = min(np.prod(box[2:] - box[:2]), np.prod(other[2:] - other[:2]))
    return float(np.prod(np.maximum(sides, 0)) / max(smaller, 1e-9))
