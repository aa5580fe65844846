"""The studio in process, with its real workers and networks, and a server to fetch pictures from."""

import io
from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from tests.http.studio.picture_server import PictureServer, running_picture_server
from tests.http.studio.running import make_settings, running_studio


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
    """A picture of the sky: a gradient."""
    ramp = np.linspace(120, 240, 320)[:, np.newaxis, np.newaxis] * np.array([0.6, 0.8, 1.0])
    sky = np.broadcast_to(ramp, (320, 480, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(sky).save(file, "JPEG")
    return file.getvalue()
