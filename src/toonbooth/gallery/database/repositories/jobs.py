"""The rows of jobs. A job ends once: every writing method leaves one that has ended as it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bson import ObjectId
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.exc import IntegrityError

from toonbooth.gallery.database.repositories.scope import DeviceScope
from toonbooth.gallery.database.tables import Job
from toonbooth.gallery.errors import IdempotencyKeyReusedError, JobNotFoundError

_JOBS_KEPT: Final = timedelta(hours=24)


class JobState(StrEnum):
    """What becomes of a job; the last four are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


OPEN_STATES: Final = frozenset({JobState.QUEUED, JobState.RUNNING})
ENDED_STATES: Final = frozenset(JobState) - OPEN_STATES


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is. `queue_position` counts from 0; `preview` is a data URL."""

    state: JobState = JobState.QUEUED
    stage: str | None = None
    progress: float = 0.0
    queue_position: int | None = None
    preview: str | None = None


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """What the plain call would have answered."""

    status: int
    body: str
    retry_after_seconds: int | None = None


def is_too_old(now: datetime) -> ColumnElement[bool]:
    """Jobs that nobody asks for any more."""
    return and_(Job.created_at <= now - _JOBS_KEPT, Job.leased_until <= now)


class JobRepository(DeviceScope):
    """The jobs of one device.

    The process that works on a job renews its lease. A lease that has run out tells everybody else that the
    process is gone: whoever notices first ends the job as interrupted, and its process, should it be alive
    after all, learns from the next writing method that the job isn't its own any more.
    """

    async def find_by_key(self, kind: str, key: str, fingerprint: str) -> Job | None:
        """The job that an `Idempotency-Key` belongs to.

        Raises
        ------
        IdempotencyKeyReusedError
            When that job is for other content.
        """
        query = select(Job).where(Job.device == self._device, Job.kind == kind, Job.key == key)
        job = await self._session.scalar(query.with_for_update())
        if job is not None and job.fingerprint != fingerprint:
            raise IdempotencyKeyReusedError
        return job

    async def add(
        self, *, kind: str, key: str | None, fingerprint: str, now: datetime, lease: timedelta
    ) -> Job | None:
        """Open a job; None when another request with the same key was a moment faster. Old jobs go."""
        await self._session.execute(delete(Job).where(Job.device == self._device, is_too_old(now)))
        job = Job(
            id=ObjectId(),
            device=self._device,
            kind=kind,
            key=key,
            fingerprint=fingerprint,
            state=JobState.QUEUED.value,
            progress=0.0,
            version=1,
            leased_until=now + lease,
            created_at=now,
        )
        try:
            async with self._session.begin_nested():
                self._session.add(job)
        except IntegrityError:
            return None
        return job

    async def take_key_from(self, job_id: ObjectId) -> None:
        """Make a key free for a new job that does the same work."""
        await self._session.execute(
            update(Job).where(Job.id == job_id, Job.device == self._device).values(key=None)
        )

    async def get(self, job_id: ObjectId) -> Job:
        """Read one job.

        Raises
        ------
        JobNotFoundError
            When it isn't there or is another device's.
        """
        job = await self._session.scalar(select(Job).where(Job.id == job_id, Job.device == self._device))
        if job is None:
            raise JobNotFoundError
        return job

    async def note(self, job_id: ObjectId, progress: JobProgress, *, now: datetime, lease: timedelta) -> bool:
        """Keep how far a job is, and its lease for another while; False when it has ended."""
        statement = (
            update(Job)
            .where(self._is_open(job_id))
            .values(
                state=progress.state.value,
                stage=progress.stage,
                progress=progress.progress,
                queue_position=progress.queue_position,
                preview=progress.preview,
                version=Job.version + 1,
                leased_until=now + lease,
            )
        )
        return await self._count_changed(statement) == 1

    async def renew(self, job_id: ObjectId, *, now: datetime, lease: timedelta) -> bool:
        """Keep the lease for another while; False when the job has ended."""
        statement = update(Job).where(self._is_open(job_id)).values(leased_until=now + lease)
        return await self._count_changed(statement) == 1

    async def end(
        self, job_id: ObjectId, state: JobState, *, answer: JobAnswer | None, now: datetime
    ) -> bool:
        """End a job; False when it has ended before."""
        return await self._end(self._is_open(job_id), state, answer=answer, now=now)

    async def interrupt_if_dead(self, job_id: ObjectId, *, now: datetime) -> bool:
        """End a job whose lease has run out; False when its process has renewed it, or it has ended."""
        is_dead = and_(self._is_open(job_id), Job.leased_until <= now)
        return await self._end(is_dead, JobState.INTERRUPTED, answer=None, now=now)

    async def _end(
        self, which: ColumnElement[bool], state: JobState, *, answer: JobAnswer | None, now: datetime
    ) -> bool:
        stored = {} if state is not JobState.SUCCEEDED else {"stage": "stored", "progress": 1.0}
        values = {
            "state": state.value,
            "queue_position": None,
            # Somebody's photo isn't kept any longer than it is of use.
            "preview": None,
            "version": Job.version + 1,
            "finished_at": now,
            "leased_until": now,
            "status": None if answer is None else answer.status,
            "body": None if answer is None else answer.body,
            "retry_after_seconds": None if answer is None else answer.retry_after_seconds,
        }
        statement = update(Job).where(which).values(values | stored)
        return await self._count_changed(statement) == 1

    def _is_open(self, job_id: ObjectId) -> ColumnElement[bool]:
        return and_(Job.id == job_id, Job.device == self._device, Job.state.in_(OPEN_STATES))
