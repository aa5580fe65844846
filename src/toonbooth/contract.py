"""What gallery and studio say to each other over HTTP. Light: the command imports it before anything else.

Either side can be replaced by somebody else's, so nothing here may be needed that the guide doesn't name: the
`X-Toonbooth-*` headers are additions that a reader must be able to do without.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

GENERATE_CARTOON_PATH: Final = "/generate-cartoon"
PROCESS_FACE_CUT_PATH: Final = "/process-face-cut"
STYLES_PATH: Final = "/styles"
HEALTH_PATH: Final = "/health"
PREVIEW_URL_FIELD: Final = "previewUrl"
"""In the list of styles: where a style's preview picture is; the studio's is relative to the studio."""
LIVE_PATH: Final = "/health/live"
READY_PATH: Final = "/health/ready"

IMAGE_FIELD: Final = "image"
STYLE_FIELD: Final = "style"
SEED_FIELD: Final = "seed"

MAX_IMAGE_BYTES: Final = 10 * 1024 * 1024
"""10 MB of the guide: 10,485,760 bytes of the file part."""

CUT_SIDES: Final = (32, 2048)
"""A face cut's longer side may be asked for, from and to these pixels."""

MAX_SEED: Final = 2**31 - 1
"""A seed is an integer from 0 to this, so that every client's integers hold it."""

CALLER_HEADER: Final = "X-Toonbooth-Caller"
"""Whose picture it is, as a word without meaning: the studio lets callers take turns."""

STYLE_HEADER: Final = "X-Toonbooth-Style"
SEED_HEADER: Final = "X-Toonbooth-Seed"
MODEL_HEADER: Final = "X-Toonbooth-Model"
LICENCE_HEADER: Final = "X-Toonbooth-Licence"
"""Which network drew a neural style, and its SPDX licence; a drawn style has neither."""
FACES_HEADER: Final = "X-Toonbooth-Faces"
GEOMETRY_HEADER: Final = "X-Toonbooth-Geometry"
"""How a face cut found its face: `metadata` or `detectors`."""
SCORE_HEADER: Final = "X-Toonbooth-Score"
"""How sure it is that what was cut out is a face, 0 to 1."""

NEWS_MEDIA_TYPE: Final = "application/json"
"""Of the parts of a `multipart/mixed` reply that tell what happens, one JSON object each: `{"stage": …}`,
perhaps with a `preview` (a small JPEG, in Base64), `{"queuePosition": …}` from 0, or, as the last part, a
failure in our shape with its `status`. A client gets them that prefers `multipart/mixed` in its `Accept`.
"""

STAGES: Final = ("decoded", "faces_found", "skin_and_hair", "lines", "encoded")
"""What is done of a drawing, in this order; a style that has no such step leaves it out."""


@dataclass(frozen=True, slots=True)
class FaceSummary:
    """A face as clients see it: `box` is x, y, width, height as fractions of the picture."""

    box: tuple[float, float, float, float]
    score: float


_MAX_FACES_HEADER_CHARACTERS: Final = 4096


def encode_faces_header(faces: tuple[FaceSummary, ...]) -> str:
    """Write the value of `X-Toonbooth-Faces`: one line of ASCII JSON, faces from left to right."""
    return json.dumps([asdict(face) for face in faces], separators=(",", ":"))


def decode_faces_header(value: str | None) -> tuple[FaceSummary, ...] | None:
    """Read the value of `X-Toonbooth-Faces`; None when it is missing or not ours."""
    if value is None or len(value) > _MAX_FACES_HEADER_CHARACTERS:
        return None
    try:
        faces = json.loads(value, parse_constant=_refuse_constant)
        return tuple(FaceSummary(box=_read_box(face["box"]), score=float(face["score"])) for face in faces)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _read_box(numbers: list[float]) -> tuple[float, float, float, float]:
    x, y, width, height = (float(number) for number in numbers)
    return x, y, width, height


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
