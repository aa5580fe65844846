"""Talks to the studio, or to any AI server that keeps the guide's contract.

All that can go wrong over there becomes one of a few errors here: it refuses the picture (the client's
business), it is busy, or it has failed.
"""

import json
import logging
import time
from dataclasses import asdict
from typing import Final, Literal

from toonbooth.contract import GENERATE_CARTOON_PATH, PROCESS_FACE_CUT_PATH, READY_PATH, STYLES_PATH
from toonbooth.gallery.errors import (
    NoFaceFoundError,
    PictureNotFoundError,
    StudioFailedError,
    UnknownFaceError,
    UnknownStyleError,
    UnreadablePhotoError,
)
from toonbooth.gallery.photo_form import Photo, PhotoForm
from toonbooth.gallery.studio_calls import FAILED, SILENT, StudioCalls
from toonbooth.gallery.studio_progress import Listener
from toonbooth.gallery.studio_replies import (
    GarbledReplyError,
    StudioPicture,
    StudioReply,
    StyleInfo,
    StylePreview,
    read_preview,
    read_styles,
)
from toonbooth.gallery.wishes import CutWishes, DrawingWishes

log = logging.getLogger(__name__)

_STYLES_SECONDS: Final = 3.0
_STATE_SECONDS: Final = 5.0
_STYLES_MISSING_SECONDS: Final = 5.0
_STYLES_VALID_SECONDS: Final = 60.0

StudioState = Literal["ready", "unavailable", "unknown"]


class HttpStudioClient:
    """What the gallery has one studio do."""

    def __init__(self, calls: StudioCalls) -> None:
        self._calls = calls
        self._styles: tuple[StyleInfo, ...] = ()
        self._styles_valid_until = 0.0
        self._previews: dict[str, StylePreview] = {}

    @property
    def is_given_up(self) -> bool:
        """Whether it isn't asked at the moment, because it failed."""
        return self._calls.is_given_up

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
        form = PhotoForm(photo, wishes)
        answer = await self._calls.ask(GENERATE_CARTOON_PATH, form.read_body, form.headers, listener=listener)
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
        raise _refused(answer, FAILED)

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
        answer = await self._calls.ask(
            PROCESS_FACE_CUT_PATH, lambda: body, {"Content-Type": "application/json"}
        )
        if isinstance(answer, StudioPicture):
            return answer
        if answer.status == 422:
            raise NoFaceFoundError(
                answer.sentence or "No face was found in this cartoon. Please choose another one."
            )
        if answer.status == 400 and answer.code == UnknownFaceError.code:
            raise UnknownFaceError(answer.sentence or "There are fewer people in this cartoon.")
        # Any other refusal is about the address or the settings, and no other cartoon would fare better.
        raise _refused(answer, FAILED)

    async def find_state(self) -> StudioState:
        """How the studio is; it draws a picture to find out, so give it a moment."""
        reply = await self._calls.look_up(READY_PATH, seconds=_STATE_SECONDS)
        match reply.status if reply is not None else None:
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
            reply = await self._calls.look_up(STYLES_PATH, seconds=_STYLES_SECONDS)
            if reply is None:
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
            reply = await self._calls.look_up(path, seconds=_STYLES_SECONDS)
            if reply is None:
                raise StudioFailedError(SILENT)
            try:
                self._previews[path] = read_preview(reply)
            except GarbledReplyError as error:
                log.info("the studio has no preview of %s", style)
                raise PictureNotFoundError from error
        return self._previews[path]


def _refused(reply: StudioReply, sentence: str) -> StudioFailedError:
    """What it refuses for other reasons than the picture is our request, a wrong token for instance."""
    log.error("the studio refused our request: %d %s", reply.status, reply.code)
    return StudioFailedError(sentence)
