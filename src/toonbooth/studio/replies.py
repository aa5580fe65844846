"""Pictures as replies: the file itself, or a form that holds it for clients that ask for one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from toonbooth.contract import IMAGE_FIELD
from toonbooth.kit.accepting import read_weights

_FORM: Final = "multipart/form-data"
_EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def render_picture(
    data: bytes, *, media_type: str, name: str, headers: Mapping[str, str], accept: str | None
) -> Response:
    """Answer with a picture, in the shape that `accept` (the header's value) prefers."""
    headers = {"Cache-Control": "no-store", **headers}
    if not prefers_form(accept, media_type):
        return Response(data, media_type=media_type, headers=headers)
    boundary = secrets.token_hex(16)
    before = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{IMAGE_FIELD}"; '
        f'filename="{name}.{_EXTENSIONS[media_type]}"\r\nContent-Type: {media_type}\r\n\r\n'
    )
    body = b"".join((before.encode(), data, f"\r\n--{boundary}--\r\n".encode()))
    return Response(body, media_type=f"{_FORM}; boundary={boundary}", headers=headers)


def prefers_form(accept: str | None, media_type: str) -> bool:
    """Whether a form is wanted more than the picture itself (RFC 9110, 12.5.1)."""
    if not accept:
        return False
    weights = read_weights(accept)
    form = weights.get(_FORM, 0.0)
    picture = next((weights[name] for name in (media_type, "image/*", "*/*") if name in weights), 0.0)
    return form > picture
