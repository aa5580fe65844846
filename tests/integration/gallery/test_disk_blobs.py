"""Blobs on a real disk: complete or absent, never overwritten, and no way out of their folder."""

import asyncio
import os
import resource
import stat
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from tests.integration.gallery.dying_at_every_line import refuse_link
from tests.integration.gallery.records import NOON
from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.interface import Blob, BlobStore
from toonbooth.gallery.blobs.keys import BlobFolder, is_in_folder, is_key
from toonbooth.gallery.errors import PictureNotFoundError, StorageFailedError, StorageUnavailableError

ORIGINAL: Final = "507f1f77bcf86cd799439011"
NOON_MILLISECONDS: Final = 1795435200000
PHOTO: Final = bytes(range(256)) * 4096  # 1 MiB: several pieces


async def store(
    blobs: DiskBlobStore,
    data: bytes = PHOTO,
    *,
    folder: BlobFolder = BlobFolder.TEMP,
    identifier: str = ORIGINAL,
    suffix: str = ".jpg",
    now: datetime = NOON,
) -> Blob:
    async with blobs.staging.open() as staged:
        await staged.write(data)
        return await blobs.commit(staged, folder=folder, identifier=identifier, suffix=suffix, now=now)


def list_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def count_open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def join(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def read(blobs: BlobStore, key: str) -> bytes:
    return await join(blobs.stream(key))


async def test_a_blob_lies_where_the_guide_says(blobs: DiskBlobStore, tmp_path: Path) -> None:
    blob = await store(blobs, folder=BlobFolder.ORIGINALS, identifier="abc12345", suffix=".webp")

    assert blob == Blob(key=f"originals/{NOON_MILLISECONDS}_abc12345.webp", size=len(PHOTO))
    assert list_files(tmp_path / "uploads") == [blob.key]
    assert (tmp_path / "uploads" / blob.key).read_bytes() == PHOTO


async def test_files_and_folders_are_for_their_owner_only(blobs: DiskBlobStore, tmp_path: Path) -> None:
    await store(blobs)

    for path in (tmp_path / "uploads").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if path.is_file() else 0o700), path


async def test_a_file_that_is_there_is_not_overwritten(blobs: DiskBlobStore, tmp_path: Path) -> None:
    there = tmp_path / "uploads" / "temp" / f"{NOON_MILLISECONDS}_{ORIGINAL}.jpg"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"old")

    blob = await store(blobs, b"new")

    assert there.read_bytes() == b"old"
    assert blob.key == f"temp/{NOON_MILLISECONDS + 1}_{ORIGINAL}.jpg"


async def test_where_there_are_no_hard_links_nothing_is_overwritten_either(
    blobs: DiskBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse_link)
    contents = [bytes([number]) * 9 for number in range(12)]

    stored = await asyncio.gather(*(store(blobs, content) for content in contents))

    assert [await read(blobs, blob.key) for blob in stored] == contents
    assert list_files(tmp_path / "uploads") == sorted(blob.key for blob in stored)


async def test_a_staged_file_that_is_not_committed_is_gone(blobs: DiskBlobStore, tmp_path: Path) -> None:
    async with blobs.staging.open() as staged:
        await staged.write(b"photo")
        (name,) = list_files(tmp_path / "uploads")
        assert not is_key(name)
        with pytest.raises(PictureNotFoundError):
            await read(blobs, name)

    assert list_files(tmp_path / "uploads") == []


async def test_an_upload_that_breaks_off_or_is_cancelled_leaves_nothing(
    blobs: DiskBlobStore, tmp_path: Path
) -> None:
    async def break_off() -> None:
        async with blobs.staging.open() as staged:
            await staged.write(PHOTO)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await break_off()

    written = asyncio.Event()

    async def hang() -> None:
        async with blobs.staging.open() as staged:
            await staged.write(PHOTO)
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list_files(tmp_path / "uploads") == []


async def test_a_reader_finishes_what_is_deleted_meanwhile(blobs: DiskBlobStore) -> None:
    key = (await store(blobs)).key
    pieces = blobs.stream(key)
    first = await anext(pieces)

    await blobs.delete([key])

    assert first + await join(pieces) == PHOTO


async def test_a_reader_that_goes_away_leaves_no_open_file(blobs: DiskBlobStore) -> None:
    key = (await store(blobs)).key
    before = count_open_files()
    for _ in range(20):
        pieces = blobs.stream(key)
        await anext(pieces)
        await pieces.aclose()

    assert count_open_files() == before


@pytest.mark.parametrize(
    "key",
    [
        f"temp/{NOON_MILLISECONDS}_{ORIGINAL}.jpg",  # right, but nothing is there
        "temp",
        "",
        ".",
        "../signing.keys",
        "temp/../../signing.keys",
        "temp/..%2f..%2fsigning.keys",
        "/etc/passwd",
        f"temp/{NOON_MILLISECONDS}_{ORIGINAL}.jpg\0",
        "temp/\udcff.jpg",
    ],
)
async def test_nothing_else_can_be_reached(blobs: DiskBlobStore, tmp_path: Path, key: str) -> None:
    (tmp_path / "signing.keys").write_text("secret")
    (tmp_path / "uploads" / "temp").mkdir(parents=True)

    with pytest.raises(PictureNotFoundError):
        await blobs.stat(key)
    with pytest.raises(PictureNotFoundError):
        await read(blobs, key)
    if not is_in_folder(key):
        with pytest.raises(PictureNotFoundError):
            await blobs.delete([key])
    else:
        await blobs.delete([key])
    assert (tmp_path / "signing.keys").read_text() == "secret"


@contextmanager
def limited(kind: int, soft: int) -> Generator[None]:
    """The operating system refuses what goes beyond."""
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


async def test_a_full_disk_is_a_storage_failure_and_leaves_nothing(
    blobs: DiskBlobStore, tmp_path: Path
) -> None:
    with limited(resource.RLIMIT_FSIZE, 5 * len(PHOTO) // 2), pytest.raises(StorageFailedError):
        await store(blobs, PHOTO * 3)

    assert list_files(tmp_path / "uploads") == []


async def test_that_no_more_files_can_be_open_passes(blobs: DiskBlobStore) -> None:
    key = (await store(blobs)).key

    with limited(resource.RLIMIT_NOFILE, 0):
        with pytest.raises(StorageUnavailableError):
            await store(blobs)
        with pytest.raises(StorageUnavailableError):
            await read(blobs, key)

    assert await read(blobs, key) == PHOTO


@pytest.mark.parametrize("folder", [".staging", "temp"])
async def test_a_folder_that_cannot_be_is_a_storage_failure(
    blobs: DiskBlobStore, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / folder).write_text("a file stands where the folder belongs")

    with pytest.raises(StorageFailedError):
        await store(blobs)

    assert list_files(tmp_path / "uploads") == [folder]


async def test_what_cannot_be_read_is_a_storage_failure(blobs: DiskBlobStore, tmp_path: Path) -> None:
    key = f"temp/{NOON_MILLISECONDS}_{ORIGINAL}.jpg"
    (tmp_path / "uploads" / key).mkdir(parents=True)

    with pytest.raises(StorageFailedError):
        await read(blobs, key)
    with pytest.raises(StorageFailedError):
        await blobs.delete([key])


async def test_leftovers_of_crashes_are_removed_and_nothing_else(
    blobs: DiskBlobStore, tmp_path: Path
) -> None:
    assert await blobs.staging.remove_leftovers() == 0  # nothing there yet
    kept = await store(blobs)
    staging = tmp_path / "uploads" / ".staging"
    now = time.time()
    for name, age_seconds in (("old.part", 3700), ("young.part", 3500), ("old.note", 9999)):
        (staging / name).touch()
        os.utime(staging / name, (now - age_seconds,) * 2)

    assert await blobs.staging.remove_leftovers() == 1
    assert list_files(tmp_path / "uploads") == [".staging/old.note", ".staging/young.part", kept.key]
