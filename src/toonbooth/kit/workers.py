"""Runs CPU work in processes of its own: what hangs or crashes there costs one request, never the service.

Each worker has its own pipe and is talked to by one thread at a time. (pebble's pool was tried first: its
workers share one pipe, and an idle worker that dies breaks that pool for good.)
"""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any, ClassVar, Final, Self, TypeVar, TypeVarTuple

from toonbooth.kit.errors import AppError
from toonbooth.kit.worker_process import WorkerProcess

log = logging.getLogger(__name__)

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

_FIRST_GUESS_SECONDS: Final = 1.0
_NEWEST_WEIGHT: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 30.0


class PoolBusyError(AppError):
    """All workers are at work and enough callers wait already."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "busy"


class WorkerPool:
    """A fixed number of worker processes and a bounded queue, first come, first served.

    An async context manager: entering starts all workers and raises what `prepare` raises there (without it
    nothing can be wrong, and a worker starts when it is first needed); leaving ends them. A caller that is
    cancelled while it waits leaves the queue; work that has begun runs to its end.

    Parameters
    ----------
    workers : number of processes, >= 1.
    max_waiting : callers that may wait for a worker before `PoolBusyError`, >= 0.
    preload : names of modules that every worker needs, imported once for all where the system can.
    prepare : called in each new worker before its first task; must be picklable.
    max_tasks : a worker is replaced after so many tasks, so that no leak of a decoder lives long.
    niceness : how much workers stand back for the service's own loop, 0 to 19.
    first_pause_seconds : before the second attempt to replace a worker; each further pause is twice as long.
    """

    def __init__(
        self,
        *,
        workers: int,
        max_waiting: int,
        preload: Sequence[str] = (),
        prepare: Callable[[], None] | None = None,
        max_tasks: int = 1000,
        niceness: int = 5,
        first_pause_seconds: float = 1.0,
    ) -> None:
        context = _choose_context(preload)
        self._all = [
            WorkerProcess(context, prepare=prepare, max_tasks=max_tasks, niceness=niceness)
            for _ in range(workers)
        ]
        self._idle: list[WorkerProcess] = []
        self._free = asyncio.Semaphore(workers)
        self._must_prepare = prepare is not None
        self._max_waiting = max_waiting
        self._first_pause_seconds = first_pause_seconds
        self._waiting = 0
        self._succeeded_at = -math.inf
        self._mean_seconds = _FIRST_GUESS_SECONDS
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="worker-pipe")
        self._missing: set[WorkerProcess] = set()
        self._ended = asyncio.Event()
        self._under_way: set[asyncio.Future[Any]] = set()

    async def __aenter__(self) -> Self:
        if self._must_prepare:
            try:
                await asyncio.gather(*(self._in_thread(worker.start) for worker in self._all))
            except BaseException:
                await self._end()
                raise
        self._idle = list(self._all)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    @property
    def is_broken(self) -> bool:
        """Whether no worker is left, because new ones cannot be started; this mends itself when they can."""
        return len(self._missing) == len(self._all)

    @property
    def idle_seconds(self) -> float:
        """How long ago a worker last finished something well."""
        return time.monotonic() - self._succeeded_at

    @property
    def retry_after_seconds(self) -> int:
        """How long the queue that stands now is likely to take, by the durations measured so far."""
        return max(1, math.ceil((self._waiting + 1) * self._mean_seconds / len(self._all)))

    async def run(self, function: Callable[[*Args], Result], *args: *Args, timeout_seconds: float) -> Result:
        """Call `function` in a worker. Function, arguments and result are pickled.

        Parameters
        ----------
        timeout_seconds : from the moment a worker has it; waiting doesn't count.

        Raises
        ------
        PoolBusyError
            When `max_waiting` callers wait already, or no worker is left.
        WorkTimeoutError, WorkerDiedError
            When the work took too long, or the process died of it. Its worker is replaced.
        Exception
            Whatever `function` raised, with the worker's traceback as a note.
        """
        if self.is_broken or (self._free.locked() and self._waiting >= self._max_waiting):
            raise PoolBusyError(
                "The server is busy. Please try again in a moment.",
                retry_after_seconds=self.retry_after_seconds,
            )
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        worker = self._idle.pop()
        work = asyncio.ensure_future(self._work(worker, function, args, timeout_seconds))
        self._keep(work)
        return await asyncio.shield(work)

    async def _work(
        self,
        worker: WorkerProcess,
        function: Callable[[*Args], Result],
        args: tuple[*Args],
        timeout_seconds: float,
    ) -> Result:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            result = await self._in_thread(
                lambda: worker.call(function, *args, timeout_seconds=timeout_seconds)
            )
            self._succeeded_at = time.monotonic()
            return result
        finally:
            self._mean_seconds += _NEWEST_WEIGHT * (loop.time() - started - self._mean_seconds)
            # A replacement takes its time, and this caller needn't wait for it.
            self._keep(asyncio.ensure_future(self._bring_back(worker)))

    async def _bring_back(self, worker: WorkerProcess) -> None:
        """Make a worker available again, as a new process if need be; tries until it works."""
        pause_seconds = self._first_pause_seconds
        while worker.needs_replacement:
            try:
                await self._in_thread(worker.replace)
            except Exception:
                if self._ended.is_set():
                    break
                log.exception("a worker cannot be replaced; next attempt in %.0f s", pause_seconds)
                self._missing.add(worker)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ended.wait(), pause_seconds)
                pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
        self._missing.discard(worker)
        self._idle.append(worker)
        self._free.release()

    def _keep(self, work: asyncio.Future[Result]) -> None:
        """Hold on to work whose caller may leave: nobody else would, and its worker must come back."""
        self._under_way.add(work)
        work.add_done_callback(self._forget)

    def _forget(self, work: asyncio.Future[Result]) -> None:
        self._under_way.discard(work)
        if not work.cancelled():
            work.exception()  # Looked at, or asyncio reports the failure when the caller has left.

    async def _in_thread(self, function: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    async def _end(self) -> None:
        self._ended.set()
        for worker in self._all:
            worker.stop()
        while self._under_way:
            await asyncio.wait(self._under_way)
        await asyncio.to_thread(self._threads.shutdown)
        for worker in self._all:
            worker.end()


def _choose_context(preload: Sequence[str]) -> ForkServerContext | SpawnContext:
    """A fork server imports the heavy modules once: workers start in a blink and share those pages.

    Forking after such imports is unsafe on macOS, whose frameworks keep threads.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context
