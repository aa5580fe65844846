"""What every request for a picture goes through: its token, a place in line, is the client still there?"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.workers import PoolBusyError, WorkerPool
from toonbooth.studio.errors import NotAuthorisedError

Result = TypeVar("Result")

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


async def while_connected(request: Request, work: Coroutine[None, None, Result]) -> Result:
    """Finish `work` for a client that still waits for it; work of one that left gives up its place in line.

    The request's body must have been read.

    Raises
    ------
    ClientDisconnect
    """
    at_work = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_wait_for_end(request))
    try:
        await asyncio.wait({at_work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not at_work.done():
            raise ClientDisconnect
        return at_work.result()
    finally:
        leaving.cancel()
        at_work.cancel()


async def _wait_for_end(request: Request) -> None:
    message: Message = {"type": "http.request"}
    while message["type"] != "http.disconnect":
        message = await request.receive()
