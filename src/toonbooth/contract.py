"""What gallery and studio say to each other over HTTP, and what both say to everybody.

Either side can be replaced by somebody else's, so nothing here may be needed that the guide doesn't name: the
`X-Toonbooth-*` headers are additions that a reader must be able to do without.
"""

import json
from dataclasses import asdict
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

GENERATE_CARTOON_PATH: Final = "/generate-cartoon"
PROCESS_FACE_CUT_PATH: Final = "/process-face-cut"
STYLES_PATH: Final = "/styles"
HEALTH_PATH: Final = "/health"

IMAGE_FIELD: Final = "image"
STYLE_FIELD: Final = "style"
SEED_FIELD: Final = "seed"

MAX_IMAGE_BYTES: Final = 10 * 1024 * 1024
"""10 MB of the guide: 10,485,760 bytes of the file part."""

MAX_SEED: Final = 2**31 - 1
"""A seed is an integer from 0 to this, so that every client's integers hold it."""

STYLE_HEADER: Final = "X-Toonbooth-Style"
SEED_HEADER: Final = "X-Toonbooth-Seed"
FACES_HEADER: Final = "X-Toonbooth-Faces"
GEOMETRY_HEADER: Final = "X-Toonbooth-Geometry"
"""How a face cut found its face: `metadata` or `detectors`."""


@dataclass(frozen=True, slots=True, config=ConfigDict(allow_inf_nan=False, extra="forbid"))
class FaceSummary:
    """A face as clients see it: `box` is x, y, width, height as fractions of the picture, left to right."""

    box: tuple[float, float, float, float]
    score: float


_MAX_FACES_HEADER_CHARACTERS: Final = 4096
_FACES: Final = TypeAdapter(tuple[FaceSummary, ...])


def encode_faces_header(faces: tuple[FaceSummary, ...]) -> str:
    """Write the value of `X-Toonbooth-Faces`: one line of ASCII JSON."""
    return json.dumps([asdict(face) for face in faces], separators=(",", ":"))


def decode_faces_header(value: str | None) -> tuple[FaceSummary, ...] | None:
    """Read the value of `X-Toonbooth-Faces`; None when it is missing or not ours."""
    if value is None or len(value) > _MAX_FACES_HEADER_CHARACTERS:
        return None
    try:
        return _FACES.validate_json(value)
    except ValidationError:
        return None
