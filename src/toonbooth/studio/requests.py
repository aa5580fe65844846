"""What every request for a picture goes through: its token, a place in line, a bounded body."""

from __future__ import annotations

import hmac
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.workers import PoolBusyError, WorkerPool
from toonbooth.studio.errors import NotAuthorisedError

MAX_JSON_BYTES: Final = 16 * 1024


@dataclass(slots=True)
class Admission:
    """Bounds how many requests are inside, and with them how many photos are in memory.

    The pool bounds those that wait for a worker; this also counts those whose photo is still arriving.
    """

    pool: WorkerPool
    limit: int
    _inside: int = field(default=0, init=False)

    @contextmanager
    def enter(self) -> Generator[None]:
        """Take a place.

        Raises
        ------
        PoolBusyError
            When there is none.
        """
        if self._inside >= self.limit:
            raise PoolBusyError(
                "Everybody here is drawing already. Please try again in a moment.",
                retry_after_seconds=self.pool.retry_after_seconds,
            )
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1


def check_token(request: Request, token: str | None) -> None:
    """Compare the bearer token, in constant time.

    Raises
    ------
    NotAuthorisedError
        When a token is configured and the request has another one or none.
    """
    if token is None:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise NotAuthorisedError("This studio draws for those who have its token.")


async def read_json(request: Request) -> bytes:
    """The body of a JSON request, bounded.

    Raises
    ------
    InvalidRequestError
        When it is declared as something else, or is longer than anybody needs.
    """
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise InvalidRequestError("Send a JSON object, as application/json.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise InvalidRequestError("The JSON object is too long.")
    return bytes(body)
