"""Understands what the studio answers: a picture, a list of styles, a refusal. No I/O.

The reply of somebody else's server is foreign input: what it claims of itself is believed only where nothing
hangs on it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from toonbooth.contract import (
    FACES_HEADER,
    IMAGE_FIELD,
    MAX_SEED,
    PREVIEW_URL_FIELD,
    SEED_HEADER,
    STYLE_HEADER,
    FaceSummary,
    decode_faces_header,
)
from toonbooth.kit.multipart import (
    MalformedMultipartError,
    MultipartReader,
    NotMultipartError,
    PartData,
    PartStart,
)

_MAX_STYLES: Final = 200
_MAX_MODEL_TEXT: Final = 100
_MAX_PREVIEW_BYTES: Final = 256 * 1024
_PREVIEW_PATH: Final = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9._/-]{0,199}(?:\?[A-Za-z0-9._=&-]{0,99})?")
_PREVIEW_BEGINNINGS: Final = {
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
}
_MAX_SENTENCE_LENGTH: Final = 300
_MAX_ERROR_BYTES: Final = 8192
_DEFAULT_RETRY_AFTER_SECONDS: Final = 5
_MAX_RETRY_AFTER_SECONDS: Final = 300


class GarbledReplyError(ValueError):
    """The studio says "success", and what it sends isn't what the contract says."""


@dataclass(frozen=True, slots=True)
class StudioPicture:
    """A picture file as the studio sent it, and what it said of it; a foreign server says nothing."""

    content: bytes
    style: str | None
    seed: int | None
    faces: tuple[FaceSummary, ...] | None


@dataclass(frozen=True, slots=True)
class StyleModel:
    """The network of a neural style, and what its licence says of commercial use: yes, no or unknown."""

    name: str
    licence: str
    commercial: str


@dataclass(frozen=True, slots=True)
class StyleInfo:
    """A style as clients see it."""

    name: str
    title: str
    line: str
    model: StyleModel | None = None
    preview_path: str | None = None
    """Where the studio has its preview, as a path with perhaps a query; a foreign server may have none."""

    @property
    def preview_version(self) -> str:
        """Changes with the preview's path, and so with the picture."""
        return hashlib.sha256((self.preview_path or "").encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class StylePreview:
    """A style's small picture, as the studio sent it."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class StudioReply:
    """A reply, read to its end. `headers` finds names in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def retry_after_seconds(self) -> int:
        """What `Retry-After` says, in seconds and within reason; the form with a date is not understood."""
        seconds = read_whole_number(self.headers.get("retry-after"), maximum=_MAX_RETRY_AFTER_SECONDS)
        return seconds or _DEFAULT_RETRY_AFTER_SECONDS

    @property
    def code(self) -> str | None:
        """The code of a refusal in our shape."""
        code = self._read_refusal().get("code")
        return code if isinstance(code, str) else None

    @property
    def sentence(self) -> str | None:
        """The sentence of a refusal in our shape, when it can be shown to a person."""
        sentence = self._read_refusal().get("error")
        if not isinstance(sentence, str) or not 0 < len(sentence) <= _MAX_SENTENCE_LENGTH:
            return None
        return sentence if sentence.isprintable() else None

    def _read_refusal(self) -> dict[str, object]:
        if len(self.content) > _MAX_ERROR_BYTES:
            return {}
        try:
            body = json.loads(self.content)
        except ValueError:
            return {}
        # Only who writes our shape writes for people; others' texts may tell paths and addresses.
        return body if isinstance(body, dict) and body.get("success") is False else {}


def read_picture(reply: StudioReply) -> StudioPicture:
    """Take the picture out of a reply: the body itself, or the first file of a form.

    Raises
    ------
    GarbledReplyError
        When there is none.
    """
    content_type = reply.headers.get("content-type", "")
    is_form = content_type.lower().startswith("multipart/")
    content = _read_first_file(content_type, reply.content) if is_form else reply.content
    if not content:
        raise GarbledReplyError("an empty picture")
    return StudioPicture(
        content=content,
        style=_read_name(reply.headers.get(STYLE_HEADER)),
        seed=read_whole_number(reply.headers.get(SEED_HEADER), maximum=MAX_SEED),
        faces=decode_faces_header(reply.headers.get(FACES_HEADER)),
    )


def read_styles(reply: StudioReply) -> tuple[StyleInfo, ...]:
    """Read the list of styles; empty when it isn't one."""
    try:
        entries = json.loads(reply.content)["data"]["styles"][:_MAX_STYLES]
        return tuple(
            StyleInfo(
                name=str(entry["name"]),
                title=str(entry.get("title", entry["name"])),
                line=str(entry.get("line", "")),
                model=_read_model(entry.get("model")),
                preview_path=_read_path(entry.get(PREVIEW_URL_FIELD)),
            )
            for entry in entries
            if _read_name(str(entry["name"])) is not None
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()


def read_preview(reply: StudioReply) -> StylePreview:
    """Take a preview out of a reply.

    Raises
    ------
    GarbledReplyError
        When it isn't a small WebP, JPEG or PNG file.
    """
    if reply.status == 200 and len(reply.content) <= _MAX_PREVIEW_BYTES:
        for media_type, beginning in _PREVIEW_BEGINNINGS.items():
            if beginning.match(reply.content):
                return StylePreview(reply.content, media_type)
    raise GarbledReplyError("no preview")


def read_whole_number(value: str | None, *, maximum: int) -> int | None:
    """Read a number of plain digits, at most `maximum`; None when it isn't one."""
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > len(str(maximum)):
        return None
    return number if (number := int(value)) <= maximum else None


def _read_first_file(content_type: str, content: bytes) -> bytes:
    pieces: list[bytes] = []
    inside = False
    try:
        reader = MultipartReader(content_type)
        for event in reader.feed(content):
            if isinstance(event, PartStart):
                if pieces:
                    break
                inside = event.is_file or event.name == IMAGE_FIELD
            elif isinstance(event, PartData) and inside:
                pieces.append(event.data)
    except (NotMultipartError, MalformedMultipartError) as error:
        raise GarbledReplyError("a form that cannot be read") from error
    if not reader.ended:
        raise GarbledReplyError("a form that breaks off")
    return b"".join(pieces)


def _read_model(entry: object) -> StyleModel | None:
    if not isinstance(entry, dict):
        return None
    name, licence, commercial = (
        str(entry.get(key, ""))[:_MAX_MODEL_TEXT] for key in ("name", "licence", "commercial")
    )
    return StyleModel(name, licence, commercial if commercial in {"yes", "no"} else "unknown")


def _read_path(value: object) -> str | None:
    """A path within the studio; the rest of the network is none of a list's business."""
    return value if isinstance(value, str) and _PREVIEW_PATH.fullmatch(value) else None


def _read_name(value: str | None) -> str | None:
    if value is None or not 0 < len(value) <= 64:
        return None
    return value if value.isascii() and value.replace("-", "").replace("_", "").isalnum() else None
