"""Bounds what a connection may cost before, and after, an application has anything to say about it.

uvicorn waits for ever for the head of a request, takes one of any length, and lets a client that does not
read its reply keep it for ever.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from toonbooth.kit.at_once import SURPLUS, ConnectionLimit

MAX_HEAD_BYTES: Final = 32 * 1024
"""Request line and headers. Browsers and phones send 1 KB, proxies allow 8 to 32."""

MAX_TRAILER_BYTES: Final = 4 * 1024
HEAD_SECONDS: Final = 15.0
"""For the whole head, from the connection or from its first byte on."""

UNREAD_SECONDS: Final = 60.0
"""How long a client may leave what was sent unread: some 50 KB of it make room for more."""

SURPLUS_HEAD_SECONDS: Final = 3.0
"""For the head on a connection that is one too many."""

_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class GuardedHttpProtocol(HttpToolsProtocol):
    """One connection. Closed when its head comes too slowly or is too long, or nobody reads the reply.

    With a limit, an address' next connection is there only to hear that it is one too many; those beyond
    twice the limit don't hear anything.
    """

    connection_limit: ConnectionLimit | None = None

    head_seconds: float = HEAD_SECONDS
    unread_seconds = UNREAD_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_receiving_head = True
        self._heads = 0
        self._head_bytes = 0
        """Of the head that is being received; once it is complete, of trailers."""
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._is_refused = False
        self._counted_for: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.connection_limit is not None and self.client is not None:
            self._count_connection(self.connection_limit, self.client[0])
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.connection_limit is not None and self._counted_for is not None:
            self.connection_limit.leave(self._counted_for)
        self._stop_head_timer()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._is_receiving_head and self._head_timer is None:
            self._start_head_timer()
        heads_before, was_receiving_head = self._heads, self._is_receiving_head
        super().data_received(data)
        # Fields that are not complete yet: `on_header` has not seen them.
        if was_receiving_head and self._heads == heads_before:
            self._head_bytes += len(data)
            self._check_head(MAX_HEAD_BYTES)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._start_head_timer()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_receiving_head:
            super().on_header(name, value)
        else:
            # A trailer: nobody here reads them, and uvicorn would collect them.
            self._head_bytes += len(name) + len(value)
            self._check_head(MAX_TRAILER_BYTES)

    def on_headers_complete(self) -> None:
        self._is_receiving_head = False
        self._heads += 1
        self._stop_head_timer()
        self._head_bytes = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self._check_head(MAX_HEAD_BYTES)
        self._head_bytes = 0
        if not self._is_refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_receiving_head = True
        self._head_bytes = 0
        if not self._is_refused:
            super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _count_connection(self, limit: ConnectionLimit, address: str) -> None:
        self._counted_for = limit.name(address)
        if self._counted_for is None:
            return
        count = limit.enter(self._counted_for)
        if count > limit.most:
            self.app_state = {**self.app_state, SURPLUS: True}
            self.head_seconds = min(self.head_seconds, SURPLUS_HEAD_SECONDS)
        if count > 2 * limit.most:
            self._is_refused = True
            self.transport.abort()

    def _check_head(self, most: int) -> None:
        if self._head_bytes <= most or self._is_refused:
            return
        self._is_refused = True
        self._stop_head_timer()
        if not self._is_answering():
            self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = (
            self.cycle
        )  # None until the first request, whatever its type says
        return cycle is not None and not cycle.response_complete

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
