"""Counts requests together with other processes, and asks their common store seldom.

A process lets a subject through a small portion of the limit without telling anybody; beyond it, it takes one
portion after the other from the store, and tells what it had let through before. So whoever asks as seldom as
people do costs no write at all, and whoever doesn't costs one for each portion.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from limits import RateLimitItem

PORTIONS: Final = 20
"""A portion is this part of a limit, rounded down. With n processes at most n - 1 portions more than the
limit get through: those that processes which never asked let through untold. And each of the others may have
one left when a process hears that there is no more: who meets that process is refused so much earlier.
Limits under this number are kept exactly, and cost a write for every request."""

_FORGET_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a process asks of the store, about one limit of one subject, which share a name.

    Moments are seconds of the epoch.
    """

    name: str
    now: float
    ends_at: float
    """When the window ends, if the store knows of none that lasts."""
    used: int
    """How many have been let through untold; they count even where they don't fit."""
    wanted: int
    most: int


@dataclass(frozen=True, slots=True)
class Grant:
    """How many more may be let through until the window ends, from 0 to as many as were wanted."""

    amount: int
    ends_at: float


class TakePortion(Protocol):
    """What asks the store."""

    async def __call__(self, claim: Claim, /) -> Grant: ...


@dataclass(slots=True)
class _Window:
    ends_at: float
    allowed: int
    untold: int
    let_through: int = 0
    is_used_up: bool = False
    failure: Exception | None = None
    """What came of asking, the last time that nothing did."""
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def has_to_ask(self) -> bool:
        return self.let_through >= self.allowed and not self.is_used_up


class PortionedCounts:
    """One process' part of the counting. For one event loop.

    A window begins with the first request that a process lets through; when it asks, it takes over the window
    that the store knows. Clocks that differ by a second have windows that differ by a second.

    Parameters
    ----------
    take : asks the store.
    absences : what it raises when the store cannot be asked just now.
    conceal : makes the name of a limit and its subject, which is stored.
    read_seconds : the seconds of the epoch.
    """

    def __init__(
        self,
        take: TakePortion,
        *,
        absences: tuple[type[Exception], ...],
        conceal: Callable[[str], str],
        read_seconds: Callable[[], float] = time.time,
    ) -> None:
        self.absences = absences
        self._take = take
        self._conceal = conceal
        self._read_seconds = read_seconds
        self._windows: dict[str, _Window] = {}
        self._forgotten_at = 0.0

    async def find_refusal(self, limit: RateLimitItem, subject: tuple[str, ...]) -> float | None:
        """Count one; returns when the window ends (seconds of the epoch) if that was one too many."""
        key = limit.key_for(*subject)
        window = self._get_window(limit, key)
        if window.has_to_ask:
            failure = window.failure
            async with window.asking:
                # Whoever had its turn before may have got enough for several, or waited for nothing.
                if window.failure is not failure and window.failure is not None:
                    raise window.failure
                if window.has_to_ask:
                    await self._ask(window, limit, key)
        if window.let_through >= window.allowed:
            return window.ends_at
        window.let_through += 1
        return None

    async def _ask(self, window: _Window, limit: RateLimitItem, key: str) -> None:
        claim = Claim(
            name=self._conceal(key),
            now=self._read_seconds(),
            ends_at=window.ends_at,
            used=window.untold,
            wanted=max(1, limit.amount // PORTIONS),
            most=limit.amount,
        )
        try:
            grant = await self._take(claim)
        except self.absences as failure:
            window.failure = failure
            raise
        window.untold = 0
        window.allowed += grant.amount
        window.is_used_up = not grant.amount
        window.ends_at = grant.ends_at

    def _get_window(self, limit: RateLimitItem, key: str) -> _Window:
        now = self._read_seconds()
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            self._forget_ended(now)
            portion = limit.amount // PORTIONS
            window = _Window(now + limit.get_expiry(), allowed=portion, untold=portion)
            self._windows[key] = window
        return window

    def _forget_ended(self, now: float) -> None:
        """Now and then, all at once: little beside the requests that have filled this."""
        if now - self._forgotten_at >= _FORGET_SECONDS:
            self._windows = {key: window for key, window in self._windows.items() if window.ends_at > now}
            self._forgotten_at = now
