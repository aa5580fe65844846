"""The ways of drawing, as the studio lists them, and the picture that shows each."""

import hashlib
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from toonbooth.gallery.dependencies import get_services, make_links
from toonbooth.gallery.errors import PictureNotFoundError, StudioFailedError
from toonbooth.gallery.links import FileLinks, get_preview_path
from toonbooth.gallery.ranges import matches_any
from toonbooth.gallery.schemas import StyleJson, StylesJson, Success
from toonbooth.gallery.services import Services
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.openapi import describe_failures

router = APIRouter(tags=["styles"])

_PREVIEW_MAX_AGE_SECONDS: Final = 24 * 3600
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_SUCCESSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The picture.",
        "content": dict.fromkeys(("image/webp", "image/jpeg", "image/png"), _BINARY),
    },
    304: {"description": "It is the one you have."},
}


@router.get("/api/styles", summary="List the styles", responses=describe_failures(InvalidRequestError))
async def get_styles(
    services: Annotated[Services, Depends(get_services)], links: Annotated[FileLinks, Depends(make_links)]
) -> Success[StylesJson]:
    """What `style` may be, the default first. Empty when the AI server is another that has no such list."""
    styles = await services.studio.list_styles()
    return Success(data=StylesJson(styles=[StyleJson.of(style, links) for style in styles]))


@router.head(get_preview_path("{style}"), include_in_schema=False, response_class=Response)
@router.get(
    get_preview_path("{style}"),
    summary="Get a style's preview",
    response_class=Response,
    responses=_SUCCESSES | describe_failures(PictureNotFoundError, StudioFailedError),
)
async def get_style_preview(
    request: Request, services: Annotated[Services, Depends(get_services)], style: str
) -> Response:
    """The same portrait in every style. It shows nobody's photo, so it opens for everybody."""
    preview = await services.studio.get_preview(style)
    etag = f'"{hashlib.sha256(preview.content).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={_PREVIEW_MAX_AGE_SECONDS}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if matches_any(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(preview.content, media_type=preview.media_type, headers=headers)
