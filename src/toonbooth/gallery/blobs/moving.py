"""Blobs that are on their way from one store to another, and served meanwhile."""

from collections.abc import AsyncGenerator, Iterable
from datetime import datetime

from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.interface import Blob, BlobFacts, FoundBlob
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.blobs.objects import ObjectBlobStore
from toonbooth.gallery.blobs.staging import StagedFile
from toonbooth.gallery.errors import PictureNotFoundError, StorageFailedError
from toonbooth.gallery.uninterrupted import finish

PlaceOfBlobs = DiskBlobStore | ObjectBlobStore


class MovingBlobStore:
    """A `BlobStore` in two places: new blobs go to `new`, all are found in both.

    Somebody else, `move_blobs`, copies each to `new` and then deletes it from `old`. So whoever looks, looks
    in `new` once more at the end; and whoever deletes, deletes from `old` first, which is how the mover
    learns that its copy must go too.
    """

    def __init__(self, new: PlaceOfBlobs, old: PlaceOfBlobs) -> None:
        self._new = new
        self._old = old
        self._where_to_look = (new, old, new)
        self.staging = new.staging

    async def commit(
        self, staged: StagedFile, *, folder: BlobFolder, identifier: str, suffix: str, now: datetime
    ) -> Blob:
        return await finish(
            self._commit(staged, folder=folder, identifier=identifier, suffix=suffix, now=now)
        )

    async def stat(self, key: str) -> BlobFacts:
        for store in self._where_to_look[:-1]:
            try:
                return await store.stat(key)
            except PictureNotFoundError:
                continue
        return await self._where_to_look[-1].stat(key)

    async def stream(self, key: str, *, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes]:
        for store in self._where_to_look:
            pieces = store.stream(key, start=start, stop=stop)
            try:
                first = await anext(pieces, None)
            except PictureNotFoundError:
                continue
            if first is not None:
                yield first
                async for piece in pieces:
                    yield piece
            return
        raise PictureNotFoundError

    async def delete(self, keys: Iterable[str]) -> None:
        await finish(self._delete(list(keys)))

    async def scan(self) -> AsyncGenerator[list[FoundBlob]]:
        for store in (self._old, self._new):
            async for batch in store.scan():
                yield batch

    async def _commit(
        self, staged: StagedFile, *, folder: BlobFolder, identifier: str, suffix: str, now: datetime
    ) -> Blob:
        blob = await self._new.commit(staged, folder=folder, identifier=identifier, suffix=suffix, now=now)
        try:
            await self._old.stat(blob.key)
        except PictureNotFoundError:
            return blob
        except BaseException:
            await self._new.delete([blob.key])
            raise
        # A clock that was set back: the name belongs to a blob that has yet to move.
        await self._new.delete([blob.key])
        raise StorageFailedError

    async def _delete(self, keys: list[str]) -> None:
        try:
            await self._old.delete(keys)
        finally:
            await self._new.delete(keys)
