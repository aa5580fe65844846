"""`python -m toonbooth.gallery.database.migrations "add a column"`: writes a migration.

It compares the tables with a new database to which all present migrations were applied: no real one is
needed.
Look at what it wrote, and run `make format`.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.database.engines import create_engine
from toonbooth.gallery.database.migrations.configuration import configure


async def write_migration(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite+aiosqlite:///{Path(folder) / 'scratch.sqlite3'}")
        async with engine.begin() as connection:
            await connection.run_sync(_write, message)
        await engine.dispose()


def _write(connection: Connection, message: str) -> None:
    config = configure(connection)
    command.upgrade(config, "head")
    command.revision(config, message=message, rev_id=f"{read_clock():%Y%m%d_%H%M}", autogenerate=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit('usage: make migration NAME="what it does"')
    asyncio.run(write_migration(sys.argv[1].strip().capitalize()))
