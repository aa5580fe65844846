"""A real gallery that is killed and started again, and a studio process that survives."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Generator
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

    port: int
    data_dir: Path
    starter: subprocess.Popen[str]
    process_id: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def uploads(self) -> Path:
        return self.data_dir / "uploads"

    async def start(self, **environment: str) -> None:
        """Start a gallery, with more in its environment, and wait until it answers."""
        await self.launch(**environment)
        await self.wait_until_ready()

    async def launch(self, **environment: str) -> None:
        """Start a gallery without waiting for it; one at a time."""
        self.process_id = await self.run("gallery", GALLERY_PORT=str(self.port), **environment)

    async def wait_until_ready(self) -> None:
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(verify=False) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                os.kill(self.process_id, 0)  # it is still there
                await asyncio.sleep(0.01)

    async def run(self, *arguments: str, **environment: str) -> int:
        """Run `toonbooth` over the same folder; returns its process id."""
        return await start_command(
            self.starter, *arguments, GALLERY_DATA_DIR=str(self.data_dir), **environment
        )

    async def read_from_disk(self, url: str) -> bytes:
        """The bytes that lie on the disk, whatever a gallery would say."""
        path = self.uploads / url.partition("/uploads/")[2].partition("?")[0]
        return await asyncio.to_thread(path.read_bytes)

    def kill(self) -> None:
        """As a power cut would, but for what the operating system still has in memory."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Tell it to end."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        assert self.process_id  # 0 would be us
        process_id, self.process_id = self.process_id, 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, number)
        wait_for_end(process_id)


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
    with galleries_to_torture([data_dir], studio_url) as (gallery,):
        yield gallery


@contextlib.contextmanager
def galleries_to_torture(data_dirs: list[Path], studio_url: str) -> Generator[list[Gallery]]:
    """Galleries yet to be started, each at a port of its own."""
    with running(
        gallery_starter.__name__,
        GALLERY_STUDIO_URL=studio_url,
        GALLERY_LOG_LEVEL="error",
        GALLERY_REQUESTS_PER_DEVICE=NO_LIMIT,
        GALLERY_REQUESTS_PER_ADDRESS=NO_LIMIT,
        GALLERY_DRAWINGS_PER_DEVICE=NO_LIMIT,
        GALLERY_DRAWINGS_PER_ADDRESS=NO_LIMIT,
    ) as starter:
        galleries = [Gallery(find_free_port(), data_dir, starter) for data_dir in data_dirs]
        try:
            yield galleries
        finally:
            for gallery in galleries:
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
async def client_of(url: str, device: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of whatever listens there, that speaks for a device."""
    async with httpx.AsyncClient(
        base_url=url, headers={"x-device-id": device}, timeout=30, verify=False
    ) as client:
        yield client


@contextlib.asynccontextmanager
async def clients_of(url: str, phones: list[Phone]) -> AsyncIterator[list[tuple[Phone, httpx.AsyncClient]]]:
    """Each phone with a client of its own."""
    async with contextlib.AsyncExitStack() as stack:
        yield [(phone, await stack.enter_async_context(client_of(url, phone.device))) for phone in phones]


async def settle(url: str, phones: list[Phone]) -> None:
    """Let all phones find out what became of what they asked for."""
    async with clients_of(url, phones) as pairs, asyncio.TaskGroup() as tasks:
        for phone, client in pairs:
            tasks.create_task(phone.settle(client))


async def use(url: str, phones: list[Phone], *, is_enough: Callable[[], bool]) -> None:
    """Let all phones ask for this and that until it is enough."""
    async with clients_of(url, phones) as pairs, asyncio.TaskGroup() as tasks:
        for phone, client in pairs:
            tasks.create_task(phone.use(client, is_enough=is_enough))


def count_answers(phones: list[Phone]) -> int:
    return sum(phone.answers for phone in phones)
