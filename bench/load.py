"""`make bench-load`: 64 clients upload at once for a minute, others list meanwhile; what all of them met.

Everything runs on this machine, the clients too. Exit status 1 when an answer was neither a picture nor a 503
with `Retry-After`.
"""

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx
import psutil

from bench.pictures import WORKING_SIZE, make_photo
from bench.timing import Row, print_table, summarise
from tests.acceptance.running import RunningToonbooth, running_toonbooth

RAISED_LIMITS = {
    # All clients come from one address here, and one lists without a pause; the limits stand, higher.
    "GALLERY_REQUESTS_PER_DEVICE": "100000/minute",
    "GALLERY_REQUESTS_PER_ADDRESS": "100000/minute",
    "GALLERY_DRAWINGS_PER_ADDRESS": "100000/minute",
    "GALLERY_DRAWINGS_AT_ONCE_PER_ADDRESS": "1000",
    "GALLERY_CONNECTIONS_PER_ADDRESS": "2000",
    "GALLERY_LOG_LEVEL": "warning",
    "STUDIO_LOG_LEVEL": "warning",
}


@dataclass(slots=True)
class Findings:
    """What the clients met. Times in milliseconds, memory in megabytes."""

    statuses: Counter[str] = field(default_factory=Counter)
    uploads: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    lists: list[float] = field(default_factory=list)
    told_to_wait: list[int] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        return set(self.statuses) <= {"upload 200", "upload 503", "list 200"}


@click.command()
@click.option("--clients", default=64, show_default=True)
@click.option("--seconds", default=60.0, show_default=True)
def main(clients: int, seconds: float) -> None:
    """Load both services and print what came of it."""
    photo = make_photo(WORKING_SIZE)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_toonbooth(Path(folder), **RAISED_LIMITS) as toonbooth,
    ):
        before = asyncio.run(_measure_alone(toonbooth, photo))
        found = asyncio.run(_load(toonbooth, photo, clients=clients, seconds=seconds))
        after = asyncio.run(_measure_alone(toonbooth, photo))
    print_table("One client alone", [summarise("upload, before", before), summarise("upload, after", after)])
    print_table(
        f"{clients} clients for {seconds:.0f} s (promised: lists within 300 ms, p99)", _make_rows(found)
    )
    print("\nMemory, sum of PSS of all processes, MB by second:")
    print(" ".join(f"{second:.0f}:{megabytes:.0f}" for second, megabytes in found.memory))
    print(f"\nAnswers: {dict(found.statuses)}; load of the machine: {psutil.getloadavg()[0]:.1f}")
    sys.exit(0 if found.is_well else 1)


def _make_rows(found: Findings) -> list[Row]:
    measured = {
        "upload, drawn": found.uploads,
        "upload, refused": found.refusals,
        "list meanwhile": found.lists,
        "list meanwhile, p99": statistics.quantiles(found.lists, n=100)[98:] if found.lists[1:] else [],
    }
    rows = [summarise(what, values) for what, values in measured.items() if values]
    if found.told_to_wait:
        rows.append(summarise("Retry-After", [float(each) for each in found.told_to_wait], unit="s"))
    return rows


async def _measure_alone(toonbooth: RunningToonbooth, photo: bytes) -> list[float]:
    times = []
    async with _client(toonbooth) as client:
        for _ in range(8):
            started = time.perf_counter()
            reply = await client.post("/api/upload", files={"image": photo})
            reply.raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    return times


async def _load(toonbooth: RunningToonbooth, photo: bytes, *, clients: int, seconds: float) -> Findings:
    found = Findings()
    ends = time.monotonic() + seconds
    # A process of its own: in this one each list would also wait for the 64 uploading clients.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as listener:
        lists = asyncio.get_running_loop().run_in_executor(
            listener, _list_for, toonbooth.gallery_url, seconds
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(_upload_until(ends, toonbooth, photo, found))
            group.create_task(_watch_memory_until(ends, toonbooth, found))
        for status, milliseconds in await lists:
            found.lists.append(milliseconds)
            found.statuses[f"list {status}"] += 1
    return found


async def _upload_until(ends: float, toonbooth: RunningToonbooth, photo: bytes, found: Findings) -> None:
    """Comes back when told to, as a well-behaved app does."""
    async with _client(toonbooth) as client:
        while time.monotonic() < ends:
            started = time.perf_counter()
            try:
                reply = await client.post("/api/upload", files={"image": photo})
            except httpx.TransportError as error:
                found.statuses[f"upload {type(error).__name__}"] += 1
                continue
            elapsed = (time.perf_counter() - started) * 1000
            retry_after = reply.headers.get("retry-after")
            if reply.status_code == 503 and retry_after is None:
                found.statuses["upload 503 without Retry-After"] += 1
                continue
            found.statuses[f"upload {reply.status_code}"] += 1
            (found.uploads if reply.status_code == 200 else found.refusals).append(elapsed)
            if retry_after is not None:
                found.told_to_wait.append(int(retry_after))
                await asyncio.sleep(min(int(retry_after), max(0.0, ends - time.monotonic())))


def _list_for(gallery_url: str, seconds: float) -> list[tuple[int, float]]:
    """Status and milliseconds of each list."""
    lists = []
    ends = time.monotonic() + seconds
    with httpx.Client(
        base_url=gallery_url, headers={"x-device-id": str(uuid.uuid4())}, timeout=120
    ) as client:
        while time.monotonic() < ends:
            started = time.perf_counter()
            status = client.get("/api/originals").status_code
            lists.append((status, (time.perf_counter() - started) * 1000))
            time.sleep(0.03)
    return lists


async def _watch_memory_until(ends: float, toonbooth: RunningToonbooth, found: Findings) -> None:
    family = psutil.Process(toonbooth.process.pid)
    began = time.monotonic()
    while time.monotonic() < ends:
        megabytes = await asyncio.to_thread(_sum_pss, family)
        found.memory.append((time.monotonic() - began, megabytes))
        await asyncio.sleep(5)


def _sum_pss(family: psutil.Process) -> float:
    total = 0
    for process in (family, *family.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def _client(toonbooth: RunningToonbooth) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=toonbooth.gallery_url, headers={"x-device-id": str(uuid.uuid4())}, timeout=120
    )


if __name__ == "__main__":
    main()
