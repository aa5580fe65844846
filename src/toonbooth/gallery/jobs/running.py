"""Runs the jobs that this process has taken, and keeps their rows true while it does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from bson import ObjectId
from opentelemetry.trace import Tracer
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.database.repositories import JobAnswer, JobRepository, JobState
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.jobs.progress import ProgressBoard
from toonbooth.gallery.leases import LEASE, RENEW_SECONDS
from toonbooth.kit.errors import AppError, InternalError
from toonbooth.kit.replies import log_failure, render_error
from toonbooth.kit.tracing import NO_TRACER
from toonbooth.kit.workers import PoolBusyError

if TYPE_CHECKING:
    from toonbooth.gallery.idempotency import Answer, SaveHook

log = logging.getLogger(__name__)

_RETRY_AFTER_SECONDS: Final = 5
_WATCHERS_PER_JOB: Final = 8
_SECONDS_TO_FINISH: Final = 5.0
"""What running jobs get when the gallery is told to stop and has drained its requests."""

JobWork = Callable[["SaveHook", ProgressBoard], Awaitable["Answer"]]


class JobEndedError(Exception):
    """Somebody else has ended the job meanwhile: what was done for it must not count."""


@dataclass(frozen=True, slots=True)
class _RunningJob:
    """A job at work."""

    id: ObjectId
    device: DeviceId
    board: ProgressBoard
    at_work: asyncio.Future[Answer]


class JobRunner:
    """The jobs of this process. An async context manager: leaving ends them, those that are not done as
    interrupted.

    Parameters
    ----------
    limit : jobs at once, >= 1.
    on_end : hears how each ended.
    """

    def __init__(
        self,
        database: Database,
        *,
        limit: int,
        on_end: Callable[[JobState], None] = lambda _state: None,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._database = database
        self._limit = limit
        self._on_end = on_end
        self._tracer = tracer
        self._running: dict[ObjectId, _RunningJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: dict[ObjectId, set[asyncio.Event]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_SECONDS_TO_FINISH)
        for job in self._running.values():
            job.at_work.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def running(self) -> int:
        """How many are at work."""
        return len(self._running)

    def check_room(self) -> None:
        """Refuse one job too many.

        Raises
        ------
        PoolBusyError
        """
        if len(self._running) >= self._limit:
            raise _busy()

    def check_watchers(self) -> None:
        """Refuse one watcher too many.

        Raises
        ------
        PoolBusyError
        """
        if sum(map(len, self._watchers.values())) >= _WATCHERS_PER_JOB * self._limit:
            raise _busy()

    def start(self, job_id: ObjectId, device: DeviceId, work: JobWork, *, resources: AsyncExitStack) -> None:
        """Do the work of a job that has its row. `resources` are closed when it is over."""
        board = ProgressBoard()
        job = _RunningJob(
            job_id, device, board, asyncio.ensure_future(self._work(job_id, device, work, board))
        )
        self._running[job_id] = job
        task = asyncio.create_task(self._see_through(job, resources))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def runs_here(self, job_id: ObjectId) -> bool:
        return job_id in self._running

    def drop(self, job_id: ObjectId) -> None:
        """Stop working on a job that has ended in the database. Does nothing when it isn't this process'."""
        job = self._running.get(job_id)
        if job is not None:
            job.at_work.cancel()
        self.announce(job_id)

    def announce(self, job_id: ObjectId) -> None:
        """Wake whoever watches a job in this process."""
        for watcher in self._watchers.get(job_id, ()):
            watcher.set()

    @contextmanager
    def watching(self, job_id: ObjectId) -> Generator[asyncio.Event]:
        """An event that is set whenever the row of a job changes, as far as this process knows."""
        watcher = asyncio.Event()
        self._watchers.setdefault(job_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[job_id].discard(watcher)
            if not self._watchers[job_id]:
                del self._watchers[job_id]

    async def _see_through(self, job: _RunningJob, resources: AsyncExitStack) -> None:
        noting = asyncio.create_task(self._keep_noting(job))
        try:
            async with resources:
                await asyncio.wait({job.at_work})
            noting.cancel()
            await asyncio.wait({noting})
            state, answer = _read_outcome(job.at_work)
            # Who has ended its row already has cancelled it.
            self._on_end(state or JobState.CANCELLED)
            if state is not None:
                await self._end(job, state, answer)
        finally:
            del self._running[job.id]
            self.announce(job.id)

    async def _work(self, job_id: ObjectId, device: DeviceId, work: JobWork, board: ProgressBoard) -> Answer:
        async def end_with_rows(session: AsyncSession, body: str) -> None:
            answer = JobAnswer(status=200, body=body)
            repository = JobRepository(session, device)
            if not await repository.end(job_id, JobState.SUCCEEDED, answer=answer, now=read_clock()):
                raise JobEndedError

        board.begin()
        with self._tracer.start_as_current_span("job"):
            return await work(end_with_rows, board)

    async def _keep_noting(self, job: _RunningJob) -> None:
        """Write down what changes, and that this process is alive; stop work that nobody wants any more."""
        while True:
            await job.board.wait_for_change(timeout_seconds=RENEW_SECONDS)
            newest = job.board.take_newest()
            try:
                async with self._database.transaction() as session:
                    jobs = JobRepository(session, job.device)
                    if newest is None:
                        is_ours = await jobs.renew(job.id, now=read_clock(), lease=LEASE)
                    else:
                        is_ours = await jobs.note(job.id, newest, now=read_clock(), lease=LEASE)
            except AppError:
                log.exception("the progress of a job could not be noted")
                continue
            self.announce(job.id)
            if not is_ours:
                job.at_work.cancel()
                return

    async def _end(self, job: _RunningJob, state: JobState, answer: JobAnswer | None) -> None:
        try:
            async with self._database.transaction() as session:
                await JobRepository(session, job.device).end(job.id, state, answer=answer, now=read_clock())
        except AppError:
            # Its lease runs out, and whoever asks then ends it as interrupted.
            log.exception("a job could not be ended")


def _busy() -> PoolBusyError:
    return PoolBusyError(
        "The server is busy. Please try again in a moment.", retry_after_seconds=_RETRY_AFTER_SECONDS
    )


def _read_outcome(work: asyncio.Future[Answer]) -> tuple[JobState | None, JobAnswer | None]:
    """How a job ends; no state when its row has ended already."""
    if work.cancelled():
        # By the gallery's own end: who cancels a job has ended its row before.
        return JobState.INTERRUPTED, None
    error = work.exception()
    if error is None:
        answer = work.result()
        state = JobState.SUCCEEDED if answer.status == 200 else JobState.FAILED
        return state, JobAnswer(answer.status, answer.body)
    if isinstance(error, JobEndedError):
        return None, None
    if isinstance(error, AppError):
        log_failure(error)
        return JobState.FAILED, _render(error)
    log.error("unhandled %s", type(error).__name__, exc_info=error)
    return JobState.FAILED, _render(InternalError())


def _render(error: AppError) -> JobAnswer:
    return JobAnswer(error.status, bytes(render_error(error).body).decode(), error.retry_after_seconds)
