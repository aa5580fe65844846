"""A process of its own that keeps the studio's contract and draws at once: `studio_process.py DESCRIPTOR`."""

import asyncio
import random
import socket
import sys

import httpx
import uvicorn

from tests.http.gallery.fake_studio import FakeStudio

LONGEST_PAUSE_SECONDS = 0.03


async def serve(listener: socket.socket) -> None:
    async with httpx.AsyncClient(verify=False) as fetch:
        studio = FakeStudio(fetch)
        studio.before_reply = lambda: asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))
        server = uvicorn.Server(uvicorn.Config(studio.app, lifespan="off", log_config=None, access_log=False))
        await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1]))))
