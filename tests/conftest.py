"""Pictures and folders that tests of every level share. The only photo is NASA's of Eileen Collins."""

import io
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.azurite import Azurite, running_azurite
from tests.databases import Databases, PostgresqlDatabases, SqliteDatabases
from tests.postgresql_server import PostgresqlServer, running_postgresql
from tests.seaweedfs import SeaweedFs, running_seaweedfs
from toonbooth.imaging.pixels import ByteImage
from toonbooth.kit.loading import nothing_collected


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests and all that they import stay until the end."""
    with nothing_collected():
        return (yield)


@pytest.fixture(scope="session")
def astronaut() -> ByteImage:
    """A public-domain portrait, (512, 512, 3) uint8 sRGB."""
    return np.asarray(data.astronaut(), dtype=np.uint8)


@pytest.fixture(scope="session")
def astronaut_jpeg(astronaut: ByteImage) -> bytes:
    """The same as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(astronaut).save(file, "JPEG", quality=92)
    return file.getvalue()


@pytest.fixture(scope="session")
def shared_photos() -> list[Path]:
    """Portraits that lie beside a developer's checkout; empty elsewhere, and no test may need them."""
    return sorted((Path(__file__).parents[2] / "shared" / "photos").glob("*.[jp][pn]g"))


@pytest.fixture(scope="session")
def postgresql_server() -> Generator[PostgresqlServer]:
    """A server that stays up while tests run; whoever wants to stop one starts another."""
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def seaweedfs() -> Generator[SeaweedFs]:
    """An S3 server that stays up while tests run."""
    with running_seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def azurite() -> Generator[Azurite]:
    """An emulator of Azure Blob Storage that stays up while tests run."""
    with running_azurite() as server:
        yield server


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    """One of the kinds of database; the folders that test on all of them say so in their conftest."""
    if request.param == "sqlite":
        return SqliteDatabases()
    return PostgresqlDatabases(request.getfixturevalue("postgresql_server"))
