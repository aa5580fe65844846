"""Blobs as files in a folder: `<folder>/originals/1736123456789_abc12345.jpg`, as the guide lays them out."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from toonbooth.gallery.blobs.failures import translated_absence, translated_failures
from toonbooth.gallery.blobs.interface import Blob, BlobFacts, FoundBlob
from toonbooth.gallery.blobs.keys import BlobFolder, is_in_folder, is_key, make_key
from toonbooth.gallery.blobs.staging import STAGING_FOLDER, StagedFile, StagingFolder
from toonbooth.gallery.clock import count_milliseconds
from toonbooth.gallery.errors import PictureNotFoundError
from toonbooth.gallery.uninterrupted import finish

_PIECE_BYTES: Final = 256 * 1024
_SCANNED_AT_ONCE: Final = 500
_NO_HARD_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class DiskBlobStore:
    """A `BlobStore` on a local file system. Several processes may use one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.staging = StagingFolder(folder / STAGING_FOLDER)

    async def commit(
        self, staged: StagedFile, *, folder: BlobFolder, identifier: str, suffix: str, now: datetime
    ) -> Blob:
        def move() -> Blob:
            return self._move_into_place(
                staged.path,
                folder,
                identifier=identifier,
                suffix=suffix,
                milliseconds=count_milliseconds(now),
            )

        with translated_failures():
            return await finish(asyncio.to_thread(move))

    async def place(self, staged: StagedFile, key: str) -> bool:
        """As `commit`, under a key that is known already; False when something lies there."""

        def move() -> bool:
            with staged.path.open("rb") as file:
                os.fsync(file.fileno())
            return self._place(staged.path, key)

        with translated_failures():
            return await finish(asyncio.to_thread(move))

    async def stat(self, key: str) -> BlobFacts:
        path = self._locate(key)
        with translated_absence():
            facts = await asyncio.to_thread(path.stat)
        return _read_facts(facts)

    async def stream(self, key: str, *, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes]:
        path = self._locate(key)
        with translated_absence():
            file, piece = await finish(asyncio.to_thread(_open_at, path, start, _piece_size(start, stop)))
        position = start
        try:
            while piece:
                yield piece
                position += len(piece)
                if position == stop:
                    return
                with translated_failures():
                    # To its end: a file must not be closed under a thread that reads it.
                    piece = await finish(asyncio.to_thread(file.read, _piece_size(position, stop)))
        finally:
            file.close()

    async def delete(self, keys: Iterable[str]) -> None:
        # Also what is no key: somebody else may have put it there.
        paths = [self._folder / key if is_in_folder(key) else self._locate(key) for key in keys]
        with translated_failures():
            await finish(asyncio.to_thread(_delete, paths))

    async def scan(self) -> AsyncGenerator[list[FoundBlob]]:
        for folder in BlobFolder:
            with translated_failures():
                entries = await asyncio.to_thread(_list_entries, self._folder / folder.value)
            for start in range(0, len(entries), _SCANNED_AT_ONCE):
                part = entries[start : start + _SCANNED_AT_ONCE]
                with translated_failures():
                    yield await asyncio.to_thread(_look_at, folder, part)

    def _locate(self, key: str) -> Path:
        """The one way from a key to a path: what isn't exactly a key has none."""
        if not is_key(key):
            raise PictureNotFoundError
        return self._folder / key

    def _move_into_place(
        self, staged: Path, folder: BlobFolder, *, identifier: str, suffix: str, milliseconds: int
    ) -> Blob:
        with staged.open("rb") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        while True:
            key = make_key(folder, milliseconds=milliseconds, identifier=identifier, suffix=suffix)
            if self._place(staged, key):
                return Blob(key=key, size=size)
            milliseconds += 1

    def _place(self, flushed: Path, key: str) -> bool:
        path = self._locate(key)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _flush_folder(self._folder)
        try:
            _name_once(flushed, path)
        except FileExistsError:
            return False
        try:
            _flush_folder(path.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return True


def _name_once(staged: Path, path: Path) -> None:
    """Give a whole file its final name in one step, unless there is a file of that name.

    Raises
    ------
    FileExistsError
    """
    try:
        os.link(staged, path)  # a bare rename would overwrite
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _rename_once(staged, path)
    else:
        staged.unlink(missing_ok=True)


def _rename_once(staged: Path, path: Path) -> None:
    """As `_name_once`, where there are no hard links: a file beside it says that the name is being taken."""
    taken = path.with_name(f"{path.name}.taken")  # no key; what a crash leaves of it is swept
    os.close(os.open(taken, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        if path.exists():
            raise FileExistsError
        staged.replace(path)
    finally:
        taken.unlink(missing_ok=True)


def _list_entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _look_at(folder: BlobFolder, entries: Iterable[os.DirEntry[str]]) -> list[FoundBlob]:
    found: list[FoundBlob] = []
    for entry in entries:
        with contextlib.suppress(FileNotFoundError):
            if entry.is_file(follow_symlinks=False):
                facts = _read_facts(entry.stat(follow_symlinks=False))
                found.append(FoundBlob(key=f"{folder.value}/{entry.name}", facts=facts))
    return found


def _read_facts(status: os.stat_result) -> BlobFacts:
    return BlobFacts(size=status.st_size, modified_at=datetime.fromtimestamp(status.st_mtime, UTC))


def _open_at(path: Path, start: int, size: int) -> tuple[BinaryIO, bytes]:
    file = path.open("rb", buffering=0)
    try:
        file.seek(start)
        return file, file.read(size)
    except BaseException:
        file.close()
        raise


def _piece_size(position: int, stop: int | None) -> int:
    return _PIECE_BYTES if stop is None else max(0, min(_PIECE_BYTES, stop - position))


def _delete(paths: Iterable[Path]) -> None:
    folders: set[Path] = set()
    refused: OSError | None = None
    for path in paths:
        try:
            path.unlink()
            folders.add(path.parent)
        except FileNotFoundError:
            continue
        except OSError as error:
            refused = error  # The others shall go all the same.
    for folder in folders:
        _flush_folder(folder)
    if refused is not None:
        raise refused


def _flush_folder(folder: Path) -> None:
    """Make a name in a folder, or its absence, survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
