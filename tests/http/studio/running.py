"""Runs a studio in this process, lifespan included, behind an HTTP client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.http.studio.picture_server import PictureServer
from toonbooth.studio.app import create_app
from toonbooth.studio.settings import StudioSettings


def make_settings(pictures: PictureServer, **given: object) -> StudioSettings:
    """The settings of a laptop, but for one worker, pictures from `pictures`, and what is given."""
    origins = f"{pictures.origin}/uploads/=127.0.0.0/8"
    return StudioSettings.model_validate({"workers": 1, "trusted_origins": origins, **given})


@asynccontextmanager
async def running_studio(settings: StudioSettings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://studio.example", timeout=60
        ) as client,
    ):
        yield client
