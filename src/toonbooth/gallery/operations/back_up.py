"""Copies a gallery while it runs: first the rows, then the files they name, then nothing more than those.

A file never changes, so one that is there already is not copied again: the next backup into the same folder
takes only what is new, and takes away what people have deleted.
"""

import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from toonbooth.gallery.blobs.keys import BlobFolder, is_key

_TABLES: Final = ("originals", "regenerated_cartoons", "downloaded_faces")
_UNFINISHED: Final = ".unfinished"


@dataclass(slots=True)
class BackedUp:
    """What a backup holds, and what was done for it."""

    files: int = 0
    copied: int = 0
    deleted: int = 0


def back_up(database_file: Path, uploads: Path, other_files: list[Path], target: Path) -> BackedUp:
    """Make `target` a folder that a gallery can be started on. Blocks, for as long as copying takes.

    A file that is gone before it was copied, and whose row is gone too, was deleted meanwhile: its row goes
    from the copy. When this breaks off, the backup that was there before is still whole.

    Raises
    ------
    OSError, sqlite3.Error
    """
    done = BackedUp()
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = target / f"{database_file.name}{_UNFINISHED}"
    _copy_database(database_file, copy)
    try:
        named = _copy_named_files(copy, database_file, uploads, target / uploads.name, done)
        for file in other_files:
            _copy_file(file, target / file.name)
        copy.replace(target / database_file.name)
    finally:
        copy.unlink(missing_ok=True)
    _flush(target)
    # Only now: until the new rows were in place, the old ones needed these.
    for folder in BlobFolder:
        for file in (target / uploads.name / folder.value).glob("*"):
            if f"{folder.value}/{file.name}" not in named:
                file.unlink()
                done.deleted += 1
    done.files = len(named)
    return done


def _copy_database(source: Path, target: Path) -> None:
    """One state of all tables, by SQLite's own means: its file alone is not the whole of it."""
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    before, after = sqlite3.connect(source), sqlite3.connect(target)
    try:
        before.backup(after)
        after.execute("PRAGMA journal_mode = DELETE")  # one file again, without side files
    finally:
        after.close()
        before.close()


def _copy_named_files(copy: Path, original: Path, uploads: Path, target: Path, done: BackedUp) -> set[str]:
    connection, running = sqlite3.connect(copy), sqlite3.connect(original)
    try:
        with connection:
            for table in _TABLES:
                for (key,) in connection.execute(f"SELECT key FROM {table}").fetchall():  # noqa: S608 - ours
                    if _copy_blob(key, uploads, target, done):
                        continue
                    if running.execute(f"SELECT 1 FROM {table} WHERE key = ?", (key,)).fetchone():  # noqa: S608
                        continue  # Lost, not deleted: the check says so, here as there.
                    connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608
            # With an original went its cartoons and faces, whose files may have been copied before.
            for table in _TABLES[1:]:
                connection.execute(
                    f"DELETE FROM {table} WHERE original_id NOT IN (SELECT id FROM originals)"  # noqa: S608
                )
        return {
            key
            for table in _TABLES
            for (key,) in connection.execute(f"SELECT key FROM {table}")  # noqa: S608
        }
    finally:
        running.close()
        connection.close()


def _copy_blob(key: str, uploads: Path, target: Path, done: BackedUp) -> bool:
    if not is_key(key):
        return False
    source, copy = uploads / key, target / key
    try:
        if copy.exists() and copy.stat().st_size == source.stat().st_size:
            return True
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy_file(source, copy)
    except FileNotFoundError:
        return False
    done.copied += 1
    return True


def _copy_file(source: Path, target: Path) -> None:
    unfinished = target.with_name(f"{target.name}{_UNFINISHED}")
    shutil.copy2(source, unfinished)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(target)


def _flush(folder: Path) -> None:
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
