"""One worker process of `kit.workers`, seen from the service; `kit.inside_worker` is its other end."""

from __future__ import annotations

import atexit
import contextlib
import pickle
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Final, TypeVar, TypeVarTuple

from toonbooth.kit.freed_memory import freed_memory_kept
from toonbooth.kit.inside_worker import work_until_the_pipe_ends
from toonbooth.kit.starvation import Verdict, Witness
from toonbooth.kit.worker_messages import (
    DROP_MESSAGE,
    STAGE_PREFIX,
    News,
    Outcome,
    Stage,
    WorkerDiedError,
    WorkStarvedError,
    WorkTimeoutError,
)

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

_START_SECONDS: Final = 120.0
_ATTEMPTS: Final = 2
_SECOND_LOOK_SECONDS: Final = 0.05
_DROP_SECONDS: Final = 2.0
"""What a task that is dropped gets to notice; a new process costs about as much."""

# multiprocessing keeps a list of children that starting and reaping in two threads would garble.
_children_lock: Final = threading.Lock()


class WorkerProcess:
    """A process and our end of its pipe. Blocking, for one thread at a time, but for `stop` and `drop`."""

    def __init__(
        self,
        context: ForkServerContext | SpawnContext,
        *,
        prepare: Callable[[], None] | None,
        max_tasks: int,
        max_growth_bytes: int,
        memory_limit_bytes: int | None,
        niceness: int,
        patience_seconds: float,
    ) -> None:
        self._context = context
        self._prepare = prepare
        self._max_tasks = max_tasks
        self._max_growth_bytes = max_growth_bytes
        self._memory_limit_bytes = memory_limit_bytes
        self._niceness = niceness
        self._patience_seconds = patience_seconds
        self._own_bytes = self._own_bytes_at_start = 0
        self.stages: tuple[Stage, ...] = ()
        """The parts of the last task, as far as it came to tell them."""

        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._tasks_done = 0
        self._stopped = False
        self._drop_reader, self._drop_writer = context.Pipe(duplex=False)

    @property
    def needs_replacement(self) -> bool:
        return not self._stopped and (
            self._process is None
            or self._tasks_done >= self._max_tasks
            or self._own_bytes - self._own_bytes_at_start > self._max_growth_bytes
        )

    def start(self) -> None:
        """Start the process; raises what `prepare` raised in it."""
        pipe, theirs = self._context.Pipe()
        # The first one also starts the fork server, whose memory is managed as that of all its children.
        with _children_lock, freed_memory_kept():
            process = self._context.Process(
                target=work_until_the_pipe_ends,
                args=(theirs, self._prepare, self._niceness, self._memory_limit_bytes),
                daemon=True,
            )
            process.start()
        theirs.close()
        # Workers ignore SIGTERM: without this, an interpreter that exits in a hurry would wait for ever.
        atexit.register(process.kill)
        self._process, self._pipe, self._tasks_done = process, pipe, 0
        self._own_bytes = self._own_bytes_at_start = 0
        if self._stopped:
            process.kill()
        self._receive(pipe, timeout_seconds=_START_SECONDS)
        self._own_bytes_at_start = self._own_bytes

    def replace(self) -> None:
        self.end()
        self.start()

    def call(
        self,
        function: Callable[[*Args], Result],
        *args: *Args,
        timeout_seconds: float,
        on_news: Callable[[object], None] | None = None,
    ) -> Result:
        """Call `function` over there and wait for what comes of it; `on_news` hears what it tells."""
        self.stages = ()
        pipe = self._hand_over((function, args, on_news is not None), timeout_seconds=timeout_seconds)
        assert self._process is not None
        witness = Witness(self._process.pid or 0, timeout_seconds, self._patience_seconds)
        result = self._receive(pipe, timeout_seconds=timeout_seconds, witness=witness, on_news=on_news)
        self._tasks_done += 1
        return result  # type: ignore[return-value]  # what `function` returned, by way of a pipe

    def forget_drop(self) -> None:
        """Call before every `call`, where `drop` is called: the last one may have come too late."""
        while self._drop_reader.poll():
            self._drop_reader.recv_bytes()

    def drop(self) -> None:
        """Let a `call` end soon, or one that is about to begin: nobody wants its result."""
        self._drop_writer.send_bytes(DROP_MESSAGE)

    def stop(self) -> None:
        """Kill the process, which ends a running `call`, and let none start any more."""
        self._stopped = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ValueError):  # `end` was faster.
                process.kill()

    def end(self) -> None:
        """Kill and reap the process. Does nothing when there is none."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            with _children_lock:
                process.kill()
                process.join()
                atexit.unregister(process.kill)
                process.close()

    def _hand_over(self, task: tuple[object, ...], *, timeout_seconds: float) -> Connection:
        """Send a task and wait until the process has it; one that died idle is replaced."""
        for _ in range(_ATTEMPTS):
            if self._pipe is None:
                try:
                    self.start()
                except WorkTimeoutError as error:
                    raise _starved() from error
            pipe = self._pipe
            assert pipe is not None
            try:
                pipe.send(task)
                if not pipe.poll(max(self._patience_seconds, timeout_seconds)):
                    self.end()
                    raise _starved()
                pipe.recv_bytes()
            except (EOFError, OSError) as error:
                failure = error
                self.end()
            else:
                return pipe
        raise WorkerDiedError("This could not be finished.") from failure

    def _receive(
        self,
        pipe: Connection,
        *,
        timeout_seconds: float,
        witness: Witness | None = None,
        on_news: Callable[[object], None] | None = None,
    ) -> object:
        started = time.monotonic()
        deadline = started + timeout_seconds
        # Without a witness the process begins, which isn't anybody's to drop.
        awaited = [pipe] if witness is None else [pipe, self._drop_reader]
        stage = None
        while True:
            ready = connection.wait(awaited, max(0.0, deadline - time.monotonic()))
            if not ready:
                verdict = Verdict.HANGS
                if witness is not None:
                    verdict = witness.judge(elapsed_seconds=time.monotonic() - started)
                if verdict is Verdict.TOO_EARLY:
                    deadline = time.monotonic() + _SECOND_LOOK_SECONDS
                    continue
                self.end()
                if verdict is Verdict.STARVES:
                    raise _starved()
                failure = WorkTimeoutError("This took too long and was given up.")
                failure.stage = stage
                raise failure
            if pipe not in ready:
                self._drop_reader.recv_bytes()
                awaited, witness = [pipe], None
                deadline = min(deadline, time.monotonic() + _DROP_SECONDS)
                with contextlib.suppress(OSError):  # it has just died, which the next turn finds out
                    pipe.send_bytes(DROP_MESSAGE)
                continue
            message = self._read_message(pipe, stage)
            if isinstance(message, str):
                stage = message
            elif isinstance(message, Outcome):
                break
            elif on_news is not None:
                on_news(message.content)
        self._own_bytes = message.own_bytes
        self.stages = message.stages
        if message.failure is not None:
            raise message.failure
        return message.result

    def _read_message(self, pipe: Connection, stage: str | None) -> Outcome | News | str:
        try:
            content = pipe.recv_bytes()
            if content.startswith(STAGE_PREFIX):
                return content.removeprefix(STAGE_PREFIX).decode()
            message: Outcome | News = pickle.loads(content)  # noqa: S301 - from our own child
        except (EOFError, OSError) as error:
            self.end()
            death = WorkerDiedError("This could not be finished.")
            death.stage = stage
            raise death from error
        except BaseException:
            # A result that can't be unpickled here; whether the pipe is still in step nobody knows.
            self.end()
            raise
        return message


def _starved() -> WorkStarvedError:
    return WorkStarvedError("The server is busy. Please try again in a moment.")
