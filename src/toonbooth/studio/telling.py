"""Tells how far a drawing is over the connection that will bring it, to clients that ask for that.

The reply is `multipart/mixed` (RFC 2046, 5.1.3): JSON objects while things happen, and the picture as the
last part, with the headers that it would have as a reply of its own. What fails before anything was told is
answered as always; later the last part is the failure in our shape, with its `status`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from toonbooth.contract import NEWS_MEDIA_TYPE
from toonbooth.kit.accepting import read_weights
from toonbooth.kit.connections import while_connected
from toonbooth.kit.errors import AppError, InternalError
from toonbooth.kit.live_replies import LiveReply
from toonbooth.kit.multipart import FORM, MIXED
from toonbooth.kit.replies import log_failure, render_error

log = logging.getLogger(__name__)

_PICTURE_TYPES: Final = ("image/jpeg", "image/*", "*/*", FORM)


@dataclass(frozen=True, slots=True)
class ToldPicture:
    """A picture and the headers that go with it."""

    data: bytes
    media_type: str
    headers: Mapping[str, str]


class NewsDesk:
    """What was told and not sent yet. Of places in the queue only the newest counts."""

    def __init__(self) -> None:
        self._news: list[dict[str, object]] = []
        self._is_place_last = False
        self._has_some = asyncio.Event()

    def tell_place(self, number: int) -> None:
        if self._is_place_last:
            self._news.pop()
        self._add({"queuePosition": number}, is_place=True)

    def tell(self, news: object) -> None:
        assert isinstance(news, dict)
        self._add(news, is_place=False)

    def take_all(self) -> list[dict[str, object]]:
        news, self._news = self._news, []
        self._is_place_last = False
        self._has_some.clear()
        return news

    async def wait_for_some(self, work: asyncio.Future[Any]) -> None:
        """Return when something was told, or the work has ended."""
        telling = asyncio.ensure_future(self._has_some.wait())
        try:
            await asyncio.wait({work, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            telling.cancel()

    def _add(self, news: dict[str, object], *, is_place: bool) -> None:
        self._news.append(news)
        self._is_place_last = is_place
        self._has_some.set()


def prefers_news(accept: str | None) -> bool:
    """Whether a client wants to be told more than it wants the picture alone (RFC 9110, 12.5.1)."""
    weights = read_weights(accept or "")
    return weights.get(MIXED, 0.0) > max(weights.get(each, 0.0) for each in _PICTURE_TYPES)


async def answer_with_news(
    request: Request, draw: Callable[[NewsDesk], Coroutine[Any, Any, ToldPicture]]
) -> Response:
    """Begin to draw, and answer when there is something to tell. A client that leaves ends the drawing."""
    desk = NewsDesk()
    work = asyncio.ensure_future(draw(desk))

    def end() -> None:
        work.cancel()

    try:
        await while_connected(request, desk.wait_for_some(work))
        if work.done():
            work.result()
    except BaseException:
        end()
        raise
    boundary = secrets.token_hex(16)
    return LiveReply(_tell_all(desk, work, boundary), media_type=f"{MIXED}; boundary={boundary}", on_end=end)


async def _tell_all(
    desk: NewsDesk, work: asyncio.Future[ToldPicture], boundary: str
) -> AsyncGenerator[bytes]:
    yield f"--{boundary}\r\n".encode()
    while not work.done():
        await desk.wait_for_some(work)
        for news in desk.take_all():
            yield _render_part(json.dumps(news).encode(), NEWS_MEDIA_TYPE, boundary)
    for news in desk.take_all():
        yield _render_part(json.dumps(news).encode(), NEWS_MEDIA_TYPE, boundary)
    try:
        picture = await work
    except AppError as error:
        log_failure(error)
        yield _render_failure(error, boundary)
    except Exception as error:
        log.exception("unhandled %s", type(error).__name__)
        yield _render_failure(InternalError(), boundary)
    else:
        yield _render_part(picture.data, picture.media_type, boundary, headers=picture.headers, is_last=True)


def _render_failure(error: AppError, boundary: str) -> bytes:
    reply = render_error(error)
    body = {**json.loads(bytes(reply.body)), "status": error.status}
    retry_after = reply.headers.get("retry-after")
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return _render_part(json.dumps(body).encode(), NEWS_MEDIA_TYPE, boundary, headers=headers, is_last=True)


def _render_part(
    content: bytes,
    media_type: str,
    boundary: str,
    *,
    headers: Mapping[str, str] | None = None,
    is_last: bool = False,
) -> bytes:
    """A part and the boundary behind it: before that arrives, nobody knows that the part is complete."""
    lines = {"Content-Type": media_type, **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    end = f"\r\n--{boundary}--\r\n" if is_last else f"\r\n--{boundary}\r\n"
    return b"".join((head.encode(), b"\r\n", content, end.encode()))
