"""Talks to the studio, or to any AI server that keeps the guide's contract, over HTTP.

All that can go wrong over there becomes one of a few errors here: it refuses the picture (the client's
business), it is busy, or it has failed.
"""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Final, Literal

import httpx
from opentelemetry import trace

from toonbooth.contract import (
    CALLER_HEADER,
    GENERATE_CARTOON_PATH,
    IMAGE_FIELD,
    LIVE_PATH,
    PROCESS_FACE_CUT_PATH,
    READY_PATH,
    SEED_FIELD,
    STYLE_FIELD,
    STYLES_PATH,
)
from toonbooth.gallery.circuit_breaker import (
    FAILURES_TO_OPEN,
    OPEN_SECONDS,
    CircuitBreaker,
    CircuitOpenError,
)
from toonbooth.gallery.errors import (
    NoFaceFoundError,
    PictureNotFoundError,
    StudioBusyError,
    StudioFailedError,
    StudioUnavailableError,
    UnknownFaceError,
    UnknownStyleError,
    UnreadablePhotoError,
)
from toonbooth.gallery.metrics import GalleryMetrics
from toonbooth.gallery.studio_progress import Listener, NewsReader
from toonbooth.gallery.studio_replies import (
    GarbledReplyError,
    StudioPicture,
    StudioReply,
    StyleInfo,
    StylePreview,
    read_picture,
    read_preview,
    read_styles,
)
from toonbooth.gallery.wishes import CutWishes, DrawingWishes
from toonbooth.kit.logs import current_request_id
from toonbooth.kit.multipart import MIXED
from toonbooth.kit.rate_limits import RateLimiter, TooManyRequestsError, read_limits
from toonbooth.kit.requests import REQUEST_ID_HEADER
from toonbooth.kit.tracing import NO_TRACER, write_trace_headers

log = logging.getLogger(__name__)

MAX_REPLY_BYTES: Final = 32 * 1024 * 1024
_CONNECT_SECONDS: Final = 3.0
_STYLES_SECONDS: Final = 3.0
_STATE_SECONDS: Final = 5.0
_ALIVE_SECONDS: Final = 3.0
_SLOW_RETRY_SECONDS: Final = 15
_STYLES_MISSING_SECONDS: Final = 5.0
_SHORT_WAIT_SECONDS: Final = 3
_RECONNECT_SECONDS: Final = 0.2
_STYLES_VALID_SECONDS: Final = 60.0
_NEWS_PREFERRED: Final = f"{MIXED}, image/*;q=0.9, */*;q=0.5"
_FAILURES_TOGETHER: Final = read_limits(f"{FAILURES_TO_OPEN - 1}/{OPEN_SECONDS:.0f} seconds")
"""Failures of all galleries, beyond which one that meets another leaves the studio alone."""

_FAILED: Final = "The drawing server could not finish the picture. Please try again."
_BUSY: Final = "The drawing server is busy. Please try again in a moment."
_SILENT: Final = "The drawing server does not answer. Please try again later."


OpenBody = Callable[[], bytes | AsyncIterator[bytes]]
"""Makes the body of a request anew for each attempt."""

StudioState = Literal["ready", "unavailable", "unknown"]


asking_for: ContextVar[str | None] = ContextVar("asking_for", default=None)
"""For whom the studio is asked: a word that tells it nothing but whose turn it is."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A stored photo to be drawn, read piece by piece while it is sent."""

    size: int
    media_type: str
    extension: str
    open_chunks: Callable[[], AsyncIterator[bytes]]


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


class HttpStudioClient:
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
        self._styles: tuple[StyleInfo, ...] = ()
        self._styles_valid_until = 0.0
        self._previews: dict[str, StylePreview] = {}

    @property
    def is_given_up(self) -> bool:
        """Whether it isn't asked at the moment, because it failed."""
        return self._breaker.is_open

    async def generate_cartoon(
        self, photo: Photo, wishes: DrawingWishes, *, listener: Listener | None = None
    ) -> StudioPicture:
        """Have a photo drawn. A listener hears how far it is, from a studio that tells.

        Raises
        ------
        UnreadablePhotoError, UnknownStyleError, NoFaceFoundError
            When the studio refuses the photo or the style.
        StudioBusyError, StudioUnavailableError, StudioFailedError
        """
        form = _PhotoForm(photo, wishes)
        answer = await self._ask(GENERATE_CARTOON_PATH, form.read_body, form.headers, listener=listener)
        if isinstance(answer, StudioPicture):
            return answer
        if answer.status == 422:
            raise NoFaceFoundError(
                answer.sentence or "No face was found in the photo. Please try another one."
            )
        if answer.status == 400 and answer.code == UnknownStyleError.code:
            raise UnknownStyleError(answer.sentence or "There is no style of this name.")
        if answer.status in {400, 413, 415}:
            raise UnreadablePhotoError(
                answer.sentence or "The photo could not be read. Please try another one."
            )
        raise _refused(answer, _FAILED)

    async def process_face_cut(self, image_url: str, wishes: CutWishes) -> StudioPicture:
        """Have the face cut out of a cartoon, which the studio fetches from `image_url`.

        Raises
        ------
        NoFaceFoundError, UnknownFaceError
            When there is nobody, or not that many.
        StudioBusyError, StudioUnavailableError, StudioFailedError
        """
        extras = {name: value for name, value in asdict(wishes).items() if value is not None}
        body = json.dumps({"image_url": image_url, **extras}).encode()
        answer = await self._ask(PROCESS_FACE_CUT_PATH, lambda: body, {"Content-Type": "application/json"})
        if isinstance(answer, StudioPicture):
            return answer
        if answer.status == 422:
            raise NoFaceFoundError(
                answer.sentence or "No face was found in this cartoon. Please choose another one."
            )
        if answer.status == 400 and answer.code == UnknownFaceError.code:
            raise UnknownFaceError(answer.sentence or "There are fewer people in this cartoon.")
        # Any other refusal is about the address or the settings, and no other cartoon would fare better.
        raise _refused(answer, _FAILED)

    async def find_state(self) -> StudioState:
        """How the studio is; it draws a picture to find out, so give it a moment."""
        try:
            async with asyncio.timeout(_STATE_SECONDS):
                reply = await self._exchange("GET", READY_PATH, None, {})
        except (httpx.HTTPError, TimeoutError, GarbledReplyError):
            return "unavailable"
        match reply.status:
            case 200:
                return "ready"
            case 404 | 405:
                return "unknown"
            case _:
                return "unavailable"

    async def list_styles(self) -> tuple[StyleInfo, ...]:
        """The studio's styles, its default first; none when it has no such list.

        Remembered for a minute, and as long as the studio doesn't answer.
        """
        now = time.monotonic()
        if now >= self._styles_valid_until:
            try:
                async with asyncio.timeout(_STYLES_SECONDS):
                    reply = await self._exchange("GET", STYLES_PATH, None, {})
            except (httpx.HTTPError, TimeoutError, GarbledReplyError) as error:
                log.info("the studio did not list its styles: %s", type(error).__name__)
                # Nor ask for them all the time: each attempt may cost seconds.
                self._styles_valid_until = now + _STYLES_MISSING_SECONDS
                return self._styles
            self._styles = read_styles(reply) if reply.status == 200 else ()
            current = {style.preview_path for style in self._styles}
            self._previews = {path: kept for path, kept in self._previews.items() if path in current}
            self._styles_valid_until = now + _STYLES_VALID_SECONDS
        return self._styles

    async def get_preview(self, style: str) -> StylePreview:
        """The small picture of a style, remembered as long as the style is listed with it.

        Raises
        ------
        PictureNotFoundError
            When there is no such style, or the studio has no preview of it.
        StudioFailedError
        """
        listed = await self.list_styles()
        path = next((known.preview_path for known in listed if known.name == style), None)
        if path is None:
            raise PictureNotFoundError
        if path not in self._previews:
            try:
                async with asyncio.timeout(_STYLES_SECONDS):
                    reply = await self._exchange("GET", path, None, {})
            except (httpx.HTTPError, TimeoutError, GarbledReplyError) as error:
                raise StudioFailedError(_SILENT) from error
            try:
                self._previews[path] = read_preview(reply)
            except GarbledReplyError as error:
                log.info("the studio has no preview of %s", style)
                raise PictureNotFoundError from error
        return self._previews[path]

    async def _ask(
        self,
        path: str,
        open_body: OpenBody,
        headers: Mapping[str, str],
        *,
        listener: Listener | None = None,
    ) -> StudioPicture | StudioReply:
        """A picture, or a refusal with a status from 400 to 499."""
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
                    raise StudioFailedError(_FAILED)
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
            raise StudioFailedError(_SILENT) from error
        except GarbledReplyError as error:
            raise StudioFailedError(_FAILED) from error

    async def _is_alive(self) -> bool:
        """Whether a studio that didn't answer in time has much to do; one that hangs doesn't say so."""
        try:
            async with asyncio.timeout(_ALIVE_SECONDS):
                return (await self._exchange("GET", LIVE_PATH, None, {})).status == 200
        except (httpx.HTTPError, TimeoutError, GarbledReplyError):
            return False

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


class _PhotoForm:
    """The multipart body of the guide, with the photo streamed from where it lies."""

    def __init__(self, photo: Photo, wishes: DrawingWishes) -> None:
        boundary = secrets.token_hex(16)
        fields = {STYLE_FIELD: wishes.style, SEED_FIELD: wishes.seed}
        before = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
            if value is not None
        )
        before += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{IMAGE_FIELD}"; '
            f'filename="original.{photo.extension}"\r\nContent-Type: {photo.media_type}\r\n\r\n'
        )
        self._photo = photo
        self._before = before.encode()
        self._after = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._before) + photo.size + len(self._after)),
        }

    async def read_body(self) -> AsyncIterator[bytes]:
        yield self._before
        async for chunk in self._photo.open_chunks():
            yield chunk
        yield self._after


def _refused(reply: StudioReply, sentence: str) -> StudioFailedError:
    """What it refuses for other reasons than the picture is our request, a wrong token for instance."""
    log.error("the studio refused our request: %d %s", reply.status, reply.code)
    return StudioFailedError(sentence)


def _read_picture(reply: StudioReply) -> StudioPicture:
    try:
        return read_picture(reply)
    except GarbledReplyError as error:
        raise StudioFailedError(_FAILED) from error
