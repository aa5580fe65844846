"""A real database of each kind and a real folder for every test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.databases import KINDS, Databases
from tests.integration.gallery.records import make_device
from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.database.transactions import Database, open_database
from toonbooth.gallery.devices import DeviceId


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test on every kind of database, but for those that look at SQLite's file."""
    if "databases" in metafunc.fixturenames:
        kinds = ("sqlite",) if "database_file" in metafunc.fixturenames else KINDS
        metafunc.parametrize("databases", kinds, indirect=True, scope="session")


@pytest.fixture
def database_url(databases: Databases, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without tables, unless the test uses `database`."""
    if "database" in request.fixturenames:
        yield databases.make_migrated(tmp_path)
        databases.release(tmp_path)
    else:
        yield databases.make(tmp_path)


@pytest.fixture
def database_file(database_url: str) -> Path:
    """The file of a test that is about SQLite."""
    return Path(database_url.removeprefix("sqlite+aiosqlite:///"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with await open_database(database_url) as database:
        yield database


@pytest.fixture
def device() -> DeviceId:
    return make_device()


@pytest.fixture
def stranger() -> DeviceId:
    return make_device()


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobStore:
    return DiskBlobStore(tmp_path / "uploads")
