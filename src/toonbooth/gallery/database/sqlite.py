"""All that is SQLite's own: how its connections are set up, and who may write. No other module knows.

One file, many readers, one writer. Readers see the state at their first statement and never wait (WAL).
Writers take the write lock at BEGIN: one that began by reading would have to fail at its first write when
another was faster ("database is locked", at once, whatever the timeout).
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

import aiosqlite
from sqlalchemy import URL, Connection, event, exc, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from toonbooth.kit.errors import StartError

READ_ONLY: Final = "read_only"
"""Execution option: the transaction reads a snapshot and takes no lock."""

Result = TypeVar("Result")
Values = Sequence[object] | Mapping[str, object]

_BUSY_SECONDS: Final = 15.0
"""How long to wait for another process's write; within the process, writers queue before they begin."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # with NORMAL, a power cut may take back what a client was told
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)


def create_sqlite_engine(url: URL) -> AsyncEngine:
    """An engine whose transactions begin as they mean to go on. Makes the file, for its owner's eyes only.

    Raises
    ------
    StartError
        When the file cannot be made or opened.
    """
    if not url.database or url.database == ":memory:" or url.query:
        raise StartError("The gallery's SQLite database must be a file, without any options.")
    file = Path(url.database)
    _make_file(file)

    async def connect() -> aiosqlite.Connection:
        connection = _ThreadedConnection(lambda: _open(file), iter_chunk_size=64)
        await connection
        try:
            await connection.run(_set_up)
        except BaseException:
            await connection.close()
            raise
        return connection

    engine = create_async_engine(url, async_creator=connect)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


@contextlib.contextmanager
def hold_lock(database_file: Path, name: str) -> Generator[bool]:
    """Lock a file beside the database, or yield False when another process has locked it. Never waits."""
    lock_file = database_file.with_name(f"{database_file.name}.{name}.lock")
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def is_open_elsewhere(database_file: Path) -> bool:
    """Whether another connection, of any process, has the file open: only who is alone may leave WAL.

    Our next connection goes back to it.
    """
    connection = sqlite3.connect(database_file, timeout=0.0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


async def list_damages(session: AsyncSession) -> list[str]:
    """Torn pages, broken indexes, references that lead nowhere."""
    try:
        damages = [str(line) for line in await session.scalars(text("PRAGMA integrity_check"))]
        lost = (await session.execute(text("PRAGMA foreign_key_check"))).all()
    except exc.DatabaseError as error:
        return [str(error.orig)]  # too damaged to be looked through
    return [
        *(line for line in damages if line != "ok"),
        *(f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there" for row in lost),
    ]


def is_busy(error: BaseException | None) -> bool:
    """Whether another process has been writing for longer than anybody waits."""
    # The lower byte; the others say of which kind of being busy it is.
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    }


def _make_file(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its side files (-wal, -shm) the permissions of this one.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StartError(f"Cannot open the database {file}: {error.strerror}.") from error


def _open(file: Path) -> sqlite3.Connection:
    # Without an isolation level the driver begins no transactions of its own; `_begin` does.
    return sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)


def _set_up(connection: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    read_only = bool(connection.get_execution_options().get(READ_ONLY, False))
    if connection.info.get(READ_ONLY, False) != read_only:
        connection.exec_driver_sql(f"PRAGMA query_only = {int(read_only)}")
        connection.info[READ_ONLY] = read_only
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class _ThreadedConnection(aiosqlite.Connection):
    """A connection in a thread of its own, whose cursors go there once for each statement."""

    def cursor(self) -> "_OneTripCursor":  # type: ignore[override]
        return _OneTripCursor(self)

    async def run(self, step: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a step in the connection's thread."""
        result: Result = await self._execute(step, self._conn)  # type: ignore[no-untyped-call]
        return result


class _OneTripCursor:
    """What SQLAlchemy needs of a cursor. The driver's own goes to the thread four times for a SELECT (make,
    execute, fetch, close), and the way there and back is most of what a small query takes.
    """

    arraysize = 1

    def __init__(self, connection: _ThreadedConnection) -> None:
        self._connection = connection
        self._rows: list[object] = []
        self.description: object = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, values: Values = ()) -> None:
        await self._run(lambda cursor: cursor.execute(statement, values))

    async def executemany(self, statement: str, values: Sequence[Values]) -> None:
        await self._run(lambda cursor: cursor.executemany(statement, values))

    async def fetchall(self) -> list[object]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open: every trip closes its cursor."""

    async def _run(self, step: Callable[[sqlite3.Cursor], object]) -> None:
        def make_trip(connection: sqlite3.Connection) -> sqlite3.Cursor:
            cursor = connection.cursor()
            try:
                step(cursor)
                self._rows = cursor.fetchall() if cursor.description else []
            finally:
                cursor.close()
            return cursor

        cursor = await self._connection.run(make_trip)
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
