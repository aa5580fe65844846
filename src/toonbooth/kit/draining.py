"""Ends a service without losing work: what runs comes to its end, what would begin is sent elsewhere."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from toonbooth.kit.errors import AppError
from toonbooth.kit.replies import render_error

_RETRY_AFTER_SECONDS: Final = 5
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ShuttingDownError(AppError):
    """The process was told to stop; another one, or the next, will do it."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "shutting_down"


class Drain:
    """Counts the work that must come to its end. Begun by a signal; for one event loop."""

    def __init__(self) -> None:
        self.has_begun = False
        self._working = 0

    @property
    def is_dry(self) -> bool:
        """Whether no work is left."""
        return self._working == 0

    def begin(self) -> None:
        """Take no more work. Safe within a signal handler."""
        self.has_begun = True

    @contextmanager
    def work(self) -> Generator[None]:
        """Around work that must not be cut off, when it isn't a request's.

        Raises
        ------
        ShuttingDownError
            When it is too late to begin.
        """
        self.check()
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1

    def check(self) -> None:
        """Raise when it is too late to begin anything."""
        if self.has_begun:
            raise ShuttingDownError(
                "The server is about to restart. Please try again in a moment.",
                retry_after_seconds=_RETRY_AFTER_SECONDS,
            )


class DrainMiddleware:
    """Counts requests that change something as work, and answers 503 once the drain has begun.

    Reading goes on until the end: work that still runs may need it, as the studio needs the gallery's files.
    """

    def __init__(self, app: ASGIApp, *, drain: Drain) -> None:
        self.app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING:
            await self.app(scope, receive, send)
            return
        try:
            with self._drain.work():
                await self.app(scope, receive, send)
        except ShuttingDownError as refusal:
            reply = render_error(refusal)
            reply.headers["Connection"] = "close"
            await reply(scope, receive, send)
