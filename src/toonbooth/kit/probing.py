"""Asks a service on this machine whether it answers. Light: `serve` needs nothing heavier."""

import contextlib
import http.client
from email.message import Message


def answers_well(host: str, port: int, path: str) -> bool:
    """Whether GET `path` is answered with 200."""
    return find_answer(host, port, path) is not None


def find_answer(host: str, port: int, path: str, *, timeout_seconds: float = 1.0) -> Message | None:
    """The headers of the answer to GET `path`, if it is 200."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_seconds)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", path)
        reply = connection.getresponse()
        if reply.status == http.client.OK:
            return reply.headers
    return None
