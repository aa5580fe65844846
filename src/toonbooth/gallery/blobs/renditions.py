"""Smaller versions of stored pictures, kept as files that may go at any time: they can be made again.

They lie beside the blobs in a folder of their own, `<folder>/originals/1736…_abc12345.jpg/320.webp`, and go
with their picture.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from toonbooth.gallery.blobs.failures import translated_failures
from toonbooth.gallery.blobs.interface import Blob, BlobFacts, BlobStore, FoundBlob
from toonbooth.gallery.blobs.keys import BlobFolder, is_key
from toonbooth.gallery.blobs.staging import StagedFile
from toonbooth.gallery.uninterrupted import finish

_KEPT_SHARE: Final = 0.8
"""What is left of the bound after trimming."""
_TRIM_SHARE: Final = 0.1
"""How much of the bound is written before somebody looks again; several processes share one folder."""
_USED_PRECISION_SECONDS: Final = 3600.0


class RenditionCache:
    """Files by a picture's key and a rendition's name.

    When there is no room, what has taken most of it for longest unused goes first, bytes times seconds: large
    versions go long before the tiles of grids, of which there are always many at once.

    Parameters
    ----------
    max_bytes : what all files together may have.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        # The first writer looks at what is there already.
        self._written_since_trim = max_bytes

    async def find(self, key: str, name: str) -> bytes | None:
        """Read a rendition."""
        with translated_failures():
            return await asyncio.to_thread(_read, self._locate(key) / name)

    async def write(self, key: str, name: str, data: bytes) -> None:
        """Keep a rendition, and let others go when there is no room."""
        with translated_failures():
            await finish(asyncio.to_thread(_write, self._locate(key) / name, data))
        self._written_since_trim += len(data)
        if self._written_since_trim >= self._max_bytes * _TRIM_SHARE:
            self._written_since_trim = 0
            with translated_failures():
                await asyncio.to_thread(_trim, self._folder, int(self._max_bytes * _KEPT_SHARE))

    async def forget(self, keys: Iterable[str]) -> None:
        """Delete all renditions of pictures."""
        folders = [self._locate(key) for key in keys if is_key(key)]
        with translated_failures():
            await finish(asyncio.to_thread(_delete, folders))

    async def list_keys(self) -> list[str]:
        """The pictures of which there are renditions."""
        with translated_failures():
            folders = await asyncio.to_thread(lambda: list(self._folder.glob("*/*")))
        keys = (f"{folder.parent.name}/{folder.name}" for folder in folders)
        return [key for key in keys if is_key(key)]

    def _locate(self, key: str) -> Path:
        assert is_key(key), "only a key is ever a part of a path"
        return self._folder / key


class ForgettingBlobStore:
    """A `BlobStore` over another one, whose blobs take their renditions along when they go."""

    def __init__(self, store: BlobStore, renditions: RenditionCache) -> None:
        self._store = store
        self._renditions = renditions

    async def commit(
        self, staged: StagedFile, *, folder: BlobFolder, identifier: str, suffix: str, now: datetime
    ) -> Blob:
        return await self._store.commit(staged, folder=folder, identifier=identifier, suffix=suffix, now=now)

    async def stat(self, key: str) -> BlobFacts:
        return await self._store.stat(key)

    def stream(self, key: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return self._store.stream(key, start=start, stop=stop)

    async def delete(self, keys: Iterable[str]) -> None:
        keys = list(keys)
        try:
            await self._store.delete(keys)
        finally:
            # Afterwards: whoever makes one meanwhile looks whether the blob is still there.
            await self._renditions.forget(keys)

    def scan(self) -> AsyncIterator[list[FoundBlob]]:
        return self._store.scan()


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
        if time.time() - path.stat().st_mtime > _USED_PRECISION_SECONDS:
            os.utime(path)
    except FileNotFoundError:
        return None
    # Nothing is flushed here, so a power cut may leave a name without its bytes.
    return data or None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb"
        ) as file:
            file.write(data)
        part.replace(path)
    except FileNotFoundError:
        return  # The picture has just gone, and its folder with it.
    finally:
        part.unlink(missing_ok=True)


def _delete(folders: Iterable[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)


def _trim(folder: Path, kept_bytes: int) -> None:
    files = []
    now = time.time()
    for path in folder.glob("*/*/*"):
        with contextlib.suppress(FileNotFoundError):
            facts = path.stat()
            files.append((max(0.0, now - facts.st_mtime) * facts.st_size, facts.st_size, path))
    excess = sum(size for _, size, _ in files) - kept_bytes
    for _, size, path in sorted(files, reverse=True):
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others are in it
            path.parent.rmdir()
        excess -= size
