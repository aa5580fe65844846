"""Asks a service on this machine whether it answers. Light: `serve` needs nothing heavier."""

import http.client


def answers_well(host: str, port: int, path: str, *, timeout_seconds: float = 1.0) -> bool:
    """Whether GET `path` is answered with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
