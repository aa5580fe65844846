"""Stands in Ray's HTTP proxies: what they answer by themselves gets our shape, and a time to come back.

Ray's own words about a replica that is gone are a bare 500, or none. But the studio keeps nothing, so whoever
asks again is served by another replica, and 503 says so.
"""

from __future__ import annotations

import logging
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toonbooth.kit.errors import AppError
from toonbooth.kit.replies import render_error
from toonbooth.kit.requests import REQUEST_ID_HEADER, choose_request_id
from toonbooth.kit.response_headers import ResponseHeadersMiddleware
from toonbooth.studio.errors import NoReplicaError

log = logging.getLogger(__name__)

REPLICA_HEADER: Final = "X-Toonbooth-Replica"
"""Every reply of a replica carries it, and leaves it here: what comes without it, Ray says."""

_RAYS_OWN_PATHS: Final = "/-/"
"""Where a proxy tells load balancers how it is."""

_RETRY_AFTER_SECONDS: Final = 1
"""The others are there already."""


class ProxyRepliesMiddleware:
    """The outermost layer of a proxy's application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_RAYS_OWN_PATHS):
            await self.app(scope, receive, send)
            return
        # Ray takes any id for one, and gives none to a replica that wouldn't keep it.
        request_id = choose_request_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
        scope = {**scope, "headers": list(scope["headers"])}
        MutableHeaders(scope=scope)[REQUEST_ID_HEADER] = request_id
        is_from_replica = False

        async def send_replicas_words(message: Message) -> None:
            nonlocal is_from_replica
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_from_replica = REPLICA_HEADER in headers
                del headers[REPLICA_HEADER]
                headers[REQUEST_ID_HEADER] = request_id  # once: Ray has added its own
            if is_from_replica:
                await send(message)

        try:
            await self.app(scope, receive, send_replicas_words)
        except Exception:
            if is_from_replica:
                raise  # Too late for another answer: the connection must break.
            log.exception("Ray's proxy failed")
        if not is_from_replica:
            reply = render_error(_no_replica())
            reply.headers[REQUEST_ID_HEADER] = request_id
            await ResponseHeadersMiddleware(reply)(scope, receive, send)


def make_middlewares() -> list[Middleware]:
    """For Ray, which asks for them by this function's name."""
    return [Middleware(ProxyRepliesMiddleware)]


def _no_replica() -> AppError:
    return NoReplicaError(
        "The server is busy. Please try again in a moment.", retry_after_seconds=_RETRY_AFTER_SECONDS
    )
