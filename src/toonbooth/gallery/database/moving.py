"""Moves all rows from an SQLite file to another database: all of them, compared, or none."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, Table, func, insert, literal, make_url, select, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from toonbooth.gallery.database import tables
from toonbooth.gallery.database.engines import create_engine
from toonbooth.gallery.database.migrations import bring_up_to_date, check_revision
from toonbooth.gallery.database.sqlite import is_open_elsewhere
from toonbooth.kit.errors import FileError, StartError

_BATCH: Final = 1000
_DIGEST_BYTES: Final = 32


async def move_database(source_url: str, target_url: str) -> dict[str, int]:
    """Copy every row into a database that has none; returns how many there are by table.

    It is one transaction: when this raises or is killed, the target has as few rows as before. The source
    stays as it is.

    Raises
    ------
    StartError
        When one of the databases cannot be used, the source is in use, or the target isn't empty.
    FileError
        When what has arrived isn't what was there.
    """
    file = Path(make_url(source_url).database or "")
    _demand_unused(file)
    await bring_up_to_date(target_url)
    source, target = create_engine(source_url), create_engine(target_url, is_patient=True)
    try:
        await check_revision(source)
        async with target.begin() as writing:
            await _demand_empty(writing)
            # Writes to the source wait until its transaction ends, and are noticed below.
            async with source.connect() as reading:
                counts = {
                    table.name: await _move_table(reading, writing, table)
                    for table in tables.Table.metadata.sorted_tables
                }
            await source.dispose()
            _demand_unused(file)
            return counts
    except DBAPIError as error:
        raise FileError(f"The database could not be moved: {str(error.orig).strip().rstrip('.')}.") from error
    finally:
        await source.dispose()
        await target.dispose()


def _demand_unused(file: Path) -> None:
    if is_open_elsewhere(file):
        raise StartError(f"Something has {file} open. Stop the gallery first; what it added would be lost.")


async def _demand_empty(connection: AsyncConnection) -> None:
    for table in tables.Table.metadata.sorted_tables:
        if await connection.scalar(select(func.count()).select_from(table)):
            raise StartError(f"The database to move to has rows in {table.name} already. It must be empty.")


async def _move_table(reading: AsyncConnection, writing: AsyncConnection, table: Table) -> int:
    before = _Content()
    async for rows in _read(reading, table):
        await writing.execute(insert(table), [dict(row._mapping) for row in rows])  # noqa: SLF001 - public
        before.add(rows)
    after = _Content()
    async for rows in _read(writing, table):
        after.add(rows)
    if (before.rows, before.digest) != (after.rows, after.digest):
        raise FileError(
            f"{table.name} did not arrive as it was: {before.rows} rows before, {after.rows} after. Nothing "
            "was moved."
        )
    return after.rows


async def _read(connection: AsyncConnection, table: Table) -> AsyncIterator[list[Row[Any]]]:
    """All rows, by and by, in the order that the database gives to its keys."""
    keys = list(table.primary_key.columns)
    query = select(table).order_by(*keys).limit(_BATCH)
    rows = (await connection.execute(query)).all()
    while rows:
        yield list(rows)
        last = (literal(rows[-1]._mapping[key.name], key.type) for key in keys)  # noqa: SLF001
        rows = (await connection.execute(query.where(tuple_(*keys) > tuple_(*last)))).all()


class _Content:
    """What a table holds, whatever the order: databases sort texts each in their own way."""

    def __init__(self) -> None:
        self.rows = 0
        self.digest = 0

    def add(self, rows: list[Row[Any]]) -> None:
        for row in rows:
            self.rows += 1
            digest = hashlib.sha256(repr(tuple(row)).encode()).digest()
            # A sum: a row that is there twice doesn't cancel itself out.
            self.digest = (self.digest + int.from_bytes(digest)) % 2 ** (8 * _DIGEST_BYTES)
