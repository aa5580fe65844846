"""A process that stores photos, files first and then rows, until somebody kills it."""

import asyncio
import sys
from pathlib import Path

from bson import ObjectId

from tests.integration.gallery.records import make_device
from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.database.repositories import DeviceRepository, OriginalRepository
from toonbooth.gallery.database.transactions import Database, open_database

PHOTO = b"photo" * 60_000


async def upload_for_ever(database: Database, blobs: DiskBlobStore) -> None:
    device = make_device()
    while True:
        now = read_clock()
        async with blobs.staging.open() as staged:
            await staged.write(PHOTO)
            blob = await blobs.commit(
                staged, folder=BlobFolder.ORIGINALS, identifier=device.prefix, suffix=".jpg", now=now
            )
        async with database.transaction() as session:
            await DeviceRepository(session, device).register(now=now)
            await OriginalRepository(session, device).add(
                original_id=ObjectId(),
                key=blob.key,
                media_type="image/jpeg",
                file_size=blob.size,
                now=now,
            )
        sys.stdout.write(f"{blob.key}\n")
        sys.stdout.flush()


async def main(database_url: str, folder: str) -> None:
    async with await open_database(database_url) as database, asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(upload_for_ever(database, DiskBlobStore(Path(folder))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
