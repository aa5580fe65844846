"""A real gallery that is killed and started again, and a studio process that survives."""

import asyncio
import contextlib
import json
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
from tests.acceptance.torture.phone import Phone
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

    async def start(self, **environment: str) -> None:
        """Start a gallery, with more in its environment, and wait until it answers."""
        self.process_id = await start_command(self.starter, "gallery", **environment)
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(verify=False) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                await asyncio.sleep(0.01)

    async def read_from_disk(self, url: str) -> bytes:
        """The bytes that lie on the disk, whatever a gallery would say."""
        path = self.uploads / url.partition("/uploads/")[2].partition("?")[0]
        return await asyncio.to_thread(path.read_bytes)

    def kill(self) -> None:
        """As a power cut would, but for what the operating system still has in memory."""
        os.kill(self.process_id, signal.SIGKILL)
        self._wait_for_end()

    def stop(self) -> None:
        """Tell it to end."""
        os.kill(self.process_id, signal.SIGTERM)
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        wait_for_end(self.process_id)
        self.process_id = 0


async def start_command(starter: subprocess.Popen[str], *arguments: str, **environment: str) -> int:
    """Run `toonbooth` with such arguments, and more in the environment; returns its process id."""
    assert starter.stdin is not None
    assert starter.stdout is not None
    starter.stdin.write(json.dumps([arguments, environment]) + "\n")
    starter.stdin.flush()
    return int(await asyncio.to_thread(starter.stdout.readline))


def wait_for_end(process_id: int) -> None:
    """Until a process of a starter is gone."""
    deadline = time.monotonic() + START_SECONDS
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(process_id, 0)
            time.sleep(0.001)
        raise AssertionError("the process does not end")


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


async def settle(gallery: Gallery, phones: list[Phone]) -> None:
    """Let all phones find out what became of what they asked for."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client_of(gallery, phone.device)) for phone in phones]
        async with asyncio.TaskGroup() as tasks:
            for phone, client in zip(phones, clients, strict=True):
                tasks.create_task(phone.settle(client))
