"""Works for clients that are still there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

Result = TypeVar("Result")


async def while_connected(
    request: Request, work: Coroutine[None, None, Result], *, grace_seconds: float = 0.0
) -> Result:
    """Finish `work` for a client that still waits for it; work of one that left is cancelled.

    The request's body must have been read.

    Parameters
    ----------
    grace_seconds : what the work still gets when the client has left.

    Raises
    ------
    ClientDisconnect
    """
    at_work = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(wait_for_end(request.receive))
    try:
        await asyncio.wait({at_work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not at_work.done() and grace_seconds:
            await asyncio.wait({at_work}, timeout=grace_seconds)
        if not at_work.done():
            raise ClientDisconnect
        return at_work.result()
    finally:
        leaving.cancel()
        if not at_work.done():
            at_work.cancel()
            # To its end: what it works with is closed behind us.
            await asyncio.wait({at_work})


async def wait_for_end(receive: Receive) -> None:
    """Return when the client has closed its connection. The request's body must have been read."""
    message: Message = {"type": "http.request"}
    while message["type"] != "http.disconnect":
        message = await receive()
