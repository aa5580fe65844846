"""`toonbooth move-blobs`, killed at any moment while phones use the gallery, loses nothing and goes on."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.acceptance.torture.phone import Phone
from tests.acceptance.torture.running import (
    Gallery,
    count_answers,
    gallery_to_torture,
    running_studio,
    settle,
    use,
    wait_for_end,
)
from tests.seaweedfs import SeaweedFs
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.operations.check_storage import check_storage
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.storage import open_storage

KILLS = int(os.environ.get("TORTURE_MOVES", "0"))
pytestmark = pytest.mark.skipif(not KILLS, reason="takes long: `make torture` runs it")
PHONES = 2
ANSWERS_BEFORE = 12
LONGEST_RUN_SECONDS = 0.4
FOLDERS = ("originals", "temp", "downloaded")


async def test_pictures_move_to_a_bucket_and_back_while_they_are_used(
    tmp_path: Path,
    seaweedfs: SeaweedFs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in seaweedfs.environment().items():
        monkeypatch.setenv(name, value)
    bucket = seaweedfs.make_url()
    rng = random.Random()
    async with httpx.AsyncClient(verify=False) as reader:

        async def read_through_gallery(url: str) -> bytes:
            reply = await reader.get(url)
            assert reply.status_code == 200, f"{url}: {reply.status_code}"
            return reply.content

        phones = [Phone(read_through_gallery, random.Random(rng.random())) for _ in range(PHONES)]
        with running_studio() as studio_url, gallery_to_torture(tmp_path, studio_url) as gallery:
            await gallery.start()
            await use(gallery.url, phones, is_enough=lambda: count_answers(phones) >= ANSWERS_BEFORE)
            gallery.stop()
            for settings in (
                {"GALLERY_BLOB_URL": bucket, "GALLERY_OTHER_BLOB_URL": "disk"},
                {"GALLERY_OTHER_BLOB_URL": bucket},
            ):
                await gallery.start(**settings)
                await move_while_used(gallery, phones, rng, settings)
                await settle(gallery.url, phones)
                gallery.stop()
                left = (
                    list_files(gallery.uploads)
                    if "GALLERY_BLOB_URL" in settings
                    else list_objects(seaweedfs, bucket)
                )
                assert left == []

    async with open_storage(GallerySettings(data_dir=tmp_path)) as storage:
        findings = await check_storage(storage, now=read_clock())
    assert findings.is_sound
    assert findings.files == sum(len(phone.state) for phone in phones)
    print(f"answers: {count_answers(phones)}, moved: {findings.files}")  # noqa: T201 - shown with -s


async def move_while_used(
    gallery: Gallery, phones: list[Phone], rng: random.Random, settings: dict[str, str]
) -> None:
    """Kill the mover a few times, and let it come to its end."""
    has_moved = False
    using = asyncio.create_task(use(gallery.url, phones, is_enough=lambda: has_moved))
    for run in range(KILLS + 1):
        process_id = await gallery.run("move-blobs", "--quiet", **settings)
        if run < KILLS:
            await asyncio.sleep(rng.uniform(0, LONGEST_RUN_SECONDS))
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        await asyncio.to_thread(wait_for_end, process_id)
    has_moved = True
    await using


def list_files(uploads: Path) -> list[str]:
    return [str(path) for folder in FOLDERS for path in (uploads / folder).glob("*")]


def list_objects(seaweedfs: SeaweedFs, url: str) -> list[str]:
    return [found["path"] for found in seaweedfs.store().list(prefix=url.rpartition("/")[2]).collect()]
