"""What every request for a picture goes through: its token, a place in line, a bounded body."""

from __future__ import annotations

import asyncio
import hmac
from typing import Final

from starlette.requests import Request

from toonbooth.contract import CALLER_HEADER
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.line import ANYBODY
from toonbooth.studio.errors import NotAuthorisedError

MAX_JSON_BYTES: Final = 16 * 1024
_JSON_SECONDS: Final = 15.0
_MAX_CALLER_CHARACTERS: Final = 64


def read_caller(request: Request) -> str:
    """Whose request it is, for taking turns; whoever doesn't say it is nobody in particular."""
    return request.headers.get(CALLER_HEADER, ANYBODY)[:_MAX_CALLER_CHARACTERS]


def check_token(request: Request, token: str | None) -> None:
    """Compare the bearer token, in constant time.

    Raises
    ------
    NotAuthorisedError
        When a token is configured and the request has another one or none.
    """
    if token is None:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise NotAuthorisedError("This studio draws for those who have its token.")


async def read_json(request: Request) -> bytes:
    """The body of a JSON request, bounded.

    Raises
    ------
    InvalidRequestError
        When it is declared as something else, or is longer than anybody needs.
    """
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise InvalidRequestError("Send a JSON object, as application/json.")
    body = bytearray()
    try:
        async with asyncio.timeout(_JSON_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_JSON_BYTES:
                    raise InvalidRequestError("The JSON object is too long.")
    except TimeoutError as error:
        raise InvalidRequestError("The JSON object did not come in time.") from error
    return bytes(body)
