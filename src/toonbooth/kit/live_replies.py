"""Replies that go on while things happen; among them server-sent events (HTML standard, section 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
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


class LiveReply(Response):
    """Sends pieces as they come, until there are no more or the client leaves.

    The next piece is asked for when the connection has taken the last: a client that reads slowly makes
    nothing pile up, and one that reads nothing at all is cut off.

    Parameters
    ----------
    send_seconds : what a client gets to take one piece.
    on_end : called at the end, whatever it is.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes],
        *,
        media_type: str,
        headers: Mapping[str, str] | None = None,
        send_seconds: float = _SEND_SECONDS,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        # No-transform and the last one: proxies that gather or compress would hold pieces back.
        own = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
        super().__init__(headers=own | dict(headers or {}), media_type=media_type)
        del self.headers["content-length"]
        self._pieces = pieces
        self._send_seconds = send_seconds
        self._on_end = on_end

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
            if self._on_end is not None:
                self._on_end()
        if not sending.cancelled():
            sending.result()

    async def _send_all(self, send: Send) -> None:
        async def send_in_time(body: bytes, *, more: bool = True) -> None:
            async with asyncio.timeout(self._send_seconds):
                await send({"type": "http.response.body", "body": body, "more_body": more})

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async with aclosing(self._pieces):
                async for piece in self._pieces:
                    await send_in_time(piece)
            await send_in_time(b"", more=False)
        except TimeoutError:
            # The server closes a connection whose reply has no end.
            return


class EventStream(LiveReply):
    """Sends events as they come. None among them is a comment, which tells proxies that the line is alive."""

    def __init__(self, events: AsyncGenerator[Event | None], *, send_seconds: float = _SEND_SECONDS) -> None:
        super().__init__(_render_all(events), media_type=MEDIA_TYPE, send_seconds=send_seconds)


async def _render_all(events: AsyncGenerator[Event | None]) -> AsyncGenerator[bytes]:
    yield f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode()
    async with aclosing(events):
        async for event in events:
            yield _render(event)


def _render(event: Event | None) -> bytes:
    if event is None:
        return b":\n\n"
    return f"id: {event.id}\nevent: {event.name}\ndata: {event.data}\n\n".encode()
