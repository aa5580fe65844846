"""Reads `multipart/form-data`, or another multipart type, piece by piece, as it arrives.

No I/O: bytes go in, what they mean comes out. How the bytes were cut into pieces makes no difference.
Everything but the length of a part is bounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

MAX_PARTS: Final = 16
FORM: Final = "multipart/form-data"
MIXED: Final = "multipart/mixed"
_MAX_HEADERS: Final = 16
_MAX_HEADER_BYTES: Final = 4096


class NotMultipartError(ValueError):
    """The content type isn't the wanted one with a boundary."""


class MalformedMultipartError(ValueError):
    """The body isn't what its content type says, or has more parts or headers than anybody needs."""


@dataclass(frozen=True, slots=True)
class PartStart:
    """The headers of a part, their names in lower case. `is_file`: it came with a file name, which itself
    counts for nothing. Only the parts of a form have names.
    """

    name: str
    is_file: bool
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class PartData:
    """Some bytes of the part that started last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part that started last is complete."""


MultipartEvent = PartStart | PartData | PartEnd


class MultipartReader:
    """Feed it the body; `ended` tells whether the closing boundary was seen.

    Raises
    ------
    NotMultipartError
        When the content type is another.
    """

    def __init__(
        self, content_type: str | None, *, wanted_type: str = FORM, max_parts: int = MAX_PARTS
    ) -> None:
        media_type, options = parse_options_header(content_type)
        if media_type != wanted_type.encode() or not options.get(b"boundary"):
            raise NotMultipartError(f"not {wanted_type} with a boundary: {media_type!r}")
        self._is_form = wanted_type == FORM
        self.ended = False
        self._max_parts = max_parts
        self._parts = 0
        self._events: list[MultipartEvent] = []
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[str, str] = {}
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_to_header_name,
                    "on_header_value": self._add_to_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._start_part,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
                max_header_count=_MAX_HEADERS,
                max_header_size=_MAX_HEADER_BYTES,
            )
        except FormParserError as error:
            raise NotMultipartError("the boundary is too long") from error

    def feed(self, chunk: bytes) -> list[MultipartEvent]:
        """What the next bytes of the body mean. Whatever follows the closing boundary means nothing.

        Raises
        ------
        MalformedMultipartError
            When the body cannot be read on.
        """
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedMultipartError(str(error)) from error
        events, self._events = self._events, []
        return events

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > self._max_parts:
            raise MalformedMultipartError(f"more than {self._max_parts} parts")
        self._headers = {}

    def _add_to_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_to_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.lower().decode("latin-1")] = self._header_value.decode("latin-1")
        self._header_name = self._header_value = b""

    def _start_part(self) -> None:
        kind, options = parse_options_header(self._headers.get("content-disposition"))
        if self._is_form and (kind != b"form-data" or b"name" not in options):
            raise MalformedMultipartError("a part without the name of its field")
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._events.append(PartStart(name, is_file=b"filename" in options, headers=self._headers))

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(data[start:end]))

    def _end_part(self) -> None:
        self._events.append(PartEnd())

    def _end(self) -> None:
        self.ended = True
