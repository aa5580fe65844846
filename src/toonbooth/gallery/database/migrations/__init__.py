"""Brings a database to this version's tables.

The files of `versions` are named by their dates, so the last name is the newest revision.
"""

import asyncio
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from toonbooth.gallery.database.engines import create_engine, wait_for_turn_to_migrate
from toonbooth.gallery.database.sqlite import READ_ONLY
from toonbooth.kit.errors import StartError

FOLDER: Final = Path(__file__).parent
VERSIONS_FOLDER: Final = FOLDER / "versions"

_VERSION_TABLE: Final = "alembic_version"


def list_revisions() -> list[str]:
    """All revisions, oldest first: `20261123_2300` of `20261123_2300_first_tables.py`."""
    return sorted("_".join(file.stem.split("_")[:2]) for file in VERSIONS_FOLDER.glob("[0-9]*.py"))


def migrate(database_url: str) -> None:
    """`bring_up_to_date`, where no event loop runs."""
    asyncio.run(bring_up_to_date(database_url))


async def bring_up_to_date(database_url: str) -> None:
    """Apply what is missing, all of it or nothing; quick when nothing is, harmless when two do it at once.

    Raises
    ------
    StartError
        When the database cannot be used, or a newer version has made it.
    """
    engine = create_engine(database_url, is_patient=True)
    try:
        if await _read_revision(engine) != list_revisions()[-1]:
            async with engine.begin() as connection:
                await connection.run_sync(wait_for_turn_to_migrate)
                await connection.run_sync(_upgrade)
    except DBAPIError as error:
        raise StartError(f"The database cannot be brought up to date: {_describe(error)}.") from error
    finally:
        await engine.dispose()


async def check_revision(engine: AsyncEngine) -> None:
    """Make sure that the tables are those of this version.

    Raises
    ------
    StartError
        When they are older or newer.
    """
    if await _read_revision(engine) != list_revisions()[-1]:
        raise StartError(
            "The database is older than this version of Toonbooth; run `toonbooth migrate` first."
        )


async def _read_revision(engine: AsyncEngine) -> str | None:
    """Where the database stands; None when it is empty. Without Alembic: its import alone takes long."""
    try:
        async with engine.connect() as connection:
            await connection.execution_options(**{READ_ONLY: True})
            revision = await connection.run_sync(_select_revision)
    except (DBAPIError, OSError) as error:
        raise StartError(f"The database cannot be used: {_describe(error)}.") from error
    if revision is not None and revision not in list_revisions():
        raise StartError(
            f"The database was made by a newer version of Toonbooth ({revision}); install that version."
        )
    return revision


def _select_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.scalar(select(column("version_num")).select_from(table(_VERSION_TABLE)))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only here; see _read_revision

    from toonbooth.gallery.database.migrations.configuration import configure  # noqa: PLC0415

    command.upgrade(configure(connection), "head")


def _describe(error: DBAPIError | OSError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().rstrip(".")
