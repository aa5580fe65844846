"""A Ray cluster that can't be used is told in one line, before anything of Ray is loaded."""

import importlib.util
import socket

import pytest

from toonbooth.kit.errors import StartError
from toonbooth.studio.on_ray.reaching import check_reach


@pytest.mark.parametrize("address", ["here", "ray://127.0.0.1:10001", "127.0.0.1:"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(StartError, match=r"give host:port of the cluster's head, or auto\.$"):
        check_reach(address)


def test_a_port_that_is_none() -> None:
    with pytest.raises(StartError, match=r"^No Ray cluster answers at 127\.0\.0\.1:99999: "):
        check_reach("127.0.0.1:99999")


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed here")
def test_the_extra_is_missing() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(
            StartError, match=r"^--ray needs Ray Serve: run `make ray`, or install toonbooth\[ray\]\.$"
        ),
    ):
        check_reach(f"127.0.0.1:{listener.getsockname()[1]}")
