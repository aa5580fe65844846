"""A gallery that is killed at any moment loses nothing that it promised, and does nothing by halves."""

import asyncio
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.acceptance.torture.phone import Phone
from tests.acceptance.torture.running import (
    Gallery,
    count_answers,
    gallery_to_torture,
    running_studio,
    settle,
    use,
)
from tests.pictures import read_pixels
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.operations.check_storage import check_storage
from toonbooth.gallery.operations.sweep import SweepRules, sweep
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.storage import open_storage

KILLS = int(os.environ.get("TORTURE_KILLS", "20"))
PHONES = 4
MOST_ANSWERS = 16
LONGEST_PAUSE_SECONDS = 0.05
FOLDERS = ("originals", "temp", "downloaded")


async def test_a_gallery_may_be_killed_at_any_moment(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rng = random.Random()
    with running_studio() as studio_url, gallery_to_torture(tmp_path / "data", studio_url) as gallery:
        phones = [Phone(gallery.read_from_disk, random.Random(rng.random())) for _ in range(PHONES)]
        for _ in range(KILLS):
            await gallery.start()
            await settle(gallery.url, phones)
            await use_until_killed(gallery, phones, rng)
            check_that_files_are_whole(gallery)
            await check_rows(gallery)
            end_leases(gallery)
        await gallery.start()
        await settle(gallery.url, phones)
        gallery.stop()
    await check_that_the_sweeper_leaves_what_rows_name(gallery)

    counts = Counter(
        kills=KILLS,
        answers=count_answers(phones),
        pictures_compared=sum(phone.checked for phone in phones),
        happened_without_an_answer=sum(phone.happened_unanswered for phone in phones),
    )
    for name, count in counts.items():
        record_property(name, count)
    print(dict(counts))  # noqa: T201 - shown with -s
    assert counts["answers"] >= KILLS


async def use_until_killed(gallery: Gallery, phones: list[Phone], rng: random.Random) -> None:
    """Some answers, and then at any moment of the next ones."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(use(gallery.url, phones, is_enough=lambda: False))
        enough = count_answers(phones) + rng.randint(1, MOST_ANSWERS)
        while count_answers(phones) < enough:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)
        await asyncio.sleep(rng.uniform(0, LONGEST_PAUSE_SECONDS))
        gallery.kill()


def check_that_files_are_whole(gallery: Gallery) -> None:
    """Whatever has a final name can be shown."""
    for folder in FOLDERS:
        for file in (gallery.uploads / folder).glob("*"):
            data = file.read_bytes()
            assert data.endswith(b"\xff\xd9"), file
            assert read_pixels(data).size > 0


async def check_rows(gallery: Gallery) -> None:
    """Every row has its file."""
    async with open_storage(GallerySettings(data_dir=gallery.data_dir)) as storage:
        findings = await check_storage(storage, now=read_clock())
    assert (findings.lost, findings.damaged, findings.database) == ([], [], [])


def end_leases(gallery: Gallery) -> None:
    """Let the time pass that an attempt which died keeps its key, so that nobody waits for it here."""
    connection = sqlite3.connect(gallery.data_dir / "gallery.sqlite3")
    with connection:
        connection.execute("UPDATE idempotent_answers SET leased_until = '2026-01-01' WHERE status IS NULL")
    connection.close()


async def check_that_the_sweeper_leaves_what_rows_name(gallery: Gallery) -> None:
    rules = SweepRules(temp_ttl=timedelta(days=1), device_ttl=None)
    later = read_clock() + timedelta(hours=2)
    for file in gallery.uploads.glob(".staging/*"):
        os.utime(file, (0, 0))
    async with open_storage(GallerySettings(data_dir=gallery.data_dir)) as storage:
        assert await sweep(storage, rules, now=later) is not None
        findings = await check_storage(storage, now=later)
    assert findings.is_sound
    assert findings.rows == findings.files == sum(file.is_file() for file in gallery.uploads.rglob("*"))
