"""Work is for clients that wait for it, and only so many wait at once."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from toonbooth.kit.connections import while_connected


class Client:
    """The other end of a connection, which the test closes."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    def make_request(self) -> Request:
        return Request({"type": "http", "headers": []}, self.receive)


async def test_a_client_that_waits_gets_its_result() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return "drawn"

    assert await while_connected(Client().make_request(), work()) == "drawn"


async def test_a_failure_reaches_the_client_that_waits() -> None:
    async def work() -> str:
        raise LookupError("nobody")

    with pytest.raises(LookupError, match="nobody"):
        await while_connected(Client().make_request(), work())


async def test_work_of_a_client_that_leaves_is_cancelled() -> None:
    client = Client()
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    waiting = asyncio.create_task(while_connected(client.make_request(), work()))
    await begun.wait()
    client.left.set()
    with pytest.raises(ClientDisconnect):
        await waiting
    await asyncio.wait_for(ended.wait(), 10)


async def test_a_request_that_is_cancelled_cancels_its_work() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    waiting = asyncio.create_task(while_connected(Client().make_request(), work()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(ended.wait(), 10)
