"""What runs in a worker process: it does one task after the other, and each may tell how far it is."""

from __future__ import annotations

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
from pathlib import Path
from typing import TypeVarTuple

from toonbooth.kit.worker_messages import (
    DROP_MESSAGE,
    STAGE_PREFIX,
    TAKEN_MESSAGE,
    News,
    Outcome,
    Stage,
    UnsendableFailureError,
    WorkDroppedError,
)

Args = TypeVarTuple("Args")


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
        _line.pipe.send_bytes(STAGE_PREFIX + stage.encode())


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
        _line.pipe.send(News(news))


def work_until_the_pipe_ends(
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
            if message == DROP_MESSAGE:
                continue  # The task had just ended.
            pipe.send_bytes(TAKEN_MESSAGE)
            _send(pipe, _attempt(_call_pickled, (message,)))


def _attempt(function: Callable[[*Args], object], args: tuple[*Args]) -> Outcome:
    try:
        result = function(*args)
    except Exception as error:  # noqa: BLE001 - it is for the caller, in the other process
        return Outcome(None, _make_sendable(error), stages=_list_stages())
    return Outcome(result, own_bytes=_measure_own_bytes(), stages=_list_stages())


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


def _send(pipe: Connection, outcome: Outcome) -> None:
    try:
        pipe.send(outcome)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        pipe.send(Outcome(None, _make_sendable(error)))


def _measure_own_bytes() -> int:
    """What this process holds in memory, without libraries, which a GPU's fill gigabytes with; 0 where the
    system doesn't tell so easily.
    """
    try:
        _, resident, of_files, *_ = Path("/proc/self/statm").read_bytes().split()
    except OSError:
        return 0
    return (int(resident) - int(of_files)) * resource.getpagesize()


def _nothing() -> None:
    pass


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
