"""Serves the stored pictures: to whoever has a signed address, and to the device that owns them.

Everybody else hears the same 404, whether there is such a file or not.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from toonbooth.gallery.blobs.keys import MEDIA_TYPES, get_media_type, is_key
from toonbooth.gallery.blobs.presigning import LINK_SECONDS, REDIRECT_SECONDS, BucketLinks
from toonbooth.gallery.dependencies import DEVICE_HEADER, find_device, get_services
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import (
    DatabaseFailedError,
    DatabaseUnavailableError,
    PictureNotFoundError,
    RangeNotSatisfiableError,
    StorageFailedError,
    StorageUnavailableError,
)
from toonbooth.gallery.links import UPLOADS_PATH, VIA_GALLERY, VIA_PARAMETER, WIDTH_PARAMETER, get_path
from toonbooth.gallery.operations.browse import may_see
from toonbooth.gallery.ranges import (
    ByteRange,
    UnsatisfiableRangeError,
    allows_range,
    matches_any,
    read_range,
)
from toonbooth.gallery.renditions import WIDTHS, Rendition, choose_rendition
from toonbooth.gallery.services import Services
from toonbooth.gallery.signing import EXPIRES_PARAMETER, SIGNATURE_PARAMETER
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.openapi import describe_failures
from toonbooth.kit.replies import render_error
from toonbooth.kit.worker_messages import WorkerDiedError, WorkTimeoutError
from toonbooth.kit.workers import PoolBusyError

router = APIRouter(tags=["files"])

_SENDFILE_HEADER: Final = "X-Sendfile-Type"
"""With it a proxy says that it knows the other one; the studio, which comes by another way, doesn't."""

_ACCEL_HEADER: Final = "X-Accel-Redirect"
_OWNER_MAX_AGE_SECONDS: Final = 7 * 24 * 3600
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_PICTURES: Final = {"content": dict.fromkeys((*MEDIA_TYPES.values(), "image/avif"), _BINARY)}
_SUCCESSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The picture.", **_PICTURES},
    206: {"description": "The wanted part of it.", **_PICTURES},
    304: {"description": "It is the one you have."},
    307: {"description": "A bucket has it (`GALLERY_FILES_FROM`); `Location` is good for five minutes."},
}


@router.head(f"{UPLOADS_PATH}/{{type}}/{{filename}}", include_in_schema=False, response_class=Response)
@router.get(
    f"{UPLOADS_PATH}/{{type}}/{{filename}}",
    summary="Get a picture",
    response_class=Response,
    responses=_SUCCESSES
    | describe_failures(
        InvalidRequestError,
        PictureNotFoundError,
        PoolBusyError,
        WorkTimeoutError,
        WorkerDiedError,
        RangeNotSatisfiableError,
        DatabaseFailedError,
        DatabaseUnavailableError,
        StorageFailedError,
        StorageUnavailableError,
    ),
    openapi_extra={"security": [{}, {"device": []}]},
)
async def get_file(
    request: Request,
    services: Annotated[Services, Depends(get_services)],
    device: Annotated[DeviceId | None, Depends(find_device)],
    folder: Annotated[str, Path(alias="type", description="`originals`, `temp` or `downloaded`.")],
    filename: str,
    expires: Annotated[str, Query(alias=EXPIRES_PARAMETER)] = "",
    signature: Annotated[str, Query(alias=SIGNATURE_PARAMETER)] = "",
    width: Annotated[
        str | None,
        Query(
            alias=WIDTH_PARAMETER,
            description="A smaller version of this width, as WebP or AVIF where `Accept` names them.",
            json_schema_extra={"enum": [str(each) for each in WIDTHS]},
        ),
    ] = None,
    via: Annotated[
        str | None,
        Query(
            alias=VIA_PARAMETER,
            description="Never redirects.",
            json_schema_extra={"enum": [VIA_GALLERY]},
        ),
    ] = None,
) -> Response:
    """Addresses in replies are signed and open without any header for a week, in image widgets too. Without
    the query they open for the device that owns the picture. Everything else is 404.
    """
    key = f"{folder}/{filename}"
    max_age_seconds = await _authorise(services, key, device, expires=expires, signature=signature)
    size = (await services.blobs.stat(key)).size
    if width is not None:
        rendition = choose_rendition(key, _read_width(width), request.headers.get("accept"))
        return await _send_rendition(request, services, key, rendition, max_age_seconds=max_age_seconds)
    # A key's bytes never change, so its name says all.
    etag = f'"{filename}"'
    headers = _make_headers(etag, max_age_seconds, vary=DEVICE_HEADER) | {"Accept-Ranges": "bytes"}
    if matches_any(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        headers["Content-Length"] = str(size)
        return Response(media_type=get_media_type(key), headers=headers)
    if services.bucket_links is not None and via != VIA_GALLERY:
        return await _redirect(services.bucket_links, key, max_age_seconds=max_age_seconds)
    wanted = None
    if allows_range(request.headers.get("if-range"), etag):
        try:
            wanted = read_range(request.headers.get("range"), size=size)
        except UnsatisfiableRangeError:
            refusal = render_error(RangeNotSatisfiableError())
            refusal.headers["Content-Range"] = f"bytes */{size}"
            return refusal
    if services.settings.accel_path is not None and request.headers.get(_SENDFILE_HEADER) == _ACCEL_HEADER:
        return _let_nginx_send(key, services.settings.accel_path, headers=headers)
    return await _send(services, key, wanted, size=size, headers=headers)


async def _redirect(links: BucketLinks, key: str, *, max_age_seconds: int) -> Response:
    """Never beyond the time that the asker's own address is good for."""
    address = await links.sign(key, seconds=min(LINK_SECONDS, max_age_seconds))
    remembered_seconds = min(REDIRECT_SECONDS, max_age_seconds)
    return RedirectResponse(
        address,
        status_code=307,
        headers={
            "Cache-Control": f"private, max-age={remembered_seconds}",
            "Vary": DEVICE_HEADER,
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


def _let_nginx_send(key: str, accel_path: str, *, headers: dict[str, str]) -> Response:
    """It takes the range, like all else, out of the request that it has."""
    return Response(media_type=get_media_type(key), headers=headers | {_ACCEL_HEADER: f"{accel_path}{key}"})


async def _send_rendition(
    request: Request, services: Services, key: str, rendition: Rendition, *, max_age_seconds: int
) -> Response:
    etag = f'"{key.rpartition("/")[2]}-{rendition.name}"'
    headers = _make_headers(etag, max_age_seconds, vary=f"Accept, {DEVICE_HEADER}")
    if matches_any(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    data = await services.rendition_maker.get(key, rendition)
    if request.method == "HEAD":
        headers["Content-Length"] = str(len(data))
        data = b""
    return Response(data, media_type=rendition.media_type, headers=headers)


def _read_width(text: str) -> int:
    if text not in {str(each) for each in WIDTHS}:
        raise InvalidRequestError(f"{WIDTH_PARAMETER} must be one of {', '.join(map(str, WIDTHS))}.")
    return int(text)


def _make_headers(etag: str, max_age_seconds: int, *, vary: str) -> dict[str, str]:
    return {
        "ETag": etag,
        "Cache-Control": f"private, immutable, max-age={max_age_seconds}",
        "Vary": vary,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        # Image widgets of an app's own page show them; whoever has the address may.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


async def _authorise(
    services: Services, key: str, device: DeviceId | None, *, expires: str, signature: str
) -> int:
    """How many seconds the asker may keep the picture.

    Raises
    ------
    PictureNotFoundError
        When the asker may not see it, or it cannot be.
    """
    if not is_key(key):
        raise PictureNotFoundError
    remaining_seconds = services.signer.verify(
        get_path(key), expires=expires, signature=signature, now=services.read_clock()
    )
    if remaining_seconds is not None:
        return remaining_seconds
    if device is None or not await may_see(services, device, key):
        raise PictureNotFoundError
    return _OWNER_MAX_AGE_SECONDS


async def _send(
    services: Services, key: str, wanted: ByteRange | None, *, size: int, headers: dict[str, str]
) -> Response:
    part = wanted or ByteRange(0, size)
    headers["Content-Length"] = str(part.length)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    pieces = services.blobs.stream(key, start=part.start, stop=part.stop)
    # The first piece before the reply begins: a file that has just gone is still a 404.
    first = await anext(pieces, b"")
    status = 200 if wanted is None else 206
    media_type = get_media_type(key)
    if len(first) == part.length:
        await anext(pieces, None)  # Runs it to its end, and closes the file.
        return Response(first, status_code=status, media_type=media_type, headers=headers)
    return StreamingResponse(
        _chain(first, pieces), status_code=status, media_type=media_type, headers=headers
    )


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
