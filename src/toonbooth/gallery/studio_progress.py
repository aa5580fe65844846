"""Understands what the studio tells while it draws, when it is asked to. No I/O.

The reply is `multipart/mixed` then: JSON objects as things happen, and at the end the picture, with the
headers that the plain reply would have, or a JSON object that says why there is none.
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import Headers

from toonbooth.contract import NEWS_MEDIA_TYPE, STAGES
from toonbooth.gallery.studio_replies import GarbledReplyError, StudioReply
from toonbooth.kit.multipart import (
    MIXED,
    MalformedMultipartError,
    MultipartReader,
    NotMultipartError,
    PartData,
    PartEnd,
    PartStart,
)

_MAX_PARTS: Final = 1000
_MAX_NEWS_BYTES: Final = 64 * 1024
_MAX_POSITION: Final = 1_000_000
_JPEG_START: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class StudioNews:
    """One piece of news: a stage that is done, a place in the queue from 0, a small JPEG."""

    stage: str | None = None
    queue_position: int | None = None
    preview: bytes | None = None


Listener = Callable[[StudioNews], None]


class NewsReader:
    """Feed it the reply piece by piece; news goes to the listener, and `finish` returns the plain reply.

    Raises
    ------
    GarbledReplyError
        From every method, when the reply cannot be read on.
    """

    def __init__(self, content_type: str, listener: Listener) -> None:
        try:
            self._reader = MultipartReader(content_type, wanted_type=MIXED, max_parts=_MAX_PARTS)
        except NotMultipartError as error:
            raise GarbledReplyError(str(error)) from error
        self._listener = listener
        self._part = PartStart("", is_file=False)
        self._content = bytearray()
        self._reply: StudioReply | None = None

    def feed(self, chunk: bytes) -> None:
        try:
            events = self._reader.feed(chunk)
        except MalformedMultipartError as error:
            raise GarbledReplyError("a reply that cannot be read") from error
        for event in events:
            if isinstance(event, PartStart):
                self._part, self._content = event, bytearray()
            elif isinstance(event, PartData):
                self._content += event.data
                if self._is_news and len(self._content) > _MAX_NEWS_BYTES:
                    raise GarbledReplyError("news without end")
            elif isinstance(event, PartEnd):
                self._end_part()

    def finish(self) -> StudioReply:
        if self._reply is None or not self._reader.ended:
            raise GarbledReplyError("a reply that breaks off")
        return self._reply

    @property
    def _is_news(self) -> bool:
        return self._part.headers.get("content-type", "").partition(";")[0].strip() == NEWS_MEDIA_TYPE

    def _end_part(self) -> None:
        content = bytes(self._content)
        if not self._is_news:
            self._reply = StudioReply(200, Headers(self._part.headers), content)
            return
        try:
            news = json.loads(content)
        except ValueError as error:
            raise GarbledReplyError("news that cannot be read") from error
        if not isinstance(news, dict):
            raise GarbledReplyError("news of another kind")
        if news.get("success") is False:
            self._reply = StudioReply(_read_status(news.get("status")), Headers(self._part.headers), content)
        else:
            self._listener(_read_news(news))


def _read_news(news: dict[str, Any]) -> StudioNews:
    stage, position = news.get("stage"), news.get("queuePosition")
    if not isinstance(position, int) or not 0 <= position <= _MAX_POSITION:
        position = None
    return StudioNews(
        stage=stage if stage in STAGES else None,
        queue_position=position,
        preview=_read_preview(news.get("preview")),
    )


def _read_preview(preview: object) -> bytes | None:
    if not isinstance(preview, str):
        return None
    try:
        jpeg = b64decode(preview, validate=True)
    except (binascii.Error, ValueError):
        return None
    return jpeg if jpeg.startswith(_JPEG_START) else None


def _read_status(status: object) -> int:
    if isinstance(status, int) and 400 <= status < 600:
        return status
    raise GarbledReplyError("a failure without its status")
