"""A place where pictures lie: a real HTTP server on the loopback that answers what the test has put there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class PictureServer:
    """`files`: path to content. `asked_for`: the paths of all requests."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    asked_for: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, name: str, content: bytes) -> str:
        """Store a file; returns its URL, as the gallery would write it."""
        path = f"/uploads/temp/{name}"
        self.files[path] = content
        return f"{self.origin}{path}?expires=1&signature=abc"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode().partition("?")[0]
        self.asked_for.append(path)
        content = self.files.get(path)
        status = "404 Not Found" if content is None else "200 OK"
        body = content or b""
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()


@asynccontextmanager
async def running_picture_server() -> AsyncIterator[PictureServer]:
    pictures = PictureServer()
    server = await asyncio.start_server(pictures.answer, "127.0.0.1", 0)
    pictures.port = server.sockets[0].getsockname()[1]
    async with server:
        yield pictures
