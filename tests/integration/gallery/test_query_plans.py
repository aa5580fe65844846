"""Every query finds its rows through an index and needs no sorting, however many rows there are."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from bson import ObjectId
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

from tests.integration.gallery.records import NOON, add_cartoon, add_original, download
from toonbooth.gallery.database.engines import create_engine
from toonbooth.gallery.database.migrations import bring_up_to_date
from toonbooth.gallery.database.repositories import (
    AnswerRepository,
    CartoonRepository,
    ClaimedKey,
    DeviceRepository,
    ErasureRepository,
    FaceRepository,
    FileRepository,
    HousekeepingRepository,
    JobProgress,
    JobRepository,
    JobState,
    Kind,
    NamedFile,
    OriginalRepository,
    Page,
)
from toonbooth.gallery.database.tables import Original
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.devices import DeviceId

HEADINGS = ("LIST SUBQUERY", "CORRELATED SCALAR SUBQUERY", "MULTI-INDEX OR", "INDEX ")
"""Lines of a plan that touch no table: steps that do follow them."""

Statement = tuple[str, tuple[object, ...]]


@pytest.fixture
def statements() -> list[Statement]:
    """What was really sent to the database."""
    return []


@pytest.fixture
async def watched(database_url: str, statements: list[Statement]) -> AsyncIterator[Database]:
    await bring_up_to_date(database_url)
    engine = create_engine(database_url)

    def note(
        _connection: Connection,
        _cursor: DBAPICursor,
        statement: str,
        parameters: tuple[object, ...],
        _context: ExecutionContext | None,
        _many: bool,
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            statements.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with Database(engine) as database:
        yield database


async def test_no_query_scans_a_table_or_sorts(
    watched: Database, device: DeviceId, statements: list[Statement], database_file: Path
) -> None:
    await use_every_query(watched, device)

    plans = {statement: explain(database_file, statement, values) for statement, values in statements}
    assert len(plans) >= 40
    for statement, steps in plans.items():
        for step in steps:
            assert step.startswith(("SEARCH", *HEADINGS)), f"{step}\n{statement}"


async def test_a_scan_and_a_sort_would_be_noticed(watched: Database, database_file: Path) -> None:
    (scan,) = explain(database_file, "SELECT * FROM originals WHERE media_type = ?", ("x",))
    assert scan.startswith("SCAN")
    sorted_steps = explain(
        database_file, "SELECT * FROM originals WHERE device = ? ORDER BY file_size", ("x",)
    )
    assert any("TEMP B-TREE" in step for step in sorted_steps)


def explain(database_file: Path, statement: str, values: tuple[object, ...]) -> list[str]:
    connection = sqlite3.connect(f"file:{database_file}?mode=ro", uri=True)
    try:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    finally:
        connection.close()


async def use_every_query(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    await add_original(database, device, now=NOON + timedelta(hours=2))
    cartoon = await add_cartoon(database, device, original)
    async with database.reading() as session:
        originals = OriginalRepository(session, device)
        await originals.get(original.id)
        await originals.list_newest_first()
        await originals.list_newest_first(Page(2, 10))
        await originals.count()
        cartoons = CartoonRepository(session, device)
        await cartoons.get(cartoon.id)
        await cartoons.list_of(original.id)
        await cartoons.find_last_of(original.id)
        files = FileRepository(session, device)
        for key in ("originals/1", "temp/1", "downloaded/1"):
            await files.owns(key)
    await download(database, device, cartoon)
    async with database.reading() as session:
        faces = FaceRepository(session, device)
        await faces.list_newest_first(Page(1, 50))
        await faces.count()
    async with database.transaction() as session:
        await DeviceRepository(session, device).touch(now=NOON)
        answers = AnswerRepository(session, device)
        lease = timedelta(seconds=30)
        for _ in range(2):
            await answers.claim(route="r", key="k", fingerprint="f", now=NOON, lease=lease)
        claimed = ClaimedKey(route="r", key="k", claim=ObjectId())
        await answers.renew(claimed, now=NOON, lease=lease)
        await answers.save(claimed, status=200, body="")
        await answers.release(claimed)
        await answers.find(route="r", key="j", fingerprint="f")
    await use_jobs(database, device)
    await erase_everything(database, device)
    await keep_house(database, device)


async def use_jobs(database: Database, device: DeviceId) -> None:
    lease = timedelta(seconds=30)
    async with database.transaction() as session:
        jobs = JobRepository(session, device)
        job = await jobs.add(kind="upload", key="k", fingerprint="f", now=NOON, lease=lease)
        assert job is not None
        await jobs.find_by_key("upload", "k", "f")
        await jobs.get(job.id)
        await jobs.note(job.id, JobProgress(), now=NOON, lease=lease)
        await jobs.renew(job.id, now=NOON, lease=lease)
        await jobs.interrupt_if_dead(job.id, now=NOON)
        await jobs.end(job.id, JobState.CANCELLED, answer=None, now=NOON)
        await jobs.take_key_from(job.id)


async def erase_everything(database: Database, device: DeviceId) -> None:
    """Ways of deleting, one after the other."""
    original = await add_original(database, device)
    cartoons = [await add_cartoon(database, device, original) for _ in range(2)]
    face, _ = await download(database, device, cartoons[0])
    last = await add_cartoon(database, device, await get_original(database, device, original.id))
    async with database.reading() as session:
        await DeviceRepository(session, device).find()
        await CartoonRepository(session, device).list_all()
        await FaceRepository(session, device).list_all()
    async with database.transaction() as session:
        erasure = ErasureRepository(session, device)
        await erasure.erase_cartoon(last.id)
        await erasure.erase_face(face.id)
        await erasure.erase_original(original.id)
        await erasure.erase_device()


async def keep_house(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    async with database.transaction() as session:
        housekeeping = HousekeepingRepository(session)
        await housekeeping.delete_cartoons(made_before=NOON, limit=10)
        await housekeeping.delete_answers(now=NOON)
        await housekeeping.list_devices(not_seen_since=NOON, limit=10)
        await housekeeping.select_named([original.key])
        for kind in Kind:
            await housekeeping.list_files(kind, after=ObjectId(), limit=10)
        await housekeeping.delete_rows([NamedFile(kind, ObjectId(), ObjectId(), "", 1) for kind in Kind])


async def get_original(database: Database, device: DeviceId, original_id: ObjectId) -> Original:
    async with database.reading() as session:
        return await OriginalRepository(session, device).get(original_id)
