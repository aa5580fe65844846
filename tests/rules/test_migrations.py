"""All migrations together make exactly the tables of the code, in the order of their names."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from toonbooth.gallery.database.engines import create_engine
from toonbooth.gallery.database.migrations import (
    FOLDER,
    VERSIONS_FOLDER,
    bring_up_to_date,
    list_revisions,
)
from toonbooth.gallery.database.migrations.configuration import configure
from toonbooth.gallery.database.tables import Table


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[AsyncConnection]:
    """To a database that went through all migrations."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'gallery.sqlite3'}"
    await bring_up_to_date(url)
    engine = create_engine(url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


def find_differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


async def test_all_migrations_make_the_tables_of_the_code(connection: AsyncConnection) -> None:
    assert await connection.run_sync(find_differences) == []


async def test_a_difference_would_be_noticed(connection: AsyncConnection) -> None:
    await connection.execute(text("DROP INDEX ix_originals_device_created_at_id"))
    await connection.execute(text("ALTER TABLE devices ADD COLUMN name VARCHAR(10)"))

    assert len(await connection.run_sync(find_differences)) == 2


async def test_migrations_follow_each_other_by_their_dates(connection: AsyncConnection) -> None:
    script = await connection.run_sync(lambda sync: ScriptDirectory.from_config(configure(sync)))

    assert [revision.revision for revision in script.walk_revisions()] == list_revisions()[::-1]
    names = [file.name for file in VERSIONS_FOLDER.glob("*.py")]
    assert len(names) == len(list_revisions())
    for name in names:
        assert re.fullmatch(r"20\d{6}_\d{4}_[a-z0-9_]+\.py", name)


def test_migrations_do_not_change_with_the_code() -> None:
    """What an old migration makes must stay what it made then, so it imports nothing of ours."""
    for file in VERSIONS_FOLDER.glob("*.py"):
        assert "toonbooth" not in file.read_text()
    assert "toonbooth" not in (FOLDER / "script.py.mako").read_text()
