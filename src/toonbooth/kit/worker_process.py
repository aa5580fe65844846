"""One worker process of `kit.workers`: our end of it, and what runs inside of it."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import ClassVar, Final, TypeVar, TypeVarTuple

from toonbooth.kit.errors import AppError
from toonbooth.kit.line import PoolBusyError
from toonbooth.kit.starvation import Verdict, Witness

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

_START_SECONDS: Final = 120.0
_ATTEMPTS: Final = 2
_SECOND_LOOK_SECONDS: Final = 0.05
_STAGE: Final = b"stage:"
"""Begins a message that tells what the work is about; a pickle begins otherwise."""

_TAKEN: Final = b"taken"
"""Sent back before a task begins: a process that ends without it can't have begun."""

_DROP: Final = b"drop"
"""Sent to a process whose task nobody wants any more; it notices when it tells how far it is."""

_DROP_SECONDS: Final = 2.0
"""What a task that is dropped gets to notice; a new process costs about as much."""

# multiprocessing keeps a list of children that starting and reaping in two threads would garble.
_children_lock: Final = threading.Lock()


class WorkTimeoutError(AppError):
    """The work took longer than it may. `stage`: what it had reported last."""

    stage: str | None = None

    status: ClassVar[int] = 500
    code: ClassVar[str] = "work_took_too_long"


class WorkerDiedError(AppError):
    """The process died at work: out of memory, or a crash in native code. `stage` as above."""

    stage: str | None = None

    status: ClassVar[int] = 500
    code: ClassVar[str] = "worker_died"


class WorkStarvedError(PoolBusyError):
    """The machine has so much to do that the work didn't get to run in its time; it is nobody's fault."""


class WorkDroppedError(Exception):
    """Nobody wants the work any more: raised by `tell`, in the worker."""


class UnsendableFailureError(Exception):
    """Stands for an exception that can't travel between processes."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a task, in seconds of the monotonic clock, which all processes of a machine share."""

    name: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: object
    failure: Exception | None = None
    resident_bytes: int = 0
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class _News:
    content: object


class WorkerProcess:
    """A process and our end of its pipe. Blocking, for one thread at a time, but for `stop` and `drop`."""

    def __init__(
        self,
        context: ForkServerContext | SpawnContext,
        *,
        prepare: Callable[[], None] | None,
        max_tasks: int,
        max_resident_bytes: int,
        memory_limit_bytes: int | None,
        niceness: int,
        patience_seconds: float,
    ) -> None:
        self._context = context
        self._prepare = prepare
        self._max_tasks = max_tasks
        self._max_resident_bytes = max_resident_bytes
        self._memory_limit_bytes = memory_limit_bytes
        self._niceness = niceness
        self._patience_seconds = patience_seconds
        self._resident_bytes = 0
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
            or self._resident_bytes > self._max_resident_bytes
        )

    def start(self) -> None:
        """Start the process; raises what `prepare` raised in it."""
        pipe, theirs = self._context.Pipe()
        with _children_lock:
            process = self._context.Process(
                target=_work_until_the_pipe_ends,
                args=(theirs, self._prepare, self._niceness, self._memory_limit_bytes),
                daemon=True,
            )
            process.start()
        theirs.close()
        # Workers ignore SIGTERM: without this, an interpreter that exits in a hurry would wait for ever.
        atexit.register(process.kill)
        self._process, self._pipe, self._tasks_done = process, pipe, 0
        self._resident_bytes = 0
        if self._stopped:
            process.kill()
        self._receive(pipe, timeout_seconds=_START_SECONDS)

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
        self._drop_writer.send_bytes(_DROP)

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
                    pipe.send_bytes(_DROP)
                continue
            message = self._read_message(pipe, stage)
            if isinstance(message, str):
                stage = message
            elif isinstance(message, _Outcome):
                break
            elif on_news is not None:
                on_news(message.content)
        self._resident_bytes = message.resident_bytes
        self.stages = message.stages
        if message.failure is not None:
            raise message.failure
        return message.result

    def _read_message(self, pipe: Connection, stage: str | None) -> _Outcome | _News | str:
        try:
            content = pipe.recv_bytes()
            if content.startswith(_STAGE):
                return content.removeprefix(_STAGE).decode()
            message: _Outcome | _News = pickle.loads(content)  # noqa: S301 - from our own child
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


@dataclass(slots=True)
class _Line:
    """The worker's end of the pipe, for what a task tells, and what is noted of the task."""

    pipe: Connection
    is_heard: bool = False
    stages: list[Stage] = field(default_factory=list)
    stage_began: float = 0.0


_line: _Line | None = None
"""Of this process; None in one that is no worker. A worker has one task at a time."""


def is_heard() -> bool:
    """Whether somebody listens to what the task of this worker tells."""
    return _line is not None and _line.is_heard


def report_stage(stage: str) -> None:
    """Within a worker, say what the work is about, so that its end there can be told from any other.

    Elsewhere, in a command for one, nobody wants to know.
    """
    if _line is not None:
        _line.pipe.send_bytes(_STAGE + stage.encode())


def end_stage(name: str) -> None:
    """Within a worker, note that a part of the task ends now, for whoever looks at what takes how long."""
    if _line is not None:
        now = time.monotonic()
        _line.stages.append(Stage(name, _line.stage_began, now))
        _line.stage_began = now


def tell(news: object) -> None:
    """Tell whoever waits for the task of this worker how far it is; outside of a worker nobody hears it.

    Tasks that take long should call this now and then, for it is also here that they end when nobody waits.

    Raises
    ------
    WorkDroppedError
    """
    if _line is None:
        return
    if _line.pipe.poll():
        _line.pipe.recv_bytes()
        raise WorkDroppedError
    if _line.is_heard:
        _line.pipe.send(_News(news))


def _work_until_the_pipe_ends(
    pipe: Connection, prepare: Callable[[], None] | None, niceness: int, memory_limit_bytes: int | None
) -> None:
    global _line  # noqa: PLW0603 - the one thing that a worker knows of its own
    # Ctrl-C, and some service managers' SIGTERM, reach the whole group; the service decides when workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(niceness)
    if memory_limit_bytes is not None and sys.platform == "linux":
        # What is written to, not address space: networks on a GPU reserve far more of that than they use.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_limit_bytes, memory_limit_bytes))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        _send(pipe, _attempt(prepare or _nothing, ()))
        _line = _Line(pipe)
        while True:
            # Whatever can't be unpickled is the caller's failure, not this process' end.
            message = pipe.recv_bytes()
            if message == _DROP:
                continue  # The task had just ended.
            pipe.send_bytes(_TAKEN)
            _send(pipe, _attempt(_call_pickled, (message,)))


def _starved() -> WorkStarvedError:
    return WorkStarvedError("The server is busy. Please try again in a moment.")


def _attempt(function: Callable[[*Args], object], args: tuple[*Args]) -> _Outcome:
    try:
        result = function(*args)
    except Exception as error:  # noqa: BLE001 - it is for the caller, in the other process
        return _Outcome(None, _make_sendable(error), stages=_list_stages())
    return _Outcome(result, resident_bytes=_measure_resident_bytes(), stages=_list_stages())


def _list_stages() -> tuple[Stage, ...]:
    return tuple(_line.stages) if _line is not None else ()


def _call_pickled(message: bytes) -> object:
    function, args, is_heard = pickle.loads(message)  # noqa: S301 - from our own parent
    assert _line is not None
    _line.is_heard = is_heard
    _line.stages = []
    _line.stage_began = time.monotonic()
    return function(*args)


def _make_sendable(error: Exception) -> Exception:
    """Put the traceback into a note, for it doesn't travel; replace an error that doesn't travel either."""
    trace = "".join(traceback.format_exception(error))
    error.add_note(f"In the worker:\n{trace}")
    try:
        if type(pickle.loads(pickle.dumps(error))) is type(error):  # noqa: S301 - made one line above
            return error
    except Exception:  # noqa: BLE001, S110 - then the stand-in goes
        pass
    stand_in = UnsendableFailureError(f"{type(error).__name__}: {error}")
    stand_in.add_note(f"In the worker:\n{trace}")
    return stand_in


def _send(pipe: Connection, outcome: _Outcome) -> None:
    try:
        pipe.send(outcome)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        pipe.send(_Outcome(None, _make_sendable(error)))


def _measure_resident_bytes() -> int:
    """What this process holds in memory, shared pages among it; 0 where the system doesn't tell so easily."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _nothing() -> None:
    pass


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
