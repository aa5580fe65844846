"""A stored photo as the multipart form that the guide has the studio take."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from toonbooth.contract import IMAGE_FIELD, SEED_FIELD, STYLE_FIELD
from toonbooth.gallery.wishes import DrawingWishes


@dataclass(frozen=True, slots=True)
class Photo:
    """A stored photo to be drawn, read piece by piece while it is sent."""

    size: int
    media_type: str
    extension: str
    open_chunks: Callable[[], AsyncIterator[bytes]]


class PhotoForm:
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
