"""Counts requests by device and by address before anything of them is read, and refuses too many.

Drawings cost seconds of a processor, everything else milliseconds, so they have limits of their own. Many
phones share one address behind a mobile network, so addresses have wider limits than devices.
"""

from typing import Annotated

from fastapi import Depends, Request

from toonbooth.gallery.addresses import find_client_address
from toonbooth.gallery.dependencies import find_device, get_services
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.services import Services
from toonbooth.gallery.studio_client import asking_for
from toonbooth.kit.rate_limits import Limits

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


async def _count(
    request: Request,
    services: Services,
    device: DeviceId | None,
    kind: str,
    per_device: Limits,
    per_address: Limits,
) -> None:
    address = find_client_address(
        request.headers,
        peer=request.client.host if request.client else None,
        trusted_proxies=services.settings.trusted_proxies,
    )
    await services.rate_limiter.count(per_address, kind, "address", address)
    # Without a device the address alone counts; the route says what is wrong.
    if device is not None:
        await services.rate_limiter.count(per_device, kind, "device", device.digest)
