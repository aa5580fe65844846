"""The guarded download, with a resolver and a network that only remember: nothing is ever sent."""

from collections.abc import Iterable, Sequence
from typing import Any

import anyio
import httpcore
import pytest

from toonbooth.kit.errors import AppError
from toonbooth.studio.errors import (
    FileTooLargeError,
    ImageNotFoundError,
    ImageServerBusyError,
    ImageUnreachableError,
    ImageUrlNotAllowedError,
)
from toonbooth.studio.fetching import ImageFetcher
from toonbooth.studio.origins import read_trusted_origins

URL = "http://gallery.example:3000/uploads/temp/1_a.jpg?sig=abc"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xe0"


class RecordedNetwork(httpcore.AsyncMockBackend):
    """Answers every connection alike, unless it has something else for those after the first, and remembers
    where it went and what was sent.
    """

    def __init__(self, *reply: bytes, dead: Sequence[str] = (), then: bytes | None = None) -> None:
        super().__init__(list(reply))
        self._then = None if then is None else httpcore.AsyncMockBackend([then])
        self.connected: list[tuple[str, int]] = []
        self.sent = b""
        self._dead = dead

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.connected.append((host, port))
        if host in self._dead:
            raise httpcore.ConnectError("nobody is there")
        if self._then is not None and len(self.connected) > 1:
            return _Recorded(await self._then.connect_tcp(host, port), self)
        return _Recorded(await super().connect_tcp(host, port), self)


class _Recorded(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream, network: RecordedNetwork) -> None:
        self._stream, self._network = stream, network

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._network.sent += buffer

    async def aclose(self) -> None:
        await self._stream.aclose()


def make_fetcher(
    network: RecordedNetwork, *, addresses: Sequence[str] = ("10.1.2.3",), max_bytes: int = 1000
) -> ImageFetcher:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return ImageFetcher(
        read_trusted_origins("http://gallery.example:3000/uploads/=10.0.0.0/8"),
        resolve=resolve,
        network=network,
        max_bytes=max_bytes,
    )


async def test_an_image_is_fetched_from_the_address_that_was_checked() -> None:
    network = RecordedNetwork(REPLY)
    assert await make_fetcher(network).fetch(URL) == b"\xff\xd8\xff\xe0"
    assert network.connected == [("10.1.2.3", 3000)]
    assert network.sent.startswith(b"GET /uploads/temp/1_a.jpg?sig=abc HTTP/1.1\r\n")
    assert b"Host: gallery.example:3000\r\n" in network.sent


async def test_only_addresses_in_the_ranges_are_tried_one_after_the_other() -> None:
    network = RecordedNetwork(REPLY, dead=["10.0.0.1"])
    fetcher = make_fetcher(network, addresses=["192.168.0.1", "10.0.0.1", "fe80::1%eth0", "::ffff:10.0.0.2"])
    assert await fetcher.fetch(URL) == b"\xff\xd8\xff\xe0"
    assert network.connected == [("10.0.0.1", 3000), ("10.0.0.2", 3000)]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "::1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "fd00::1"]
)
async def test_an_origin_that_resolves_to_somewhere_else_is_never_connected_to(address: str) -> None:
    network = RecordedNetwork(REPLY)
    with pytest.raises(ImageUrlNotAllowedError, match="address that is not trusted"):
        await make_fetcher(network, addresses=[address]).fetch(URL)
    assert network.connected == []


async def test_a_url_that_is_not_trusted_is_not_even_resolved() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        pytest.fail("resolved")

    fetcher = ImageFetcher(
        read_trusted_origins("http://gallery.example/uploads/=10.0.0.0/8"), resolve=resolve
    )
    with pytest.raises(ImageUrlNotAllowedError):
        await fetcher.fetch("http://gallery.example/api/originals")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_out_of_the_origin_is_not_followed(status: int) -> None:
    elsewhere = "http://gallery.example:3000/api/originals"
    reply = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
    network = RecordedNetwork(reply.encode())
    with pytest.raises(ImageUrlNotAllowedError):
        await make_fetcher(network).fetch(URL)
    assert len(network.connected) == 1


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ImageNotFoundError),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", ImageNotFoundError),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ImageUnreachableError),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", ImageUnreachableError),
        (b"HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n", ImageServerBusyError),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", ImageServerBusyError),
        (b"HTTP/1.1 502 Gone\r\nContent-Length: 0\r\n\r\n", ImageServerBusyError),
        (b"HTTP/1.1 504 Silent\r\nContent-Length: 0\r\n\r\n", ImageServerBusyError),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", ImageUnreachableError),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", ImageUnreachableError),
        (b"HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\na", ImageUnreachableError),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", ImageUnreachableError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", ImageUnreachableError),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ImageUnreachableError),
        (b"", ImageUnreachableError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 200_000, ImageUnreachableError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", FileTooLargeError),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 1001, FileTooLargeError),
    ],
)
async def test_what_is_no_image_of_bearable_size_is_refused(reply: bytes, failure: type[AppError]) -> None:
    with pytest.raises(failure):
        await make_fetcher(RecordedNetwork(reply)).fetch(URL)


async def test_an_image_of_just_the_allowed_size_is_taken() -> None:
    network = RecordedNetwork(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 1000)
    assert len(await make_fetcher(network).fetch(URL)) == 1000


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    fetcher = ImageFetcher(
        read_trusted_origins("http://gallery.example:3000/uploads/=10.0.0.0/8"), resolve=resolve
    )
    with pytest.raises(ImageUnreachableError):
        await fetcher.fetch(URL)


@pytest.mark.parametrize("broken_off", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xd8"])
async def test_a_server_that_breaks_off_is_asked_once_more(broken_off: bytes) -> None:
    """It may have been one of several, which has died."""
    network = RecordedNetwork(broken_off, then=REPLY)

    assert await make_fetcher(network).fetch(URL) == b"\xff\xd8\xff\xe0"
    assert len(network.connected) == 2


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        await anyio.sleep_forever()
        return []

    fetcher = ImageFetcher(
        read_trusted_origins("http://gallery.example:3000/uploads/=10.0.0.0/8"),
        resolve=resolve,
        timeout_seconds=0.01,
    )
    with pytest.raises(ImageServerBusyError) as busy:
        await fetcher.fetch(URL)
    assert (busy.value.status, busy.value.retry_after_seconds) == (503, 5)


async def test_proxies_of_the_environment_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    network = RecordedNetwork(REPLY)
    await make_fetcher(network).fetch(URL)
    assert network.connected == [("10.1.2.3", 3000)]
