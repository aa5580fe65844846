"""The studio in process, with its real workers and networks, and a server to fetch pictures from."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.http.studio.picture_server import PictureServer, running_picture_server
from tests.http.studio.running import make_settings, running_studio
from tests.integration.studio.sky import make_sky_jpeg


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pictures() -> AsyncIterator[PictureServer]:
    async with running_picture_server() as pictures:
        yield pictures


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def studio(pictures: PictureServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the studio as it runs on a laptop. Starting it takes a second, so all tests share it."""
    async with running_studio(make_settings(pictures)) as client:
        yield client


@pytest.fixture(scope="session")
def nobody_jpeg() -> bytes:
    return make_sky_jpeg()
