"""The outermost layer of both applications: request ids, one access line per request, crashes answered.

An access line names the route, never the path: file names and query strings are as good as keys.
"""

import logging
import re
import secrets
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toonbooth.kit.errors import InternalError
from toonbooth.kit.logs import current_request_id
from toonbooth.kit.replies import render_error

REQUEST_ID_HEADER: Final = "X-Request-Id"

log = logging.getLogger(__name__)
access_log = logging.getLogger("toonbooth.access")

_HEALTH_ROUTE: Final = "/health"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestMiddleware:
    """Gives every request an id (the caller's, when it looks like one), in reply and log lines."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _choose_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
        token = current_request_id.set(request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            log.exception("unhandled %s", type(error).__name__)
            if status:
                # Too late for an answer: the connection must break, or the client takes half for whole.
                raise
            await render_error(InternalError())(scope, receive, send_with_id)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            route = _route_of(scope)
            # Probes ask every second for as long as a service lives; who wants to see them says so.
            level = logging.DEBUG if route.startswith(_HEALTH_ROUTE) else logging.INFO
            outcome = status or "aborted"
            access_log.log(level, "%s %s %s %.0f ms", scope["method"], route, outcome, milliseconds)
            current_request_id.reset(token)


def _choose_id(offered: str | None) -> str:
    if offered is not None and _ACCEPTABLE_ID.fullmatch(offered):
        return offered
    return secrets.token_hex(8)


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "-")
