"""Whether a cluster can be reached at all: asked without Ray, which would try for a minute and then abort."""

import importlib.util
import socket
from typing import Final

from toonbooth.kit.errors import StartError

NEAREST: Final = "auto"
"""In place of an address: the cluster that this machine belongs to."""

_CONNECT_SECONDS: Final = 5.0


def check_reach(address: str) -> None:
    """Raise `StartError` when nothing answers at `address`, or Ray is not installed."""
    if address != NEAREST:
        host, colon, port = address.rpartition(":")
        if not colon or not port.isdigit() or "/" in host:
            raise StartError(f"--ray {address}: give host:port of the cluster's head, or {NEAREST}.")
        if not is_there(address):
            raise StartError(
                f"No Ray cluster answers at {address}: start one there (`ray start --head`), "
                "or correct --ray."
            )
    if importlib.util.find_spec("ray") is None:
        raise StartError("--ray needs Ray Serve: run `make ray`, or install toonbooth[ray].")


def is_there(address: str) -> bool:
    """Whether something listens at host:port."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError):
        return False
    return True
