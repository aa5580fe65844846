"""A disk that is really full or read-only, a database that is really damaged or locked by somebody else."""

import asyncio
import contextlib
import sqlite3
import subprocess
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.http.gallery.running import RunningGallery, read_data, read_failure, running_gallery, start
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.maintenance import check_gallery, describe
from toonbooth.gallery.operations.check_storage import check_storage
from toonbooth.gallery.operations.sweep import SweepRules, sweep
from toonbooth.gallery.services import Services
from toonbooth.gallery.settings import GallerySettings
from toonbooth.kit.errors import StartError

REFUSALS = {(500, "storage_failed"), (500, "database_failed")}
RULES = SweepRules(temp_ttl=timedelta(days=1), device_ttl=None)


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A file system of 3 MB, where one may be mounted: root may."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mount("-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


async def list_ids(gallery: RunningGallery) -> set[str]:
    originals = read_data(await gallery.client.get("/api/originals"))["originals"]
    return {entry["id"] for entry in originals}


async def test_a_full_disk_refuses_photos_and_keeps_what_it_has(
    small_disk: Path, astronaut_jpeg: bytes
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(700_000))
    async with running_gallery(small_disk / "data") as gallery:
        services: Services = gallery.app.state.services
        promised: set[str] = set()
        refused = 0
        for _ in range(60):  # what a refusal gives back may be enough for the next one
            reply = await gallery.post_photo(astronaut_jpeg)
            if reply.status_code == 200:
                promised.add(read_data(reply)["original"]["id"])
                continue
            assert read_failure(reply)[:2] in REFUSALS
            refused += 1
            if refused == 4:
                break
        assert refused == 4
        assert len(promised) >= 3
        assert await list_ids(gallery) == promised
        assert (await check_storage(services, now=read_clock())).is_sound

        ballast.unlink()
        promised.add((await gallery.upload(astronaut_jpeg))["original"]["id"])

        assert await list_ids(gallery) == promised
        assert await sweep(services, RULES, now=read_clock() + timedelta(hours=2)) is not None
        left = await check_storage(services, now=read_clock() + timedelta(hours=2))
        assert left.is_sound
        assert left.rows == left.files == 2 * len(promised)


async def test_on_a_read_only_disk_no_gallery_starts(small_disk: Path, photo: bytes) -> None:
    async with running_gallery(small_disk / "data") as gallery:
        await gallery.upload(photo)
    mount("-o", "remount,ro", str(small_disk))

    with pytest.raises(StartError, match="Read-only file system"):
        async with running_gallery(small_disk / "data"):
            pass


async def test_a_damaged_table_is_a_refusal_and_the_check_tells(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path / "data") as gallery:
        await gallery.upload(photo)
    damage(tmp_path / "data" / "gallery.sqlite3", "originals")

    async with running_gallery(tmp_path / "data") as gallery:
        owner = gallery.for_device()
        refused = await gallery.client.get("/api/originals", headers=owner)
        assert read_failure(refused)[:2] == (500, "database_failed")
        assert read_failure(await gallery.post_photo(photo))[:2] == (500, "database_failed")
    found, _ = await asyncio.to_thread(
        check_gallery, GallerySettings(data_dir=tmp_path / "data"), repair=False
    )
    assert not found.is_sound
    assert describe(found)[0].startswith("database: ")


async def test_a_database_that_is_no_more_one_is_told_in_one_sentence(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path / "data") as gallery:
        await gallery.upload(photo)
    file = tmp_path / "data" / "gallery.sqlite3"
    file.write_bytes(bytes(file.stat().st_size))

    with pytest.raises(StartError, match="cannot be used: file is not a database"):
        async with running_gallery(tmp_path / "data"):
            pass


def damage(file: Path, table: str) -> None:
    """Overwrite the page where a table begins."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        query = "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = ? UNION ALL "
        query += "SELECT rootpage FROM sqlite_master WHERE name = ?"
        pages = [page for (page,) in connection.execute(query, (table, table))]
    with file.open("r+b") as opened:
        for page in pages:
            opened.seek((page - 1) * page_bytes)
            opened.write(b"\xff" * page_bytes)


async def test_a_database_that_somebody_else_locks_for_a_moment_is_waited_for(
    tmp_path: Path, photo: bytes
) -> None:
    async with running_gallery(tmp_path / "data") as gallery:
        with contextlib.closing(
            sqlite3.connect(tmp_path / "data" / "gallery.sqlite3", isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            upload = start(gallery.post_photo(photo))
            listed = await gallery.client.get("/api/originals")
            await asyncio.wait({upload}, timeout=0.3)
            assert not upload.done()
            other.execute("COMMIT")
        assert read_data(listed)["count"] == 0
        read_data(await upload)
