"""Every hostile address of the table, against a resolver and a network that only remember, and against a real
listener on the loopback that must never be reached.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

import httpcore
import pytest

from tests.integration.studio.hostile_urls import NOT_THE_ADDRESS, NOT_THE_ORIGIN
from tests.integration.studio.test_fetching import REPLY, RecordedNetwork
from toonbooth.studio.errors import ImageUnreachableError, ImageUrlNotAllowedError
from toonbooth.studio.fetching import MAX_REDIRECTS, ImageFetcher
from toonbooth.studio.origins import read_trusted_origins

GALLERY = "http://gallery.example/uploads/=203.0.113.0/24,2001:db8::/32"


class RecordedNames:
    """Resolves every name to `answers`, one list after the other, and remembers what was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


class Replies(RecordedNetwork):
    """Another reply for each connection."""

    def __init__(self, *replies: bytes) -> None:
        super().__init__()
        self._replies = list(replies)

    async def connect_tcp(self, *args: object, **kwargs: object) -> httpcore.AsyncNetworkStream:
        self._buffer = [self._replies.pop(0)]
        return await super().connect_tcp(*args, **kwargs)  # type: ignore[arg-type]


def test_the_table_is_long_enough() -> None:
    assert len(set(NOT_THE_ORIGIN)) >= 100
    assert len(set(NOT_THE_ADDRESS)) >= 30


@pytest.mark.parametrize("url", NOT_THE_ORIGIN)
async def test_a_hostile_address_is_neither_resolved_nor_connected_to(url: str) -> None:
    names, network = RecordedNames(["127.0.0.1"]), RecordedNetwork(REPLY)
    origins = read_trusted_origins("http://127.0.0.1:3000/uploads/=127.0.0.0/8")
    with pytest.raises(ImageUrlNotAllowedError):
        await ImageFetcher(origins, resolve=names, network=network).fetch(url.replace("{port}", "3000"))
    assert (names.asked, network.connected, network.sent) == ([], [], b"")


@pytest.fixture
async def forbidden_port() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A real listener on every loopback address, and what it was sent."""
    reached: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], reached


async def test_a_real_listener_is_never_reached_by_any_of_them(
    forbidden_port: tuple[int, list[bytes]],
) -> None:
    """With the system's own resolver and network; what isn't refused before would arrive at the listener."""
    port, reached = forbidden_port
    # The trusted origin is another port: the listener is what somebody wants to get at.
    fetcher = ImageFetcher(read_trusted_origins("http://127.0.0.1:9/uploads/=127.0.0.0/8"))
    for url in NOT_THE_ORIGIN:
        with pytest.raises(ImageUrlNotAllowedError):
            await fetcher.fetch(url.replace("{port}", str(port)))
    assert reached == []


@pytest.mark.parametrize("address", NOT_THE_ADDRESS)
async def test_a_trusted_name_with_a_hostile_address_is_never_connected_to(address: str) -> None:
    names, network = RecordedNames([address]), RecordedNetwork(REPLY)
    fetcher = ImageFetcher(read_trusted_origins(GALLERY), resolve=names, network=network)
    with pytest.raises(ImageUrlNotAllowedError, match="address that is not trusted"):
        await fetcher.fetch("http://gallery.example/uploads/a.jpg")
    assert network.connected == []


async def test_a_name_that_changes_its_address_between_check_and_use_gains_nothing() -> None:
    names, network = RecordedNames(["203.0.113.5"], ["127.0.0.1"]), RecordedNetwork(REPLY)
    fetcher = ImageFetcher(read_trusted_origins(GALLERY), resolve=names, network=network)
    await fetcher.fetch("http://gallery.example/uploads/a.jpg")
    assert names.asked == ["gallery.example"]
    assert network.connected == [("203.0.113.5", 80)]
    with pytest.raises(ImageUrlNotAllowedError):
        await fetcher.fetch("http://gallery.example/uploads/a.jpg")
    assert len(network.connected) == 1


async def test_a_redirect_within_the_trusted_origins_is_followed_and_checked_again() -> None:
    names = RecordedNames(["203.0.113.5"], ["203.0.113.6"])
    network = Replies(redirect("/uploads/b.jpg"), REPLY)
    fetcher = ImageFetcher(read_trusted_origins(GALLERY), resolve=names, network=network)
    assert await fetcher.fetch("http://gallery.example/uploads/a.jpg") == b"\xff\xd8\xff\xe0"
    assert network.connected == [("203.0.113.5", 80), ("203.0.113.6", 80)]
    assert b"GET /uploads/b.jpg HTTP/1.1" in network.sent


async def test_a_redirect_to_a_trusted_name_that_now_means_something_else_is_not_followed() -> None:
    names = RecordedNames(["203.0.113.5"], ["169.254.169.254"])
    network = Replies(redirect("http://gallery.example/uploads/b.jpg"), REPLY)
    fetcher = ImageFetcher(read_trusted_origins(GALLERY), resolve=names, network=network)
    with pytest.raises(ImageUrlNotAllowedError):
        await fetcher.fetch("http://gallery.example/uploads/a.jpg")
    assert network.connected == [("203.0.113.5", 80)]


@pytest.mark.parametrize(
    "location",
    [
        *(
            url.replace("{port}", "80")
            for url in NOT_THE_ORIGIN
            if url.isprintable() and url.isascii() and url
        ),
        "https://gallery.example/uploads/b.jpg",
        "http://gallery.example:81/uploads/b.jpg",
        "http://gallery.example/api/originals",
        "../api/originals",
        "/api/originals",
        "//evil.example/uploads/b.jpg",
        "?other",
        "b.jpg",
    ],
)
async def test_a_redirect_elsewhere_is_not_followed(location: str) -> None:
    names, network = RecordedNames(["203.0.113.5"]), Replies(redirect(location), REPLY)
    fetcher = ImageFetcher(read_trusted_origins(GALLERY), resolve=names, network=network)
    with pytest.raises((ImageUrlNotAllowedError, ImageUnreachableError)):
        await fetcher.fetch("http://gallery.example/uploads/a.jpg")
    assert len(network.connected) == 1


async def test_a_chain_of_redirects_has_an_end() -> None:
    names = RecordedNames(["203.0.113.5"])
    network = Replies(*(redirect(f"/uploads/{number}.jpg") for number in range(20)))
    fetcher = ImageFetcher(read_trusted_origins(GALLERY), resolve=names, network=network)
    with pytest.raises(ImageUrlNotAllowedError, match="redirect"):
        await fetcher.fetch("http://gallery.example/uploads/a.jpg")
    assert len(network.connected) == MAX_REDIRECTS + 1
