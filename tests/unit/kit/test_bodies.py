"""Refusals of requests whose body nobody has read."""

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive, Scope, Send

from toonbooth.kit.bodies import UnreadBodyMiddleware


class Conversation:
    """A request whose body comes in chunks, None for a client that goes silent; keeps what was answered."""

    def __init__(self, chunks: Iterable[bytes | None], headers: dict[str, str] | None = None) -> None:
        self._chunks = list(chunks)
        self.read = 0
        self.sent: list[Message] = []
        raw = {"content-length": "1000000", **(headers or {})}
        self.scope: Scope = {
            "type": "http",
            "headers": [(name.encode(), value.encode()) for name, value in raw.items()],
        }

    async def receive(self) -> Message:
        self.read += 1
        chunk = self._chunks.pop(0)
        if chunk is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": bool(self._chunks)}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def closes(self) -> bool:
        return (b"connection", b"close") in self.sent[0]["headers"]


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 400, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:
        pass
    await answer(scope, receive, send)


async def run(conversation: Conversation, app: object = answer, *, drain_bytes: int = 100) -> None:
    middleware = UnreadBodyMiddleware(app, drain_bytes=drain_bytes, drain_seconds=0.05)  # type: ignore[arg-type]
    await middleware(conversation.scope, conversation.receive, conversation.send)


async def test_a_little_is_read_on_and_the_connection_kept() -> None:
    conversation = Conversation([b"x" * 30, b"x" * 30])
    await run(conversation)

    assert conversation.read == 2
    assert not conversation.closes


async def test_of_much_only_so_much_is_read_and_the_connection_closed() -> None:
    conversation = Conversation([b"x" * 60] * 50)
    await run(conversation)

    assert conversation.read == 2
    assert conversation.closes


async def test_a_silent_client_is_not_waited_for() -> None:
    conversation = Conversation([b"x", None])
    await run(conversation)

    assert conversation.closes
    assert conversation.sent[-1]["body"] == b"no"


async def test_a_body_that_was_read_is_left_alone() -> None:
    conversation = Conversation([b"x" * 60] * 5)
    await run(conversation, read_all)

    assert conversation.read == 5
    assert not conversation.closes


async def test_a_request_without_a_body_is_left_alone() -> None:
    conversation = Conversation([], {"content-length": "0"})
    await run(conversation)

    assert conversation.read == 0
    assert not conversation.closes


async def test_a_client_that_waits_for_leave_to_send_is_not_asked_to() -> None:
    conversation = Conversation([b"x"], {"expect": "100-continue"})
    await run(conversation)

    assert conversation.read == 0
    assert conversation.closes
