"""Databases come up to date, whoever does it and how often; a wrong one is refused in one clear line."""

import subprocess
import sys

import pytest

from tests.databases import Databases
from tests.integration.gallery.records import add_original, make_device
from toonbooth.gallery.database.migrations import bring_up_to_date, list_revisions, migrate
from toonbooth.gallery.database.repositories import OriginalRepository
from toonbooth.gallery.database.transactions import open_database
from toonbooth.kit.errors import StartError

MIGRATE = "import sys; from toonbooth.gallery.database.migrations import migrate; migrate(sys.argv[1]); "


def list_tables(databases: Databases, database_url: str) -> set[str]:
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    return set(databases.ask(database_url, catalogue[database_url.partition("+")[0]]))


async def test_coming_up_to_date_again_keeps_everything(database_url: str) -> None:
    device = make_device()
    await bring_up_to_date(database_url)
    async with await open_database(database_url) as database:
        await add_original(database, device)

    await bring_up_to_date(database_url)

    async with await open_database(database_url) as database, database.reading() as session:
        assert await OriginalRepository(session, device).count() == 1


def test_several_processes_may_do_it_at_once(database_url: str, databases: Databases) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, database_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    complaints = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], complaints
    assert list_tables(databases, database_url) >= {"devices", "originals", "alembic_version"}


def test_a_database_that_is_up_to_date_does_not_load_alembic(database_url: str) -> None:
    migrate(database_url)

    answer = subprocess.run(
        [sys.executable, "-c", f"{MIGRATE} print('alembic' in sys.modules)", database_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert answer.stdout == "False\n"


async def test_a_newer_database_is_refused(database_url: str, databases: Databases) -> None:
    await bring_up_to_date(database_url)
    databases.ask(database_url, "UPDATE alembic_version SET version_num = '29991231_2359'")

    for refused in (bring_up_to_date, open_database):
        with pytest.raises(StartError, match=r"newer version of Toonbooth \(29991231_2359\)"):
            await refused(database_url)


async def test_an_older_database_is_not_opened(database_url: str, databases: Databases) -> None:
    with pytest.raises(StartError, match="run `toonbooth migrate`"):
        await open_database(database_url)

    await bring_up_to_date(database_url)
    databases.ask(database_url, "DELETE FROM alembic_version")
    with pytest.raises(StartError, match="run `toonbooth migrate`"):
        await open_database(database_url)


async def test_a_migration_that_fails_changes_nothing(database_url: str, databases: Databases) -> None:
    databases.ask(database_url, "CREATE TABLE originals (someone_elses INTEGER)")

    with pytest.raises(StartError, match=r"cannot be brought up to date: .*\boriginals\W.*already exists"):
        await bring_up_to_date(database_url)

    assert list_tables(databases, database_url) == {"originals"}


def test_revisions_are_known_without_alembic() -> None:
    assert list_revisions()[0] == "20261123_2258"
    assert list_revisions() == sorted(set(list_revisions()))
