"""Stops asking a server that failed several times in a row; single calls find out when it is back."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

FAILURES_TO_OPEN: Final = 5
OPEN_SECONDS: Final = 10.0


class CircuitOpenError(Exception):
    """The server failed lately and isn't asked now."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"not asked for {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class CircuitBreaker:
    """Opens after `failures_to_open` failures without a success between them.

    After `open_seconds` one call may try; its outcome closes the breaker or opens it for as long again. For
    one event loop, not for threads.
    """

    def __init__(
        self,
        *,
        failure: type[Exception],
        failures_to_open: int = FAILURES_TO_OPEN,
        open_seconds: float = OPEN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failure = failure
        self._failures_to_open = failures_to_open
        self._open_seconds = open_seconds
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._is_trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, or would be but for one that tries."""
        return self._failures >= self._failures_to_open

    def open(self) -> None:
        """Refuse calls from now on, as after so many failures: others have met them."""
        self._failures = max(self._failures, self._failures_to_open)
        self._open_until = self._clock() + self._open_seconds

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Around one call: a failure is what it raises of that kind, a success its normal end.

        Other exceptions, a cancellation for one, say nothing of the server.

        Raises
        ------
        CircuitOpenError
            When the call must not be made now.
        """
        is_trial = self.is_open
        if is_trial:
            remaining = self._open_until - self._clock()
            if remaining > 0 or self._is_trying:
                raise CircuitOpenError(max(1, math.ceil(remaining)))
            self._is_trying = True
        try:
            yield
        except self._failure:
            self._failures += 1
            self._open_until = self._clock() + self._open_seconds
            raise
        else:
            self._failures = 0
        finally:
            if is_trial:
                self._is_trying = False
