"""The kinds of database that the gallery runs on, each real, so that a test can run on all of them."""

import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from tests.postgresql_server import PostgresqlServer
from toonbooth.gallery.database.migrations import migrate

KINDS = ("sqlite", "postgresql")

SIGNING_KEYS = "for-tests-0123456789abcdef0123456789abcdef"


class Databases(Protocol):
    """Makes databases of one kind and looks into them behind the gallery's back."""

    def make(self, folder: Path) -> str:
        """A database without tables, which belongs to `folder`; returns its SQLAlchemy URL."""

    def make_migrated(self, folder: Path) -> str:
        """The same with its tables; the same one for the same folder."""

    def release(self, folder: Path) -> None:
        """Say that what `make_migrated` made isn't needed any more, and that nobody uses it."""

    def ask(self, url: str, statement: str) -> list[str]:
        """Run a statement; returns its rows as text, columns parted by `|`."""

    def settings(self, folder: Path) -> dict[str, str]:
        """What a gallery with its data in `folder` is told: always the same for the same folder."""


class SqliteDatabases:
    """Files."""

    def make(self, folder: Path) -> str:
        return f"sqlite+aiosqlite:///{folder / 'gallery.sqlite3'}"

    def make_migrated(self, folder: Path) -> str:
        file = folder / "gallery.sqlite3"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(_migrated_sqlite())
        return self.make(folder)

    def release(self, folder: Path) -> None:
        """Its folder goes anyway."""

    def ask(self, url: str, statement: str) -> list[str]:
        connection = sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"))
        try:
            with connection:
                return ["|".join(map(str, row)) for row in connection.execute(statement)]
        finally:
            connection.close()

    def settings(self, folder: Path) -> dict[str, str]:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
        return {"database_url": self.make_migrated(folder) if folder.is_dir() else self.make(folder)}


@cache
def _migrated_sqlite() -> bytes:
    """Migrations take a while: once, and then copies."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gallery.sqlite3"
        # In a thread, where no event loop is running yet.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(migrate, f"sqlite+aiosqlite:///{file}").result()
        return file.read_bytes()


class PostgresqlDatabases:
    """Databases of one server; making one takes much longer than emptying it for the next test."""

    def __init__(self, server: PostgresqlServer) -> None:
        self.server = server
        self._urls: dict[Path, str] = {}
        self._free: list[str] = []
        self._template = uuid4().hex
        url = server.make_database(self._template)
        migrate(url)
        tables = self.ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        self._empty = "SET session_replication_role = replica; SET lock_timeout = '5s'; " + "".join(
            f"DELETE FROM {table};" for table in tables if table != "alembic_version"
        )

    def make(self, folder: Path) -> str:
        return self.server.make_database(uuid4().hex)

    def make_migrated(self, folder: Path) -> str:
        if folder not in self._urls:
            self._urls[folder] = (
                self._free.pop()
                if self._free
                else self.server.make_database(uuid4().hex, template=self._template)
            )
        return self._urls[folder]

    def release(self, folder: Path) -> None:
        url = self._urls.pop(folder, None)
        if url is not None:
            # One that a test has broken isn't used again.
            with suppress(RuntimeError):
                self.ask(url, self._empty)
                self._free.append(url)

    def ask(self, url: str, statement: str) -> list[str]:
        return self.server.ask(url.rpartition("/")[2], statement)

    def settings(self, folder: Path) -> dict[str, str]:
        return {"database_url": self.make_migrated(folder), "signing_keys": SIGNING_KEYS}
