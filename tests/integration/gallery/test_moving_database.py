"""Rows that move from SQLite to PostgreSQL: all, as they were, or none."""

import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.running import command
from tests.databases import SIGNING_KEYS, SqliteDatabases
from tests.integration.gallery.records import NOON, add_cartoon, add_original, download, make_device, minutes
from tests.postgresql_server import PostgresqlServer
from toonbooth.gallery.database.migrations import bring_up_to_date
from toonbooth.gallery.database.moving import move_database
from toonbooth.gallery.database.repositories import (
    AnswerRepository,
    ClaimedKey,
    JobRepository,
    PortionRepository,
)
from toonbooth.gallery.database.tables import Table
from toonbooth.gallery.database.transactions import open_database
from toonbooth.kit.errors import FileError, StartError
from toonbooth.kit.portions import Claim

TABLES = [table.name for table in Table.metadata.sorted_tables]


@pytest.fixture
def target(postgresql_server: PostgresqlServer) -> str:
    return postgresql_server.make_database(f"moved-{uuid4().hex}")


@pytest.fixture
async def source(tmp_path: Path) -> str:
    """A database with a bit of everything, keys that databases sort differently among it."""
    url = SqliteDatabases().make(tmp_path)
    await bring_up_to_date(url)
    async with await open_database(url) as database:
        device = make_device()
        for count in range(3):
            original = await add_original(database, device, now=NOON + minutes(count))
            cartoon = await add_cartoon(database, device, original)
            if count:
                await download(database, device, cartoon)
        async with database.transaction() as session:
            for key in ("Z", "a", "É", "\U0001f600 'quoted'"):
                answers = AnswerRepository(session, device)
                claimed = await answers.claim(
                    route="upload", key=key, fingerprint="0" * 64, now=NOON, lease=minutes(1)
                )
                assert isinstance(claimed, ClaimedKey)
                await answers.save(claimed, status=200, body='{"success": true}')
            await PortionRepository(session).take(
                Claim(name="somebody", now=1.5, ends_at=61.5, used=0, wanted=1, most=1)
            )
            await JobRepository(session, device).add(
                kind="upload", key=None, fingerprint="0" * 64, now=NOON, lease=minutes(1)
            )
    return url


def add_devices(url: str, count: int) -> None:
    """Many rows, quickly."""
    connection = sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"))
    with connection:
        connection.executemany(
            "INSERT INTO devices (id, first_seen_at, last_seen_at) VALUES (?, ?, ?)",
            [(f"{number:064x}", *["2026-11-23 12:00:00.000000"] * 2) for number in range(count)],
        )
    connection.close()


def count_rows(server: PostgresqlServer, url: str) -> dict[str, int]:
    name = url.rpartition("/")[2]
    return {table: int(server.ask(name, f"SELECT count(*) FROM {table}")[0]) for table in TABLES}


def ask_sqlite(url: str, statement: str) -> list[str]:
    return SqliteDatabases().ask(url, statement)


async def test_everything_arrives_as_it_was(
    source: str, target: str, postgresql_server: PostgresqlServer
) -> None:
    add_devices(source, 2500)  # more than one batch

    counts = await move_database(source, target)

    assert counts == count_rows(postgresql_server, target)
    assert (min(counts.values()), counts["devices"], counts["idempotent_answers"]) == (1, 2501, 4)
    name = target.rpartition("/")[2]
    for statement in (
        "SELECT id, device, key, file_size FROM originals ORDER BY id",
        "SELECT id, original_id, style, seed FROM regenerated_cartoons ORDER BY id",
        "SELECT id, original_id, key, file_size FROM downloaded_faces ORDER BY id",
        "SELECT id, device, kind, state, version FROM jobs ORDER BY id",
    ):
        assert ask_sqlite(source, statement) == postgresql_server.ask(name, statement)
    keys = "SELECT key, body FROM idempotent_answers"
    assert sorted(ask_sqlite(source, keys)) == sorted(postgresql_server.ask(name, keys))


async def test_a_database_that_has_rows_is_refused_and_left_alone(
    source: str, target: str, postgresql_server: PostgresqlServer
) -> None:
    await move_database(source, target)
    before = count_rows(postgresql_server, target)

    with pytest.raises(StartError, match=r"has rows in \w+ already. It must be empty"):
        await move_database(source, target)

    assert count_rows(postgresql_server, target) == before


async def test_a_gallery_that_runs_is_noticed(source: str, target: str) -> None:
    async with await open_database(source):
        with pytest.raises(StartError, match="Stop the gallery first"):
            await move_database(source, target)
    await move_database(source, target)


async def test_what_arrives_otherwise_than_it_was_is_taken_back(
    source: str, target: str, postgresql_server: PostgresqlServer
) -> None:
    await bring_up_to_date(target)
    name = target.rpartition("/")[2]
    # As a server would that rounds, cuts or loses something.
    postgresql_server.ask(
        name,
        "CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.file_size := NEW.file_size + 1; RETURN NEW; END $$; "
        "CREATE TRIGGER bend BEFORE INSERT ON downloaded_faces FOR EACH ROW EXECUTE FUNCTION bend()",
    )

    with pytest.raises(FileError, match="downloaded_faces did not arrive as it was: 2 rows before, 2 after"):
        await move_database(source, target)

    assert set(count_rows(postgresql_server, target).values()) == {0}


def test_the_command_may_be_killed_and_run_again(
    source: str, target: str, postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    add_devices(source, 20_000)
    arguments = command("move-database", "--data-dir", str(tmp_path))
    settings = {"GALLERY_DATABASE_URL": target, "GALLERY_SIGNING_KEYS": SIGNING_KEYS}
    (tmp_path / "signing.keys").write_text("f" * 64)
    name = target.rpartition("/")[2]
    with subprocess.Popen(arguments, env={**os.environ, **settings}, stdout=subprocess.DEVNULL) as process:
        locks = (
            "SELECT 1 FROM pg_locks WHERE relation = to_regclass('devices') AND mode = 'RowExclusiveLock' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        deadline = time.monotonic() + 60
        while not postgresql_server.ask(name, locks):
            assert process.poll() is None
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGKILL)
    assert set(count_rows(postgresql_server, target).values()) == {0}

    done = subprocess.run(
        arguments, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "devices: 20001 rows\n" in done.stdout
    assert "Moved and compared." in done.stdout
    assert "open only if GALLERY_SIGNING_KEYS also holds the key in" in done.stdout
    assert count_rows(postgresql_server, target)["devices"] == 20_001
