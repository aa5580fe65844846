"""Opens what keeps rows and files: for the service, and for the commands that look after its data."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.objects import ObjectBlobStore, open_bucket
from toonbooth.gallery.blobs.renditions import ForgettingBlobStore, RenditionCache
from toonbooth.gallery.blobs.staging import STAGING_FOLDER, StagingFolder
from toonbooth.gallery.database.transactions import open_database
from toonbooth.gallery.services import Storage
from toonbooth.gallery.settings import GallerySettings

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


async def _open_blobs(settings: GallerySettings) -> DiskBlobStore | ObjectBlobStore:
    folder = settings.data_dir / UPLOADS_FOLDER
    if settings.blob_url is None:
        return DiskBlobStore(folder)
    bucket = await asyncio.to_thread(open_bucket, settings.blob_url)
    return ObjectBlobStore(bucket, StagingFolder(folder / STAGING_FOLDER))
