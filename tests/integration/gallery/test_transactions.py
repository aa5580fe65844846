"""Transactions on real databases: wholly or not at all, and readers don't wait for writers."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta, timezone
from pathlib import Path
from typing import Final, TypeVar

import pytest
from bson import ObjectId
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from tests.databases import Databases
from tests.integration.gallery.records import NOON, add_original, make_device
from toonbooth.gallery.database.migrations import bring_up_to_date
from toonbooth.gallery.database.repositories import DeviceRepository, OriginalRepository
from toonbooth.gallery.database.tables import Original
from toonbooth.gallery.database.transactions import Database, open_database
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import DatabaseFailedError, DatabaseUnavailableError
from toonbooth.kit.errors import StartError

ABROAD: Final = timezone(timedelta(hours=2))

Result = TypeVar("Result")


class OnPurposeError(Exception):
    pass


async def count_originals(database: Database, device: DeviceId) -> int:
    async with database.reading() as session:
        return await OriginalRepository(session, device).count()


async def list_originals(database: Database, device: DeviceId) -> list[Original]:
    async with database.reading() as session:
        return await OriginalRepository(session, device).list_newest_first()


async def cancel_at_many_places(tasks: Sequence[asyncio.Task[Result]]) -> list[Result | BaseException]:
    """Cancel two of three tasks, each after another number of steps; returns how all of them ended."""
    for index, task in enumerate(tasks):
        for _ in range(index % 23 * 40):
            await asyncio.sleep(0)
        if index % 3:
            task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_block_that_raises_leaves_nothing(
    database: Database, device: DeviceId, databases: Databases, database_url: str
) -> None:
    async def fail_half_way() -> None:
        async with database.transaction() as session:
            await DeviceRepository(session, device).register(now=NOON)
            raise OnPurposeError

    with pytest.raises(OnPurposeError):
        await fail_half_way()

    assert databases.ask(database_url, "SELECT count(*) FROM devices") == ["0"]


async def test_what_was_committed_is_there_for_everybody(
    database: Database, device: DeviceId, databases: Databases, database_url: str
) -> None:
    original = await add_original(database, device)

    (row,) = databases.ask(database_url, "SELECT id, device, created_at FROM originals")
    assert row.startswith(f"{original.id}|{device.digest}|2026-11-23 12:00:00")


async def test_readers_go_on_while_somebody_writes(database: Database, device: DeviceId) -> None:
    await add_original(database, device)

    async with database.transaction() as session:
        await OriginalRepository(session, device).add(
            original_id=ObjectId(), key="k", media_type="image/jpeg", file_size=1, now=NOON
        )
        async with asyncio.timeout(5):
            counts = await asyncio.gather(*(count_originals(database, device) for _ in range(40)))
        assert counts == [1] * 40
    assert await count_originals(database, device) == 2


async def test_readers_go_on_while_another_process_writes(
    database: Database, device: DeviceId, database_file: Path
) -> None:
    await add_original(database, device)
    other = sqlite3.connect(database_file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM originals")

        async with asyncio.timeout(5):
            assert await count_originals(database, device) == 1
        other.execute("ROLLBACK")
    finally:
        other.close()


async def test_readers_go_on_while_many_writers_queue(
    database: Database, device: DeviceId, database_file: Path
) -> None:
    await add_original(database, device)
    async with database.transaction():
        waiting = [asyncio.create_task(add_original(database, make_device())) for _ in range(50)]
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            assert await count_originals(database, device) == 1
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)


async def test_a_reader_sees_one_state_of_all_tables(database: Database, device: DeviceId) -> None:
    await add_original(database, device)
    async with database.reading() as session:
        originals = OriginalRepository(session, device)
        before = await originals.count()
        await add_original(database, device)
        assert await originals.count() == before == 1
        assert len(await originals.list_newest_first()) == 1


async def test_a_reader_cannot_write(
    database: Database, device: DeviceId, databases: Databases, database_url: str
) -> None:
    with pytest.raises(DatabaseFailedError):
        async with database.reading() as session:
            await DeviceRepository(session, device).register(now=NOON)

    assert databases.ask(database_url, "SELECT count(*) FROM devices") == ["0"]
    await add_original(database, device)  # the connection has not stayed read-only


async def test_two_processes_write_by_turns(database: Database, database_url: str) -> None:
    """Each reads before it writes, where upgrading a read lock would fail at once."""
    async with await open_database(database_url) as other:
        devices = [make_device() for _ in range(40)]
        await asyncio.gather(
            *(
                add_original(one, device)
                for index, device in enumerate(devices)
                for one in ((database, other) if index % 2 else (other, database))
            )
        )

    assert [await count_originals(database, device) for device in devices] == [2] * 40


async def test_transactions_cancelled_anywhere_leave_no_half_and_no_lock(
    database: Database, databases: Databases, database_url: str
) -> None:
    outcomes = await cancel_at_many_places(
        [asyncio.create_task(add_original(database, make_device())) for _ in range(60)]
    )

    assert all(not isinstance(outcome, Exception) for outcome in outcomes), outcomes
    finished = sum(not isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    committed = databases.ask(database_url, "SELECT device FROM originals")
    assert sorted(committed) == sorted(databases.ask(database_url, "SELECT id FROM devices"))
    assert len(committed) >= finished >= 20
    async with asyncio.timeout(5):
        await add_original(database, make_device())


async def test_a_transaction_cancelled_in_its_commit_has_been_committed(
    database: Database, device: DeviceId, databases: Databases, database_url: str
) -> None:
    seen: list[str] = []

    async def upload() -> None:
        async with database.transaction() as session:
            await DeviceRepository(session, device).register(now=NOON)
            task = asyncio.current_task()
            assert task is not None
            # Arrives at the next await, which is the commit's.
            asyncio.get_running_loop().call_soon(task.cancel)
        seen.append("committed")
        await asyncio.sleep(0)
        seen.append("went on")

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(upload())
    assert seen == ["committed"]
    assert databases.ask(database_url, "SELECT count(*) FROM devices") == ["1"]


async def test_connections_are_set_up_as_promised(database: Database, database_file: Path) -> None:
    async with database.transaction() as session:
        connection = await session.connection()

        async def ask(pragma: str) -> object:
            return (await connection.execute(text(f"PRAGMA {pragma}"))).scalar()

        assert await ask("journal_mode") == "wal"
        assert await ask("synchronous") == 2  # FULL
        assert await ask("foreign_keys") == 1
        assert await ask("busy_timeout") == 15_000
        assert await ask("query_only") == 0


async def test_a_row_without_its_parent_is_refused(database: Database, device: DeviceId) -> None:
    with pytest.raises(DatabaseFailedError):
        async with database.transaction() as session:
            await OriginalRepository(session, device).add(
                original_id=ObjectId(), key="k", media_type="image/jpeg", file_size=1, now=NOON
            )


async def test_the_files_are_for_their_owner_only(
    database: Database, device: DeviceId, database_file: Path
) -> None:
    await add_original(database, device)

    files = list(database_file.parent.glob(f"{database_file.name}*"))
    assert {file.name.removeprefix(database_file.name) for file in files} == {"", "-wal", "-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_closing_ends_all_threads(database_url: str) -> None:
    await bring_up_to_date(database_url)
    before = set(threading.enumerate())
    async with await open_database(database_url) as database:
        await cancel_at_many_places(
            [asyncio.create_task(add_original(database, make_device())) for _ in range(30)]
        )
        await cancel_at_many_places(
            [asyncio.create_task(list_originals(database, make_device())) for _ in range(60)]
        )

    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)
        assert not thread.is_alive()


async def test_when_another_process_writes_for_too_long_there_is_too_much_to_do(
    database: Database, database_file: Path, device: DeviceId
) -> None:
    async with database.transaction() as session:
        await session.execute(text("PRAGMA busy_timeout = 20"))  # of the connection that is used again below
    other = sqlite3.connect(database_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseUnavailableError) as busy:
        await add_original(database, device)

    assert (busy.value.status, busy.value.retry_after_seconds) == (503, 2)
    other.close()
    await add_original(database, device)


@pytest.mark.parametrize(
    "make_url",
    [
        lambda folder: "sqlite+aiosqlite://",
        lambda folder: "sqlite+aiosqlite:///:memory:",
        lambda folder: f"sqlite+aiosqlite:///{folder / 'not-a-database'}",
        lambda folder: f"sqlite+aiosqlite:///{folder}",
        lambda folder: f"sqlite+aiosqlite:///{folder / 'not-a-database' / 'gallery.sqlite3'}",
        lambda folder: "postgresql+nodriver://user:hunter2@localhost/gallery",
        lambda folder: "hunter2",
    ],
)
async def test_an_impossible_database_is_one_clear_line(
    tmp_path: Path, make_url: Callable[[Path], str]
) -> None:
    (tmp_path / "not-a-database").write_bytes(b"JFIF" * 1000)

    with pytest.raises(StartError) as refusal:
        await open_database(make_url(tmp_path))

    assert str(refusal.value).count("\n") == 0
    assert "hunter2" not in str(refusal.value)


async def test_a_moment_that_is_not_utc_or_too_fine_is_a_bug(database: Database, device: DeviceId) -> None:
    for wrong in (NOON.replace(tzinfo=None), NOON.replace(microsecond=1), NOON.astimezone(ABROAD)):
        with pytest.raises(StatementError, match="in UTC, in whole milliseconds"):
            async with database.transaction() as session:
                await DeviceRepository(session, device).register(now=wrong)
