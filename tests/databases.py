"""The kinds of database that the gallery runs on, each real, so that a test can run on all of them."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self
from uuid import uuid4

from tests.postgresql_server import PostgresqlServer
from toonbooth.gallery.database.migrations import migrate

KINDS = ("sqlite", "postgresql")

SIGNING_KEYS = "for-tests-0123456789abcdef0123456789abcdef"


class Databases(Protocol):
    """Makes databases of one kind and looks into them behind the gallery's back."""

    def make(self, folder: Path) -> str:
        """A database without tables, which belongs to `folder`; returns its SQLAlchemy URL."""

    def ask(self, url: str, statement: str) -> list[str]:
        """Run a statement; returns its rows as text, columns parted by `|`."""

    def settings(self, folder: Path) -> dict[str, str]:
        """What a gallery with its data in `folder` is told: always the same for the same folder."""


@dataclass(frozen=True)
class SqliteDatabases:
    """Files; those of galleries are copies of `template`, when it is given, which has its tables already."""

    template: Path | None = None

    @classmethod
    def with_template(cls, file: Path) -> Self:
        migrate(f"sqlite+aiosqlite:///{file}")
        return cls(file)

    def make(self, folder: Path) -> str:
        return f"sqlite+aiosqlite:///{folder / 'gallery.sqlite3'}"

    def ask(self, url: str, statement: str) -> list[str]:
        connection = sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"))
        try:
            with connection:
                return ["|".join(map(str, row)) for row in connection.execute(statement)]
        finally:
            connection.close()

    def settings(self, folder: Path) -> dict[str, str]:
        file = folder / "gallery.sqlite3"
        if self.template is not None and not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            file.touch(mode=0o600)
            file.write_bytes(self.template.read_bytes())
        return {"database_url": self.make(folder)}


class PostgresqlDatabases:
    """Databases of one server."""

    def __init__(self, server: PostgresqlServer) -> None:
        self.server = server
        self._urls: dict[Path, str] = {}
        self._template = uuid4().hex
        migrate(server.make_database(self._template))  # once: those of galleries are copies

    def make(self, folder: Path) -> str:
        return self.server.make_database(uuid4().hex)

    def ask(self, url: str, statement: str) -> list[str]:
        return self.server.ask(url.rpartition("/")[2], statement)

    def settings(self, folder: Path) -> dict[str, str]:
        if folder not in self._urls:
            self._urls[folder] = self.server.make_database(uuid4().hex, template=self._template)
        return {"database_url": self._urls[folder], "signing_keys": SIGNING_KEYS}
