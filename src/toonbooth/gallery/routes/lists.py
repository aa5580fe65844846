"""What a device has: its photos and its downloaded faces, newest first."""

from typing import Annotated

from bson import ObjectId
from fastapi import APIRouter, Depends

from toonbooth.gallery.database.repositories import Page
from toonbooth.gallery.dependencies import (
    find_page,
    get_services,
    make_links,
    read_device,
    read_original_id,
    read_page,
)
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import (
    DatabaseFailedError,
    DatabaseUnavailableError,
    InvalidDeviceIdError,
    InvalidIdError,
    OriginalNotFoundError,
)
from toonbooth.gallery.links import FileLinks
from toonbooth.gallery.operations.browse import list_cartoons, list_downloaded_faces, list_originals
from toonbooth.gallery.schemas import (
    CartoonJson,
    CartoonsJson,
    DownloadedFacesJson,
    ListedFaceJson,
    ListedOriginalJson,
    OriginalsJson,
    PaginationJson,
    Success,
)
from toonbooth.gallery.services import Services
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.openapi import describe_failures

router = APIRouter(
    tags=["lists"],
    responses=describe_failures(
        InvalidDeviceIdError, InvalidRequestError, DatabaseFailedError, DatabaseUnavailableError
    ),
)


@router.get("/api/originals", summary="List the photos")
async def get_originals(
    services: Annotated[Services, Depends(get_services)],
    device: Annotated[DeviceId, Depends(read_device)],
    page: Annotated[Page | None, Depends(find_page)],
    links: Annotated[FileLinks, Depends(make_links)],
) -> Success[OriginalsJson]:
    """All of them, newest first; a part when `page` or `limit` is given. A new device has none."""
    originals = await list_originals(services, device, page)
    entries = [ListedOriginalJson.of(original, links) for original in originals]
    return Success(data=OriginalsJson(originals=entries, count=len(entries)))


@router.get(
    "/api/originals/{originalId}/cartoons",
    summary="List the cartoons of a photo",
    responses=describe_failures(
        InvalidDeviceIdError,
        InvalidIdError,
        InvalidRequestError,
        OriginalNotFoundError,
        DatabaseFailedError,
        DatabaseUnavailableError,
    ),
)
async def get_cartoons(
    services: Annotated[Services, Depends(get_services)],
    device: Annotated[DeviceId, Depends(read_device)],
    original_id: Annotated[ObjectId, Depends(read_original_id)],
    links: Annotated[FileLinks, Depends(make_links)],
) -> Success[CartoonsJson]:
    """Those that wait for one of them to be downloaded, newest first: an app that was restarted finds them
    here. After a download there are none.
    """
    cartoons = await list_cartoons(services, device, original_id)
    entries = [CartoonJson.of(cartoon, links) for cartoon in cartoons]
    return Success(data=CartoonsJson(cartoons=entries, count=len(entries)))


@router.get("/api/downloaded-faces", summary="List the downloaded faces")
async def get_downloaded_faces(
    services: Annotated[Services, Depends(get_services)],
    device: Annotated[DeviceId, Depends(read_device)],
    page: Annotated[Page, Depends(read_page)],
    links: Annotated[FileLinks, Depends(make_links)],
) -> Success[DownloadedFacesJson]:
    """A page of them, newest first, each with the photo that it comes from."""
    found = await list_downloaded_faces(services, device, page)
    return Success(
        data=DownloadedFacesJson(
            downloaded_faces=[ListedFaceJson.of(face, links) for face in found.faces],
            pagination=PaginationJson.of(page, total=found.total),
        )
    )
