"""Calls to the studio over HTTP: sent twice at most, limited in time and size, given up while it fails."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import httpx
from opentelemetry import trace

from toonbooth.contract import CALLER_HEADER, LIVE_PATH
from toonbooth.gallery.circuit_breaker import (
    FAILURES_TO_OPEN,
    OPEN_SECONDS,
    CircuitBreaker,
    CircuitOpenError,
)
from toonbooth.gallery.errors import StudioBusyError, StudioFailedError, StudioUnavailableError
from toonbooth.gallery.metrics import GalleryMetrics
from toonbooth.gallery.studio_progress import Listener, NewsReader
from toonbooth.gallery.studio_replies import GarbledReplyError, StudioPicture, StudioReply, read_picture
from toonbooth.kit.logs import current_request_id
from toonbooth.kit.multipart import MIXED
from toonbooth.kit.rate_limits import RateLimiter, TooManyRequestsError, read_limits
from toonbooth.kit.requests import REQUEST_ID_HEADER
from toonbooth.kit.tracing import NO_TRACER, write_trace_headers

log = logging.getLogger(__name__)

MAX_REPLY_BYTES: Final = 32 * 1024 * 1024
_CONNECT_SECONDS: Final = 3.0
_ALIVE_SECONDS: Final = 3.0
_SLOW_RETRY_SECONDS: Final = 15
_SHORT_WAIT_SECONDS: Final = 3
_RECONNECT_SECONDS: Final = 0.2
_NEWS_PREFERRED: Final = f"{MIXED}, image/*;q=0.9, */*;q=0.5"
_FAILURES_TOGETHER: Final = read_limits(f"{FAILURES_TO_OPEN - 1}/{OPEN_SECONDS:.0f} seconds")
"""Failures of all galleries, beyond which one that meets another leaves the studio alone."""

FAILED: Final = "The drawing server could not finish the picture. Please try again."
SILENT: Final = "The drawing server does not answer. Please try again later."
_BUSY: Final = "The drawing server is busy. Please try again in a moment."

OpenBody = Callable[[], bytes | AsyncIterator[bytes]]
"""Makes the body of a request anew for each attempt."""

asking_for: ContextVar[str | None] = ContextVar("asking_for", default=None)
"""For whom the studio is asked: a word that tells it nothing but whose turn it is."""


@dataclass(slots=True)
class _Asked:
    """What became of the first of two attempts."""

    refusal: StudioReply | None = None


def open_studio_connections(
    base_url: str, *, token: str | None, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Connections to one studio; the caller closes them."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),  # The whole call has a time limit of its own.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        follow_redirects=False,
        # Retries concern connecting alone: nothing has been sent yet.
        transport=transport or httpx.AsyncHTTPTransport(retries=1),
        trust_env=False,
    )


class StudioCalls:
    """Bound to one studio. All calls for pictures share one circuit breaker."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        timeout_seconds: float,
        metrics: GalleryMetrics,
        tracer: trace.Tracer = NO_TRACER,
        counts: RateLimiter | None = None,
    ) -> None:
        """`counts`: where galleries count together, so that each hears of the others' failures."""
        self._http = http
        self._metrics = metrics
        self._tracer = tracer
        self._timeout_seconds = timeout_seconds
        self._breaker = CircuitBreaker(failure=StudioFailedError)
        self._counts = counts if counts is not None and counts.is_shared else None

    @property
    def is_given_up(self) -> bool:
        """Whether it isn't asked at the moment, because it failed."""
        return self._breaker.is_open

    async def look_up(self, path: str, *, seconds: float) -> StudioReply | None:
        """What it answers to a GET, whatever its status; None when it doesn't in time, or makes no sense."""
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange("GET", path, None, {})
        except (httpx.HTTPError, TimeoutError, GarbledReplyError) as error:
            log.info("the studio did not answer %s: %s", path, type(error).__name__)
            return None

    async def ask(
        self,
        path: str,
        open_body: OpenBody,
        headers: Mapping[str, str],
        *,
        listener: Listener | None = None,
    ) -> StudioPicture | StudioReply:
        """A picture, or a refusal with a status from 400 to 499.

        Raises
        ------
        StudioBusyError, StudioUnavailableError, StudioFailedError
        """
        call = path.strip("/").replace("-", "_")
        with (
            self._tracer.start_as_current_span(
                f"ask for {call}", kind=trace.SpanKind.CLIENT, record_exception=False
            ),
            self._metrics.watch_call(call) as noted,
        ):
            try:
                reply = await self._ask_watched(path, open_body, headers, listener)
            except StudioFailedError:
                await self._count_failure()
                raise
            if isinstance(reply, StudioReply):
                noted.outcome = reply.code or "refused"
            return reply

    async def _ask_watched(
        self, path: str, open_body: OpenBody, headers: Mapping[str, str], listener: Listener | None
    ) -> StudioPicture | StudioReply:
        try:
            with self._breaker.watch():
                reply = await self._call(path, open_body, headers, listener)
                if reply.status == 200:
                    return _read_picture(reply)
                if not 400 <= reply.status < 500 and reply.status != 503:
                    raise StudioFailedError(FAILED)
        except CircuitOpenError as error:
            raise StudioUnavailableError(
                "Drawing is not possible at the moment. Please try again in a moment.",
                retry_after_seconds=error.retry_after_seconds,
            ) from error
        if reply.status in {429, 503}:
            raise StudioBusyError(
                _BUSY,
                retry_after_seconds=reply.retry_after_seconds,
            )
        return reply

    async def _count_failure(self) -> None:
        """Give the studio up at the first failure of our own when others have met the rest of five.

        Where nothing fails nobody asks: one gallery with a broken network doesn't stop the others.
        """
        if self._counts is None:
            return
        try:
            await self._counts.count(_FAILURES_TOGETHER, "failures", "studio")
        except TooManyRequestsError:
            self._breaker.open()

    async def _call(
        self, path: str, open_body: OpenBody, headers: Mapping[str, str], listener: Listener | None
    ) -> StudioReply:
        asked = _Asked()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._try_twice(path, open_body, headers, listener, asked)
        except TimeoutError as error:
            if asked.refusal is not None:
                return asked.refusal
            if await self._is_alive():
                raise StudioBusyError(_BUSY, retry_after_seconds=_SLOW_RETRY_SECONDS) from error
            raise StudioFailedError("The drawing server took too long. Please try again.") from error
        except httpx.HTTPError as error:
            raise StudioFailedError(SILENT) from error
        except GarbledReplyError as error:
            raise StudioFailedError(FAILED) from error

    async def _is_alive(self) -> bool:
        """Whether a studio that didn't answer in time has much to do; one that hangs doesn't say so."""
        reply = await self.look_up(LIVE_PATH, seconds=_ALIVE_SECONDS)
        return reply is not None and reply.status == 200

    async def _try_twice(
        self,
        path: str,
        open_body: OpenBody,
        headers: Mapping[str, str],
        listener: Listener | None,
        asked: _Asked,
    ) -> StudioReply:
        """Ask again, once, whom a connection was lost to or who asks for a moment's patience.

        That is safe: the studio keeps nothing. Who took too long or failed isn't asked for the same again.
        """
        try:
            reply = await self._exchange("POST", path, open_body(), headers, listener)
            if reply.status not in {429, 503} or reply.retry_after_seconds > _SHORT_WAIT_SECONDS:
                return reply
            asked.refusal = reply
            pause_seconds = float(reply.retry_after_seconds)
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            log.info("the studio is asked again: %s", type(error).__name__)
            pause_seconds = _RECONNECT_SECONDS
        await asyncio.sleep(pause_seconds)
        return await self._exchange("POST", path, open_body(), headers, listener)

    async def _exchange(
        self,
        method: str,
        path: str,
        body: bytes | AsyncIterator[bytes] | None,
        headers: Mapping[str, str],
        listener: Listener | None = None,
    ) -> StudioReply:
        all_headers = {REQUEST_ID_HEADER: current_request_id.get(), **headers}
        write_trace_headers(all_headers)
        if listener is not None:
            all_headers["Accept"] = _NEWS_PREFERRED
        if (caller := asking_for.get()) is not None:
            all_headers[CALLER_HEADER] = caller
        async with self._http.stream(method, path, content=body, headers=all_headers) as response:
            content_type = response.headers.get("content-type", "")
            reader = None
            if listener is not None and response.status_code == 200 and content_type.startswith(MIXED):
                reader = NewsReader(content_type, listener)
            content = bytearray()
            received = 0
            async for chunk in response.aiter_bytes():
                received += len(chunk)
                if received > MAX_REPLY_BYTES:
                    raise GarbledReplyError("a reply without end")
                if reader is None:
                    content += chunk
                else:
                    reader.feed(chunk)
            if reader is not None:
                return reader.finish()
            return StudioReply(response.status_code, response.headers, bytes(content))


def _read_picture(reply: StudioReply) -> StudioPicture:
    try:
        return read_picture(reply)
    except GarbledReplyError as error:
        raise StudioFailedError(FAILED) from error
