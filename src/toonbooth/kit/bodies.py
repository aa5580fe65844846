"""Lets a client read the refusal of a request whose body nobody has read to its end.

Closing a connection while bytes still arrive resets it, and the reply is lost on the way: a phone that sends
an 11 MB photo would see "connection reset" instead of our sentence. So before such a reply goes out, a little
more is read and thrown away; what is still coming then meets a closed connection.
"""

import asyncio
import contextlib
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAIN_BYTES: Final = 1024 * 1024
DRAIN_SECONDS: Final = 1.0


class UnreadBodyMiddleware:
    """Reads on for a megabyte or a second, then lets the server close the connection after the reply."""

    def __init__(
        self, app: ASGIApp, *, drain_bytes: int = DRAIN_BYTES, drain_seconds: float = DRAIN_SECONDS
    ) -> None:
        self.app = app
        self._drain_bytes = drain_bytes
        self._drain_seconds = drain_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(headers := Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        # A client that waits for "100 Continue" has sent nothing yet, and reading would ask it to.
        must_ask_first = headers.get("expect", "").lower() == "100-continue"
        started = ended = False

        async def receive_and_note() -> Message:
            nonlocal started, ended
            started = True
            message = await receive()
            ended = ended or message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def drain() -> None:
            drained = 0
            while not ended and drained <= self._drain_bytes:
                drained += len((await receive_and_note()).get("body", b""))

        async def send_after_draining(message: Message) -> None:
            if message["type"] == "http.response.start" and not ended:
                if started or not must_ask_first:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(drain(), self._drain_seconds)
                if not ended:
                    MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self.app(scope, receive_and_note, send_after_draining)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
