"""Runs transactions on it: short ones, because one writer makes all others wait."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager
from typing import Self

from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.pool import QueuePool

from toonbooth.gallery.database.engines import (
    DEFAULT_CONNECTIONS,
    create_engine,
    get_snapshot_options,
    has_one_writer,
    hold_lock,
    is_outage,
    list_damages,
)
from toonbooth.gallery.database.migrations import check_revision
from toonbooth.gallery.errors import DatabaseFailedError, DatabaseUnavailableError
from toonbooth.gallery.uninterrupted import finish


async def open_database(database_url: str, *, connections: int = DEFAULT_CONNECTIONS) -> "Database":
    """Connect to a database whose tables are those of this version, with so many connections at most.

    Raises
    ------
    StartError
        When it cannot be reached, or is older or newer than this version.
    """
    engine = create_engine(database_url, connections=connections)
    try:
        await check_revision(engine)
    except BaseException:
        await engine.dispose()
        raise
    return Database(engine)


class Database:
    """One database, many transactions. Made by `open_database`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._snapshots = async_sessionmaker(
            engine.execution_options(**get_snapshot_options(engine)), expire_on_commit=False
        )
        # SQLite has one writer at a time and no queue: its waiters poll, and each would hold a connection
        # that a reader could use. Queueing here is fair and costs nothing.
        self._turn: AbstractAsyncContextManager[object] = (
            asyncio.Lock() if has_one_writer(engine) else contextlib.nullcontext()
        )

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """What the block does happens wholly, or, when it raises, not at all.

        When the block was left normally the rows are there, even if the task was cancelled during the
        commit: the cancellation then arrives at the next await after the block.

        Raises
        ------
        DatabaseFailedError
            When the database refuses.
        DatabaseUnavailableError
            When it doesn't answer. In the middle of a commit nobody knows then whether the rows are there.
        """
        async with self._turn:
            with _translated_errors():
                session = self._sessions()
                try:
                    yield session
                except BaseException:
                    await finish(session.close())
                    raise
                await finish(_commit(session))

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """One consistent state of all tables; writers are neither waited for nor held up, writing is refused.

        Raises
        ------
        DatabaseFailedError
            When the database refuses, or the block tries to write.
        DatabaseUnavailableError
            When it doesn't answer.
        """
        with _translated_errors():
            async with self._snapshots() as session:
                yield session

    @contextlib.asynccontextmanager
    async def hold_lock(self, name: str) -> AsyncGenerator[bool]:
        """Do what one process at a time shall do; yields False, at once, while another has the lock.

        The lock goes with the process, however that ends.

        Raises
        ------
        DatabaseFailedError, DatabaseUnavailableError
        """
        with _translated_errors():
            async with hold_lock(self._engine, name) as is_ours:
                yield is_ours

    async def check_itself(self) -> list[str]:
        """What the database finds wrong with its own file, one line each."""
        async with self.reading() as session:
            return await list_damages(session)

    def count_connections(self) -> tuple[int, int, int]:
        """Connections in use, idle, and how many there may be."""
        pool = self._engine.pool
        assert isinstance(pool, QueuePool)
        limit = pool.size() + pool._max_overflow  # noqa: SLF001 - it doesn't tell otherwise
        return pool.checkedout(), pool.checkedin(), limit

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()


async def _commit(session: AsyncSession) -> None:
    try:
        await session.commit()
    except BaseException:
        # The connection may still be in the transaction, and hold its locks: whoever got it next would fail.
        await session.invalidate()
        raise
    finally:
        # Belongs to it: a cancellation while the connection is given back would hide that rows are there.
        await session.close()


@contextlib.contextmanager
def _translated_errors() -> Generator[None]:
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError) as error:
        raise (DatabaseUnavailableError if is_outage(error) else DatabaseFailedError) from error
    except TimeoutError as error:  # a statement that a driver gave up
        raise DatabaseUnavailableError from error
