"""Opens jobs, looks them up, ends them, and follows them, whichever process does the work."""

from collections.abc import AsyncGenerator
from typing import Final

from bson import ObjectId

from toonbooth.gallery.database.repositories import (
    OPEN_STATES,
    AnswerRepository,
    JobRepository,
    JobState,
    SavedAnswer,
)
from toonbooth.gallery.database.tables import Job
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.idempotency import is_final
from toonbooth.gallery.jobs.progress import wait_until_set
from toonbooth.gallery.leases import LEASE
from toonbooth.gallery.services import Services

_LOCAL_SECONDS: Final = 5.0
_REMOTE_SECONDS: Final = 0.5
"""How long a job that another process does may change without being looked at."""
_HEARTBEAT_SECONDS: Final = 15.0


def is_open(job: Job) -> bool:
    """Whether a job still runs."""
    return job.state in OPEN_STATES


async def open_job(
    services: Services, device: DeviceId, *, kind: str, key: str | None, fingerprint: str
) -> tuple[Job, bool] | SavedAnswer:
    """A new job, or what has come of the same request before: its job, or the answer of a plain call.

    Returns
    -------
    The job and whether it is new. A job that ended without a final answer makes room for a new one.

    Raises
    ------
    PoolBusyError
        When this process has jobs enough.
    IdempotencyKeyReusedError
        When the key was used for something else.
    """
    while True:
        now = services.read_clock()
        async with services.database.transaction() as session:
            jobs = JobRepository(session, device)
            if key is not None:
                known = await jobs.find_by_key(kind, key, fingerprint)
                if known is not None and is_open(known) and await jobs.interrupt_if_dead(known.id, now=now):
                    await session.refresh(known)
                if known is not None and (is_open(known) or _has_final_answer(known)):
                    return known, False
                answers = AnswerRepository(session, device)
                saved = await answers.find(route=kind, key=key, fingerprint=fingerprint)
                if saved is not None:
                    return saved
                if known is not None:
                    await jobs.take_key_from(known.id)
            services.jobs.check_room()
            job = await jobs.add(kind=kind, key=key, fingerprint=fingerprint, now=now, lease=LEASE)
        if job is not None:
            return job, True


async def get_job(services: Services, device: DeviceId, job_id: ObjectId) -> Job:
    """Read a job; one whose process has died ends here.

    Raises
    ------
    JobNotFoundError
    """
    async with services.database.reading() as session:
        job = await JobRepository(session, device).get(job_id)
    now = services.read_clock()
    if not is_open(job) or job.leased_until > now:
        return job
    async with services.database.transaction() as session:
        jobs = JobRepository(session, device)
        await jobs.interrupt_if_dead(job_id, now=now)
        job = await jobs.get(job_id)
    services.jobs.announce(job_id)
    return job


async def cancel_job(services: Services, device: DeviceId, job_id: ObjectId) -> Job:
    """End a job that runs: nothing of it is stored. One that has ended stays as it is.

    Raises
    ------
    JobNotFoundError
    """
    async with services.database.transaction() as session:
        jobs = JobRepository(session, device)
        await jobs.end(job_id, JobState.CANCELLED, answer=None, now=services.read_clock())
        job = await jobs.get(job_id)
    services.jobs.drop(job_id)
    return job


async def follow_job(
    services: Services, device: DeviceId, job: Job, *, seen_version: int
) -> AsyncGenerator[Job | None]:
    """Each state of a job that is newer than `seen_version`, up to its end; None when it was quiet for long.

    Who reads slowly misses states in between: nothing is kept for anybody.
    """
    quiet_seconds = 0.0
    with services.jobs.watching(job.id) as changed:
        while True:
            changed.clear()
            job = await get_job(services, device, job.id)
            if job.version > seen_version:
                seen_version, quiet_seconds = job.version, 0.0
                yield job
            if not is_open(job):
                return
            pause = _LOCAL_SECONDS if services.jobs.runs_here(job.id) else _REMOTE_SECONDS
            if await wait_until_set(changed, timeout_seconds=pause):
                continue
            quiet_seconds += pause
            if quiet_seconds >= _HEARTBEAT_SECONDS:
                quiet_seconds = 0.0
                yield None


def _has_final_answer(job: Job) -> bool:
    return job.status is not None and is_final(job.status)
