"""Runs one application on one listening socket until it is told to stop, and then until its work is done."""

import asyncio
import resource
import signal
import socket
import time
import types
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from toonbooth.kit.at_once import ConnectionLimit
from toonbooth.kit.draining import Drain
from toonbooth.kit.guarded_http import GuardedHttpProtocol
from toonbooth.kit.metrics import Metrics, make_metrics_app

_REFRESH_SECONDS: Final = 1.0


def run_app(
    app: FastAPI,
    listener: socket.socket,
    *,
    drain_seconds: int,
    metrics_listener: socket.socket | None = None,
    connection_limit: ConnectionLimit | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM; then refuse new work, and give what runs `drain_seconds` to finish.

    The application has its `Drain` in `app.state.drain`, and its `Metrics`, which are served on a listener
    of their own, in `app.state.metrics`. `on_ready` is called when it serves.

    What the application's lifespan raises comes out of here; uvicorn's own handling of it would print a
    traceback and end the process.
    """
    _allow_many_connections()
    config = _configure(app, drain_seconds=drain_seconds, connection_limit=connection_limit)
    server = DrainingServer(config, drain=app.state.drain, drain_seconds=drain_seconds, on_ready=on_ready)
    # Also while the application starts; and uvicorn, once it has drained, raises the signals again.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)

    async def serve() -> None:
        async with app.router.lifespan_context(app), serving_metrics(app.state.metrics, metrics_listener):
            await server.serve(sockets=[listener])

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


def _configure(
    app: ASGIApp, *, drain_seconds: int, connection_limit: ConnectionLimit | None = None
) -> uvicorn.Config:
    class Protocol(GuardedHttpProtocol):
        pass

    Protocol.connection_limit = connection_limit
    return uvicorn.Config(
        app,
        http=Protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=drain_seconds,
        timeout_keep_alive=75,
        lifespan="off",
        ws="none",
    )


@asynccontextmanager
async def serving_metrics(metrics: Metrics, listener: socket.socket | None) -> AsyncIterator[None]:
    """Answer for the metrics while the block runs, until the very end: a drain is worth watching."""
    if listener is None:
        yield
        return
    server = _QuietServer(_configure(make_metrics_app(metrics), drain_seconds=1))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    refreshing = asyncio.create_task(_refresh_now_and_then(metrics))
    try:
        yield
    finally:
        refreshing.cancel()
        server.should_exit = True
        await asyncio.wait({serving, refreshing})


async def _refresh_now_and_then(metrics: Metrics) -> None:
    """Another process of this service may be asked for all: then what this one knows must be on file."""
    while True:
        metrics.refresh()
        await asyncio.sleep(_REFRESH_SECONDS)


class _QuietServer(uvicorn.Server):
    """Leaves signals to the other one."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class DrainingServer(uvicorn.Server):
    """Listens on while work still runs; a second signal doesn't wait for it."""

    def __init__(
        self, config: uvicorn.Config, *, drain: Drain, drain_seconds: int, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._drain = drain
        self._drain_seconds = drain_seconds
        self._deadline: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: types.FrameType | None) -> None:
        if self.started and not self._drain.has_begun:
            self._drain.begin()
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._drain.has_begun and not self.should_exit:
            if self._deadline is None:
                self._deadline = time.monotonic() + self._drain_seconds
            remaining = self._deadline - time.monotonic()
            if self._drain.is_dry or remaining <= 0:
                # What is left is being read by clients.
                self.config.timeout_graceful_shutdown = max(1, round(remaining))
                self.should_exit = True
        return await super().on_tick(counter)


def _allow_many_connections() -> None:
    """Each takes a file descriptor, and the usual soft limit is 1024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
