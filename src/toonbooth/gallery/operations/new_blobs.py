"""Bytes come before rows, and go again when no row follows: a failed request leaves no file.

The sweeper deletes old files that no row names. So that it never meets one that is about to be named, a row
comes soon after its file or not at all, also when a machine slept or its clock was set meanwhile.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from toonbooth.gallery.blobs.interface import Blob, BlobStore
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.blobs.staging import StagedFile
from toonbooth.gallery.errors import StorageFailedError

LONGEST_UNREFERENCED: Final = timedelta(minutes=30)
"""How old a file may be when its row comes: what the slowest drawing takes, and then some."""


class NewBlobs:
    """Blobs of one request that no row names yet. Made by `new_blobs`."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._keys: list[str] = []
        self._oldest: datetime | None = None

    async def commit(
        self, staged: StagedFile, *, folder: BlobFolder, identifier: str, suffix: str, now: datetime
    ) -> Blob:
        """As the store's `commit`; the blob is deleted again when no row comes to name it."""
        blob = await self._store.commit(staged, folder=folder, identifier=identifier, suffix=suffix, now=now)
        self._keys.append(blob.key)
        self._oldest = now if self._oldest is None else min(self._oldest, now)
        return blob

    def hand_over(self, *, now: datetime) -> None:
        """Call as the last step of the transaction that adds the rows.

        From here on nothing is deleted: when a commit fails, nobody knows whether the database has it, and a
        row without a file is worse than a file without a row, which the sweeper finds.

        Raises
        ------
        StorageFailedError
            When the files are so old that the sweeper may take them for left over.
        """
        if self._oldest is not None and now - self._oldest > LONGEST_UNREFERENCED:
            raise StorageFailedError
        self._keys.clear()

    async def discard(self) -> None:
        """Delete what was not handed over."""
        await self._store.delete(self._keys)


@asynccontextmanager
async def new_blobs(store: BlobStore) -> AsyncGenerator[NewBlobs]:
    """Blobs committed in the block are gone when it raises, unless they were handed over."""
    blobs = NewBlobs(store)
    try:
        yield blobs
    except BaseException:
        await blobs.discard()
        raise
