"""Counts requests by device and by address before anything of them is read, and refuses too many: too often,
or too many at once.

Drawings cost seconds of a processor, everything else milliseconds, so they have limits of their own. Many
phones share one address behind a mobile network, so addresses have wider limits than devices.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from toonbooth.gallery.addresses import find_client_address, is_trusted
from toonbooth.gallery.database.repositories import PortionRepository
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.dependencies import find_device, get_services
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import DatabaseFailedError, DatabaseUnavailableError
from toonbooth.gallery.services import Services
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.signing import UrlSigner
from toonbooth.gallery.studio_calls import asking_for
from toonbooth.kit.at_once import ConnectionLimit
from toonbooth.kit.portions import Claim, Grant, PortionedCounts
from toonbooth.kit.rate_limits import Limits, RateLimiter

Opened = Annotated[Services, Depends(get_services)]
Asker = Annotated[DeviceId | None, Depends(find_device)]


async def count_request(request: Request, services: Opened, device: Asker) -> None:
    """A dependency of all routes but the probes'.

    Raises
    ------
    TooManyRequestsError
    """
    settings = services.settings
    await _count(
        request, services, device, "requests", settings.requests_per_device, settings.requests_per_address
    )


async def count_drawing(request: Request, services: Opened, device: Asker) -> None:
    """A dependency of the routes that have pictures made; they count as requests as well.

    From here on the studio is asked in the device's name, so that devices take turns there.

    Raises
    ------
    TooManyRequestsError
    """
    settings = services.settings
    await _count(
        request, services, device, "drawings", settings.drawings_per_device, settings.drawings_per_address
    )
    if device is not None:
        asking_for.set(services.signer.tag(device.digest))


async def take_a_place(request: Request, services: Opened) -> AsyncIterator[None]:
    """A dependency of the routes that have pictures made: from before the photo arrives until all is done.

    Raises
    ------
    TooManyRequestsError
    """
    with services.drawings_at_once.place(_find_address(request, services)):
        yield


def share_limits(database: Database, signer: UrlSigner) -> RateLimiter:
    """Counts together with all galleries on the same database and with the same keys."""

    async def take(claim: Claim) -> Grant:
        async with database.transaction() as session:
            return await PortionRepository(session).take(claim)

    counts = PortionedCounts(
        take, absences=(DatabaseFailedError, DatabaseUnavailableError), conceal=signer.tag
    )
    return RateLimiter(counts)


def limit_connections(settings: GallerySettings) -> ConnectionLimit:
    """How many connections an address may have open; a trusted proxy as many as it likes."""

    def name(peer: str) -> str | None:
        if is_trusted(peer, settings.trusted_proxies):
            return None
        return find_client_address({}, peer=peer, trusted_proxies=())

    return ConnectionLimit(settings.connections_per_address, name=name)


async def _count(
    request: Request,
    services: Services,
    device: DeviceId | None,
    kind: str,
    per_device: Limits,
    per_address: Limits,
) -> None:
    await services.rate_limiter.count(per_address, kind, "address", _find_address(request, services))
    # Without a device the address alone counts; the route says what is wrong.
    if device is not None:
        await services.rate_limiter.count(per_device, kind, "device", device.digest)


def _find_address(request: Request, services: Services) -> str:
    return find_client_address(
        request.headers,
        peer=request.client.host if request.client else None,
        trusted_proxies=services.settings.trusted_proxies,
    )
