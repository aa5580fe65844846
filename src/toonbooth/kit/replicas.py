"""Keeps several processes of one service running: one that ends is replaced, a signal stops all at once."""

import contextlib
import logging
import os
import subprocess
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from toonbooth.kit.processes import Ending, ServiceProcess, signals_handled, start_process

log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.05
_LASTING_SECONDS: Final = 10.0
"""What lived as long was well; its end is no reason to wait before the next one is started."""
_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Replica:
    place: int
    process: subprocess.Popen[bytes]
    ready_pipe: int
    """Its reading end: a byte comes when the replica serves."""
    is_ready: bool = False
    ready_at: float = 0.0


class Replicas:
    """Runs `count` processes of one service, the first one alone until it is ready.

    While they start, one that ends before it was ready ends everything: it would end again. Later one that
    ends is replaced; at once, or after a pause that grows while replacements don't last. When none is left
    and a replacement doesn't get ready either, everything ends.

    Parameters
    ----------
    make : how to start one, given its place, from 0, which it inherits from the one that it replaces, and a
        file descriptor to which it must write a byte when it serves.
    stop_seconds : what they get to stop, all together.
    """

    def __init__(
        self, make: Callable[[int, int], ServiceProcess], *, count: int, stop_seconds: float
    ) -> None:
        self._make = make
        self._count = count
        self._stop_seconds = stop_seconds
        self._replicas: list[_Replica] = []
        self.have_all_been_ready = False
        self._start_next_at = 0.0
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._signals = 0

    def run(self, *, on_ready: Callable[[], None]) -> Ending:
        """Blocks until all have stopped again; `on_ready` is called once, when all serve."""
        with signals_handled(self._note_signal):
            try:
                while not self._signals:
                    ending = self._look_at_all()
                    if ending is not None:
                        return ending
                    ready = [each for each in self._replicas if each.is_ready]
                    if len(ready) == self._count and not self.have_all_been_ready:
                        self.have_all_been_ready = True
                        on_ready()
                    if len(self._replicas) < self._count and (ready or not self._replicas):
                        self._start_in_time()
                    time.sleep(_POLL_SECONDS)
                return Ending(failed=None, status=0)
            finally:
                self._stop_all()

    def _note_signal(self, _number: int, _frame: types.FrameType | None) -> None:
        self._signals += 1

    def _start_in_time(self) -> None:
        if time.monotonic() < self._start_next_at:
            return
        place = min(set(range(self._count)) - {each.place for each in self._replicas})
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        try:
            process = start_process(self._make(place, writing))
            self._replicas.append(_Replica(place, process, reading))
        finally:
            os.close(writing)

    def _look_at_all(self) -> Ending | None:
        for replica in tuple(self._replicas):
            if not replica.is_ready:
                with contextlib.suppress(BlockingIOError):
                    replica.is_ready = bool(os.read(replica.ready_pipe, 1))
                    replica.ready_at = time.monotonic()
            status = replica.process.poll()
            if status is None:
                continue
            os.close(replica.ready_pipe)
            self._replicas.remove(replica)
            is_hopeless = not self.have_all_been_ready or not self._replicas
            if not replica.is_ready and is_hopeless:
                return Ending(failed="worker", status=status)
            self._plan_replacement(replica, status)
        return None

    def _plan_replacement(self, ended: _Replica, status: int) -> None:
        now = time.monotonic()
        has_lasted = ended.is_ready and now - ended.ready_at >= _LASTING_SECONDS
        pause = 0.0 if has_lasted else self._pause_seconds
        log.error(
            "worker %d ended by itself (status %d); another one takes its place", ended.process.pid, status
        )
        self._start_next_at = now + pause
        self._pause_seconds = (
            _FIRST_PAUSE_SECONDS if has_lasted else min(2 * self._pause_seconds, _LONGEST_PAUSE_SECONDS)
        )

    def _stop_all(self) -> None:
        deadline = time.monotonic() + self._stop_seconds
        told = -1
        while any(each.process.poll() is None for each in self._replicas) and time.monotonic() < deadline:
            # Once, and again with every further signal: a second one doesn't wait for running work.
            if told < self._signals:
                told = self._signals
                for replica in self._replicas:
                    replica.process.terminate()
            time.sleep(_POLL_SECONDS)
        for replica in self._replicas:
            replica.process.kill()
            replica.process.wait()
            os.close(replica.ready_pipe)
