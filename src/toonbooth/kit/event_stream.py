"""Server-sent events, as the HTML standard has them in section 9.2: a reply that goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from toonbooth.kit.connections import wait_for_end

MEDIA_TYPE: Final = "text/event-stream"
_RECONNECT_MILLISECONDS: Final = 1000
_SEND_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is what the client sends back as `Last-Event-ID`; `data` is one line."""

    name: str
    id: str
    data: str


class EventStream(Response):
    """Sends events as they come. None among them is a comment, which tells proxies that the line is alive.

    Events are asked for one at a time, and the next only when the connection has taken the last: a client
    that reads slowly makes nothing pile up, and one that reads nothing at all is cut off.

    Parameters
    ----------
    send_seconds : what a client gets to take one event.
    """

    media_type = MEDIA_TYPE

    def __init__(self, events: AsyncGenerator[Event | None], *, send_seconds: float = _SEND_SECONDS) -> None:
        # No-transform and the last one: proxies that gather or compress would hold events back.
        super().__init__(headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._send_seconds = send_seconds

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(wait_for_end(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            await asyncio.wait({sending, leaving})
        if not sending.cancelled():
            sending.result()

    async def _send_all(self, send: Send) -> None:
        async def send_in_time(body: bytes, *, more: bool = True) -> None:
            async with asyncio.timeout(self._send_seconds):
                await send({"type": "http.response.body", "body": body, "more_body": more})

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await send_in_time(f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode())
            async with aclosing(self._events):
                async for event in self._events:
                    await send_in_time(_render(event))
            await send_in_time(b"", more=False)
        except TimeoutError:
            # The server closes a connection whose reply has no end.
            return


def _render(event: Event | None) -> bytes:
    if event is None:
        return b":\n\n"
    return f"id: {event.id}\nevent: {event.name}\ndata: {event.data}\n\n".encode()
