"""Builds the studio. The only place that picks implementations."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from opentelemetry.trace import Tracer

from toonbooth.kit.bodies import UnreadBodyMiddleware
from toonbooth.kit.draining import Drain, DrainMiddleware
from toonbooth.kit.metrics import Metrics
from toonbooth.kit.openapi import install_openapi
from toonbooth.kit.pool_metrics import PoolMetrics
from toonbooth.kit.replies import install_error_replies
from toonbooth.kit.requests import RequestMiddleware
from toonbooth.kit.response_headers import ResponseHeadersMiddleware
from toonbooth.kit.tracing import FRAMEWORK_TELEMETRY_OFF, NO_TRACER
from toonbooth.kit.workers import WorkerPool
from toonbooth.studio import tasks
from toonbooth.studio.fetching import ImageFetcher
from toonbooth.studio.health import Readiness
from toonbooth.studio.metrics import StudioMetrics
from toonbooth.studio.pictures import NeuralChoice, StyleList
from toonbooth.studio.routes import Services, router
from toonbooth.studio.settings import StudioSettings

_START_SECONDS: Final = 300.0
"""Large networks take their time for the previews of their styles."""

log = logging.getLogger(__name__)


def create_app(settings: StudioSettings, *, tracer: Tracer = NO_TRACER) -> FastAPI:
    """The application; its workers start and end with its lifespan. `tracer`: where spans go."""
    metrics = Metrics("studio")
    work = PoolMetrics(metrics, tracer)
    pictures = StudioMetrics(metrics)

    @asynccontextmanager
    async def open_services(app: FastAPI) -> AsyncIterator[None]:
        equipment = tasks.Equipment(
            models_folder=settings.models_dir,
            threads=settings.threads_per_worker,
            max_side_pixels=settings.max_side_pixels,
            neural=_choose_neural(settings),
        )
        async with WorkerPool(
            workers=settings.workers,
            max_waiting=settings.max_waiting,
            max_wait_seconds=settings.max_wait_seconds,
            memory_limit_bytes=settings.worker_memory_mb * 1024**2,
            preload=("toonbooth.studio.preload",),
            prepare=partial(tasks.prepare, equipment),
            watch=work,
        ) as pool:
            work.watch_gauges_of(pool)
            known = await pool.run(tasks.list_styles, equipment, timeout_seconds=_START_SECONDS)
            _tell(known)
            app.state.services = Services(
                pool=pool,
                fetcher=ImageFetcher(settings.trusted_origins),
                styles=known.styles,
                equipment=equipment,
                readiness=Readiness(pool, equipment),
                token=settings.token.get_secret_value() if settings.token else None,
                work_timeout_seconds=settings.work_timeout_seconds,
                metrics=pictures,
                tracer=tracer,
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
        telemetry=FRAMEWORK_TELEMETRY_OFF,
    )
    app.include_router(router)
    install_error_replies(app)
    install_openapi(app)
    app.state.metrics = metrics
    app.state.drain = Drain()
    app.add_middleware(DrainMiddleware, drain=app.state.drain)
    app.add_middleware(UnreadBodyMiddleware)
    app.add_middleware(RequestMiddleware, metrics=metrics, tracer=tracer)
    app.add_middleware(ResponseHeadersMiddleware)
    return app


def _choose_neural(settings: StudioSettings) -> NeuralChoice | None:
    if settings.neural_styles_dir is None:
        return None
    return NeuralChoice(settings.neural_styles_dir, settings.allow_noncommercial, settings.onnx_provider)


def _tell(known: StyleList) -> None:
    for style in known.styles:
        if style.model is not None:
            log.info(
                "neural style %s: %s, %s (commercial use: %s), runs on %s",
                style.name,
                style.model.name,
                style.model.licence,
                style.model.commercial,
                style.model.provider,
            )
    for problem in known.problems:
        log.warning("neural style left out: %s", problem)
