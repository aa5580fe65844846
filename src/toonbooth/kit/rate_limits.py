"""Counts how often somebody asks, and refuses who asks too often.

The counting is done by the library `limits`, in this process' memory or in whatever store its URLs name, so
that several processes can count together.
"""

import logging
import math
import time
from dataclasses import dataclass
from typing import ClassVar, Final, cast
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from toonbooth.kit.errors import AppError, StartError

log = logging.getLogger(__name__)

IN_MEMORY: Final = "memory://"


@dataclass(frozen=True, slots=True)
class Limits:
    """Made by `read_limits`. All of `items` hold."""

    text: str
    items: tuple[RateLimitItem, ...]

    def __str__(self) -> str:
        return self.text


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


def open_rate_limiter(storage_url: str) -> "RateLimiter":
    """Count in `storage_url`: `memory://`, or what the library knows, `redis://host` for one.

    Raises
    ------
    StartError
        When the library doesn't know it, or lacks what it needs for it. The URL isn't repeated.
    """
    try:
        storage = storage_from_string(f"async+{storage_url}")
    except ConfigurationError as error:
        raise StartError(
            f"Rate limits cannot be counted in {urlsplit(storage_url).scheme or 'that'}://… on this machine."
        ) from error
    return RateLimiter(cast("Storage", storage))


class RateLimiter:
    """Counts by subject: a hash of a device's id, an address. In fixed windows, one number for each.

    Windows begin with their first request, so a refusal can tell exactly when the next one begins.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._windows = FixedWindowRateLimiter(storage)

    async def count(self, limits: Limits, *subject: str) -> None:
        """Count one request of `subject` against each of `limits`.

        A store that doesn't answer refuses nobody: it would take the service down with it.

        Raises
        ------
        TooManyRequestsError
            When a limit is used up.
        """
        for limit in limits.items:
            try:
                if await self._windows.hit(limit, *subject):
                    continue
                resets_at = (await self._windows.get_window_stats(limit, *subject)).reset_time
            except self._storage.base_exceptions:
                log.exception("the store of the rate limits does not answer; nobody is refused")
                return
            raise TooManyRequestsError(
                "Too many requests. Please try again in a moment.",
                retry_after_seconds=max(1, math.ceil(resets_at - time.time())),
            )
