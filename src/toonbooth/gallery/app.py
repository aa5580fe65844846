"""Builds the gallery. The only place that picks implementations."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from importlib.metadata import version
from typing import Final

import httpx
from fastapi import APIRouter, Depends, FastAPI
from opentelemetry.trace import Tracer
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from toonbooth.gallery.blobs.presigning import BucketLinks, open_bucket_links
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.database.migrations import bring_up_to_date
from toonbooth.gallery.dependencies import DEVICE_HEADER
from toonbooth.gallery.jobs.running import JobRunner
from toonbooth.gallery.metrics import GalleryMetrics
from toonbooth.gallery.operations.sweep import SweepRules
from toonbooth.gallery.page import install_page
from toonbooth.gallery.rate_limiting import count_request, share_limits
from toonbooth.gallery.renditions import RenditionMaker
from toonbooth.gallery.routes import cartoons, erasing, exports, files, health, jobs, lists, styles
from toonbooth.gallery.schemas import DownloadBody, RegenerateBody, UploadForm
from toonbooth.gallery.services import Services
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.signing import UrlSigner
from toonbooth.gallery.signing_keys import load_signing_keys, read_signing_keys
from toonbooth.gallery.storage import open_storage
from toonbooth.gallery.studio_calls import StudioCalls, open_studio_connections
from toonbooth.gallery.studio_client import HttpStudioClient
from toonbooth.gallery.sweeping import swept_regularly
from toonbooth.kit.at_once import AtOnce, SurplusConnectionMiddleware
from toonbooth.kit.bodies import UnreadBodyMiddleware
from toonbooth.kit.docs_page import install_docs_page
from toonbooth.kit.draining import Drain, DrainMiddleware
from toonbooth.kit.metrics import Metrics
from toonbooth.kit.openapi import describe_failures, install_openapi
from toonbooth.kit.pool_metrics import PoolMetrics
from toonbooth.kit.rate_limits import IN_DATABASE, TooManyRequestsError, open_rate_limiter
from toonbooth.kit.replies import install_error_replies
from toonbooth.kit.requests import REQUEST_ID_HEADER, RequestMiddleware
from toonbooth.kit.response_headers import ResponseHeadersMiddleware
from toonbooth.kit.tracing import FRAMEWORK_TELEMETRY_OFF, NO_TRACER
from toonbooth.kit.workers import WorkerPool

_DESCRIPTION: Final = """
A photo becomes a cartoon of the person. Of the cartoons that follow, the face of the best one is cut out and
kept.

`x-device-id` says who asks: a UUID that the app makes once and keeps secret. A device that was never seen has
empty lists.

Every success is `{"success": true, "data": …}`. Every failure has this shape; the sentence can be shown to a
person, the code is stable:

    {"success": false, "error": "The image file is empty.", "code": "empty_file"}

Every reply carries `X-Request-Id`, which the logs know as well.

    curl -H "x-device-id: 123e4567-e89b-12d3-a456-426614174000" \\
         -F image=@photo.jpg http://127.0.0.1:3000/api/upload
"""
_TOO_MANY: Final = describe_failures(TooManyRequestsError, crash=False)
_WAITING_CONVERSIONS: Final = 16
_CONVERSION_MEMORY_BYTES: Final = 2 * 1024**3

# For pages of the origins in GALLERY_CORS_ORIGINS: Flutter on the web sends these and wants to read those.
_CORS_METHODS: Final = ("GET", "HEAD", "POST", "DELETE")
_CORS_HEADERS: Final = (
    DEVICE_HEADER, "content-type", "idempotency-key", "if-none-match", "prefer", "range", "last-event-id",
    "x-request-id",
)  # fmt: skip
_CORS_EXPOSED: Final = (
    REQUEST_ID_HEADER, "Retry-After", "Idempotent-Replayed", "ETag", "Content-Range", "Location",
)  # fmt: skip
_CORS_SECONDS: Final = 3600


@cache
def _make_routes() -> tuple[BaseRoute, ...]:
    """All routes of the API: what FastAPI works out about them serves every application of this process."""
    api = APIRouter(generate_unique_id_function=lambda route: route.name)
    for module in (cartoons, jobs, lists, files, erasing, exports, styles):
        api.include_router(module.router, dependencies=[Depends(count_request)], responses=_TOO_MANY)
    api.include_router(health.router)
    return tuple(api.routes)


def create_app(
    settings: GallerySettings,
    *,
    studio_transport: httpx.AsyncBaseTransport | None = None,
    tracer: Tracer = NO_TRACER,
) -> FastAPI:
    """The application; what it works with is opened and closed by its lifespan.

    Parameters
    ----------
    studio_transport : how to reach the studio, when not over the network.
    tracer : where spans go.
    """
    metrics = Metrics("gallery")

    @asynccontextmanager
    async def open_services(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.services = await _open_services(
                settings, stack, studio_transport, metrics=metrics, tracer=tracer
            )
            yield

    app = FastAPI(
        title="Toonbooth gallery",
        description=_DESCRIPTION,
        version=version("toonbooth"),
        lifespan=open_services,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=FRAMEWORK_TELEMETRY_OFF,
    )
    app.router.routes.extend(_make_routes())
    install_error_replies(app)
    install_openapi(app, body_models=(UploadForm, RegenerateBody, DownloadBody))
    install_docs_page(app)
    install_page(app, public_url=settings.public_url)
    # From the inside out: the last one added sees a request first.
    app.state.metrics = metrics
    app.state.drain = Drain()
    app.add_middleware(DrainMiddleware, drain=app.state.drain)
    app.add_middleware(SurplusConnectionMiddleware)
    app.add_middleware(UnreadBodyMiddleware)
    app.add_middleware(RequestMiddleware, metrics=metrics, tracer=tracer)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=_CORS_METHODS,
            allow_headers=_CORS_HEADERS,
            expose_headers=_CORS_EXPOSED,
            max_age=_CORS_SECONDS,
        )
    app.add_middleware(ResponseHeadersMiddleware)
    return app


async def _open_services(
    settings: GallerySettings,
    stack: AsyncExitStack,
    studio_transport: httpx.AsyncBaseTransport | None,
    *,
    metrics: Metrics,
    tracer: Tracer,
) -> Services:
    ours = GalleryMetrics(metrics)
    conversions = PoolMetrics(metrics, tracer)
    await bring_up_to_date(settings.database_url)
    storage = await stack.enter_async_context(open_storage(settings))
    await storage.staging.remove_leftovers()
    keys = (
        load_signing_keys(settings.data_dir)
        if settings.signing_keys is None
        else read_signing_keys(settings.signing_keys.get_secret_value())
    )
    token = settings.studio_token.get_secret_value() if settings.studio_token else None
    connections = await stack.enter_async_context(
        open_studio_connections(settings.studio_url, token=token, transport=studio_transport)
    )
    converters = await stack.enter_async_context(
        WorkerPool(
            workers=settings.conversion_workers,
            max_waiting=_WAITING_CONVERSIONS,
            memory_limit_bytes=_CONVERSION_MEMORY_BYTES,
            preload=("toonbooth.imaging.codec.renditions",),
            watch=conversions,
        )
    )
    rendition_maker = await stack.enter_async_context(
        RenditionMaker(
            storage.blobs,
            storage.renditions,
            converters,
            at_once=settings.conversion_workers,
            timeout_seconds=settings.conversion_timeout_seconds,
        )
    )
    await stack.enter_async_context(
        swept_regularly(
            storage,
            SweepRules.of(settings),
            interval_seconds=60.0 * settings.sweep_interval_minutes,
            read_clock=read_clock,
            metrics=ours,
        )
    )
    signer = UrlSigner(keys)
    rate_limiter = (
        share_limits(storage.database, signer)
        if settings.rate_limits_url == IN_DATABASE
        else await stack.enter_async_context(open_rate_limiter(settings.rate_limits_url))
    )
    studio = HttpStudioClient(
        StudioCalls(
            connections,
            timeout_seconds=settings.studio_timeout_seconds,
            metrics=ours,
            tracer=tracer,
            counts=rate_limiter,
        )
    )
    # Entered last: what jobs work with is closed after them.
    jobs = await stack.enter_async_context(
        JobRunner(storage.database, limit=settings.max_jobs, on_end=ours.note_job, tracer=tracer)
    )
    conversions.watch_gauges_of(converters)
    ours.watch_gauges(
        data_folder=settings.data_dir,
        is_breaker_open=lambda: studio.is_given_up,
        count_jobs=lambda: jobs.running,
        count_connections=storage.database.count_connections,
    )
    return Services(
        settings=settings,
        database=storage.database,
        blobs=storage.blobs,
        staging=storage.staging,
        studio=studio,
        signer=signer,
        converters=converters,
        renditions=storage.renditions,
        rendition_maker=rendition_maker,
        jobs=jobs,
        rate_limiter=rate_limiter,
        bucket_links=await _open_bucket_links(settings),
        drawings_at_once=AtOnce(settings.drawings_at_once_per_address),
        read_clock=read_clock,
    )


async def _open_bucket_links(settings: GallerySettings) -> BucketLinks | None:
    if settings.files_from != "bucket" or settings.blob_url is None:
        return None
    if settings.other_blob_url is not None:
        return None  # Some pictures aren't in the bucket yet.
    return await open_bucket_links(settings.blob_url, public_url=settings.bucket_public_url)
