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
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any, Final, Protocol, Self, TypeVar, TypeVarTuple

from toonbooth.kit.line import ANYBODY, Line, Place, PoolBusyError
from toonbooth.kit.worker_messages import Stage, WorkStarvedError
from toonbooth.kit.worker_process import WorkerProcess

__all__ = ["PoolBusyError", "WorkerPool"]

log = logging.getLogger(__name__)

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

_LONGEST_PAUSE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class DoneWork:
    """A task that has ended, one way or another. Moments are seconds of the monotonic clock."""

    name: str
    began: float
    ended: float
    failure: BaseException | None
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class WorkerCounts:
    """What the workers of a pool do. Missing ones cannot be started at the moment."""

    busy: int
    idle: int
    missing: int


class PoolWatch(Protocol):
    """Hears what goes on in a pool, in the context of the request that it goes on for."""

    def waited(self, seconds: float) -> None: ...
    def refused(self) -> None: ...
    def worked(self, work: DoneWork) -> None: ...
    def replaced(self) -> None: ...


class Unwatched:
    """Nobody looks."""

    def waited(self, seconds: float) -> None:
        pass

    def refused(self) -> None:
        pass

    def worked(self, work: DoneWork) -> None:
        pass

    def replaced(self) -> None:
        pass


class WorkerPool:
    """A fixed number of worker processes behind a bounded, fair line.

    An async context manager: entering starts all workers and raises what `prepare` raises there (without it
    nothing can be wrong, and a worker starts when it is first needed); leaving ends them. A caller that is
    cancelled while it waits leaves the queue; work that has begun is dropped: it ends when it next tells how
    far it is, or its process two seconds later.

    Parameters
    ----------
    workers : number of processes, >= 1.
    max_waiting : callers that may wait for a worker before `PoolBusyError`, >= 0.
    max_wait_seconds : how long they may wait; who would wait longer is refused at once.
    preload : names of modules that every worker needs, imported once for all where the system can.
    prepare : called in each new worker before its first task; must be picklable.
    max_tasks : a worker is replaced after so many tasks, so that no leak of a decoder lives long.
    max_growth_bytes : a worker that holds so much more after a task than at its start is replaced.
    memory_limit_bytes : what a worker may allocate at most; None is all there is. Linux only.
    niceness : how much workers stand back for the service's own loop, 0 to 19.
    first_pause_seconds : before the second attempt to replace a worker; each further pause is twice as long.
    patience_seconds : within this time nobody is taken for starved, however little time the work was given.
    watch : hears what goes on.
    """

    def __init__(
        self,
        *,
        workers: int,
        max_waiting: int,
        max_wait_seconds: float = 30.0,
        preload: Sequence[str] = (),
        prepare: Callable[[], None] | None = None,
        max_tasks: int = 1000,
        max_growth_bytes: int = 1024**3,
        memory_limit_bytes: int | None = None,
        niceness: int = 10,
        first_pause_seconds: float = 1.0,
        watch: PoolWatch | None = None,
        patience_seconds: float = 10.0,
    ) -> None:
        context = _choose_context(preload)
        self._all = [
            WorkerProcess(
                context,
                prepare=prepare,
                max_tasks=max_tasks,
                max_growth_bytes=max_growth_bytes,
                memory_limit_bytes=memory_limit_bytes,
                niceness=niceness,
                patience_seconds=patience_seconds,
            )
            for _ in range(workers)
        ]
        self._idle: list[WorkerProcess] = []
        self._watch = watch or Unwatched()
        self.line = Line(
            servers=workers,
            max_waiting=max_waiting,
            max_wait_seconds=max_wait_seconds,
            on_refusal=self._watch.refused,
        )
        self._must_prepare = prepare is not None
        self._first_pause_seconds = first_pause_seconds
        self._succeeded_at = -math.inf
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

    def count_workers(self) -> WorkerCounts:
        idle, missing = len(self._idle), len(self._missing)
        return WorkerCounts(busy=len(self._all) - idle - missing, idle=idle, missing=missing)

    @property
    def idle_seconds(self) -> float:
        """How long ago a worker last finished something well."""
        return time.monotonic() - self._succeeded_at

    async def run(
        self,
        function: Callable[[*Args], Result],
        *args: *Args,
        timeout_seconds: float,
        place: Place | None = None,
        on_news: Callable[[object], None] | None = None,
    ) -> Result:
        """Call `function` in a worker. Function, arguments and result are pickled.

        Parameters
        ----------
        timeout_seconds : from the moment a worker has it; waiting doesn't count.
        place : in `line`, when the caller has taken one before; else a new one of nobody's.
        on_news : hears what the function tells (`inside_worker.tell`).

        Raises
        ------
        PoolBusyError
            When enough callers wait already, or would for too long, or no worker is left; when the machine
            is so busy that the work didn't get to run (`WorkStarvedError`).
        WorkTimeoutError, WorkerDiedError
            When the work took too long, or the process died of it. Its worker is replaced.
        Exception
            Whatever `function` raised, with the worker's traceback as a note.
        """
        if place is None:
            async with self.line.place(ANYBODY) as place:
                return await self.run(
                    function, *args, timeout_seconds=timeout_seconds, place=place, on_news=on_news
                )
        if self.is_broken:
            raise self.line.busy()
        came = time.monotonic()
        await place.turn()
        self._watch.waited(time.monotonic() - came)
        worker = self._idle.pop()
        worker.forget_drop()
        work = asyncio.ensure_future(self._work(worker, function, args, timeout_seconds, on_news))
        self._keep(work)
        try:
            return await asyncio.shield(work)
        finally:
            if not work.done():
                worker.drop()

    async def _work(
        self,
        worker: WorkerProcess,
        function: Callable[[*Args], Result],
        args: tuple[*Args],
        timeout_seconds: float,
        on_news: Callable[[object], None] | None,
    ) -> Result:
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        failure: BaseException | None = None
        pass_on = None if on_news is None else partial(_pass_on, loop, on_news)
        try:
            result = await self._in_thread(
                lambda: worker.call(function, *args, timeout_seconds=timeout_seconds, on_news=pass_on)
            )
        except BaseException as error:
            failure = error
            if isinstance(error, WorkStarvedError):
                log.warning("work got no processor to run on: the machine has too much to do")
                # The next one will hardly take less time than this one had.
                error.retry_after_seconds = max(self.line.retry_after_seconds, math.ceil(timeout_seconds))
            raise
        else:
            self._succeeded_at = time.monotonic()
            return result
        finally:
            ended = time.monotonic()
            self.line.note_duration(ended - began)
            self._watch.worked(DoneWork(function.__name__, began, ended, failure, worker.stages))
            # A replacement takes its time, and this caller needn't wait for it.
            self._keep(asyncio.ensure_future(self._bring_back(worker)))

    async def _bring_back(self, worker: WorkerProcess) -> None:
        """Make a worker available again, as a new process if need be; tries until it works."""
        pause_seconds = self._first_pause_seconds
        while worker.needs_replacement:
            try:
                await self._in_thread(worker.replace)
                self._watch.replaced()
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
        self.line.release()

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


def _pass_on(loop: asyncio.AbstractEventLoop, on_news: Callable[[object], None], news: object) -> None:
    loop.call_soon_threadsafe(on_news, news)


def _choose_context(preload: Sequence[str]) -> ForkServerContext | SpawnContext:
    """A fork server imports the heavy modules once: workers start in a blink and share those pages.

    Forking after such imports is unsafe on macOS, whose frameworks keep threads.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context
