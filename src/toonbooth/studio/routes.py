"""The studio's routes: read the request, have a worker do it, render what comes back."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar, TypeVarTuple

from fastapi import APIRouter, Request
from opentelemetry.trace import Tracer
from starlette.responses import JSONResponse, Response

from toonbooth.contract import (
    FACES_HEADER,
    GENERATE_CARTOON_PATH,
    GEOMETRY_HEADER,
    HEALTH_PATH,
    LICENCE_HEADER,
    LIVE_PATH,
    MAX_SEED,
    MODEL_HEADER,
    PROCESS_FACE_CUT_PATH,
    READY_PATH,
    SCORE_HEADER,
    SEED_HEADER,
    STYLE_HEADER,
    STYLES_PATH,
    encode_faces_header,
)
from toonbooth.kit.connections import while_connected
from toonbooth.kit.draining import Drain
from toonbooth.kit.line import Place
from toonbooth.kit.multipart import MIXED
from toonbooth.kit.worker_messages import WorkerDiedError, WorkTimeoutError
from toonbooth.kit.workers import WorkerPool
from toonbooth.studio import tasks
from toonbooth.studio.errors import (
    BrokenImageError,
    BrokenStudioError,
    PreviewNotFoundError,
    UnknownStyleError,
)
from toonbooth.studio.fetching import ImageFetcher
from toonbooth.studio.forms import CartoonForm, read_cartoon_form
from toonbooth.studio.health import Readiness
from toonbooth.studio.metrics import StudioMetrics
from toonbooth.studio.pictures import (
    DECODING,
    JPEG_MEDIA_TYPE,
    WEBP_MEDIA_TYPE,
    CartoonFile,
    CutOptions,
    FaceCutFile,
    ModelSummary,
    StyleSummary,
)
from toonbooth.studio.replies import render_picture
from toonbooth.studio.requests import check_token, read_caller, read_json
from toonbooth.studio.schemas import (
    CARTOON_FORM,
    FACE_CUT_REQUEST,
    PREVIEW_REPLY,
    FaceCutRequest,
    HealthReply,
    StyleList,
    StyleReply,
    StylesReply,
    describe_errors,
    describe_pictures,
    read_face_cut_request,
)
from toonbooth.studio.telling import NewsDesk, ToldPicture, answer_with_news, prefers_news

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

_PREVIEW_MAX_AGE_SECONDS: Final = 24 * 3600

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What is open while the application runs."""

    pool: WorkerPool
    fetcher: ImageFetcher
    styles: tuple[StyleSummary, ...]
    equipment: tasks.Equipment
    readiness: Readiness
    token: str | None
    work_timeout_seconds: float
    metrics: StudioMetrics
    tracer: Tracer


router = APIRouter()


@router.post(
    GENERATE_CARTOON_PATH,
    summary="Draw a photo",
    response_class=Response,
    responses=describe_pictures(JPEG_MEDIA_TYPE, MIXED) | describe_errors(400, 401, 422, 500, 503),
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": CARTOON_FORM}}}
    },
)
async def generate_cartoon(request: Request) -> Response:
    services = _services_of(request)
    check_token(request, services.token)
    accept = request.headers.get("accept")
    caller = read_caller(request)
    async with services.pool.line.place(caller) as place:
        form = await read_cartoon_form(request.headers.get("content-type"), request.stream())
        if not prefers_news(accept):
            cartoon = await while_connected(request, _draw(services, form, place))
            return _render_cartoon(cartoon, accept)

    async def draw(desk: NewsDesk) -> ToldPicture:
        # A place of its own: this goes on when the request's own function has returned.
        async with services.pool.line.place(caller, on_number=desk.tell_place) as place:
            cartoon = await _draw(services, form, place, desk)
        return ToldPicture(cartoon.data, JPEG_MEDIA_TYPE, _describe_cartoon(cartoon))

    return await answer_with_news(request, draw)


def _render_cartoon(cartoon: CartoonFile, accept: str | None) -> Response:
    return render_picture(
        cartoon.data,
        media_type=JPEG_MEDIA_TYPE,
        name="cartoon",
        headers=_describe_cartoon(cartoon),
        accept=accept,
    )


@router.post(
    PROCESS_FACE_CUT_PATH,
    summary="Cut the face out of a cartoon",
    response_class=Response,
    responses=describe_pictures(JPEG_MEDIA_TYPE, "image/png", "image/webp")
    | describe_errors(400, 401, 404, 422, 500, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": FACE_CUT_REQUEST}},
        }
    },
)
async def process_face_cut(request: Request) -> Response:
    services = _services_of(request)
    check_token(request, services.token)
    async with services.pool.line.place(read_caller(request)) as place:
        wanted = read_face_cut_request(await read_json(request))
        face_cut = await while_connected(request, _cut(services, wanted, place))
    log.info("a face found by %s, score %s, was cut out", face_cut.geometry, face_cut.score)
    return render_picture(
        face_cut.data,
        media_type=face_cut.media_type,
        name="face",
        headers={GEOMETRY_HEADER: face_cut.geometry, SCORE_HEADER: str(face_cut.score)},
        accept=request.headers.get("accept"),
    )


@router.get(STYLES_PATH, summary="List the styles")
async def list_styles(request: Request) -> StylesReply:
    styles = _services_of(request).styles
    return StylesReply(data=StyleList(styles=[StyleReply.of(style) for style in styles]))


@router.get(
    f"{STYLES_PATH}/{{style}}/preview",
    summary="Get a style's preview",
    response_class=Response,
    responses=PREVIEW_REPLY | describe_errors(404),
)
async def get_preview(request: Request, style: str) -> Response:
    """The same portrait in every style. The address in the list changes with the picture."""
    found = next((known for known in _services_of(request).styles if known.name == style), None)
    if found is None:
        raise PreviewNotFoundError("There is no style of this name.")
    headers = {"Cache-Control": f"public, max-age={_PREVIEW_MAX_AGE_SECONDS}"}
    return Response(found.preview, media_type=WEBP_MEDIA_TYPE, headers=headers)


@router.get(LIVE_PATH, summary="Whether the process answers", response_model=HealthReply)
async def get_liveness() -> Response:
    """Asks nobody. When this fails, restart the process."""
    return _healthy("alive")


@router.get(
    READY_PATH,
    summary="Whether requests should be sent here",
    response_model=HealthReply,
    responses=describe_errors(503),
)
async def get_readiness(request: Request) -> Response:
    """Draws a small real picture, unless a real one was drawn in the last seconds."""
    drain: Drain = request.app.state.drain
    drain.check()
    await _services_of(request).readiness.check()
    return _healthy("ready")


@router.get(
    HEALTH_PATH,
    summary="Whether pictures can be drawn",
    response_model=HealthReply,
    responses=describe_errors(503),
)
async def get_health(request: Request) -> Response:
    """Every worker has drawn a small real picture before it takes work, so this only looks at a flag."""
    if _services_of(request).pool.is_broken:
        raise BrokenStudioError("Drawing is not possible at the moment.", retry_after_seconds=10)
    return _healthy("ready")


def _healthy(status: str) -> Response:
    return JSONResponse({"success": True, "data": {"status": status}}, headers={"Cache-Control": "no-store"})


def _name_model(model: ModelSummary | None) -> dict[str, str]:
    return {} if model is None else {MODEL_HEADER: model.name, LICENCE_HEADER: model.licence}


def _describe_cartoon(cartoon: CartoonFile) -> dict[str, str]:
    return {
        STYLE_HEADER: cartoon.style,
        SEED_HEADER: str(cartoon.seed),
        FACES_HEADER: encode_faces_header(cartoon.faces),
        **_name_model(cartoon.model),
    }


async def _draw(
    services: Services, form: CartoonForm, place: Place, desk: NewsDesk | None = None
) -> CartoonFile:
    style = form.style or services.styles[0].name
    if style not in {known.name for known in services.styles}:
        raise UnknownStyleError("There is no style of this name.")
    # Whoever leaves the seed to us wants another drawing each time.
    seed = secrets.randbelow(MAX_SEED + 1) if form.seed is None else form.seed
    cartoon = await _run(
        services,
        place,
        tasks.generate_cartoon,
        form.photo,
        style,
        seed,
        services.equipment,
        on_news=None if desk is None else desk.tell,
    )
    services.metrics.note_drawing(cartoon.style, faces=len(cartoon.faces))
    return cartoon


async def _run(
    services: Services,
    place: Place,
    task: Callable[[*Args], Result],
    *args: *Args,
    on_news: Callable[[object], None] | None = None,
) -> Result:
    """Have a worker do it; a decoder that hangs or crashes costs one request, of whoever sent the picture."""
    try:
        return await services.pool.run(
            task, *args, timeout_seconds=services.work_timeout_seconds, place=place, on_news=on_news
        )
    except (WorkTimeoutError, WorkerDiedError) as error:
        if error.stage != DECODING:
            raise
        log.warning("a decoder did not come back from a picture: %s", error.code)
        raise BrokenImageError("The image could not be decoded.") from None


async def _cut(services: Services, wanted: FaceCutRequest, place: Place) -> FaceCutFile:
    with services.tracer.start_as_current_span("fetch the picture", record_exception=False):
        image = await services.fetcher.fetch(wanted.image_url)
    options = CutOptions(**wanted.model_dump(exclude={"image_url"}))
    face_cut = await _run(services, place, tasks.process_face_cut, image, options, services.equipment)
    services.metrics.note_face_cut(options.shape.value, found_by=face_cut.geometry)
    return face_cut


def _services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
