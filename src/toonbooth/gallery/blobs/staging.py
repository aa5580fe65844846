"""Files on their way in: nobody sees them until they are committed, and nobody misses them after a crash."""

import asyncio
import contextlib
import logging
import os
import secrets
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Final

from toonbooth.gallery.blobs.failures import translated_failures
from toonbooth.gallery.uninterrupted import finish

log = logging.getLogger(__name__)

STAGING_FOLDER: Final = ".staging"

_LEFT_OVER: Final = timedelta(hours=1)
"""What is older belongs to no request that still runs."""


class StagedFile:
    """A new file that only its maker knows, written here or by somebody who is given its `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def write(self, data: bytes) -> None:
        """Add bytes at the end. Write large pieces: each goes through a thread.

        Raises
        ------
        StorageFailedError
        """
        with translated_failures():
            await asyncio.to_thread(self._append, data)

    def _append(self, data: bytes) -> None:
        with self.path.open("ab", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]


class StagingFolder:
    """Makes staged files, on the file system where the blobs lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[StagedFile]:
        """An empty staged file; unless it was committed, it is gone when the block ends.

        Raises
        ------
        StorageFailedError
        """
        path = self._folder / f"{secrets.token_hex(16)}.part"
        with translated_failures():
            await finish(asyncio.to_thread(_create, path))
        try:
            yield StagedFile(path)
        finally:
            await finish(asyncio.to_thread(_remove, path))

    async def remove_leftovers(self) -> int:
        """Delete what crashes have left behind; returns how many files that were.

        Raises
        ------
        StorageFailedError
        """
        with translated_failures():
            return await asyncio.to_thread(self._remove_leftovers)

    def _remove_leftovers(self) -> int:
        if not self._folder.is_dir():
            return 0
        oldest = time.time() - _LEFT_OVER.total_seconds()
        leftovers = [file for file in self._folder.glob("*.part") if file.stat().st_mtime < oldest]
        for file in leftovers:
            file.unlink(missing_ok=True)
        return len(leftovers)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        # What was done with the file is done, and may have been told already; the sweeper comes for the rest.
        log.exception("a staged file could not be deleted")


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
