"""`make bench-scale`: what a gallery costs when many others use it, and what a second drawing worker brings.

Two galleries run side by side, one whose database holds a thousand originals of other devices and one whose
holds a million; every call goes to both in turn, so that the machine's moods meet both alike.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click
import httpx
import psutil
from bson import ObjectId
from sqlalchemy import Connection, event, insert
from sqlalchemy.engine.interfaces import DBAPICursor

from bench.pictures import WORKING_SIZE, make_photo
from bench.services import DEVICE, instant_studio, running_gallery, running_studio, upload
from bench.timing import Row, print_table, summarise
from tests.acceptance.running import running_toonbooth
from tests.databases import Databases, PostgresqlDatabases, SqliteDatabases
from tests.postgresql_server import running_postgresql
from toonbooth.gallery.database.engines import create_engine
from toonbooth.gallery.database.repositories import OriginalRepository, Page
from toonbooth.gallery.database.tables import Device, Original
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.devices import DeviceId

OWN: Final = 50
"""Originals of the device that asks."""

_PER_DEVICE: Final = 10
_BATCH: Final = 10_000
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


@click.command()
@click.option("--few", default=1_000, show_default=True, help="Originals of other devices in one database.")
@click.option("--many", default=1_000_000, show_default=True, help="The same in the other.")
@click.option(
    "--rounds", default=60, show_default=True, help="Timed uploads per gallery; five times as many lists."
)
def main(few: int, many: int, rounds: int) -> None:
    """Measure growth in rows, in workers, and the memory of each process."""
    with tempfile.TemporaryDirectory() as folder:
        _compare(SqliteDatabases(), Path(folder) / "sqlite", few=few, many=many, rounds=rounds)
        with running_postgresql() as server:
            databases = PostgresqlDatabases(server)
            _compare(databases, Path(folder) / "postgresql", few=few, many=many, rounds=rounds)
        print_table("Drawing workers, 1080 px JPEG, comic", measure_workers())
        print_table(
            "Memory of a process while 1080 px photos are drawn, PSS",
            measure_processes(Path(folder) / "memory"),
        )


def _compare(databases: Databases, folder: Path, *, few: int, many: int, rounds: int) -> None:
    folders = [folder / "few", folder / "many"]
    for each, originals in zip(folders, (few, many), strict=True):
        started = time.perf_counter()
        asyncio.run(_fill(databases.settings(each)["database_url"], originals))
        print(f"\n{folder.name}: {originals:,} originals of others ({time.perf_counter() - started:.0f} s)")
    print_table(
        f"{folder.name}: {few:,} originals of other devices against {many:,}",
        measure_galleries(databases, folders, rounds=rounds),
    )
    print("\nHow the list of originals is found among the many:")
    for line in asyncio.run(_explain_list(databases.settings(folders[1])["database_url"])):
        print(f"  {line}")


async def _fill(database_url: str, originals: int) -> None:
    """Rows of other devices. Every day of a year has some, as if they had come over time."""
    engine = create_engine(database_url)
    devices = range(originals // _PER_DEVICE)
    try:
        for table, rows in (
            (Device, ({"id": _digest(n), "first_seen_at": _NOW, "last_seen_at": _NOW} for n in devices)),
            (Original, map(_make_row, range(originals))),
        ):
            for batch in _in_batches(rows):
                async with engine.begin() as connection:
                    await connection.execute(insert(table), batch)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("ANALYZE")
    finally:
        await engine.dispose()


def _make_row(number: int) -> dict[str, object]:
    return {
        "id": ObjectId(f"{number:024x}"),
        "device": _digest(number // _PER_DEVICE),
        "key": f"originals/{number}_crowd.jpg",
        "media_type": "image/jpeg",
        "file_size": 250_000,
        "downloads": 0,
        "created_at": _NOW.replace(month=number % 12 + 1),
    }


def _digest(number: int) -> str:
    return f"{number:064x}"


def _in_batches(rows: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def measure_galleries(databases: Databases, folders: list[Path], *, rounds: int) -> Generator[Row]:
    """The same calls to a gallery among few and to one among many, in turn."""
    photo = make_photo((720, 540))
    with ExitStack() as stack:
        studio = stack.enter_context(instant_studio(photo))
        apps = []
        for folder in folders:
            settings = {
                f"GALLERY_{name.upper()}": value for name, value in databases.settings(folder).items()
            }
            url = stack.enter_context(running_gallery(folder, studio, **settings))
            apps.append(stack.enter_context(httpx.Client(base_url=url, headers=DEVICE, timeout=60)))
        uploads = _in_turn([partial(upload, app, photo) for app in apps], rounds=max(rounds, OWN))
        lists = _in_turn([partial(_list, app) for app in apps], rounds=5 * rounds)
    for what, times in (
        ("POST /api/upload, studio answers at once", uploads),
        (f"GET /api/originals?limit={OWN}", lists),
    ):
        for among, milliseconds in zip(("few", "many"), times, strict=True):
            yield summarise(f"{what}, {among}", milliseconds)
        ratios = [many / few for few, many in zip(*times, strict=True)]
        yield summarise(f"{what}, many over few", ratios, unit="x", limit="at most 1.1")


def _list(app: httpx.Client) -> None:
    reply = app.get(f"/api/originals?limit={OWN}").raise_for_status()
    assert len(reply.json()["data"]["originals"]) == OWN


def _in_turn(calls: list[Callable[[], object]], *, rounds: int) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in calls]
    for round_ in range(rounds + 1):
        # Who comes first is warmed up for by nobody: they take turns in that too.
        for index in sorted(range(len(calls)), reverse=bool(round_ % 2)):
            started = time.perf_counter()
            calls[index]()
            times[index].append((time.perf_counter() - started) * 1000)
    return [each[1:] for each in times]


async def _explain_list(database_url: str) -> list[str]:
    """The database's own account of the query behind the list, as it is really sent."""
    engine = create_engine(database_url)
    how = (
        "EXPLAIN QUERY PLAN"
        if database_url.startswith("sqlite")
        else "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)"
    )

    sent: list[tuple[str, tuple[object, ...]]] = []

    def note(
        _connection: Connection,
        _cursor: DBAPICursor,
        statement: str,
        parameters: tuple[object, ...],
        *_rest: object,
    ) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with Database(engine) as database, database.reading() as session:
        await OriginalRepository(session, DeviceId.parse(DEVICE["x-device-id"])).list_newest_first(
            Page(1, OWN)
        )
        statement, parameters = sent[-1]
        connection = await session.connection()
        explained = await connection.exec_driver_sql(f"{how} {statement}", parameters)
        return [str(row[-1]) for row in explained]


def measure_workers(*, seconds: float = 12.0, turns: int = 3) -> Generator[Row]:
    """Drawings per second of studios with one and with two workers, in turn."""
    photo = make_photo(WORKING_SIZE)
    rates: dict[int, list[float]] = {1: [], 2: []}
    with ExitStack() as stack:
        studios = {
            workers: stack.enter_context(running_studio(STUDIO_WORKERS=str(workers))) for workers in rates
        }
        for _ in range(turns):
            for workers, url in studios.items():
                rates[workers].append(_draw_for(url, photo, seconds, callers=workers + 1))
    for workers, each in rates.items():
        yield summarise(f"{workers} worker(s)", each, unit="/s")
    gains = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    yield summarise("two workers over one", gains, unit="x", limit="at least 1.8")


def _draw_for(studio_url: str, photo: bytes, seconds: float, *, callers: int) -> float:
    """Drawings per second, with always one more waiting than can be drawn."""
    ends = time.perf_counter() + seconds

    def draw() -> int:
        count = 0
        with httpx.Client(base_url=studio_url, timeout=60) as studio:
            while time.perf_counter() < ends:
                studio.post("/generate-cartoon", files={"image": ("photo.jpg", photo)}).raise_for_status()
                count += 1
        return count

    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        drawn = sum(each.result() for each in [pool.submit(draw) for _ in range(callers)])
    return drawn / (time.perf_counter() - started)


def measure_processes(folder: Path) -> Generator[Row]:
    """What each process of both services holds while photos are uploaded."""
    photo = make_photo(WORKING_SIZE)
    seen: dict[str, list[float]] = {}
    with (
        running_toonbooth(folder) as toonbooth,
        httpx.Client(base_url=toonbooth.gallery_url, headers=DEVICE, timeout=60) as app,
        ThreadPoolExecutor(1) as pool,
    ):
        for _ in range(6):
            call = pool.submit(upload, app, photo)
            while not call.done():
                _note_memory(psutil.Process(toonbooth.process.pid), seen)
                time.sleep(0.02)
            call.result()
    for name, megabytes in sorted(seen.items()):
        yield summarise(name, megabytes, unit="MB")


def _note_memory(process: psutil.Process, seen: dict[str, list[float]]) -> None:
    for member in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            seen.setdefault(_name(member), []).append(member.memory_full_info().pss / 1e6)


def _name(member: psutil.Process) -> str:
    """Which of our processes it is; alike ones share a name."""
    line = member.cmdline()
    for service in ("studio", "gallery"):
        if service in line:
            return service
    owners = [
        name for parent in member.parents() for name in ("studio", "gallery") if name in parent.cmdline()
    ]
    if not owners:
        return "serve"
    parent = member.parent()
    if parent is not None and parent.cmdline() == line:
        return f"{owners[0]}, a worker"
    return f"{owners[0]}, where workers are forked from"


if __name__ == "__main__":
    main()
