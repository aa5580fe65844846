"""What goes through the pipe between a service and one of its worker processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from toonbooth.kit.errors import AppError
from toonbooth.kit.line import PoolBusyError

STAGE_PREFIX: Final = b"stage:"
"""Begins a message that tells what the work is about; a pickle begins otherwise."""

TAKEN_MESSAGE: Final = b"taken"
"""Sent back before a task begins: a process that ends without it can't have begun."""

DROP_MESSAGE: Final = b"drop"
"""Sent to a process whose task nobody wants any more; it notices when it tells how far it is."""


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
class Outcome:
    result: object
    failure: Exception | None = None
    own_bytes: int = 0
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    content: object
