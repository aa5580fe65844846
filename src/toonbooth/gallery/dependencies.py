"""What routes get from a request: the services, who asks, the ids in the path, the addresses to hand out."""

import re
from typing import Annotated, Final, cast

from bson import ObjectId
from fastapi import Depends, Header, Path, Query, Request, Security
from fastapi.security import APIKeyHeader
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticKnownError

from toonbooth.gallery.addresses import choose_base_url
from toonbooth.gallery.database.repositories import Page
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import InvalidDeviceIdError, InvalidIdError
from toonbooth.gallery.links import FileLinks
from toonbooth.gallery.services import Services
from toonbooth.kit.errors import InvalidRequestError

DEVICE_HEADER: Final = "x-device-id"
RESPOND_ASYNC: Final = "respond-async"
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 100
_MAX_PAGE: Final = 10**9

_OBJECT_ID: Final = re.compile(r"[0-9a-fA-F]{24}")
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")

device_scheme = APIKeyHeader(
    name=DEVICE_HEADER,
    scheme_name="device",
    description="A UUID in hyphenated form that the app makes once and keeps: the only credential there is.",
    auto_error=False,
)


async def get_services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


async def read_device(device_id: Annotated[str | None, Security(device_scheme)]) -> DeviceId:
    try:
        return DeviceId.parse(device_id or "")
    except ValueError:
        # Not chained: nothing of what was sent may reach a log.
        raise InvalidDeviceIdError from None


async def find_device(device_id: Annotated[str | None, Security(device_scheme)]) -> DeviceId | None:
    try:
        return DeviceId.parse(device_id or "")
    except ValueError:
        return None


async def make_links(request: Request, services: Annotated[Services, Depends(get_services)]) -> FileLinks:
    settings = services.settings
    base_url = choose_base_url(
        request.headers,
        scheme=request.url.scheme,
        peer=request.client.host if request.client else None,
        public_url=settings.public_url,
        trusted_proxies=settings.trusted_proxies,
    )
    return FileLinks(base_url, services.signer, services.read_clock())


async def read_job_id(
    job_id: Annotated[str, Path(alias="jobId", json_schema_extra={"pattern": "^[0-9a-f]{24}$"})],
) -> ObjectId:
    return parse_id(job_id, name="jobId")


async def read_original_id(
    original_id: Annotated[str, Path(alias="originalId", json_schema_extra={"pattern": "^[0-9a-f]{24}$"})],
) -> ObjectId:
    return parse_id(original_id, name="originalId")


async def read_cartoon_id(
    cartoon_id: Annotated[str, Path(alias="cartoonId", json_schema_extra={"pattern": "^[0-9a-f]{24}$"})],
) -> ObjectId:
    return parse_id(cartoon_id, name="cartoonId")


async def read_face_id(
    face_id: Annotated[str, Path(alias="faceId", json_schema_extra={"pattern": "^[0-9a-f]{24}$"})],
) -> ObjectId:
    return parse_id(face_id, name="faceId")


def parse_id(text: str, *, name: str) -> ObjectId:
    """Read an id.

    Raises
    ------
    InvalidIdError
    """
    if not _OBJECT_ID.fullmatch(text):
        raise InvalidIdError(name)
    return ObjectId(text)


async def read_idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Makes a retry harmless: for 24 hours the same key gets the first answer again. "
            "At most 255 characters, a fresh UUID for instance.",
            json_schema_extra={"maxLength": 255},
        ),
    ] = None,
) -> str | None:
    if idempotency_key is not None and not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise InvalidRequestError("Idempotency-Key must have 1 to 255 printable ASCII characters.")
    return idempotency_key


async def prefers_job(
    prefer: Annotated[
        list[str] | None,
        Header(description=f"`{RESPOND_ASYNC}`: answer at once with a job (202) that does the work."),
    ] = None,
) -> bool:
    """Whether the client asks not to wait (RFC 7240, 4.1)."""
    preferences = ",".join(prefer or ()).split(",")
    return RESPOND_ASYNC in {each.partition(";")[0].strip().lower() for each in preferences}


def _read_plain_number(value: object) -> object:
    """Python's own reading of numbers also takes `1_0`, ` 1` and `+1`."""
    if isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value):
        raise PydanticKnownError("int_parsing")
    return value


# The bounds stand before the reading, which would otherwise hide them from the OpenAPI document.
_PageNumber = Annotated[int, Field(ge=1, le=_MAX_PAGE), BeforeValidator(_read_plain_number)]
_PageLimit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_read_plain_number)]
_PAGE_QUERY: Final = Query(description="From 1.")
_LIMIT_QUERY: Final = Query(description="How many to a page.")


async def read_page(
    page: Annotated[_PageNumber, _PAGE_QUERY] = 1,
    limit: Annotated[_PageLimit, _LIMIT_QUERY] = DEFAULT_LIMIT,
) -> Page:
    return Page(number=page, size=limit)


async def find_page(
    page: Annotated[_PageNumber | None, _PAGE_QUERY] = None,
    limit: Annotated[_PageLimit | None, _LIMIT_QUERY] = None,
) -> Page | None:
    """A page, when either is given; all otherwise."""
    if page is None and limit is None:
        return None
    return Page(number=page or 1, size=limit or DEFAULT_LIMIT)
