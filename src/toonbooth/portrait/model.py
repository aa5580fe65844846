"""What was measured on a photo, as plain data: no networks, no files, no drawing.

All coordinates are pixels of the picture they came with: x to the right, y down, the centre of the top left
pixel at (0, 0). "Left" and "right" are the picture's, not the person's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import ByteImage, FloatImage

Points = NDArray[np.float32]
"""float32, shape (N, 2): x, y in pixels."""


def scaled(points: Points, scale: float) -> Points:
    """The same places in a picture that is `scale` times as large; whole numbers are middles of pixels."""
    moved: Points = (points + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
    return moved


LANDMARK_COUNT = 468

HEAD_UNIT = 96
"""Width of a face in its head's own frame, pixels."""

HEAD_SIZE = (298, 432)
"""Width and height of a head's own frame, in which every face stands upright and is `HEAD_UNIT` wide."""

HEAD_MIDDLE = (1.55, 1.75)
"""Where the middle of the face lies in it, face widths from its left and its top."""


HAIRLINE_LENGTH = 25
"""One number for each point of the mesh's rim from jaw to jaw over the forehead describes a hairline."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels; may reach beyond the picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye of a face.

    contour : (16, 2) points around the eye opening: outer corner, along the upper lid to the inner corner,
        back along the lower lid.
    iris_centre : (x, y), pixels.
    iris_radius : pixels, half the iris' width as it appears.
    openness : lid distance over eye width; under 0.1 is closed.
    """

    contour: Points
    iris_centre: tuple[float, float]
    iris_radius: float
    openness: float


@dataclass(frozen=True, slots=True)
class Face:
    """One face.

    box : the face from forehead to chin and cheek to cheek, as far as the landmarks reach, upright.
    score : 0…1, how sure the networks are that a face is there.
    landmarks : (468, 2), the points of the MediaPipe face mesh, pixels.
    depth : (468,), towards the viewer is negative, in pixels of the same scale as x.
    left_eye, right_eye : the eye on the left and on the right of the picture when the head is upright
        (that is the person's right and left eye).
    roll : radians, how far the head is tilted clockwise in the picture; 0 is upright.
    yaw : radians, how far the head is turned; positive looks to the right of the picture.
    head : float32, `HEAD_SIZE`, 0…1: which part of the head's own frame (`facecut.frame`) is head, measured
        on the photo; None when it wasn't.
    hairline : float32, (`HAIRLINE_LENGTH`,), face widths: how far outside its usual place the face's contour
        lies (`facecut.contour`), measured on the photo; None when it wasn't.
    """

    box: Box
    score: float
    landmarks: Points
    depth: NDArray[np.float32]
    left_eye: Eye
    right_eye: Eye
    roll: float
    yaw: float
    head: FloatImage | None = None
    hairline: FloatImage | None = None

    @property
    def width(self) -> float:
        """The length that everything drawn on a face is relative to: cheek to cheek along the head's own
        axis, corrected for how far it is turned, in pixels."""
        across = self.landmarks[454] - self.landmarks[234]
        down = self.landmarks[152] - self.landmarks[10]
        return float(max(np.hypot(*across), 0.72 * np.hypot(*down)))

    @property
    def head_matrix(self) -> NDArray[np.float64]:
        """The way from pixels of the picture into the head's own frame: (2, 3)."""
        scale = HEAD_UNIT / max(self.width, 1.0)
        cosine, sine = scale * np.cos(self.roll), scale * np.sin(self.roll)
        centre = (self.landmarks[10] + self.landmarks[152]) / 2
        rotation = np.array([[cosine, sine], [-sine, cosine]])
        return np.column_stack([rotation, np.array(HEAD_MIDDLE) * HEAD_UNIT - rotation @ centre])


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture and what was measured on it.

    picture : (H, W, 3) uint8 sRGB, upright.
    faces : from left to right; empty when there is nobody.
    matte : (H, W) float32, 1 is person, 0 is background, soft at the edge, same size as the picture.
    jewels : (H, W) float32, 1 on earrings that hang free, with what they hang by; None without any. The matte
        has them, too.
    outlined : whether the matte is no estimate but the silhouette that a drawing gave its people, their ink
        included: they end exactly where it passes through 0.5.
    """

    picture: ByteImage
    faces: tuple[Face, ...]
    matte: FloatImage
    outlined: bool = False
    jewels: FloatImage | None = None

    def with_picture(self, picture: ByteImage) -> Portrait:
        """The same geometry over another picture of the same size."""
        return replace(self, picture=picture)

    def drawn_as(self, picture: ByteImage, figure: FloatImage) -> Portrait:
        """The same faces in a drawing that knows where its people end; both of the same size."""
        return replace(self, picture=picture, matte=figure, outlined=True, jewels=None)

    @property
    def main_face(self) -> Face | None:
        """The largest and most central face; None when there is nobody."""
        if not self.faces:
            return None
        height, width = self.picture.shape[:2]

        def prominence(face: Face) -> float:
            x, y = face.box.centre
            off_centre = np.hypot((x - width / 2) / width, (y - height / 2) / height)
            return face.box.width * face.box.height * (1.0 - 0.8 * float(off_centre))

        return max(self.faces, key=prominence)
