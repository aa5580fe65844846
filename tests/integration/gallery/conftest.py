"""A real SQLite file and a real folder for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.gallery.records import make_device
from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.database.migrations import bring_up_to_date
from toonbooth.gallery.database.transactions import Database, open_database
from toonbooth.gallery.devices import DeviceId


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "gallery.sqlite3"


@pytest.fixture
def database_url(database_file: Path) -> str:
    return f"sqlite+aiosqlite:///{database_file}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await bring_up_to_date(database_url)
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
