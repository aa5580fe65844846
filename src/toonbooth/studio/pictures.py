"""What goes into a drawing and what comes out, as plain data. Imports no numpy: see `tasks`."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from toonbooth.contract import FaceSummary

JPEG_MEDIA_TYPE: Final = "image/jpeg"

WEBP_MEDIA_TYPE: Final = "image/webp"

Geometry = Literal["metadata", "detectors"]
"""Where the face was found: in what the cartoon's own file says, or by looking for it."""


@dataclass(frozen=True, slots=True)
class StyleSummary:
    """A style as clients see it. `preview`: a small WebP file."""

    name: str
    title: str
    line: str
    preview: bytes

    @property
    def preview_version(self) -> str:
        """Changes with the preview, so that caches may keep it for good."""
        return hashlib.sha256(self.preview).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class CartoonFile:
    """A JPEG file, what was drawn in it and how; `seed` and `style` draw it again."""

    data: bytes
    style: str
    seed: int
    faces: tuple[FaceSummary, ...]
    width: int
    height: int


class CutFormat(StrEnum):
    """JPEG lays the face on white; the others keep it transparent around."""

    JPG = "jpg"
    PNG = "png"
    WEBP = "webp"


class CutShape(StrEnum):
    """The head with its hair, the bare face, or a square with the background."""

    HEAD = "head"
    FACE = "face"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class CutOptions:
    """How a face is cut.

    face : counts from 0, left to right; None is the most prominent one.
    sticker : whether a white outline is drawn around it.
    level : whether a tilted head is turned upright.
    size : pixels of the longer side; None is the cartoon's own resolution.
    """

    format: CutFormat = CutFormat.JPG
    shape: CutShape = CutShape.HEAD
    face: int | None = None
    sticker: bool = False
    level: bool = False
    size: int | None = None


@dataclass(frozen=True, slots=True)
class FaceCutFile:
    """A picture file of a face. `score`: how sure the networks were that it is one."""

    data: bytes
    media_type: str
    geometry: Geometry
    score: float
