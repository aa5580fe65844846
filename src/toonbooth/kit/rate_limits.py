"""Counts how often somebody asks, and refuses who asks too often.

The counting is done by the library `limits`, in this process' memory or in Redis, or by `portions`, so that
several processes can count together. Their store going away takes nothing else down: each process counts by
itself until it is back.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, cast
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter

from toonbooth.kit.errors import AppError, StartError

if TYPE_CHECKING:
    from redis.asyncio import BlockingConnectionPool

log = logging.getLogger(__name__)

IN_MEMORY: Final = "memory://"
IN_DATABASE: Final = "database://"
_SCHEMES: Final = frozenset({"redis", "rediss"})
_ANSWER_SECONDS: Final = 0.25
"""What Redis gets for one count; every request waits for it."""
_AWAY_SECONDS: Final = 2.0
"""How long it isn't asked again when it did not answer."""
_CONNECTIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Made by `read_limits`. All of `items` hold."""

    text: str
    items: tuple[RateLimitItem, ...]

    def __str__(self) -> str:
        return self.text


class Counts(Protocol):
    """What counts requests in windows of time. A limit with a subject has one number, which every request
    adds to until the window ends.
    """

    @property
    def absences(self) -> tuple[type[Exception], ...]:
        """What it raises when it cannot be asked just now."""

    async def find_refusal(self, limit: RateLimitItem, subject: tuple[str, ...]) -> float | None:
        """Count one; returns when the window ends (seconds of the epoch) if that was one too many."""


class TooManyRequestsError(AppError):
    """Somebody asks more often than anybody needs to."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "too_many_requests"


def read_limits(text: str) -> Limits:
    """Read `120/minute`, or several that are separated by semicolons.

    Raises
    ------
    ValueError
        When it is something else.
    """
    items = tuple(parse_many(text))
    if any(item.amount < 1 for item in items):
        raise ValueError("must allow at least one request")
    return Limits(text, items)


@asynccontextmanager
async def open_rate_limiter(
    storage_url: str, *, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[RateLimiter]:
    """Count in `memory://`, or together with other processes in `redis://` or, with TLS, in `rediss://`.

    Who has a database counts in `database://` by a `RateLimiter` of `PortionedCounts`.

    Raises
    ------
    StartError
        When it is something else, its library is not installed, or it refuses. The URL isn't repeated.
    """
    if storage_url == IN_MEMORY:
        yield RateLimiter(None)
        return
    pool = _make_pool(storage_url)
    try:
        await _introduce(pool)
        storage = RedisStorage(
            storage_url,
            implementation="redispy",
            connection_pool=pool,  # type: ignore[arg-type]  # passed on to the client as it is
        )
        yield RateLimiter(_StoredCounts(storage), clock=clock)
    finally:
        await pool.aclose()


class RateLimiter:
    """Counts by subject: a hash of a device's id, an address. In fixed windows, one number for each.

    A refusal tells exactly when the next window begins.

    Parameters
    ----------
    shared : where all processes count. When it doesn't answer, this one counts by itself for a while, from
        zero: a store that is away neither refuses anybody nor lets anybody through without end.
    clock : seconds that only go forward.
    """

    def __init__(self, shared: Counts | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._absences = () if shared is None else shared.absences
        self._own = _StoredCounts(MemoryStorage())
        self._clock = clock
        self._is_away = False
        self._asked_again_at = 0.0

    @property
    def is_shared(self) -> bool:
        """Whether several processes count together."""
        return self._shared is not None

    async def count(self, limits: Limits, *subject: str) -> None:
        """Count one request of `subject` against each of `limits`.

        Raises
        ------
        TooManyRequestsError
            When a limit is used up.
        """
        for limit in limits.items:
            resets_at = await self._find_refusal(limit, subject)
            if resets_at is not None:
                raise TooManyRequestsError(
                    "Too many requests. Please try again in a moment.",
                    retry_after_seconds=max(1, math.ceil(resets_at - time.time())),
                )

    async def _find_refusal(self, limit: RateLimitItem, subject: tuple[str, ...]) -> float | None:
        if self._shared is not None and self._clock() >= self._asked_again_at:
            if self._is_away:
                # One request finds out whether it is back; nobody else waits for that.
                self._asked_again_at = self._clock() + _AWAY_SECONDS
            try:
                resets_at = await self._shared.find_refusal(limit, subject)
            except self._absences as error:
                self._note_absence(error)
            else:
                self._note_presence()
                return resets_at
        return await self._own.find_refusal(limit, subject)

    def _note_absence(self, error: BaseException) -> None:
        if not self._is_away:
            log.error(
                "the store of the rate limits does not answer (%s); this process counts by itself meanwhile",
                type(error).__name__,
            )
        self._is_away = True
        self._asked_again_at = self._clock() + _AWAY_SECONDS

    def _note_presence(self) -> None:
        if self._is_away:
            log.warning("the store of the rate limits answers again")
        self._is_away = False
        self._asked_again_at = 0.0


class _StoredCounts:
    """What the library counts in a storage of its own. Windows begin with their first request."""

    def __init__(self, storage: Storage) -> None:
        self._windows = FixedWindowRateLimiter(storage)
        absences = storage.base_exceptions
        self.absences = absences if isinstance(absences, tuple) else (absences,)

    async def find_refusal(self, limit: RateLimitItem, subject: tuple[str, ...]) -> float | None:
        if await self._windows.hit(limit, *subject):
            return None
        return (await self._windows.get_window_stats(limit, *subject)).reset_time


def _make_pool(storage_url: str) -> BlockingConnectionPool:
    if urlsplit(storage_url).scheme not in _SCHEMES:
        raise StartError(
            "Rate limits are counted in memory://, in database:// or in redis://…, and in nothing else."
        )
    try:
        from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415 - an extra
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartError(
            "Redis needs a library that isn't installed: run `make redis`, or `pip install "
            "'toonbooth[redis]'`."
        ) from error
    try:
        return BlockingConnectionPool.from_url(
            storage_url,
            max_connections=_CONNECTIONS,
            timeout=_ANSWER_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),  # a server that was started anew has closed the connections kept
        )
    except ValueError as error:
        raise StartError("The address of the rate limits' Redis cannot be one.") from error


async def _introduce(pool: BlockingConnectionPool) -> None:
    """Find out at start what a setting has wrong; a server that is only away may come later."""
    from redis.asyncio import Redis  # noqa: PLC0415
    from redis.exceptions import AuthenticationError, ConnectionError, RedisError, TimeoutError  # noqa: A004, PLC0415

    try:
        await cast("Awaitable[bool]", Redis(connection_pool=pool).ping())
    except AuthenticationError as error:
        raise StartError(f"The rate limits' Redis refuses: {str(error).rstrip('.')}.") from error
    except (ConnectionError, TimeoutError):
        log.warning("the store of the rate limits does not answer yet")
    except RedisError as error:
        raise StartError(f"The rate limits' Redis refuses: {str(error).rstrip('.')}.") from error
