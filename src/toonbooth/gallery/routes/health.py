"""Tells whether the gallery can do its own part; the studio has a health of its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from toonbooth.contract import HEALTH_PATH, LIVE_PATH, READY_PATH
from toonbooth.gallery.dependencies import get_services
from toonbooth.gallery.errors import (
    DatabaseFailedError,
    DatabaseUnavailableError,
    StorageFailedError,
    StorageUnavailableError,
)
from toonbooth.gallery.operations.check_health import check_health
from toonbooth.gallery.schemas import HealthJson, ReadyJson, Success
from toonbooth.gallery.services import Services
from toonbooth.kit.draining import Drain, ShuttingDownError
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


@router.get(LIVE_PATH, summary="Whether the process answers", responses=describe_failures())
async def get_liveness(response: Response) -> Success[HealthJson]:
    """Asks nobody. When this fails, restart the process."""
    response.headers["Cache-Control"] = "no-store"
    return Success(data=HealthJson())


@router.get(
    READY_PATH,
    summary="Whether requests should be sent here",
    responses=describe_failures(DatabaseFailedError, StorageFailedError, ShuttingDownError),
)
async def get_readiness(
    request: Request, services: Annotated[Services, Depends(get_services)], response: Response
) -> Success[ReadyJson]:
    """Asks the database, writes to the disk, and tells how the studio is. A gallery without a studio is still
    ready: lists and pictures go on, and every other gallery has the same studio.
    """
    response.headers["Cache-Control"] = "no-store"
    drain: Drain = request.app.state.drain
    drain.check()
    await check_health(services)
    return Success(data=ReadyJson(studio=await services.studio.find_state()))
