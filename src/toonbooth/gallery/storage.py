"""Opens what keeps rows and files: for the service, and for the commands that look after its data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.database.transactions import open_database
from toonbooth.gallery.services import Storage
from toonbooth.gallery.settings import GallerySettings

UPLOADS_FOLDER: Final = "uploads"


@asynccontextmanager
async def open_storage(settings: GallerySettings) -> AsyncIterator[Storage]:
    """The database and the files that the settings name.

    Raises
    ------
    StartError
        When the database cannot be used.
    """
    blobs = DiskBlobStore(settings.data_dir / UPLOADS_FOLDER)
    database = await open_database(settings.database_url, connections=settings.database_connections)
    async with database:
        yield Storage(database=database, blobs=blobs, staging=blobs.staging)
