"""Opens what keeps rows and files: for the service, and for the commands that look after its data."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.moving import MovingBlobStore, PlaceOfBlobs
from toonbooth.gallery.blobs.objects import ObjectBlobStore, open_bucket
from toonbooth.gallery.blobs.renditions import ForgettingBlobStore, RenditionCache
from toonbooth.gallery.blobs.staging import STAGING_FOLDER, StagingFolder
from toonbooth.gallery.database.transactions import open_database
from toonbooth.gallery.services import Storage
from toonbooth.gallery.settings import DISK, GallerySettings

UPLOADS_FOLDER: Final = "uploads"
_RENDITIONS_FOLDER: Final = "renditions"


@asynccontextmanager
async def open_storage(settings: GallerySettings) -> AsyncIterator[Storage]:
    """The database and the files that the settings name.

    Raises
    ------
    StartError
        When the database or the bucket cannot be used.
    """
    files = await _open_blobs(settings)
    renditions = RenditionCache(
        settings.data_dir / _RENDITIONS_FOLDER, max_bytes=settings.rendition_cache_bytes
    )
    database = await open_database(settings.database_url, connections=settings.database_connections)
    async with database:
        yield Storage(
            database=database,
            blobs=ForgettingBlobStore(files, renditions),
            renditions=renditions,
            staging=files.staging,
        )


async def open_place(settings: GallerySettings) -> PlaceOfBlobs:
    """Where new pictures go: the bucket, or the folder in the data folder.

    Raises
    ------
    StartError
        When the bucket cannot be used.
    """
    return await _open_place(settings, settings.blob_url or DISK, setting="GALLERY_BLOB_URL")


async def open_other_place(settings: GallerySettings) -> PlaceOfBlobs | None:
    """Where pictures are that have yet to move, if any are on the move.

    Raises
    ------
    StartError
        When the bucket cannot be used.
    """
    if settings.other_blob_url is None:
        return None
    return await _open_place(settings, settings.other_blob_url, setting="GALLERY_OTHER_BLOB_URL")


async def _open_blobs(settings: GallerySettings) -> PlaceOfBlobs | MovingBlobStore:
    place, other = await open_place(settings), await open_other_place(settings)
    return place if other is None else MovingBlobStore(place, other)


async def _open_place(settings: GallerySettings, url: str, *, setting: str) -> PlaceOfBlobs:
    folder = settings.data_dir / UPLOADS_FOLDER
    if url == DISK:
        return DiskBlobStore(folder)
    bucket = await asyncio.to_thread(open_bucket, url, setting=setting)
    return ObjectBlobStore(bucket, StagingFolder(folder / STAGING_FOLDER))
