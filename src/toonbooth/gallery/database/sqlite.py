"""All that is SQLite's own: how its connections are set up, and who may write. No other module knows.

One file, many readers, one writer. Readers see the state at their first statement and never wait (WAL).
Writers take the write lock at BEGIN: one that began by reading would have to fail at its first write when
another was faster ("database is locked", at once, whatever the timeout).
"""

import os
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from toonbooth.kit.errors import StartError

READ_ONLY: Final = "read_only"
"""Execution option: the transaction reads a snapshot and takes no lock."""

_BUSY_MILLISECONDS: Final = 15_000
"""How long to wait for another process's write; within the process, writers queue before they begin."""

_CONNECTION_PRAGMAS: Final = (
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
    if not url.database or url.database == ":memory:" or "mode=memory" in str(url):
        raise StartError("The gallery's database must be a file: in memory it would forget every picture.")
    _make_file(Path(url.database))
    engine = create_async_engine(url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
    event.listen(engine.sync_engine, "connect", _set_up_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _make_file(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its side files (-wal, -shm) the permissions of this one.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StartError(f"Cannot open the database {file}: {error.strerror}.") from error


def _set_up_connection(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own habit of beginning before some statements only would undo what `_begin` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _CONNECTION_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    read_only = bool(connection.get_execution_options().get(READ_ONLY, False))
    if connection.info.get(READ_ONLY, False) != read_only:
        connection.exec_driver_sql(f"PRAGMA query_only = {int(read_only)}")
        connection.info[READ_ONLY] = read_only
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
