"""Real connections that cost more than they should: heads without end, silence, replies nobody reads."""

import asyncio
import contextlib
import json
import random
import socket
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from toonbooth.kit.at_once import ConnectionLimit, SurplusConnectionMiddleware
from toonbooth.kit.bodies import UnreadBodyMiddleware
from toonbooth.kit.guarded_http import MAX_HEAD_BYTES, GuardedHttpProtocol

SHORT = 0.3
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"


class Impatient(GuardedHttpProtocol):
    head_seconds = SHORT
    unread_seconds = SHORT


async def say_hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


async def count(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def talk_for_ever(_request: Request) -> Response:
    async def talk() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65536)
            await asyncio.sleep(0)  # or nobody else gets a turn once the client has gone

    return StreamingResponse(talk())


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serving(Impatient) as port:
        yield port


@contextlib.asynccontextmanager
async def serving(protocol: type[GuardedHttpProtocol]) -> AsyncIterator[int]:
    app = Starlette(
        routes=[
            Route("/", say_hello),
            Route("/count", count, methods=["POST"]),
            Route("/for-ever", talk_for_ever),
        ],
        middleware=[Middleware(UnreadBodyMiddleware), Middleware(SurplusConnectionMiddleware)],
    )
    config = uvicorn.Config(
        app, http=protocol, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        server.force_exit = True
        await serving


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionError):
        return await reader.read()
    return b""


async def say(port: int, *pieces: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    async with connected(port) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        return await read_to_end(reader)


async def is_well(port: int) -> bool:
    return b"hello" in await say(port, HEAD + b"Connection: close\r\n\r\n")


@pytest.mark.parametrize(
    "beginning",
    [b"", b"G", b"\r\n", HEAD, HEAD + b"X-Long", HEAD + b"Connection: keep-alive\r\n\r\n" + b"GET / HT"],
)
async def test_a_head_that_never_ends_is_not_waited_for(port: int, beginning: bytes) -> None:
    reply = await say(port, beginning)
    assert reply == b"" or reply.endswith(b"hello")
    assert await is_well(port)


async def test_a_head_that_trickles_in_is_not_waited_for_either(port: int) -> None:
    async with connected(port) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            for byte in HEAD * 1000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.01)
                if reader.at_eof():
                    break
        assert await read_to_end(reader) == b""
    assert await is_well(port)


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"X: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n",
        HEAD + b"".join(b"X-%d: a\r\n" % number for number in range(4000)) + b"\r\n",
        b"GET /" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G" * (MAX_HEAD_BYTES + 1),
    ],
    ids=["one long field", "many fields", "a long path", "a long method"],
)
async def test_a_head_that_is_too_long_is_refused(port: int, head: bytes) -> None:
    reply = await say(port, head)
    assert reply.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    assert reply.count(b"HTTP/1.1") == 1
    assert await is_well(port)


async def test_a_head_of_bearable_length_is_taken(port: int) -> None:
    head = HEAD + b"X: " + b"a" * 16_000 + b"\r\nConnection: close\r\n\r\n"
    assert (await say(port, head)).endswith(b"hello")


async def test_headers_without_end_cost_no_memory(port: int) -> None:
    def write_for_ever() -> Iterator[bytes]:
        yield HEAD
        for number in range(20_000):
            yield b"X-%d: %s\r\n" % (number, b"a" * 1000)

    assert await _peak_of(say(port, *write_for_ever())) < 2_000_000


async def test_trailers_without_end_cost_no_memory(port: int) -> None:
    def write_for_ever() -> Iterator[bytes]:
        yield b"POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
        for number in range(20_000):
            yield b"X-%d: %s\r\n" % (number, b"a" * 1000)

    assert await _peak_of(say(port, *write_for_ever())) < 2_000_000


async def test_a_chunked_body_with_a_short_trailer_is_taken(port: int) -> None:
    reply = await say(
        port,
        b"POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"3;name=value\r\nabc\r\n0\r\nX-Checksum: 1\r\n\r\n",
    )
    assert reply.endswith(b"\r\n\r\n3")


async def test_a_reply_that_nobody_reads_is_given_up(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(b"GET /for-ever HTTP/1.1\r\nHost: a\r\n\r\n")
        await writer.drain()
        writer.transport.pause_reading()  # type: ignore[attr-defined] # asyncio's sockets can
        await asyncio.sleep(3 * SHORT)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        with contextlib.suppress(ConnectionError):
            while await reader.read(1 << 20):
                pass
    assert await is_well(port)


async def test_a_long_body_that_comes_with_its_head_is_not_taken_for_one(port: int) -> None:
    head = b"POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
    assert (await say(port, head + bytes(100_000))).endswith(b"\r\n\r\n100000")


async def test_requests_one_after_the_other_on_one_connection_are_answered(port: int) -> None:
    reply = await say(port, 2 * (HEAD + b"\r\n") + HEAD + b"Connection: close\r\n\r\n")
    assert reply.count(b"hello") == 3


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: 0x3\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Transfer-Encoding: identity, chunked, gzip\r\n",
    ],
)
async def test_a_length_that_two_servers_could_read_differently_is_refused(port: int, lengths: bytes) -> None:
    """Or what stands in the body would be another request, past a proxy that saw one."""
    reply = await say(
        port, b"POST /count HTTP/1.1\r\nHost: a\r\n" + lengths + b"\r\n", b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    )
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert b"hello" not in reply


async def test_whatever_bytes_come_the_server_answers_or_hangs_up_and_lives_on(port: int) -> None:
    chance = random.Random(5)
    whole = b"POST /count?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"

    def break_it() -> bytes:
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.choice(b"\x00\r\n :/%\xff?*;,0A")
        return bytes(broken)

    requests = [break_it() for _ in range(200)]
    for reply in await asyncio.gather(*(say(port, request, b"\r\n\r\n") for request in requests)):
        assert reply == b"" or reply.startswith(b"HTTP/1.1 ")
    assert await is_well(port)


async def _peak_of(saying: Awaitable[bytes]) -> int:
    """The most memory that this process, client and server in one, needed for it beyond what it had."""
    tracemalloc.start()
    try:
        reply = await saying
        assert reply == b"" or reply.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 200 "))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_an_address_with_too_many_connections_hears_so_on_the_next() -> None:
    class Limited(GuardedHttpProtocol):
        connection_limit = ConnectionLimit(2, name=str)

    async with serving(Limited) as port, connected(port) as (reader, writer):
        async with connected(port):
            await is_answered(reader, writer)
            photo = b"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + bytes(500_000)
            for request in (HEAD + b"\r\n", photo):
                head, _, body = (await say(port, request)).partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 429 ")
                assert b"\r\nretry-after: 5\r\n" in head.lower()
                assert b"\r\nconnection: close" in head.lower()
                assert json.loads(body)["code"] == "too_many_requests"
            async with connected(port), connected(port):
                # Who goes on all the same isn't worth an answer.
                assert await say(port, HEAD + b"\r\n") == b""
                await is_answered(reader, writer)
        async with asyncio.timeout(10):
            while not await is_well(port):  # noqa: ASYNC110 - the server has yet to notice who has left
                await asyncio.sleep(0.01)


async def test_an_address_that_is_not_counted_has_as_many_connections_as_it_likes() -> None:
    class Limited(GuardedHttpProtocol):
        connection_limit = ConnectionLimit(1, name=lambda _address: None)

    async with serving(Limited) as port, connected(port), connected(port), connected(port):
        assert await is_well(port)


async def is_answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Asks, on a connection that stays open."""
    writer.write(HEAD + b"\r\n")
    assert await reader.readuntil(b"hello")
