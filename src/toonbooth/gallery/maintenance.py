"""What the commands that look after a gallery's data do; the gallery may run meanwhile, or not."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.database.moving import move_database
from toonbooth.gallery.database.transactions import open_database
from toonbooth.gallery.operations.back_up import BackedUp, back_up
from toonbooth.gallery.operations.check_storage import Findings, check_storage, repair_storage
from toonbooth.gallery.operations.move_blobs import Moved, move_blobs
from toonbooth.gallery.operations.sweep import SweepRules, Swept, sweep
from toonbooth.gallery.settings import EMBEDDED_DATABASE_FILE, GallerySettings
from toonbooth.gallery.signing_keys import KEY_FILE, read_signing_keys
from toonbooth.gallery.storage import UPLOADS_FOLDER, open_other_place, open_place, open_storage
from toonbooth.kit.errors import FileError, StartError


def sweep_gallery(settings: GallerySettings) -> Swept | None:
    """Sweep once; None when the gallery is at it.

    Raises
    ------
    StartError
        When there is no gallery, or its database is of another version.
    AppError
    """

    async def run() -> Swept | None:
        async with open_storage(settings) as storage:
            return await sweep(storage, SweepRules.of(settings), now=read_clock())

    demand_gallery(settings)
    return asyncio.run(run())


def check_gallery(settings: GallerySettings, *, repair: bool) -> tuple[Findings, Findings]:
    """Compare rows and files; returns what was found, and what is left after a repair.

    Raises
    ------
    StartError
        When there is no gallery, or its database is of another version.
    FileError
        When so much is lost that a repair would make it worse.
    AppError
    """

    async def run() -> tuple[Findings, Findings]:
        async with open_storage(settings) as storage:
            before = await check_storage(storage, now=read_clock())
            if not repair or before.is_sound:
                return before, before
            await repair_storage(storage, before)
            return before, await check_storage(storage, now=read_clock())

    demand_gallery(settings)
    return asyncio.run(run())


def back_up_gallery(settings: GallerySettings, target: Path) -> BackedUp:
    """Copy rows, files and signing keys into a folder; the gallery may run meanwhile.

    Raises
    ------
    StartError
        When there is no gallery here, or it keeps rows or files on a server.
    FileError
        When something cannot be read or written.
    """
    if not settings.has_embedded_database or settings.blob_url or settings.other_blob_url:
        raise StartError("Back up a database server or a bucket by its own means; see docs/operations.md.")
    demand_gallery(settings)
    target = target.absolute()
    if target.is_relative_to(settings.data_dir):
        raise StartError("A backup belongs outside the data folder, best on another disk.")
    keys = settings.data_dir / KEY_FILE
    try:
        return back_up(
            Path(make_url(settings.database_url).database or ""),
            settings.data_dir / UPLOADS_FOLDER,
            [keys] if keys.exists() else [],
            target,
        )
    except OSError as error:
        raise FileError(f"The backup failed: {error.strerror}: {error.filename}.") from error
    except sqlite3.Error as error:
        raise FileError(f"The database cannot be copied: {error}.") from error


def move_blobs_of_gallery(settings: GallerySettings, *, report: Callable[[Moved], None]) -> Moved | None:
    """Move the pictures from `GALLERY_OTHER_BLOB_URL` to `GALLERY_BLOB_URL`; None while another process does.

    Raises
    ------
    StartError
        When the settings don't name two places, or one of them or the database cannot be used.
    AppError
    """

    async def run() -> Moved | None:
        old, new = await open_other_place(settings), await open_place(settings)
        if old is None:
            raise StartError(
                "GALLERY_OTHER_BLOB_URL must say where the pictures are now, also to the running gallery; "
                "see docs/operations.md."
            )
        async with await open_database(
            settings.database_url, connections=settings.database_connections
        ) as database:
            return await move_blobs(database, old, new, report=report)

    demand_gallery(settings)
    return asyncio.run(run())


def move_database_of_gallery(settings: GallerySettings) -> list[str]:
    """Move the rows of the data folder's SQLite file to `GALLERY_DATABASE_URL`; returns what to tell of it.

    Raises
    ------
    StartError
        When there is nothing to move, the gallery runs, or the target cannot be used or isn't empty.
    FileError
        When what has arrived isn't what was there. Nothing is moved then.
    """
    source = settings.data_dir / EMBEDDED_DATABASE_FILE
    if settings.has_embedded_database:
        raise StartError("GALLERY_DATABASE_URL must be the PostgreSQL database to move to.")
    if not source.exists():
        raise StartError(f"There is no {source} to move.")
    counts = asyncio.run(move_database(f"sqlite+aiosqlite:///{source}", settings.database_url))
    lines = [
        *(f"{table}: {count} rows" for table, count in counts.items()),
        f"Moved and compared. Start the gallery with this GALLERY_DATABASE_URL; {source} is as it was.",
    ]
    keys = settings.data_dir / KEY_FILE
    given = settings.signing_keys.get_secret_value() if settings.signing_keys else ""
    if keys.exists() and not set(read_signing_keys(keys.read_text())) <= set(read_signing_keys(given)):
        lines.append(
            f"Addresses handed out before now open only if GALLERY_SIGNING_KEYS also holds the key in {keys}."
        )
    return lines


def demand_gallery(settings: GallerySettings) -> None:
    """Make sure that there is a gallery: opening its database would make one.

    Raises
    ------
    StartError
    """
    if settings.has_embedded_database and not Path(make_url(settings.database_url).database or "").exists():
        raise StartError(f"There is no gallery in {settings.data_dir}.")


def describe(findings: Findings) -> list[str]:
    """One line for each thing that is wrong, and one about all."""
    return [
        *(f"database: {line}" for line in findings.database),
        *(f"{file.kind} {file.id}: its file {file.key} is lost" for file in findings.lost),
        *(f"{file.kind} {file.id}: its file {file.key} is damaged" for file in findings.damaged),
        # What somebody else put there may have any name.
        *(f"{ascii(file.key)[1:-1]}: no row names this file" for file in findings.unreferenced),
        f"{findings.rows} rows and {findings.files} files: "
        + ("all is well." if findings.is_sound else "see above."),
    ]


def describe_moved(moved: Moved) -> list[str]:
    """One line for each picture that could not be moved, and one about all."""
    return [
        *(
            f"{key}: left where it is; under its name there is something else in the new place"
            for key in moved.left
        ),
        *(f"{ascii(key)[1:-1]}: no picture of ours, left where it is" for key in moved.strangers),
        f"{moved.blobs} pictures ({moved.bytes / 1024**2:.1f} MB) moved and compared; "
        + (f"{len(moved.left)} are left." if moved.left else "GALLERY_OTHER_BLOB_URL can go."),
    ]
