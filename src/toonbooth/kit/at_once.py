"""Counts what somebody does at once, in this process: connections of an address, uploads.

How often somebody asks is counted elsewhere (`kit.rate_limits`); who asks for something that takes long can
hold on to much with few requests.
"""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from toonbooth.kit.rate_limits import TooManyRequestsError
from toonbooth.kit.replies import render_error

SURPLUS: Final = "toonbooth_surplus_connection"
"""In the state of requests whose connection is one too many."""

_RETRY_AFTER_SECONDS: Final = 5


class AtOnce:
    """Counts by subject, an address for instance. For one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._counts: Counter[str] = Counter()

    def count(self, subject: str) -> int:
        """How much it is now."""
        return self._counts[subject]

    def enter(self, subject: str) -> int:
        """Begin something; returns how many there are then. To be ended by `leave`, also beyond `most`."""
        self._counts[subject] += 1
        return self._counts[subject]

    def leave(self, subject: str) -> None:
        """End it."""
        self._counts[subject] -= 1
        if not self._counts[subject]:
            del self._counts[subject]

    @contextmanager
    def place(self, subject: str) -> Generator[None]:
        """Be one of at most `most`.

        Raises
        ------
        TooManyRequestsError
        """
        try:
            if self.enter(subject) > self.most:
                raise _too_many("requests")
            yield
        finally:
            self.leave(subject)


class ConnectionLimit(AtOnce):
    """How many connections one address may have open.

    Parameters
    ----------
    name : for whom an address counts; None for one that isn't counted, a proxy's with many behind it.
    """

    def __init__(self, most: int, *, name: Callable[[str], str | None]) -> None:
        super().__init__(most)
        self.name = name


class SurplusConnectionMiddleware:
    """Refuses all requests of connections that are too many, in our shape, and has them closed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope.get("state", {}).get(SURPLUS, False):
            await self.app(scope, receive, send)
            return
        reply = render_error(_too_many("connections"))
        reply.headers["Connection"] = "close"
        await reply(scope, receive, send)


def _too_many(what: str) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"Too many {what} at once from your address. Please try again in a moment.",
        retry_after_seconds=_RETRY_AFTER_SECONDS,
    )
