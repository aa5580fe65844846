"""What every store of blobs promises, on a real disk and in a real bucket."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.azurite import Azurite, is_installed
from tests.integration.gallery.records import NOON
from tests.seaweedfs import SeaweedFs, running_seaweedfs
from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.interface import Blob, BlobStore
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.blobs.moving import MovingBlobStore
from toonbooth.gallery.blobs.objects import ObjectBlobStore, open_bucket
from toonbooth.gallery.blobs.staging import StagingFolder
from toonbooth.gallery.errors import PictureNotFoundError, StorageUnavailableError
from toonbooth.kit.errors import StartError

ORIGINAL: Final = "507f1f77bcf86cd799439011"
NOON_MILLISECONDS: Final = 1795435200000
PHOTO: Final = bytes(range(256)) * 4096  # 1 MiB: several pieces


@dataclass(frozen=True)
class Stores:
    """Two doors to the same blobs, as two galleries would have."""

    blobs: BlobStore
    others: BlobStore
    staging: StagingFolder

    async def store(self, data: bytes = PHOTO, *, through_others: bool = False) -> Blob:
        async with self.staging.open() as staged:
            await staged.write(data)
            blobs = self.others if through_others else self.blobs
            return await blobs.commit(
                staged, folder=BlobFolder.TEMP, identifier=ORIGINAL, suffix=".jpg", now=NOON
            )

    async def list_keys(self) -> list[str]:
        return sorted([found.key async for batch in self.blobs.scan() for found in batch])

    async def read(self, key: str, *, start: int = 0, stop: int | None = None) -> bytes:
        return b"".join([piece async for piece in self.blobs.stream(key, start=start, stop=stop)])


SERVERS: Final = {"bucket": "seaweedfs", **({"azure": "azurite"} if is_installed() else {})}


@pytest.fixture(params=["disk", "moving", *SERVERS])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    folder = tmp_path / "uploads"
    if request.param == "moving":
        new, old = DiskBlobStore(folder), DiskBlobStore(tmp_path / "old")
        return Stores(MovingBlobStore(new, old), MovingBlobStore(new, old), new.staging)
    if request.param == "disk":
        disk = DiskBlobStore(folder)
        return Stores(disk, DiskBlobStore(folder), disk.staging)
    server: SeaweedFs | Azurite = request.getfixturevalue(SERVERS[request.param])
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    url = server.make_url()
    staging = StagingFolder(folder)
    return Stores(
        ObjectBlobStore(open_bucket(url), staging), ObjectBlobStore(open_bucket(url), staging), staging
    )


async def test_what_is_stored_is_there_as_it_was(stores: Stores) -> None:
    blob = await stores.store()

    assert blob == Blob(key=f"temp/{NOON_MILLISECONDS}_{ORIGINAL}.jpg", size=len(PHOTO))
    facts = await stores.others.stat(blob.key)
    assert facts.size == len(PHOTO)
    assert abs(facts.modified_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert await stores.read(blob.key) == PHOTO
    assert await stores.list_keys() == [blob.key]


async def test_what_is_written_in_pieces_or_by_somebody_else_is_whole(stores: Stores) -> None:
    async with stores.staging.open() as staged:
        for piece in (b"one ", b"", b"two ", b"three"):
            await staged.write(piece)
        first = await stores.blobs.commit(
            staged, folder=BlobFolder.ORIGINALS, identifier="abc12345", suffix=".webp", now=NOON
        )
    async with stores.staging.open() as staged:
        staged.path.write_bytes(b"by path")
        second = await stores.blobs.commit(
            staged, folder=BlobFolder.ORIGINALS, identifier="abc12345", suffix=".webp", now=NOON
        )

    assert (await stores.read(first.key), first.size) == (b"one two three", 13)
    assert (await stores.read(second.key), second.size) == (b"by path", 7)


async def test_writers_of_one_millisecond_get_names_of_their_own(stores: Stores) -> None:
    stored = await asyncio.gather(
        *(stores.store(str(index).encode() * 1000, through_others=bool(index % 2)) for index in range(8))
    )

    keys = [blob.key for blob in stored]
    assert sorted(keys) == [f"temp/{NOON_MILLISECONDS + late}_{ORIGINAL}.jpg" for late in range(8)]
    assert await stores.list_keys() == sorted(keys)
    for index, key in enumerate(keys):
        assert await stores.read(key) == str(index).encode() * 1000


async def test_a_commit_cancelled_anywhere_is_whole_or_nothing(stores: Stores) -> None:
    """Whoever was cancelled during a commit still learns the key, and can delete the blob."""
    committed: list[Blob] = []

    async def upload() -> None:
        committed.append(await stores.store())

    tasks = [asyncio.create_task(upload()) for _ in range(15)]
    for index, task in enumerate(tasks):
        for _ in range(index * 80):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert await stores.list_keys() == sorted(blob.key for blob in committed)


async def test_pieces_make_the_whole_and_ranges_their_part(stores: Stores) -> None:
    key = (await stores.store()).key

    for start, stop in [(0, 1), (0, 0), (1, len(PHOTO)), (262_143, 262_145), (5, 600_000), (9, None)]:
        assert await stores.read(key, start=start, stop=stop) == PHOTO[start:stop]
    assert len([piece async for piece in stores.blobs.stream(key)]) > 1


async def test_deleting_twice_is_no_error(stores: Stores) -> None:
    keys = [(await stores.store()).key for _ in range(3)]

    await stores.blobs.delete(keys[:2])
    await stores.others.delete(keys[:2])
    await stores.blobs.delete([])

    assert await stores.list_keys() == [keys[2]]


@pytest.mark.parametrize(
    "key", [f"temp/{NOON_MILLISECONDS}_{ORIGINAL}.jpg", "", "../somebody-elses", "temp/../../somebody-elses"]
)
async def test_what_is_not_there_or_no_key_is_not_found(stores: Stores, key: str) -> None:
    with pytest.raises(PictureNotFoundError):
        await stores.blobs.stat(key)
    for stop in (None, 0, 1):
        with pytest.raises(PictureNotFoundError):
            await stores.read(key, stop=stop)


async def test_a_bucket_that_goes_away_is_a_503_until_it_comes_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running_seaweedfs() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        url = server.make_url()
        staging = StagingFolder(tmp_path)
        bucket = ObjectBlobStore(open_bucket(url), staging)
        stores = Stores(bucket, bucket, staging)
        key = (await stores.store()).key
        await asyncio.to_thread(server.stop)

        for attempt in (stores.store, lambda: stores.read(key), lambda: bucket.delete([key])):
            with pytest.raises(StorageUnavailableError) as away:
                await attempt()
            assert away.value.retry_after_seconds == 2
        assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []  # nothing staged is left

        await asyncio.to_thread(server.start)
        assert await stores.read(key) == PHOTO
        assert await stores.read((await stores.store()).key) == PHOTO

    with pytest.raises(StartError, match=r"^GALLERY_BLOB_URL cannot be used: .*\.$") as refusal:
        open_bucket(url)
    assert "\n" not in str(refusal.value)
