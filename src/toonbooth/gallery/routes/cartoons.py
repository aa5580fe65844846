"""Upload, regenerate, download: the three requests that have pictures made."""

from contextlib import AsyncExitStack
from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from toonbooth.gallery.database.tables import DownloadedFace, RegeneratedCartoon
from toonbooth.gallery.dependencies import (
    get_services,
    make_links,
    prefers_job,
    read_cartoon_id,
    read_device,
    read_idempotency_key,
    read_original_id,
)
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import (
    AnimatedPhotoError,
    CartoonNotFoundError,
    DatabaseFailedError,
    DatabaseUnavailableError,
    EmptyFileError,
    FileTooLargeError,
    IdempotencyKeyReusedError,
    IncompleteUploadError,
    InvalidDeviceIdError,
    InvalidIdError,
    MissingFileError,
    NoFaceFoundError,
    OriginalNotFoundError,
    PhotoTooLargeError,
    PictureNotFoundError,
    RequestInProgressError,
    StorageFailedError,
    StorageUnavailableError,
    StudioBusyError,
    StudioFailedError,
    StudioUnavailableError,
    TooManyFilesError,
    TooManyOriginalsError,
    UnknownFaceError,
    UnknownStyleError,
    UnreadablePhotoError,
    UnsupportedTypeError,
)
from toonbooth.gallery.idempotency import Attempt
from toonbooth.gallery.links import FileLinks
from toonbooth.gallery.operations.begun_uploads import begun_upload
from toonbooth.gallery.operations.download_face import download_face
from toonbooth.gallery.operations.regenerate_cartoon import regenerate_cartoon
from toonbooth.gallery.operations.upload_photo import Uploaded, upload_photo
from toonbooth.gallery.rate_limiting import count_drawing, take_a_place
from toonbooth.gallery.routes.answering import (
    JOB_REPLY,
    PictureRequest,
    answer_at_the_end,
    answer_with_job,
)
from toonbooth.gallery.schemas import (
    CartoonJson,
    DownloadBody,
    DownloadedFaceJson,
    DownloadedJson,
    OriginalJson,
    RegenerateBody,
    RegeneratedJson,
    Success,
    UploadedJson,
    UploadForm,
)
from toonbooth.gallery.services import Services
from toonbooth.gallery.small_bodies import SMALL_BODY_TYPES, read_small_body
from toonbooth.gallery.studio_progress import Listener
from toonbooth.gallery.uploading import DigestingSink, UploadReader, receive_upload
from toonbooth.gallery.wishes import read_cut_wishes, read_wishes
from toonbooth.kit.draining import ShuttingDownError
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.openapi import describe_body, describe_failures
from toonbooth.kit.worker_messages import WorkerDiedError, WorkTimeoutError
from toonbooth.kit.workers import PoolBusyError

router = APIRouter(tags=["cartoons"], dependencies=[Depends(count_drawing), Depends(take_a_place)])

_FAILURES_OF_ALL: Final = (
    InvalidDeviceIdError,
    InvalidRequestError,
    IncompleteUploadError,
    RequestInProgressError,
    IdempotencyKeyReusedError,
    DatabaseFailedError,
    DatabaseUnavailableError,
    StorageFailedError,
    StorageUnavailableError,
    StudioFailedError,
    StudioBusyError,
    StudioUnavailableError,
    PoolBusyError,
    ShuttingDownError,
    WorkTimeoutError,
    WorkerDiedError,
)
_FAILURES_OF_DRAWING: Final = (UnknownStyleError, UnreadablePhotoError, NoFaceFoundError)


Device = Annotated[DeviceId, Depends(read_device)]
Links = Annotated[FileLinks, Depends(make_links)]
Key = Annotated[str | None, Depends(read_idempotency_key)]
Opened = Annotated[Services, Depends(get_services)]
AsJob = Annotated[bool, Depends(prefers_job)]


@router.post(
    "/api/upload",
    summary="Upload a photo and get its first cartoon",
    response_model=Success[UploadedJson],
    responses=JOB_REPLY
    | describe_failures(
        *_FAILURES_OF_ALL,
        *_FAILURES_OF_DRAWING,
        MissingFileError,
        TooManyFilesError,
        EmptyFileError,
        FileTooLargeError,
        UnsupportedTypeError,
        PhotoTooLargeError,
        AnimatedPhotoError,
        OriginalNotFoundError,
        TooManyOriginalsError,
    ),
    openapi_extra=describe_body(UploadForm, "multipart/form-data", required=True),
)
async def upload(
    request: Request, services: Opened, device: Device, key: Key, links: Links, as_job: AsJob
) -> Response:
    """The file's name and declared type count for nothing; its content does. Place, time and other private
    metadata are removed before it is stored. HEIC and AVIF are stored as JPEG.
    """
    reader = UploadReader(
        request.headers.get("content-type"), max_file_bytes=services.settings.max_upload_bytes
    )
    async with AsyncExitStack() as resources:
        begun = await resources.enter_async_context(begun_upload(services, device))
        staged = await resources.enter_async_context(services.staging.open())
        sink = DigestingSink(staged)
        form = await receive_upload(
            request.stream(), reader, sink, max_seconds=services.settings.upload_timeout_seconds
        )

        async def work(attempt: Attempt, listener: Listener | None) -> None:
            async def save(session: AsyncSession, uploaded: Uploaded) -> None:
                await attempt.save(
                    session,
                    UploadedJson(
                        original=OriginalJson.of(uploaded.original, links),
                        cartoon=CartoonJson.of(uploaded.cartoon, links),
                    ),
                )

            await upload_photo(services, begun, staged, form.wishes, on_commit=save, listener=listener)

        what = (sink.hex_digest, form.wishes)
        asked = PictureRequest(request, device, "upload", key, what, resources)
        return await (answer_with_job if as_job else answer_at_the_end)(services, asked, work)


@router.post(
    "/api/regenerate/{originalId}",
    summary="Draw a photo again",
    response_model=Success[RegeneratedJson],
    responses=JOB_REPLY
    | describe_failures(
        *_FAILURES_OF_ALL,
        *_FAILURES_OF_DRAWING,
        InvalidIdError,
        OriginalNotFoundError,
        CartoonNotFoundError,
        PictureNotFoundError,
    ),
    openapi_extra=describe_body(RegenerateBody, *SMALL_BODY_TYPES, required=False),
)
async def regenerate(
    request: Request,
    services: Opened,
    device: Device,
    original_id: Annotated[ObjectId, Depends(read_original_id)],
    key: Key,
    links: Links,
    as_job: AsJob,
) -> Response:
    """Each drawing differs from the one before: style and seed move on, unless the body names them."""
    wishes = read_wishes(await read_small_body(request))

    async def work(attempt: Attempt, listener: Listener | None) -> None:
        async def save(session: AsyncSession, cartoon: RegeneratedCartoon) -> None:
            await attempt.save(session, RegeneratedJson(cartoon=CartoonJson.of(cartoon, links)))

        await regenerate_cartoon(services, device, original_id, wishes, on_commit=save, listener=listener)

    asked = PictureRequest(request, device, "regenerate", key, (original_id, wishes))
    return await (answer_with_job if as_job else answer_at_the_end)(services, asked, work)


@router.post(
    "/api/download/{cartoonId}",
    summary="Keep the face of a cartoon",
    response_model=Success[DownloadedJson],
    responses=describe_failures(
        *_FAILURES_OF_ALL,
        InvalidIdError,
        UnknownFaceError,
        CartoonNotFoundError,
        PictureNotFoundError,
        NoFaceFoundError,
    ),
    openapi_extra=describe_body(DownloadBody, *SMALL_BODY_TYPES, required=False),
)
async def download(
    request: Request,
    services: Opened,
    device: Device,
    cartoon_id: Annotated[ObjectId, Depends(read_cartoon_id)],
    key: Key,
    links: Links,
) -> Response:
    """Cuts the face out of the chosen cartoon. All cartoons of its photo are deleted, the photo and the face
    stay. When no face is found, or the studio fails, nothing is deleted.
    """
    wishes = read_cut_wishes(await read_small_body(request))

    async def work(attempt: Attempt, _listener: Listener | None) -> None:
        async def save(session: AsyncSession, face: DownloadedFace) -> None:
            await attempt.save(session, DownloadedJson(downloaded_face=DownloadedFaceJson.of(face, links)))

        await download_face(services, device, cartoon_id, wishes, on_commit=save)

    asked = PictureRequest(request, device, "download", key, (cartoon_id, wishes))
    return await answer_at_the_end(services, asked, work)
