"""Writes a zip archive piece by piece, as it is sent: nothing is kept but the list of entries."""

import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import IO, Final, cast

_REGULAR_FILE_FOR_ITS_OWNER: Final = 0o100600 << 16


class ZipStream:
    """An archive under way. Entries are stored, not compressed: pictures are compressed already."""

    def __init__(self) -> None:
        self._sink = _Sink()
        # Without a position to go back to, sizes and checksums follow each entry's bytes.
        self._archive = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w", zipfile.ZIP_STORED)

    async def add(
        self, name: str, pieces: AsyncIterator[bytes], *, modified_at: datetime
    ) -> AsyncIterator[bytes]:
        """The archive's bytes for one more file, of 2 GiB at most. Take them all before the next is added."""
        entry = zipfile.ZipInfo(name, modified_at.timetuple()[:6])
        entry.external_attr = _REGULAR_FILE_FOR_ITS_OWNER
        with self._archive.open(entry, "w") as file:
            async for piece in pieces:
                file.write(piece)
                yield self._sink.take()
        yield self._sink.take()

    def finish(self) -> bytes:
        """The archive's last bytes: the list of its entries."""
        self._archive.close()
        return self._sink.take()


class _Sink:
    """A file that only goes forward, and is emptied from outside."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken
