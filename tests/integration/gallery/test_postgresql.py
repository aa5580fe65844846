"""What only a database server does: go away, come back, refuse, and run out of connections."""

import asyncio
import sys
from collections.abc import Generator
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.integration.gallery.records import add_original, make_device
from tests.postgresql_server import PostgresqlServer, running_postgresql
from toonbooth.gallery.database.engines import create_engine
from toonbooth.gallery.database.migrations import bring_up_to_date
from toonbooth.gallery.database.repositories import OriginalRepository
from toonbooth.gallery.database.transactions import Database, open_database
from toonbooth.gallery.errors import DatabaseUnavailableError
from toonbooth.kit.errors import StartError


@pytest.fixture
def database_url(postgresql_server: PostgresqlServer) -> str:
    return postgresql_server.make_database(f"gallery-{uuid4().hex}")


@pytest.fixture(scope="module")
def other_server() -> Generator[PostgresqlServer]:
    """One that a test may stop."""
    with running_postgresql() as server:
        yield server


async def count(database: Database) -> int:
    async with database.reading() as session:
        return int((await session.execute(text("SELECT count(*) FROM originals"))).scalar_one())


async def test_a_server_that_restarts_under_load_loses_nothing_and_is_found_again(
    other_server: PostgresqlServer,
) -> None:
    url = other_server.make_database("restarted")
    await bring_up_to_date(url)
    promised: list[object] = []
    refused = 0
    is_busy, has_restarted = asyncio.Event(), asyncio.Event()

    async def write_until_restarted(database: Database) -> None:
        nonlocal refused
        successes_left = 5
        while successes_left:
            try:
                promised.append((await add_original(database, make_device())).id)
                successes_left -= has_restarted.is_set()
                if len(promised) == 40:
                    is_busy.set()
            except DatabaseUnavailableError:  # and nothing else
                refused += 1
                await asyncio.sleep(0.02)

    async with await open_database(url, connections=4) as database, asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(write_until_restarted(database))
        await is_busy.wait()
        await asyncio.to_thread(other_server.restart)
        has_restarted.set()

    kept = other_server.ask("restarted", "SELECT id FROM originals")
    assert refused > 0
    assert {str(each) for each in promised} <= set(kept)
    assert len(promised) >= 80


async def test_a_server_that_is_away_is_told_from_one_that_refuses() -> None:
    with running_postgresql() as server:
        url = server.make_database("gone")
        await bring_up_to_date(url)
        database = await open_database(url)
        assert await count(database) == 0
        server.stop()

        with pytest.raises(DatabaseUnavailableError) as away:
            await count(database)
        assert away.value.retry_after_seconds == 2
        await database.close()

        with pytest.raises(StartError, match=r"The database cannot be used: .*Connect call failed"):
            await open_database(url)


@pytest.mark.parametrize(
    ("part", "instead", "words"),
    [
        ("postgres@", "nobody-known@", 'role "nobody-known" does not exist'),
        ("/gallery-", "/nowhere-", r'database "nowhere-\w+" does not exist'),
    ],
)
async def test_a_wrong_address_is_one_clear_line_at_start(
    database_url: str, part: str, instead: str, words: str
) -> None:
    with pytest.raises(StartError, match=rf"^The database cannot be used: {words}\.$"):
        await bring_up_to_date(database_url.replace(part, instead))


async def test_no_more_connections_are_made_than_were_allowed(
    database_url: str, postgresql_server: PostgresqlServer
) -> None:
    await bring_up_to_date(database_url)
    name = database_url.rpartition("/")[2]
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
    seen = []

    async with await open_database(database_url, connections=3) as database:
        work = [asyncio.create_task(add_original(database, make_device())) for _ in range(60)]
        while not all(task.done() for task in work):
            seen += await asyncio.to_thread(postgresql_server.ask, "postgres", query)
        await asyncio.gather(*work)
        assert await count(database) == 60

    assert max(map(int, seen)) <= 3


@pytest.mark.parametrize(
    "statements",
    [
        ("SET LOCAL lock_timeout = '20ms'", "LOCK TABLE originals"),
        ("SET LOCAL statement_timeout = '20ms'", "SELECT pg_sleep(20)"),
    ],
)
async def test_who_waits_too_long_hears_that_there_is_too_much_to_do(
    database_url: str, statements: tuple[str, ...]
) -> None:
    await bring_up_to_date(database_url)
    async with await open_database(database_url) as database, database.transaction() as other:
        await other.execute(text("LOCK TABLE originals"))
        with pytest.raises(DatabaseUnavailableError):
            await run_all(database, statements)


async def test_whoever_migrates_may_take_as_long_as_a_large_table_takes(database_url: str) -> None:
    """And wait as long for another gallery that does."""
    engine = create_engine(database_url, is_patient=True)
    async with engine.connect() as connection:
        limits = [
            await connection.scalar(text(f"SHOW {name}")) for name in ("lock_timeout", "statement_timeout")
        ]
    await engine.dispose()

    assert limits == ["0", "0"]


async def run_all(database: Database, statements: tuple[str, ...]) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


async def test_one_state_of_all_tables_is_read_even_while_others_write(database_url: str) -> None:
    await bring_up_to_date(database_url)
    device = make_device()
    async with await open_database(database_url) as database:
        async with database.reading() as session:
            originals = OriginalRepository(session, device)
            assert await originals.count() == 0
            await add_original(database, device)
            assert await originals.count() == 0
        assert await count(database) == 1


def test_the_short_form_of_the_address_is_understood() -> None:
    engine = create_engine("postgresql://somebody@127.0.0.1/gallery")
    assert engine.url.drivername == "postgresql+asyncpg"


def test_without_the_driver_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(StartError, match=r"run `make postgres`"):
        create_engine("postgresql+asyncpg://somebody@127.0.0.1/gallery")
