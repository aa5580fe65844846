"""Makes the engine for a database URL: the only place that tells one kind of database from another."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, exc, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from toonbooth.gallery.database import postgresql, sqlite
from toonbooth.kit.errors import StartError

DEFAULT_CONNECTIONS: Final = 10

_OUTAGES: Final = ("08", "40", "53", "55P03", "57014", "57P")
"""SQLSTATEs of a database that is away or has too much to do (connections, transactions that met, resources,
locks and statements that took too long, an operator's stop): "PostgreSQL Error Codes", appendix A of its
manual."""

_UNUSABLE: Final = (
    "GALLERY_DATABASE_URL is not a database that can be used here. It begins with postgresql+asyncpg:// or "
    "sqlite+aiosqlite:///."
)


def create_engine(
    database_url: str, *, connections: int = DEFAULT_CONNECTIONS, is_patient: bool = False
) -> AsyncEngine:
    """An engine for an SQLAlchemy URL; nothing is connected yet.

    Parameters
    ----------
    connections : how many there may be at once, where there is a server to connect to.
    is_patient : whether a server may take as long as it takes over a statement, since no client waits.

    Raises
    ------
    StartError
        When the URL cannot be one, or its driver is not installed.
    """
    try:
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            return sqlite.create_sqlite_engine(url)
        if url.drivername in {"postgresql", postgresql.DRIVER}:
            return postgresql.create_postgresql_engine(
                url.set(drivername=postgresql.DRIVER), connections=connections, is_patient=is_patient
            )
    except (exc.ArgumentError, exc.InvalidRequestError, ModuleNotFoundError) as error:
        # Not the error's own words: they may hold the URL, and the URL a password.
        raise StartError(_UNUSABLE) from error
    raise StartError(_UNUSABLE)


def get_snapshot_options(engine: AsyncEngine) -> dict[str, Any]:
    """Execution options of transactions that read one consistent state and cannot write."""
    if engine.dialect.name == "sqlite":
        return {sqlite.READ_ONLY: True}
    return dict(postgresql.SNAPSHOT_OPTIONS)


def has_one_writer(engine: AsyncEngine) -> bool:
    """Whether transactions that write come one after the other, and had better queue before they begin."""
    return engine.dialect.name == "sqlite"


def wait_for_turn_to_migrate(connection: Connection) -> None:
    """Keep other migrations out until the transaction ends; SQLite's writers are alone as it is."""
    if connection.dialect.name == "postgresql":
        postgresql.wait_for_turn_to_migrate(connection)


@asynccontextmanager
async def hold_lock(engine: AsyncEngine, name: str) -> AsyncGenerator[bool]:
    """What `Database.hold_lock` promises."""
    if engine.dialect.name == "postgresql":
        async with postgresql.hold_lock(engine, name) as is_ours:
            yield is_ours
    else:
        with sqlite.hold_lock(Path(engine.url.database or ""), name) as is_ours:
            yield is_ours


async def list_damages(session: AsyncSession) -> list[str]:
    """What a database finds wrong with its own file; a server looks after its files by itself."""
    return await sqlite.list_damages(session) if session.get_bind().dialect.name == "sqlite" else []


def is_outage(error: exc.DBAPIError | exc.TimeoutError) -> bool:
    """Whether the database is away or full, and the same statement may go through in a moment."""
    if isinstance(error, exc.TimeoutError) or error.connection_invalidated:
        return True
    if sqlite.is_busy(error.orig):
        return True
    return (getattr(error.orig, "sqlstate", None) or "").startswith(_OUTAGES)
