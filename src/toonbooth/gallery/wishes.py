"""What a client may wish for beyond the guide: a style and a seed for a drawing, how a face is cut."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from toonbooth.contract import CUT_SIDES, MAX_SEED, SEED_FIELD, STYLE_FIELD
from toonbooth.kit.errors import InvalidRequestError

MAX_FACE: Final = 99

Choice = TypeVar("Choice", bound=StrEnum)

_STYLE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,10}")


class FaceFormat(StrEnum):
    """The file that a face cut becomes."""

    JPG = "jpg"
    PNG = "png"
    WEBP = "webp"


class FaceShape(StrEnum):
    """What is cut: the head with its hair, the bare face, a square around the head."""

    HEAD = "head"
    FACE = "face"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class DrawingWishes:
    """None leaves the choice to us."""

    style: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class CutWishes:
    """None leaves the choice to the studio. `face` counts from 0, left to right; `size` is pixels."""

    format: FaceFormat | None = None
    shape: FaceShape | None = None
    face: int | None = None
    sticker: bool | None = None
    level: bool | None = None
    size: int | None = None


def read_wishes(values: Mapping[str, object]) -> DrawingWishes:
    """Read `style` and `seed` from a form or a JSON object; null or an empty text wishes nothing.

    Raises
    ------
    InvalidRequestError
    """
    style = values.get(STYLE_FIELD)
    if style in (None, ""):
        style = None
    elif not isinstance(style, str) or not _STYLE_NAME.fullmatch(style):
        raise InvalidRequestError("style must be the name of a style.")
    return DrawingWishes(
        style=style, seed=_read_number(values.get(SEED_FIELD), name=SEED_FIELD, maximum=MAX_SEED)
    )


def read_cut_wishes(values: Mapping[str, object]) -> CutWishes:
    """Read what a face cut may be like from a form or a JSON object.

    Raises
    ------
    InvalidRequestError
    """
    return CutWishes(
        format=_read_choice(values.get("format"), FaceFormat, sentence="format must be jpg, png or webp."),
        shape=_read_choice(values.get("shape"), FaceShape, sentence="shape must be head, face or square."),
        face=_read_number(values.get("face"), name="face", maximum=MAX_FACE),
        sticker=_read_switch(values.get("sticker"), name="sticker"),
        level=_read_switch(values.get("level"), name="level"),
        size=_read_number(values.get("size"), name="size", minimum=CUT_SIDES[0], maximum=CUT_SIDES[1]),
    )


def _read_choice(value: object, choices: type[Choice], *, sentence: str) -> Choice | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value in {choice.value for choice in choices}:
        return choices(value)
    raise InvalidRequestError(sentence)


def _read_number(value: object, *, name: str, maximum: int, minimum: int = 0) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise InvalidRequestError(f"{name} must be a whole number from {minimum} to {maximum}.")
    return value


def _read_switch(value: object, *, name: str) -> bool | None:
    """JSON's true and false, or the same words of a form."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value)
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name} must be true or false.")
    return value
