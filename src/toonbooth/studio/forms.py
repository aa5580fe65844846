"""Reads the request of `/generate-cartoon`, bounded in bytes, parts and seconds before anything is kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect

from toonbooth.contract import IMAGE_FIELD, MAX_IMAGE_BYTES, MAX_SEED, SEED_FIELD, STYLE_FIELD
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.multipart import (
    MalformedMultipartError,
    MultipartReader,
    NotMultipartError,
    PartData,
    PartStart,
)
from toonbooth.studio.errors import (
    EmptyFileError,
    FileTooLargeError,
    IncompleteUploadError,
    MissingFileError,
    TooManyFilesError,
)

BODY_SECONDS: Final = 60.0

_MAX_FIELD_BYTES: Final = 64
_MAX_REST_BYTES: Final = 64 * 1024
"""Everything in the body that isn't the file: boundaries, headers, other fields."""

_WHERE_THE_FILE_BELONGS: Final = f'Missing image file. The photo belongs in the form field "{IMAGE_FIELD}".'
_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class CartoonForm:
    """A photo to be drawn; None leaves the choice to the studio."""

    photo: bytes
    style: str | None
    seed: int | None


async def read_cartoon_form(
    content_type: str | None, chunks: AsyncIterator[bytes], *, timeout_seconds: float = BODY_SECONDS
) -> CartoonForm:
    """Read a form until its closing boundary.

    Raises
    ------
    MissingFileError, TooManyFilesError, EmptyFileError, FileTooLargeError, InvalidRequestError
        When the form isn't one photo in the field `image` and perhaps `style` and `seed`.
    IncompleteUploadError
        When it breaks off or takes longer than `timeout_seconds`.
    """
    form = _FormReader(content_type)
    try:
        async with asyncio.timeout(timeout_seconds):
            async for chunk in chunks:
                form.feed(chunk)
                if form.ended:
                    break
    except (ClientDisconnect, TimeoutError) as error:
        raise IncompleteUploadError("The upload broke off before its end. Please try again.") from error
    return form.finish()


class _FormReader:
    def __init__(self, content_type: str | None) -> None:
        try:
            self._reader = MultipartReader(content_type)
        except NotMultipartError as error:
            raise MissingFileError("Missing image file. Send the photo as multipart/form-data.") from error
        self._body_bytes = 0
        self._part: bytearray | None = None
        self._photo: bytearray | None = None
        self._fields: dict[str, bytearray] = {}

    @property
    def ended(self) -> bool:
        return self._reader.ended

    def feed(self, chunk: bytes) -> None:
        self._body_bytes += len(chunk)
        try:
            events = self._reader.feed(chunk)
        except MalformedMultipartError as error:
            raise InvalidRequestError("The form could not be read. Is it multipart/form-data?") from error
        for event in events:
            if isinstance(event, PartStart):
                self._start_part(event)
            elif isinstance(event, PartData):
                self._add(event.data)
        photo_bytes = len(self._photo or b"")
        if self._body_bytes - photo_bytes > _MAX_REST_BYTES + len(chunk):
            raise InvalidRequestError("The form holds more than a photo and its few fields.")

    def finish(self) -> CartoonForm:
        if not self.ended:
            raise IncompleteUploadError("The upload broke off before its end. Please try again.")
        if self._photo is None:
            raise MissingFileError(_WHERE_THE_FILE_BELONGS)
        if not self._photo:
            raise EmptyFileError("The image file is empty.")
        photo, self._photo, self._part = bytes(self._photo), None, None
        style = self._fields.get(STYLE_FIELD, b"").decode("utf-8", "replace")
        return CartoonForm(photo, style or None, self._read_seed())

    def _start_part(self, part: PartStart) -> None:
        if self._photo is not None and (part.is_file or part.name == IMAGE_FIELD):
            raise TooManyFilesError("Send one image file, not several.")
        if part.name == IMAGE_FIELD:
            self._part = self._photo = bytearray()
        elif part.is_file:
            raise MissingFileError(_WHERE_THE_FILE_BELONGS)
        elif part.name in {STYLE_FIELD, SEED_FIELD}:
            self._part = self._fields[part.name] = bytearray()
        else:
            self._part = None

    def _add(self, data: bytes) -> None:
        if self._part is None:
            return
        self._part += data
        if self._part is self._photo:
            if len(self._part) > MAX_IMAGE_BYTES:
                raise FileTooLargeError(MAX_IMAGE_BYTES)
        elif len(self._part) > _MAX_FIELD_BYTES:
            raise InvalidRequestError("style or seed is too long.")

    def _read_seed(self) -> int | None:
        text = self._fields.get(SEED_FIELD, b"").decode("utf-8", "replace")
        if not text:
            return None
        if not _WHOLE_NUMBER.fullmatch(text) or int(text) > MAX_SEED:
            raise InvalidRequestError(f"seed must be a whole number from 0 to {MAX_SEED}.")
        return int(text)
