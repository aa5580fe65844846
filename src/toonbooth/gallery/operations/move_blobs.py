"""Moves all blobs from one store to another while galleries serve them out of both (`MovingBlobStore`).

Each is copied, read back and compared by SHA-256, and only then deleted where it was. So whenever this is
killed, every blob lies whole in one of the places or in both, and the next run goes on from there.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from toonbooth.gallery.blobs.keys import is_key
from toonbooth.gallery.blobs.moving import PlaceOfBlobs
from toonbooth.gallery.database.repositories import HousekeepingRepository
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.errors import PictureNotFoundError

_LOCK: Final = "move-blobs"
_AT_ONCE: Final = 8


@dataclass(slots=True)
class Moved:
    """What became of the blobs."""

    blobs: int = 0
    bytes: int = 0
    left: list[str] = field(default_factory=list)
    """Keys that still lie in the old place: what lies in the new one under that name is not the same."""
    strangers: list[str] = field(default_factory=list)
    """What is no blob of ours, and was left where it is."""


class _Mover:
    """Moves everything from `old` to `new`, once."""

    def __init__(self, database: Database, old: PlaceOfBlobs, new: PlaceOfBlobs) -> None:
        self._database = database
        self._old = old
        self._new = new
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self.moved = Moved()

    async def run_once(self, report: Callable[[Moved], None]) -> bool:
        """Move what is there; returns whether anything was moved."""
        before = self.moved.blobs
        async for batch in self._old.scan():
            moving = [self._move(found.key) for found in batch if is_key(found.key)]
            for outcome in await asyncio.gather(*moving, return_exceptions=True):
                if outcome is not None:
                    raise outcome
            report(self.moved)
        return self.moved.blobs > before

    async def list_left(self) -> None:
        """Look at what still lies in the old place."""
        async for batch in self._old.scan():
            for found in batch:
                (self.moved.left if is_key(found.key) else self.moved.strangers).append(found.key)

    async def _move(self, key: str) -> None:
        async with self._turns:
            try:
                digest, size, is_our_copy = await self._copy(key)
                if await self._digest(key) == digest:
                    await self._finish(key, size, is_our_copy=is_our_copy)
                elif is_our_copy:
                    await self._new.delete([key])
            except PictureNotFoundError:
                return  # Its owner has deleted it meanwhile.

    async def _copy(self, key: str) -> tuple[bytes, int, bool]:
        """SHA-256 and size of a blob, and whether it was copied now, not by an earlier run."""
        async with self._new.staging.open() as staged:
            digest, size = hashlib.sha256(), 0
            async for piece in self._old.stream(key):
                digest.update(piece)
                size += len(piece)
                await staged.write(piece)
            return digest.digest(), size, await self._new.place(staged, key)

    async def _digest(self, key: str) -> bytes:
        digest = hashlib.sha256()
        async for piece in self._new.stream(key):
            digest.update(piece)
        return digest.digest()

    async def _finish(self, key: str, size: int, *, is_our_copy: bool) -> None:
        try:
            await self._old.stat(key)
        except PictureNotFoundError:
            # Its owner has deleted it, perhaps before our copy was there to be deleted too.
            if is_our_copy and not await self._is_named(key):
                await self._new.delete([key])
            return
        await self._old.delete([key])
        self.moved.blobs += 1
        self.moved.bytes += size

    async def _is_named(self, key: str) -> bool:
        async with self._database.reading() as session:
            return bool(await HousekeepingRepository(session).select_named([key]))


async def move_blobs(
    database: Database, old: PlaceOfBlobs, new: PlaceOfBlobs, *, report: Callable[[Moved], None]
) -> Moved | None:
    """Move all that lies in `old` to `new`; None while another process does. Every gallery must know both.

    Parameters
    ----------
    report : hears now and then how far it is.

    Raises
    ------
    StorageFailedError, StorageUnavailableError, DatabaseFailedError, DatabaseUnavailableError
        Nothing is lost then, and the next run goes on.
    """
    async with database.hold_lock(_LOCK) as is_ours:
        if not is_ours:
            return None
        mover = _Mover(database, old, new)
        while await mover.run_once(report):
            pass  # Once more, for what a gallery that was told late has added meanwhile.
        await mover.list_left()
        return mover.moved
