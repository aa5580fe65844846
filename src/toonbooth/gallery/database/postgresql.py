"""All that is PostgreSQL's own: how its connections are set up, and who may migrate. No other module knows.

Rows are locked where SQLite has its one writer (`with_for_update` in the repositories), and a snapshot is a
read-only transaction that sees the state at its first statement.
"""

import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from toonbooth.kit.errors import StartError

DRIVER: Final = "postgresql+asyncpg"

SNAPSHOT_OPTIONS: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

_MIGRATION_LOCK: Final = 0x700_0B00
"""Any number will do, if nobody else locks it in this database."""
_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 30.0
"""For one statement; beyond it the server is given up, as when its machine has gone."""
_POOL_SECONDS: Final = 10.0
"""How long a request waits for a connection; beyond it there is more to do than the pool can bear."""
_SERVER_SETTINGS: Final = {
    "application_name": "toonbooth-gallery",
    # What a gallery that lost its network leaves open must not hold up the others for hours.
    "idle_in_transaction_session_timeout": "30s",
}
_LIMITS: Final = {"lock_timeout": "15s", "statement_timeout": "25s"}
"""For whoever has a client that waits."""


def create_postgresql_engine(url: URL, *, connections: int, is_patient: bool) -> AsyncEngine:
    """An engine of at most `connections` connections, each tried before it is used.

    Parameters
    ----------
    is_patient : whether statements may take as long as they take, as an index on a large table does, and wait
        as long for others.

    Raises
    ------
    StartError
        When the driver is not installed.
    """
    try:
        import asyncpg  # noqa: PLC0415 - an extra: whoever stays with SQLite doesn't have it
    except ModuleNotFoundError as error:
        raise StartError(
            "PostgreSQL needs a driver that isn't installed: run `make postgres`, or `pip install "
            "'toonbooth[postgres]'`."
        ) from error

    async def connect(*address: Any, **options: Any) -> Any:  # as SQLAlchemy read them from the URL
        try:
            return await asyncpg.connect(
                *address,
                **options,
                timeout=_CONNECT_SECONDS,
                command_timeout=None if is_patient else _ANSWER_SECONDS,
            )
        except OSError as error:
            # SQLAlchemy translates the driver's errors only, and this one the driver lets through.
            raise asyncpg.CannotConnectNowError(str(error) or "no answer in time") from error

    settings = _SERVER_SETTINGS if is_patient else _SERVER_SETTINGS | _LIMITS
    return create_async_engine(
        url,
        connect_args={"async_creator_fn": connect, "server_settings": settings},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=True,
    )


def wait_for_turn_to_migrate(connection: Connection) -> None:
    """One gallery migrates, the others wait and find nothing to do. Held until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))


@asynccontextmanager
async def hold_lock(engine: AsyncEngine, name: str) -> AsyncGenerator[bool]:
    """Take an advisory lock of one connection's session, or yield False when another session has it."""
    number = zlib.crc32(f"toonbooth {name}".encode())
    async with engine.connect() as connection:
        # Not in a transaction: nothing must stay open as long as a sweep takes.
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        is_ours = bool(await connection.scalar(select(func.pg_try_advisory_lock(number))))
        try:
            yield is_ours
        finally:
            if is_ours:
                await connection.execute(select(func.pg_advisory_unlock(number)))
