"""The outermost layer of both applications: request ids, one access line, measurement and span per request,
crashes answered.

All of them name the route, never the path: file names and query strings are as good as keys.
"""

import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Final, Literal

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toonbooth.kit.errors import InternalError
from toonbooth.kit.logs import current_request_id
from toonbooth.kit.metrics import Metrics
from toonbooth.kit.replies import FAILURE_CODE, render_error
from toonbooth.kit.tracing import NO_TRACER, read_trace_headers

REQUEST_ID_HEADER: Final = "X-Request-Id"

log = logging.getLogger(__name__)
access_log = logging.getLogger("toonbooth.access")

_HEALTH_ROUTE: Final = "/health"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestMiddleware:
    """Gives every request an id (the caller's, when it looks like one), in reply and log lines."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tracer: trace.Tracer = NO_TRACER) -> None:
        self.app = app
        self._metrics = metrics
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # Probes ask every second for as long as a service lives.
        tracer = NO_TRACER if scope["path"].startswith(_HEALTH_ROUTE) else self._tracer
        headers = Headers(scope=scope)
        with tracer.start_as_current_span(
            scope["method"],
            context=read_trace_headers(headers),
            kind=trace.SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            await self._answer(scope, receive, send, choose_request_id(headers.get(REQUEST_ID_HEADER)), span)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, request_id: str, span: trace.Span
    ) -> None:
        token = current_request_id.set(request_id)
        self._metrics.http_in_progress.inc()
        started = time.perf_counter()
        status = 0
        is_broken = False

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
                is_broken = True
                raise
            await render_error(InternalError())(scope, receive, send_with_id)
        finally:
            outcome = _Outcome(
                method=scope["method"],
                route=_route_of(scope),
                status="aborted" if is_broken or not status else status,
                seconds=time.perf_counter() - started,
                failure_code=scope.get(FAILURE_CODE),
            )
            _log(outcome)
            self._metrics.http_in_progress.dec()
            self._metrics.note_request(
                method=outcome.method, route=outcome.route, status=outcome.status, seconds=outcome.seconds
            )
            if outcome.failure_code is not None:
                self._metrics.failures.labels(outcome.failure_code).inc()
            _describe(span, outcome, request_id)
            current_request_id.reset(token)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a request. `status`: of the reply, or that none came to its end."""

    method: str
    route: str
    status: int | Literal["aborted"]
    seconds: float
    failure_code: str | None

    @property
    def is_failure(self) -> bool:
        return self.status == "aborted" or self.status >= 500


def _log(outcome: _Outcome) -> None:
    # Who wants to see probes says so.
    level = logging.DEBUG if outcome.route.startswith(_HEALTH_ROUTE) else logging.INFO
    milliseconds = outcome.seconds * 1000
    access_log.log(
        level,
        "%s %s %s %.0f ms",
        outcome.method,
        outcome.route,
        outcome.status,
        milliseconds,
        extra={
            "method": outcome.method,
            "route": outcome.route,
            "status": outcome.status,
            "milliseconds": round(milliseconds),
        },
    )


def _describe(span: trace.Span, outcome: _Outcome, request_id: str) -> None:
    span.update_name(f"{outcome.method} {outcome.route}")
    span.set_attributes(
        {
            "http.request.method": outcome.method,
            "http.route": outcome.route,
            "toonbooth.request_id": request_id,
        }
    )
    if outcome.status != "aborted":
        span.set_attribute("http.response.status_code", outcome.status)
    if outcome.failure_code is not None:
        span.set_attribute("error.type", outcome.failure_code)
    if outcome.is_failure:
        span.set_status(trace.StatusCode.ERROR)


def choose_request_id(offered: str | None) -> str:
    if offered is not None and _ACCEPTABLE_ID.fullmatch(offered):
        return offered
    return secrets.token_hex(8)


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "-")
