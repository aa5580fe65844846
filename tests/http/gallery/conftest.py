"""A running gallery and small photos."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.databases import KINDS, Databases
from tests.http.gallery.running import RunningGallery, running_gallery
from toonbooth.imaging.pixels import ByteImage


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test on every kind of database."""
    if "databases" in metafunc.fixturenames:
        metafunc.parametrize("databases", KINDS, indirect=True, scope="session")


@pytest.fixture
async def gallery(tmp_path: Path, databases: Databases) -> AsyncIterator[RunningGallery]:
    async with running_gallery(tmp_path / "data", databases=databases) as running:
        yield running
    databases.release(running.data_dir)


@pytest.fixture(scope="session")
def photo(astronaut: ByteImage) -> bytes:
    """A small JPEG of a person, 128 × 128."""
    file = io.BytesIO()
    Image.fromarray(astronaut).resize((128, 128)).save(file, "JPEG", quality=90)
    return file.getvalue()
