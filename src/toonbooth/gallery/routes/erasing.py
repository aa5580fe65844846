"""Deletes what a device no longer wants kept."""

from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends

from toonbooth.gallery.dependencies import (
    get_services,
    read_cartoon_id,
    read_device,
    read_face_id,
    read_original_id,
)
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import (
    CartoonNotFoundError,
    DatabaseFailedError,
    DatabaseUnavailableError,
    FaceNotFoundError,
    InvalidDeviceIdError,
    InvalidIdError,
    OriginalNotFoundError,
)
from toonbooth.gallery.operations.erase import (
    Erased,
    erase_cartoon,
    erase_device,
    erase_face,
    erase_original,
)
from toonbooth.gallery.schemas import DeletedJson, ErasedJson, Success
from toonbooth.gallery.services import Services
from toonbooth.kit.openapi import describe_failures

router = APIRouter(tags=["erasing"])

_FAILURES_OF_ALL: Final = (
    InvalidDeviceIdError,
    InvalidIdError,
    DatabaseFailedError,
    DatabaseUnavailableError,
)

Opened = Annotated[Services, Depends(get_services)]
Device = Annotated[DeviceId, Depends(read_device)]


@router.delete(
    "/api/originals/{originalId}",
    summary="Delete a photo",
    responses=describe_failures(*_FAILURES_OF_ALL, OriginalNotFoundError),
)
async def delete_original(
    services: Opened, device: Device, original_id: Annotated[ObjectId, Depends(read_original_id)]
) -> Success[ErasedJson]:
    """Its cartoons and downloaded faces go too; drawings of it that are still being made are not kept."""
    return _tell(await erase_original(services, device, original_id))


@router.delete(
    "/api/cartoons/{cartoonId}",
    summary="Delete a cartoon",
    responses=describe_failures(*_FAILURES_OF_ALL, CartoonNotFoundError),
)
async def delete_cartoon(
    services: Opened, device: Device, cartoon_id: Annotated[ObjectId, Depends(read_cartoon_id)]
) -> Success[ErasedJson]:
    """The photo and its other cartoons stay."""
    return _tell(await erase_cartoon(services, device, cartoon_id))


@router.delete(
    "/api/downloaded-faces/{faceId}",
    summary="Delete a downloaded face",
    responses=describe_failures(*_FAILURES_OF_ALL, FaceNotFoundError),
)
async def delete_face(
    services: Opened, device: Device, face_id: Annotated[ObjectId, Depends(read_face_id)]
) -> Success[ErasedJson]:
    """The photo stays."""
    return _tell(await erase_face(services, device, face_id))


@router.delete(
    "/api/device",
    summary="Delete everything of this device",
    responses=describe_failures(InvalidDeviceIdError, DatabaseFailedError, DatabaseUnavailableError),
)
async def delete_device(services: Opened, device: Device) -> Success[ErasedJson]:
    """Photos, cartoons, faces, and the answers kept for repeated requests. Uploads that are still being
    worked on are not kept. A device that has nothing hears that nothing went.
    """
    return _tell(await erase_device(services, device))


def _tell(erased: Erased) -> Success[ErasedJson]:
    return Success(data=ErasedJson(deleted=DeletedJson.of(erased)))
