"""Jobs: how far they are, as it happens, and how they are called off."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Header
from starlette.responses import Response

from toonbooth.gallery.database.tables import Job
from toonbooth.gallery.dependencies import get_services, read_device, read_job_id
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import (
    DatabaseFailedError,
    InvalidDeviceIdError,
    InvalidIdError,
    JobNotFoundError,
)
from toonbooth.gallery.jobs.watching import cancel_job, follow_job, get_job, is_open
from toonbooth.gallery.routes.answering import JOBS_PATH, render_job
from toonbooth.gallery.schemas import JobDataJson, JobJson, Success
from toonbooth.gallery.services import Services
from toonbooth.kit.live_replies import MEDIA_TYPE, Event, EventStream
from toonbooth.kit.openapi import describe_failures
from toonbooth.kit.workers import PoolBusyError

router = APIRouter(
    prefix=JOBS_PATH,
    tags=["jobs"],
    responses=describe_failures(InvalidDeviceIdError, InvalidIdError, JobNotFoundError, DatabaseFailedError),
)

_EVENT: Final = "job"
_MAX_VERSION_DIGITS: Final = 9
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events called `job`; the data of each is a job as `GET /api/jobs/{jobId}` has it.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    },
    204: {"description": "It has ended, and `Last-Event-ID` is of its end: there will be nothing more."},
}

Device = Annotated[DeviceId, Depends(read_device)]
JobId = Annotated[ObjectId, Depends(read_job_id)]
Opened = Annotated[Services, Depends(get_services)]


@router.get("/{jobId}", summary="How far a job is", response_model=Success[JobDataJson])
async def get_one(services: Opened, device: Device, job_id: JobId) -> Response:
    """At its end `answer` holds exactly what the plain call would have answered. A job is kept for a day."""
    return render_job(await get_job(services, device, job_id))


@router.delete("/{jobId}", summary="Call a job off", response_model=Success[JobDataJson])
async def cancel(services: Opened, device: Device, job_id: JobId) -> Response:
    """Nothing of it is stored. One that has ended already stays as it is; its `state` says so."""
    return render_job(await cancel_job(services, device, job_id))


@router.get(
    "/{jobId}/events",
    summary="Follow a job",
    response_class=Response,
    responses=_EVENTS | describe_failures(PoolBusyError),
)
async def get_events(
    services: Opened,
    device: Device,
    job_id: JobId,
    last_event_id: Annotated[
        str | None, Header(description="The id of the last event that was seen: older ones are left out.")
    ] = None,
) -> Response:
    """Server-sent events: the job as it is, then whenever it changes, up to its end."""
    job = await get_job(services, device, job_id)
    seen_version = _read_version(last_event_id)
    if not is_open(job) and seen_version >= job.version:
        return Response(status_code=204)
    services.jobs.check_watchers()
    return EventStream(_tell(follow_job(services, device, job, seen_version=seen_version)))


async def _tell(states: AsyncGenerator[Job | None]) -> AsyncGenerator[Event | None]:
    async for job in states:
        if job is None:
            yield None
        else:
            yield Event(_EVENT, id=str(job.version), data=JobJson.of(job).model_dump_json())


def _read_version(last_event_id: str | None) -> int:
    text = last_event_id or ""
    is_version = text.isascii() and text.isdigit() and len(text) <= _MAX_VERSION_DIGITS
    return int(text) if is_version else 0
