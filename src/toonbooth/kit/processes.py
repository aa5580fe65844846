"""Runs several processes as one: all start, and when one ends or a signal comes, all stop, in turn."""

import contextlib
import os
import signal
import subprocess
import time
import types
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """A process to start. `inherited` are file descriptors that it gets under the same numbers."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    inherited: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: `failed` names the service that ended by itself, None when we were told to stop."""

    failed: str | None
    status: int


class Supervisor:
    """Starts services, waits until they are ready, then until one ends or SIGINT or SIGTERM arrives.

    Stops them in reverse order, so name first what others need; all together get `stop_seconds`.
    """

    def __init__(self, services: Sequence[ServiceProcess], *, stop_seconds: float) -> None:
        self._services = services
        self._stop_seconds = stop_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._told_to_stop = False

    def run(self, *, is_ready: Callable[[], bool], on_ready: Callable[[], None]) -> Ending:
        """Blocks until everything has stopped again."""
        with signals_handled(self._note_signal):
            try:
                for service in self._services:
                    self._running[service.name] = start_process(service)
                announced = False
                while not self._told_to_stop:
                    ended = self._find_ended()
                    if ended is not None:
                        return ended
                    if not announced and is_ready():
                        on_ready()
                        announced = True
                    time.sleep(_POLL_SECONDS)
                return Ending(failed=None, status=0)
            finally:
                self._stop_all()

    def _note_signal(self, _number: int, _frame: types.FrameType | None) -> None:
        self._told_to_stop = True

    def _find_ended(self) -> Ending | None:
        for name, process in self._running.items():
            status = process.poll()
            if status is not None:
                return Ending(failed=name, status=status)
        return None

    def _stop_all(self) -> None:
        # The last one started first: until its work is done it may need the others.
        deadline = time.monotonic() + self._stop_seconds
        for process in reversed(self._running.values()):
            if process.poll() is None:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            if process.poll() is None:
                process.kill()
                process.wait()


def start_process(service: ServiceProcess) -> subprocess.Popen[bytes]:
    """Start a process that hears of Ctrl-C from us alone."""
    return subprocess.Popen(  # noqa: S603 - our own command line
        list(service.command),
        env={**os.environ, **service.environment},
        pass_fds=tuple(service.inherited),
        # Ctrl-C reaches a whole process group; ours alone decides who stops, and in which order.
        start_new_session=True,
    )


@contextlib.contextmanager
def signals_handled(
    handler: Callable[[int, types.FrameType | None], None],
) -> Generator[None]:
    """Handle SIGINT and SIGTERM so while the block runs."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
