"""What the commands that look after a gallery's data do; the gallery may run meanwhile, or not."""

import asyncio
from pathlib import Path

from sqlalchemy import make_url

from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.operations.check_storage import Findings, check_storage, repair_storage
from toonbooth.gallery.operations.sweep import SweepRules, Swept, sweep
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.storage import open_storage
from toonbooth.kit.errors import StartError


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
