"""A real gallery that is killed and started again, and a studio process that survives."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.acceptance.running import find_free_port
from tests.acceptance.torture import gallery_starter, studio_process
from toonbooth.kit.listening import bind_listener

START_SECONDS = 60.0
NO_LIMIT = "1000000/minute"


@dataclass(slots=True)
class Gallery:
    """Starts galleries over one folder, one after the other, at one address."""

    url: str
    data_dir: Path
    starter: subprocess.Popen[str]
    process_id: int = 0

    @property
    def uploads(self) -> Path:
        return self.data_dir / "uploads"

    async def start(self) -> None:
        """Start a gallery and wait until it answers."""
        assert self.starter.stdin is not None
        assert self.starter.stdout is not None
        self.starter.stdin.write("start\n")
        self.starter.stdin.flush()
        self.process_id = int(await asyncio.to_thread(self.starter.stdout.readline))
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(verify=False) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                await asyncio.sleep(0.01)

    def kill(self) -> None:
        """As a power cut would, but for what the operating system still has in memory."""
        os.kill(self.process_id, signal.SIGKILL)
        self._wait_for_end()

    def stop(self) -> None:
        """Tell it to end."""
        os.kill(self.process_id, signal.SIGTERM)
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.kill(self.process_id, 0)
                time.sleep(0.001)
            raise AssertionError("the gallery does not end")
        self.process_id = 0


@contextlib.contextmanager
def running_studio() -> Generator[str]:
    """A studio in a process of its own; yields its address."""
    with (
        contextlib.closing(bind_listener("127.0.0.1", 0)) as listener,
        running(studio_process.__name__, str(listener.fileno()), inherited=listener.fileno()),
    ):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def gallery_to_torture(data_dir: Path, studio_url: str) -> Generator[Gallery]:
    """A gallery yet to be started."""
    port = find_free_port()
    with running(
        gallery_starter.__name__,
        GALLERY_PORT=str(port),
        GALLERY_DATA_DIR=str(data_dir),
        GALLERY_STUDIO_URL=studio_url,
        GALLERY_LOG_LEVEL="error",
        GALLERY_REQUESTS_PER_DEVICE=NO_LIMIT,
        GALLERY_REQUESTS_PER_ADDRESS=NO_LIMIT,
        GALLERY_DRAWINGS_PER_DEVICE=NO_LIMIT,
        GALLERY_DRAWINGS_PER_ADDRESS=NO_LIMIT,
    ) as starter:
        gallery = Gallery(f"http://127.0.0.1:{port}", data_dir, starter)
        try:
            yield gallery
        finally:
            if gallery.process_id:
                gallery.kill()


@contextlib.contextmanager
def running(
    module: str, *arguments: str, inherited: int | None = None, **environment: str
) -> Generator[subprocess.Popen[str]]:
    """A module as a process, killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        pass_fds=() if inherited is None else (inherited,),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.asynccontextmanager
async def client_of(gallery: Gallery, device: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that speaks for a device."""
    async with httpx.AsyncClient(
        base_url=gallery.url, headers={"x-device-id": device}, timeout=30, verify=False
    ) as client:
        yield client
