"""Gives a device all that it has, in one archive."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import StreamingResponse

from toonbooth.gallery.dependencies import get_services, read_device
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import DatabaseFailedError, DatabaseUnavailableError, InvalidDeviceIdError
from toonbooth.gallery.exporting import pack_belongings
from toonbooth.gallery.operations.browse import list_belongings
from toonbooth.gallery.services import Services
from toonbooth.kit.openapi import describe_failures

router = APIRouter(tags=["erasing"])

_MEDIA_TYPE: Final = "application/zip"
_SUCCESS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A zip of `originals/`, `temp/`, `downloaded/` and, last, `manifest.json`.",
        "content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/api/device/export",
    summary="Export everything of this device",
    response_class=StreamingResponse,
    responses=_SUCCESS
    | describe_failures(InvalidDeviceIdError, DatabaseFailedError, DatabaseUnavailableError),
)
async def export_device(
    services: Annotated[Services, Depends(get_services)], device: Annotated[DeviceId, Depends(read_device)]
) -> StreamingResponse:
    """Photos, cartoons and faces as they are stored, and a manifest with what is known about each. It is made
    while it is sent: its length is not known before its end.
    """
    belongings = await list_belongings(services, device)
    return StreamingResponse(
        pack_belongings(belongings, services.blobs, now=services.read_clock()),
        media_type=_MEDIA_TYPE,
        headers={
            "Content-Disposition": 'attachment; filename="toonbooth-export.zip"',
            "Cache-Control": "no-store",
        },
    )
