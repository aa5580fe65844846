"""Downloads the image at an `image_url`, from trusted origins only, and never further than they reach.

The name is resolved here and the connection goes to the very address that was checked, so a name that
resolves differently a moment later gains nothing. A redirect is a new address like any other, and looked at
like one. No credentials are sent, and proxies of the environment count for nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio
import httpcore

from toonbooth.contract import MAX_IMAGE_BYTES
from toonbooth.kit.logs import current_request_id
from toonbooth.kit.requests import REQUEST_ID_HEADER
from toonbooth.kit.tracing import write_trace_headers
from toonbooth.studio.errors import (
    FileTooLargeError,
    ImageNotFoundError,
    ImageServerBusyError,
    ImageUnreachableError,
    ImageUrlNotAllowedError,
)
from toonbooth.studio.origins import (
    Address,
    TrustedOrigin,
    find_trusted_origin,
    read_address,
    read_image_url,
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses as text. Raises OSError when the name is unknown."""

FETCH_SECONDS: Final = 10.0
MAX_REDIRECTS: Final = 3
_CONNECT_SECONDS: Final = 3.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOR_A_MOMENT: Final = frozenset({429, 502, 503, 504})
"""The second and the last are a proxy's, when who it asked has just gone."""

_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


async def resolve_with_the_system(host: str, port: int) -> Sequence[str]:
    """Ask the operating system: hosts file, DNS."""
    answers = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in answers]


@dataclass(frozen=True, slots=True)
class ImageFetcher:
    """Fetches images by URL. `resolve` and `network` are the world outside."""

    origins: tuple[TrustedOrigin, ...]
    resolve: Resolve = resolve_with_the_system
    network: httpcore.AsyncNetworkBackend = field(default_factory=httpcore.AnyIOBackend)
    max_bytes: int = MAX_IMAGE_BYTES
    timeout_seconds: float = FETCH_SECONDS

    async def fetch(self, image_url: str) -> bytes:
        """Download one image.

        Raises
        ------
        ImageUrlNotAllowedError
            When the URL, the address behind it or one that it redirects to is not trusted.
        ImageNotFoundError
            When its server says that there is nothing.
        FileTooLargeError
            When more than `max_bytes` come.
        ImageServerBusyError
            When the server does not answer in time, or says that it is busy.
        ImageUnreachableError
            When the server cannot be reached, or answers with something else than an image.
        """
        try:
            with anyio.fail_after(self.timeout_seconds):
                try:
                    return await self._follow(image_url)
                except (OSError, httpcore.NetworkError, httpcore.RemoteProtocolError):
                    # One of several galleries may have just died; the next connection leads to another.
                    return await self._follow(image_url)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise ImageServerBusyError from error
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise ImageUnreachableError("The server of image_url could not be reached.") from error

    async def _follow(self, image_url: str) -> bytes:
        """Every hop is looked at like the first: origin, path, and the address behind the name."""
        for _ in range(MAX_REDIRECTS + 1):
            url = read_image_url(image_url)
            origin = find_trusted_origin(url, self.origins)
            found = await self._download(origin, url.target)
            if isinstance(found, bytes):
                return found
            # An absolute path stays on the same origin; anything else must be a whole address.
            is_path = found.startswith("/") and not found.startswith("//")
            image_url = f"{origin.scheme}://{origin.authority}{found}" if is_path else found
        raise ImageUrlNotAllowedError("image_url redirects more often than is followed.")

    async def _download(self, origin: TrustedOrigin, target: str) -> bytes | str:
        """The image, or the address that its server redirects to."""
        connection = httpcore.AsyncHTTPConnection(
            origin=httpcore.Origin(origin.scheme.encode(), origin.host.encode(), origin.port),
            network_backend=_GuardedNetwork(origin, self.resolve, self.network),
        )
        url = httpcore.URL(
            scheme=origin.scheme.encode(),
            host=origin.host.encode(),
            port=origin.port,
            target=target.encode(),
        )
        headers = {
            "Host": origin.authority,
            "Accept": "image/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            REQUEST_ID_HEADER: current_request_id.get(),
        }
        write_trace_headers(headers)
        try:
            async with connection.stream("GET", url, headers=list(headers.items())) as reply:
                location = _find_location(reply)
                if location is not None:
                    return location
                _check_reply(reply)
                self._check_length(reply)
                return await self._read(reply)
        finally:
            with anyio.CancelScope(shield=True):
                await connection.aclose()

    def _check_length(self, reply: httpcore.Response) -> None:
        for name, value in reply.headers:
            if name.lower() == b"content-length" and int(value) > self.max_bytes:
                raise FileTooLargeError(self.max_bytes)

    async def _read(self, reply: httpcore.Response) -> bytes:
        data = bytearray()
        async for chunk in reply.aiter_stream():
            data += chunk
            if len(data) > self.max_bytes:
                raise FileTooLargeError(self.max_bytes)
        return bytes(data)


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that the origin may have, and to nothing else."""

    def __init__(
        self, origin: TrustedOrigin, resolve: Resolve, network: httpcore.AsyncNetworkBackend
    ) -> None:
        self._origin = origin
        self._resolve = resolve
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the interface is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in await self._find_allowed(host, port):
            try:
                return await self._network.connect_tcp(
                    str(address), port, _CONNECT_SECONDS, local_address, socket_options
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
        raise failure or ImageUrlNotAllowedError(
            "The server of image_url has an address that is not trusted."
        )

    async def _find_allowed(self, host: str, port: int) -> list[Address]:
        allowed = []
        for answer in await self._resolve(host, port):
            try:
                address = read_address(answer)
            except ValueError:
                continue
            if self._origin.allows(address):
                allowed.append(address)
        return allowed


def _find_location(reply: httpcore.Response) -> str | None:
    if reply.status not in _REDIRECTS:
        return None
    for name, value in reply.headers:
        if name.lower() == b"location":
            return value.decode("latin-1")
    raise ImageUnreachableError("The server of image_url redirects to nowhere.")


def _check_reply(reply: httpcore.Response) -> None:
    if reply.status in {404, 410}:
        raise ImageNotFoundError("There is no image at image_url.")
    if reply.status in _FOR_A_MOMENT:
        raise ImageServerBusyError
    if reply.status != 200:
        raise ImageUnreachableError(f"The server of image_url answered {reply.status} instead of an image.")
    encodings = {
        value.strip().lower() for name, value in reply.headers if name.lower() == b"content-encoding"
    }
    if encodings - {b"identity"}:
        # Unpacking would let a few kilobytes become gigabytes.
        raise ImageUnreachableError("The server of image_url sent a compressed reply that nobody asked for.")
