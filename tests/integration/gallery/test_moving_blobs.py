"""Blobs that move from one place to another while a gallery reads, adds and deletes them."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bson import ObjectId

from tests.databases import SqliteDatabases
from tests.integration.gallery.records import NOON
from tests.seaweedfs import SeaweedFs
from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.interface import BlobFacts, BlobStore
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.blobs.moving import MovingBlobStore, PlaceOfBlobs
from toonbooth.gallery.blobs.objects import ObjectBlobStore, open_bucket
from toonbooth.gallery.blobs.staging import StagingFolder
from toonbooth.gallery.database.migrations import bring_up_to_date
from toonbooth.gallery.database.transactions import Database, open_database
from toonbooth.gallery.errors import PictureNotFoundError, StorageFailedError
from toonbooth.gallery.operations.move_blobs import Moved, move_blobs


@dataclass(frozen=True)
class Places:
    """Two places, and what a mover needs."""

    disk: DiskBlobStore
    bucket: ObjectBlobStore
    database: Database

    async def move(self, old: PlaceOfBlobs, new: PlaceOfBlobs) -> Moved:
        moved = await move_blobs(self.database, old, new, report=lambda _: None)
        assert moved is not None
        return moved


@pytest.fixture
async def places(
    tmp_path: Path, seaweedfs: SeaweedFs, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Places]:
    for name, value in seaweedfs.environment().items():
        monkeypatch.setenv(name, value)
    url = SqliteDatabases().make(tmp_path)
    await bring_up_to_date(url)
    disk = DiskBlobStore(tmp_path / "uploads")
    bucket = ObjectBlobStore(open_bucket(seaweedfs.make_url()), StagingFolder(tmp_path / "staging"))
    async with await open_database(url) as database:
        yield Places(disk, bucket, database)


class DiskLeftBehind(DiskBlobStore):
    """A disk from which everything moves at the very moment when somebody is about to touch it."""

    async def move_now(self) -> None:
        """Set by a test."""

    async def stat(self, key: str) -> BlobFacts:
        await self.move_now()
        return await super().stat(key)

    async def stream(self, key: str, *, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes]:
        await self.move_now()
        async for piece in super().stream(key, start=start, stop=stop):
            yield piece

    async def delete(self, keys: Iterable[str]) -> None:
        await self.move_now()
        await super().delete(keys)


async def store(blobs: PlaceOfBlobs | MovingBlobStore, data: bytes, *, identifier: str | None = None) -> str:
    async with blobs.staging.open() as staged:
        await staged.write(data)
        blob = await blobs.commit(
            staged,
            folder=BlobFolder.TEMP,
            identifier=identifier or str(ObjectId()),
            suffix=".jpg",
            now=NOON,
        )
    return blob.key


async def read(blobs: BlobStore, key: str) -> bytes:
    return b"".join([piece async for piece in blobs.stream(key)])


async def list_keys(blobs: BlobStore) -> set[str]:
    return {found.key async for batch in blobs.scan() for found in batch}


@pytest.mark.parametrize("where_to", ["bucket", "disk"])
async def test_nothing_is_missing_at_any_moment_and_what_is_deleted_meanwhile_is_gone(
    places: Places, tmp_path: Path, where_to: str
) -> None:
    rng = random.Random(7)
    old, new = places.disk, places.bucket if where_to == "bucket" else DiskBlobStore(tmp_path / "new")
    kept = {await store(old, data := rng.randbytes(rng.randint(1, 3000))): data for _ in range(12)}
    doomed = [await store(old, rng.randbytes(600_000)) for _ in range(4)]
    gallery = MovingBlobStore(new, old)
    moving = asyncio.create_task(places.move(old, new))

    async def look() -> None:
        while not moving.done():
            key = rng.choice([*kept])
            assert (await gallery.stat(key)).size == len(kept[key])
            assert await read(gallery, key) == kept[key]

    async def change() -> None:
        for key in doomed:
            await gallery.delete([key])
            data = rng.randbytes(500)
            kept[await store(gallery, data)] = data

    await asyncio.gather(moving, look(), look(), change())

    assert await list_keys(old) == set()
    assert {key: await read(new, key) for key in await list_keys(new)} == kept
    assert moving.result().left == []


@pytest.mark.parametrize("touched_by", ["stat", "stream", "delete"])
async def test_a_blob_that_moves_between_two_looks_is_found_and_deleted(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, touched_by: str
) -> None:
    old, new = DiskLeftBehind(tmp_path / "left"), places.disk
    key = await store(old, b"photo")
    gallery = MovingBlobStore(new, old)

    async def move_now() -> None:
        await places.move(DiskBlobStore(tmp_path / "left"), new)

    monkeypatch.setattr(old, "move_now", move_now)

    if touched_by == "stat":
        assert (await gallery.stat(key)).size == 5
    elif touched_by == "stream":
        assert await read(gallery, key) == b"photo"
    else:
        await gallery.delete([key])
        assert await list_keys(gallery) == set()


async def test_a_copy_of_an_earlier_run_is_compared_and_one_that_is_not_the_same_is_left(
    places: Places,
) -> None:
    same, other = str(ObjectId()), str(ObjectId())
    keys = {
        await store(places.disk, b"photo", identifier=same),
        await store(places.bucket, b"photo", identifier=same),
    }
    await store(places.disk, b"photo", identifier=other)
    unequal = await store(places.bucket, b"another", identifier=other)
    stranger = places.disk.staging._folder.parent / "temp" / "notes.txt"
    stranger.write_text("not a picture")

    moved = await places.move(places.disk, places.bucket)

    assert (moved.blobs, moved.bytes) == (1, 5)
    assert (moved.left, moved.strangers) == ([unequal], ["temp/notes.txt"])
    assert await list_keys(places.disk) == {unequal, "temp/notes.txt"}
    assert await read(places.disk, unequal) == b"photo"
    assert await list_keys(places.bucket) == {*keys, unequal}


async def test_one_process_moves_at_a_time(places: Places) -> None:
    async with places.database.hold_lock("move-blobs"):
        second = await open_database(str(places.database._engine.url))
        async with second:
            assert await move_blobs(second, places.disk, places.bucket, report=lambda _: None) is None


async def test_a_name_that_has_yet_to_move_is_not_given_to_another_blob(places: Places) -> None:
    original = str(ObjectId())
    key = await store(places.disk, b"first", identifier=original)
    gallery = MovingBlobStore(places.bucket, places.disk)

    with pytest.raises(StorageFailedError):
        await store(gallery, b"second", identifier=original)

    assert await read(gallery, key) == b"first"
    with pytest.raises(PictureNotFoundError):
        await places.bucket.stat(key)
