"""Runs one application on one listening socket until it is told to stop."""

import asyncio
import signal
import socket

import uvicorn
from fastapi import FastAPI


def run_app(app: FastAPI, listener: socket.socket, *, drain_seconds: int) -> None:
    """Serve until SIGINT or SIGTERM; running requests get `drain_seconds` to finish.

    What the application's lifespan raises comes out of here; uvicorn's own handling of it would print a
    traceback and end the process.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=drain_seconds,
        timeout_keep_alive=75,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    # Also while the application starts; and uvicorn, once it has drained, raises the signals again.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)

    async def serve() -> None:
        async with app.router.lifespan_context(app):
            await server.serve(sockets=[listener])

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())
