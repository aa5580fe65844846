"""Runs one ASGI application on one listening socket until it is told to stop."""

import signal
import socket

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toonbooth.kit.errors import StartError


def run_app(app: ASGIApp, listener: socket.socket, *, drain_seconds: int) -> None:
    """Serve until SIGINT or SIGTERM; running requests get `drain_seconds` to finish.

    Raises
    ------
    StartError
        When the application's lifespan raised it.
    """
    startup = _Startup(app)
    config = uvicorn.Config(
        startup,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=drain_seconds,
        timeout_keep_alive=75,
        lifespan="on",
    )
    # uvicorn drains on these, and then raises them again for whoever ran it: here, for nobody.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if startup.failure is not None:
        raise startup.failure
    if not server.started:
        raise StartError("The service could not start; the lines above say why.")


class _Startup:
    """Keeps a `StartError` of the lifespan, which uvicorn would print as a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: StartError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_without_traceback(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                message["message"] = ""
            await send(message)

        try:
            await self._app(scope, receive, send_without_traceback)
        except StartError as failure:
            self.failure = failure
