"""A proxy in front of several galleries: each request goes to the next one, a dead one is passed over."""

from collections import Counter
from dataclasses import dataclass, field

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

_FOR_ONE_CONNECTION = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding"})


@dataclass
class RoundRobin:
    """An ASGI application. What a gallery had when it died is not sent again: it may have been done."""

    galleries: list[str]
    client: httpx.AsyncClient
    served: Counter[str] = field(default_factory=Counter)
    """Requests by gallery."""
    statuses: Counter[int] = field(default_factory=Counter)
    """What clients were answered."""
    broken_off: int = 0
    _next: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        reply = await self._forward(request, await request.body())
        self.statuses[reply.status_code] += 1
        await reply(scope, receive, send)

    async def _forward(self, request: Request, body: bytes) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = [(name, value) for name, value in request.headers.raw if name != b"connection"]
        for _ in self.galleries:
            gallery = self.galleries[self._next % len(self.galleries)]
            self._next += 1
            try:
                reply = await self.client.request(
                    request.method, gallery + target, content=body, headers=headers
                )
            except httpx.ConnectError:
                continue
            except httpx.TransportError:
                self.broken_off += 1
                break
            self.served[gallery] += 1
            kept = {name: value for name, value in reply.headers.items() if name not in _FOR_ONE_CONNECTION}
            return Response(reply.content, status_code=reply.status_code, headers=kept)
        return JSONResponse({"success": False, "error": "Try again.", "code": "no_gallery"}, status_code=503)
