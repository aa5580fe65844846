"""Stores what the studio has made: a picture by content, and a JPEG unless something else was asked for."""

import io
from datetime import datetime

from bson import ObjectId

from toonbooth.gallery.blobs.interface import Blob
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.conversion import convert_picture
from toonbooth.gallery.errors import StudioFailedError
from toonbooth.gallery.operations.new_blobs import NewBlobs
from toonbooth.gallery.services import Services
from toonbooth.imaging.codec import ImageError, ImageFormat, inspect


async def store_picture(
    services: Services,
    files: NewBlobs,
    content: bytes,
    *,
    folder: BlobFolder,
    original_id: ObjectId,
    kept_formats: frozenset[ImageFormat],
    now: datetime,
) -> Blob:
    """Commit a picture of the studio's; what isn't of a kept format becomes a JPEG.

    Raises
    ------
    StudioFailedError
        When it is no picture that can be shown.
    """
    try:
        found = inspect(io.BytesIO(content)).format
        if found not in kept_formats:
            content = await services.converters.run(
                convert_picture, content, timeout_seconds=services.settings.conversion_timeout_seconds
            )
            found = ImageFormat.JPEG
    except ImageError as error:
        raise StudioFailedError("The drawing server sent no picture. Please try again.") from error
    async with services.staging.open() as staged:
        await staged.write(content)
        return await files.commit(
            staged, folder=folder, identifier=str(original_id), suffix=found.suffix, now=now
        )
