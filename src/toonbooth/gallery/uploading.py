"""Reads the form of an upload from the request straight to where the file goes: it is never whole in memory.

Checks the form, not the picture: one file in the field `image`, no longer than allowed.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import ClientDisconnect

from toonbooth.contract import IMAGE_FIELD, SEED_FIELD, STYLE_FIELD
from toonbooth.gallery.errors import (
    EmptyFileError,
    FileTooLargeError,
    IncompleteUploadError,
    MissingFileError,
    TooManyFilesError,
)
from toonbooth.gallery.wishes import DrawingWishes, read_wishes
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.multipart import (
    MalformedMultipartError,
    MultipartReader,
    NotMultipartError,
    PartData,
    PartStart,
)

_MAX_FIELD_BYTES: Final = 1024
_MAX_REST_BYTES: Final = 64 * 1024
"""Everything in the body that isn't the file: boundaries, headers, other fields."""

_WHERE_THE_FILE_BELONGS: Final = f'Missing image file. The photo belongs in the form field "{IMAGE_FIELD}".'
_WRITE_BYTES: Final = 256 * 1024
_MAX_PAUSE_SECONDS: Final = 30.0
MAX_SECONDS: Final = 600.0
"""For a whole upload: 10 MB at 17 KB/s, which the slowest mobile networks have."""


class ByteSink(Protocol):
    """Where the file goes: a staged blob, a digest."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""


class DigestingSink:
    """Passes the file on and computes its SHA-256 on the way."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()

    async def write(self, data: bytes) -> None:
        self._digest.update(data)
        await self._sink.write(data)

    @property
    def hex_digest(self) -> str:
        return self._digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Upload:
    """The form of an upload, but for the file itself."""

    file_bytes: int
    wishes: DrawingWishes


class UploadReader:
    """Understands the body of an upload. No I/O: bytes go in, the bytes of the file come out.

    Raises
    ------
    MissingFileError
        When the content type cannot hold a file.
    """

    def __init__(self, content_type: str | None, *, max_file_bytes: int) -> None:
        try:
            self._reader = MultipartReader(content_type)
        except NotMultipartError as error:
            raise MissingFileError("Missing image file. Send the photo as multipart/form-data.") from error
        self._max_file_bytes = max_file_bytes
        self._body_bytes = 0
        self._file_bytes = 0
        self._field: str | None = None
        self._has_file = False
        self._values: dict[str, bytearray] = {}

    @property
    def ended(self) -> bool:
        """Whether the closing boundary was seen; what follows it needn't be read."""
        return self._reader.ended

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes of the body; returns those of the file among them.

        Raises
        ------
        FileTooLargeError, TooManyFilesError, InvalidRequestError
        """
        self._body_bytes += len(chunk)
        try:
            events = self._reader.feed(chunk)
        except MalformedMultipartError as error:
            raise InvalidRequestError("The form could not be read. Is it multipart/form-data?") from error
        file_pieces: list[bytes] = []
        for event in events:
            if isinstance(event, PartStart):
                self._start_part(event)
            elif isinstance(event, PartData) and self._field == IMAGE_FIELD:
                file_pieces.append(event.data)
                self._file_bytes += len(event.data)
            elif isinstance(event, PartData) and self._field is not None:
                self._add_to_field(self._field, event.data)
        if self._file_bytes > self._max_file_bytes:
            raise FileTooLargeError(self._max_file_bytes)
        if self._body_bytes - self._file_bytes > _MAX_REST_BYTES + len(chunk):
            raise InvalidRequestError("The form holds more than a photo and its few fields.")
        return file_pieces

    def finish(self) -> Upload:
        """What the form said, when all of it was fed.

        Raises
        ------
        IncompleteUploadError, MissingFileError, EmptyFileError, InvalidRequestError
        """
        if not self.ended:
            raise IncompleteUploadError
        if not self._has_file:
            raise MissingFileError(_WHERE_THE_FILE_BELONGS)
        if self._file_bytes == 0:
            raise EmptyFileError("The image file is empty.")
        values = {name: value.decode("utf-8", "replace") for name, value in self._values.items()}
        return Upload(self._file_bytes, read_wishes(values))

    def _start_part(self, part: PartStart) -> None:
        self._field = part.name if part.name in {IMAGE_FIELD, STYLE_FIELD, SEED_FIELD} else None
        if self._has_file and (part.is_file or part.name == IMAGE_FIELD):
            raise TooManyFilesError("Send one image file, not several.")
        if part.name == IMAGE_FIELD:
            self._has_file = True
        elif part.is_file:
            raise MissingFileError(_WHERE_THE_FILE_BELONGS)
        elif self._field is not None:
            self._values[self._field] = bytearray()

    def _add_to_field(self, name: str, data: bytes) -> None:
        value = self._values[name]
        value += data
        if len(value) > _MAX_FIELD_BYTES:
            raise InvalidRequestError(f"{name} is too long.")


async def receive_upload(
    stream: AsyncIterator[bytes],
    reader: UploadReader,
    sink: ByteSink,
    *,
    max_pause_seconds: float = _MAX_PAUSE_SECONDS,
    max_seconds: float = MAX_SECONDS,
) -> Upload:
    """Move the file from the request into `sink`; stops reading where the form ends or goes wrong.

    Raises
    ------
    AppError
        What `UploadReader` raises, or `IncompleteUploadError` when the client went silent or away, or is
        too slow.
    """
    pieces: list[bytes] = []
    gathered = 0
    try:
        async with asyncio.timeout(max_seconds):
            while not reader.ended:
                async with asyncio.timeout(max_pause_seconds):
                    chunk = await anext(stream, None)
                if chunk is None:
                    break
                for piece in reader.feed(chunk):
                    pieces.append(piece)
                    gathered += len(piece)
                if gathered >= _WRITE_BYTES:
                    await sink.write(b"".join(pieces))
                    pieces.clear()
                    gathered = 0
    except (ClientDisconnect, TimeoutError) as error:
        raise IncompleteUploadError from error
    upload = reader.finish()
    if pieces:
        await sink.write(b"".join(pieces))
    return upload
