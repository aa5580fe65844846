"""The line in front of workers: bounded, fair between callers, honest about how long it takes.

Callers take turns: whoever has ten requests waiting gets as many workers' time as whoever has one. A full
line makes room for a newcomer at the expense of whoever waits with most, so nobody can keep the others out.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ClassVar, Final

from toonbooth.kit.errors import AppError

ANYBODY: Final = ""
"""The caller of requests that don't say whose they are; all of these share one place in turn."""

_FIRST_GUESS_SECONDS: Final = 1.0
_NEWEST_WEIGHT: Final = 0.2


class PoolBusyError(AppError):
    """All workers are at work and enough callers wait already, or one would wait for too long."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "busy"


class Line:
    """Hands out `servers` workers. For one event loop.

    Parameters
    ----------
    servers : how many can be served at once, >= 1.
    max_waiting : how many may be inside beyond those, >= 0.
    max_wait_seconds : who would wait longer, by the durations measured so far, is refused at once; who has
        waited so long all the same is refused then.
    on_refusal : called for each who is refused.
    """

    def __init__(
        self,
        *,
        servers: int,
        max_waiting: int,
        max_wait_seconds: float,
        on_refusal: Callable[[], None] = lambda: None,
    ) -> None:
        self._servers = servers
        self._max_waiting = max_waiting
        self._max_wait_seconds = max_wait_seconds
        self._on_refusal = on_refusal
        self._free = servers
        self._unserved: dict[Place, None] = {}  # a set that keeps the order of arrival
        self._turns: dict[str, deque[Place]] = {}  # callers in the order of their next turns
        self._mean_seconds = _FIRST_GUESS_SECONDS

    @property
    def waiting(self) -> int:
        """How many are in line."""
        return sum(
            place.ticket is not None and not place.ticket.done()
            for waiting in self._turns.values()
            for place in waiting
        )

    @property
    def retry_after_seconds(self) -> int:
        """How long the line that stands now is likely to take."""
        return max(1, math.ceil((len(self._unserved) + 1) * self._mean_seconds / self._servers))

    @asynccontextmanager
    async def place(
        self, caller: str, *, on_number: Callable[[int], None] | None = None
    ) -> AsyncIterator[Place]:
        """Be inside, at first without being in line: a photo may still have to arrive.

        Parameters
        ----------
        on_number : hears how many come before this one while it is in line, and each time that changes.

        Raises
        ------
        PoolBusyError
            When there is no room; also in the middle of the block, until the place is served.
        """
        self._make_room(caller)
        place = Place(self, caller, on_number)
        self._unserved[place] = None
        try:
            async with place.patience:
                yield place
        except TimeoutError:
            if place.patience.expired():
                raise self.busy() from None
            raise
        finally:
            self._unserved.pop(place, None)

    def note_duration(self, seconds: float) -> None:
        """What serving one has taken."""
        self._mean_seconds += _NEWEST_WEIGHT * (seconds - self._mean_seconds)

    def release(self) -> None:
        """A worker is free again: the next in turn gets it."""
        while self._turns:
            caller, waiting = next(iter(self._turns.items()))
            del self._turns[caller]
            place = waiting.popleft()
            if waiting:
                self._turns[caller] = waiting  # behind everybody else
            if place.ticket is not None and not place.ticket.done():
                place.ticket.set_result(None)
                self._tell_numbers()
                return
        self._free += 1

    def busy(self) -> PoolBusyError:
        """The refusal, with the time that the line takes now."""
        self._on_refusal()
        return PoolBusyError(
            "The server is busy. Please try again in a moment.",
            retry_after_seconds=self.retry_after_seconds,
        )

    async def wait(self, place: Place) -> None:
        """Until it is the caller's turn. See `Place.turn`."""
        place.patience.reschedule(asyncio.get_running_loop().time() + self._max_wait_seconds)
        if self._free:
            self._free -= 1
        else:
            place.ticket = turn = asyncio.get_running_loop().create_future()
            self._turns.setdefault(place.caller, deque()).append(place)
            self._tell_numbers()
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.release()  # It was given a worker while it was leaving.
                else:
                    self._tell_numbers()
                raise
        self._unserved.pop(place, None)
        place.patience.reschedule(None)

    def _tell_numbers(self) -> None:
        """Everybody's place when turns are taken as they stand now."""
        number = 0
        lines = [deque(waiting) for waiting in self._turns.values()]
        while lines:
            for line in lines:
                place = line.popleft()
                if place.ticket is not None and not place.ticket.done():
                    place.tell(number)
                    number += 1
            lines = [line for line in lines if line]

    def _make_room(self, caller: str) -> None:
        inside = Counter(place.caller for place in self._unserved)
        mine = inside[caller]
        before_me = mine + sum(min(count, mine + 1) for other, count in inside.items() if other != caller)
        wait_seconds = max(0, before_me + 1 - self._free) * self._mean_seconds / self._servers
        if wait_seconds > self._max_wait_seconds:
            raise self.busy()
        if len(self._unserved) < self._max_waiting + self._free:
            return
        heaviest, most = max(inside.items(), key=lambda item: item[1], default=(caller, 0))
        if most <= mine + 1:
            raise self.busy()
        newest = next(place for place in reversed(self._unserved) if place.caller == heaviest)
        self._unserved.pop(newest)
        newest.patience.reschedule(asyncio.get_running_loop().time())


class Place:
    """One caller inside of a line. Made by `Line.place`."""

    def __init__(self, line: Line, caller: str, on_number: Callable[[int], None] | None) -> None:
        self.caller = caller
        self.patience = asyncio.timeout(None)
        self.ticket: asyncio.Future[None] | None = None
        self._line = line
        self._on_number = on_number
        self._told: int | None = None

    def tell(self, number: int) -> None:
        """How many come before this one."""
        if self._on_number is not None and number != self._told:
            self._told = number
            self._on_number(number)

    async def turn(self) -> None:
        """Wait in line for a worker; give it back with `Line.release`."""
        await self._line.wait(self)
