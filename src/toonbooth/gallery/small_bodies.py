"""Reads the few optional fields of a request: JSON, either kind of form, or, as the guide has it, nothing."""

import asyncio
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from toonbooth.gallery.errors import IncompleteUploadError
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.multipart import MalformedMultipartError, MultipartReader, PartData, PartStart

SMALL_BODY_TYPES: Final = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")
_MAX_BYTES: Final = 16 * 1024
_MAX_FIELDS: Final = 16
_MAX_SECONDS: Final = 30.0


async def read_small_body(request: Request) -> Mapping[str, object]:
    """The fields of the body; a JSON body must be an object.

    Raises
    ------
    InvalidRequestError, IncompleteUploadError
    """
    body = bytearray()
    try:
        async with asyncio.timeout(_MAX_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise InvalidRequestError("The body is too long.")
    except (ClientDisconnect, TimeoutError) as error:
        raise IncompleteUploadError from error
    return parse_fields(bytes(body), request.headers.get("content-type"))


def parse_fields(body: bytes, content_type: str | None) -> Mapping[str, object]:
    """Understand a body by what it says it is; one that says nothing is taken for JSON.

    Raises
    ------
    InvalidRequestError
    """
    if not body.strip():
        return {}
    media_type = (content_type or "").partition(";")[0].strip().lower()
    try:
        if media_type == "multipart/form-data":
            return _parse_multipart(body, content_type)
        if media_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode("ascii"), max_num_fields=_MAX_FIELDS))
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("The body could not be read. Send JSON or a form.") from error
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    return fields


def _parse_multipart(body: bytes, content_type: str | None) -> Mapping[str, object]:
    reader = MultipartReader(content_type)
    values: dict[str, bytearray] = {}
    current = bytearray()
    for event in reader.feed(body):
        if isinstance(event, PartStart):
            current = values[event.name] = bytearray()
        elif isinstance(event, PartData):
            current += event.data
    if not reader.ended:
        raise MalformedMultipartError("the form breaks off")
    return {name: value.decode("utf-8", "replace") for name, value in values.items()}
