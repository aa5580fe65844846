"""What the studio's routes take and give, as models and as the OpenAPI document tells it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, Field, ValidationError

from toonbooth.contract import (
    CUT_SIDES,
    IMAGE_FIELD,
    MAX_SEED,
    PREVIEW_URL_FIELD,
    SEED_FIELD,
    STYLE_FIELD,
    STYLES_PATH,
)
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.studio.pictures import WEBP_MEDIA_TYPE, CutFormat, CutShape, StyleSummary

MAX_FACE: Final = 99


class FaceCutRequest(BaseModel):
    """The guide's `image_url`, and what Toonbooth adds to it."""

    image_url: str
    format: CutFormat = CutFormat.JPG
    shape: CutShape = CutShape.HEAD
    face: Annotated[int | None, Field(strict=True, ge=0, le=MAX_FACE)] = None
    sticker: Annotated[bool, Field(strict=True)] = False
    level: Annotated[bool, Field(strict=True)] = False
    size: Annotated[int | None, Field(strict=True, ge=CUT_SIDES[0], le=CUT_SIDES[1])] = None


class ModelReply(BaseModel):
    name: str
    licence: str = Field(description="SPDX.", examples=["Apache-2.0"])
    commercial: Literal["yes", "no", "unknown"]
    source: str


class StyleReply(BaseModel):
    name: str
    title: str
    line: str = Field(description="One sentence about how it looks.")
    preview_url: str = Field(
        alias=PREVIEW_URL_FIELD,
        description="Where a small picture of it is, relative to the studio.",
        examples=["/styles/comic/preview?v=0123456789ab"],
    )
    model: ModelReply | None = Field(description="The network of a neural style; null draws without one.")

    @classmethod
    def of(cls, style: StyleSummary) -> Self:
        return cls(
            name=style.name,
            title=style.title,
            line=style.line,
            previewUrl=f"{STYLES_PATH}/{style.name}/preview?v={style.preview_version}",
            model=None
            if (model := style.model) is None
            else ModelReply.model_validate(model, from_attributes=True),
        )


class StyleList(BaseModel):
    styles: list[StyleReply] = Field(description="The default comes first.")


class StylesReply(BaseModel):
    success: bool = True
    data: StyleList


class Health(BaseModel):
    status: str = "ready"


class HealthReply(BaseModel):
    success: bool = True
    data: Health


class ErrorReply(BaseModel):
    success: bool = False
    error: str = Field(description="A sentence for a person.")
    code: str = Field(description="Stable; programs may rely on it.")


def describe_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ErrorReply, "description": "What went wrong."} for status in statuses}


def describe_pictures(*media_types: str) -> dict[int | str, dict[str, Any]]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = dict.fromkeys((*media_types, "multipart/form-data"), binary)
    return {200: {"content": content, "description": "The picture, or a form that holds it."}}


PREVIEW_REPLY: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {WEBP_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        "description": "The picture.",
    }
}
CARTOON_FORM: Final = {
    "type": "object",
    "required": [IMAGE_FIELD],
    "properties": {
        IMAGE_FIELD: {"type": "string", "format": "binary", "description": "The photo, 10 MB at most."},
        STYLE_FIELD: {"type": "string", "description": "A name from `/styles`."},
        SEED_FIELD: {"type": "integer", "minimum": 0, "maximum": MAX_SEED},
    },
}

FACE_CUT_REQUEST: Final = {
    "type": "object",
    "required": ["image_url"],
    "properties": {
        "image_url": {"type": "string", "description": "An address within the studio's trusted origins."},
        "format": {
            "type": "string",
            "enum": [each.value for each in CutFormat],
            "default": CutFormat.JPG.value,
            "description": "JPEG is on white, the others are transparent around the face.",
        },
        "shape": {
            "type": "string",
            "enum": [each.value for each in CutShape],
            "default": CutShape.HEAD.value,
            "description": "The head with its hair, the bare face, or a square with the background.",
        },
        "face": {
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_FACE,
            "description": "Which person, from left to right; the most prominent one when left out.",
        },
        "sticker": {
            "type": "boolean",
            "default": False,
            "description": "An even white outline; a square, which has no edge, gets none.",
        },
        "level": {
            "type": "boolean",
            "default": False,
            "description": "Whether a tilted head is turned upright.",
        },
        "size": {
            "type": "integer",
            "minimum": CUT_SIDES[0],
            "maximum": CUT_SIDES[1],
            "description": "Pixels of the longer side; as large as in the cartoon when left out.",
        },
    },
}

_NOT_AN_OBJECT: Final = 'Send a JSON object such as {"image_url": "http://…"}.'
_FIELD_SENTENCES: Final = {
    "image_url": "image_url is missing or not a text.",
    "format": "format must be jpg, png or webp.",
    "shape": "shape must be head, face or square.",
    "face": f"face must be a whole number from 0 to {MAX_FACE}.",
    "sticker": "sticker must be true or false.",
    "level": "level must be true or false.",
    "size": f"size must be a whole number from {CUT_SIDES[0]} to {CUT_SIDES[1]}.",
}


def read_face_cut_request(body: bytes) -> FaceCutRequest:
    try:
        return FaceCutRequest.model_validate_json(body)
    except ValidationError as error:
        place = error.errors(include_url=False, include_input=False)[0]["loc"]
        raise InvalidRequestError(
            _FIELD_SENTENCES.get(str(place[0]) if place else "", _NOT_AN_OBJECT)
        ) from error
