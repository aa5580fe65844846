"""What goes into a drawing and what comes out, as plain data. Imports no numpy: see `tasks`."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from toonbooth.contract import FaceSummary

JPEG_MEDIA_TYPE: Final = "image/jpeg"

WEBP_MEDIA_TYPE: Final = "image/webp"
DECODING: Final = "decoding"
"""The stage of a worker that reads pixels."""

Geometry = Literal["metadata", "detectors"]
"""Where the face was found: in what the cartoon's own file says, or by looking for it."""


@dataclass(frozen=True, slots=True)
class NeuralChoice:
    """Which networks may draw: the folder of their manifests, and what the operator allows."""

    folder: Path
    allow_noncommercial: bool = False
    onnx_provider: str = "auto"


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """The network of a neural style. `provider`: what it really runs on."""

    name: str
    licence: str
    commercial: str
    source: str
    provider: str


@dataclass(frozen=True, slots=True)
class StyleSummary:
    """A style as clients see it. `preview`: a small WebP file. `model`: None draws without one."""

    name: str
    title: str
    line: str
    preview: bytes
    model: ModelSummary | None = None

    @property
    def preview_version(self) -> str:
        """Changes with the preview, so that caches may keep it for good."""
        return hashlib.sha256(self.preview).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class StyleList:
    """All styles, the default first, and one line for each neural style that is left out."""

    styles: tuple[StyleSummary, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CartoonFile:
    """A JPEG file, what was drawn in it and how; `seed` and `style` draw it again."""

    data: bytes
    style: str
    seed: int
    faces: tuple[FaceSummary, ...]
    width: int
    height: int
    model: ModelSummary | None = None


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
