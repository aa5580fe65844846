"""Tells whether the gallery can do its own part; the studio has a health of its own."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from toonbooth.contract import HEALTH_PATH
from toonbooth.gallery.dependencies import get_services
from toonbooth.gallery.errors import (
    DatabaseFailedError,
    DatabaseUnavailableError,
    StorageFailedError,
    StorageUnavailableError,
)
from toonbooth.gallery.operations.check_health import check_health
from toonbooth.gallery.schemas import HealthJson, Success
from toonbooth.gallery.services import Services
from toonbooth.kit.openapi import describe_failures

router = APIRouter(tags=["health"])


@router.get(
    HEALTH_PATH,
    summary="Whether the gallery works",
    responses=describe_failures(
        DatabaseFailedError, DatabaseUnavailableError, StorageFailedError, StorageUnavailableError
    ),
)
async def get_health(
    services: Annotated[Services, Depends(get_services)], response: Response
) -> Success[HealthJson]:
    """Asks the database and writes to the disk."""
    response.headers["Cache-Control"] = "no-store"
    await check_health(services)
    return Success(data=HealthJson())
