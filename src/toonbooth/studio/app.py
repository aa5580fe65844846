"""Builds the studio. The only place that picks implementations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from toonbooth.kit.bodies import UnreadBodyMiddleware
from toonbooth.kit.openapi import install_openapi
from toonbooth.kit.replies import install_error_replies
from toonbooth.kit.requests import RequestMiddleware
from toonbooth.kit.workers import WorkerPool
from toonbooth.studio import tasks
from toonbooth.studio.fetching import ImageFetcher
from toonbooth.studio.requests import Admission
from toonbooth.studio.routes import Services, router
from toonbooth.studio.settings import StudioSettings

_START_SECONDS: Final = 60.0
_CLIENT_GONE: Final = 499
"""For the access log: nobody is left to read it."""


def create_app(settings: StudioSettings) -> FastAPI:
    """The application; its workers start and end with its lifespan."""

    @asynccontextmanager
    async def open_services(app: FastAPI) -> AsyncIterator[None]:
        equipment = tasks.Equipment(
            models_folder=settings.models_dir,
            threads=settings.threads_per_worker,
            max_side_pixels=settings.max_side_pixels,
        )
        async with WorkerPool(
            workers=settings.workers,
            max_waiting=settings.max_waiting,
            preload=("toonbooth.studio.preload",),
            prepare=partial(tasks.prepare, equipment),
        ) as pool:
            app.state.services = Services(
                pool=pool,
                admission=Admission(pool, limit=settings.workers + settings.max_waiting),
                fetcher=ImageFetcher(settings.trusted_origins),
                styles=await pool.run(tasks.list_styles, timeout_seconds=_START_SECONDS),
                equipment=equipment,
                token=settings.token.get_secret_value() if settings.token else None,
                work_timeout_seconds=settings.work_timeout_seconds,
            )
            yield

    # No pages of its own: they would load their scripts from elsewhere.
    app = FastAPI(
        title="Toonbooth studio",
        description="Draws cartoons and cuts faces; keeps nothing.",
        version=version("toonbooth"),
        lifespan=open_services,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(router)
    install_error_replies(app)
    install_openapi(app)

    @app.exception_handler(ClientDisconnect)
    async def note_client_gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=_CLIENT_GONE)

    app.add_middleware(UnreadBodyMiddleware)
    app.add_middleware(RequestMiddleware)
    return app
